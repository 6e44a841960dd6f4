//! What shops add at the end of an access line: times, ids, the header with the client's address.

use event::Field;

use super::access::keep;
use super::cursor::{Cursor, Quoted};
use super::{credential, keep as put};
use crate::address;
use crate::draft::{Draft, Form, Personal};

/// Reads the rest of a line; returns the chain of addresses of a forwarding header, if there is one.
///
/// Known are `rt=`, `request_time=` and the first bare time (how long the request took, in seconds), `urt=` and the second
/// bare time (how long the server behind took), `rid=` and `request_id=`. Everything else goes to `store.extra`.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft) -> &'a str {
    let mut forwarded = "";
    let mut bare = 0;
    for place in 1..=MOST_FIELDS {
        cursor.skip_spaces();
        if cursor.rest().is_empty() {
            return forwarded;
        }
        match cursor.quoted() {
            Quoted::Closed("-" | "") | Quoted::Cut("-" | "") => {}
            Quoted::Closed(text) | Quoted::Cut(text) => {
                if is_chain(text) {
                    forwarded = text;
                } else {
                    keep_place(place, text, draft);
                }
            }
            Quoted::Absent => {
                let start = *cursor;
                let word = cursor.word();
                match word.split_once('=') {
                    Some((name, _)) if word.ends_with(';') => {
                        cookies(cursor, start, name, draft);
                    }
                    Some((name, value)) if !name.is_empty() => {
                        let value = whole(cursor, start, name, value);
                        if value.ends_with(',') {
                            let more = list(cursor);
                            timed(
                                name,
                                sum(value).zip(sum(more)).map(|(a, b)| a + b),
                                value,
                                draft,
                            );
                        } else {
                            timed(name, sum(value), value, draft);
                        }
                    }
                    _ if word == "-" || word == ":" => {}
                    None if credential::is_scheme(word) => {
                        let credentials = cursor.word();
                        draft.add_sensitive(Personal::Secret, None, word, credentials);
                    }
                    _ if is_time(word) => {
                        let mut total = sum(word);
                        if word.ends_with(',') {
                            total = total.zip(sum(list(cursor))).map(|(a, b)| a + b);
                        }
                        bare += 1;
                        match bare {
                            1 => timed("rt", total, word, draft),
                            2 => timed("urt", total, word, draft),
                            _ => keep_place(place, word, draft),
                        }
                    }
                    _ => keep_place(place, word, draft),
                }
            }
        }
    }
    if !cursor.rest().is_empty() {
        keep("trailing_rest", cursor.rest(), draft);
    }
    forwarded
}

const MOST_FIELDS: usize = 16;

fn keep_place(place: usize, text: &str, draft: &mut Draft) {
    const NAMES: [&str; MOST_FIELDS] = [
        "trailing_1",
        "trailing_2",
        "trailing_3",
        "trailing_4",
        "trailing_5",
        "trailing_6",
        "trailing_7",
        "trailing_8",
        "trailing_9",
        "trailing_10",
        "trailing_11",
        "trailing_12",
        "trailing_13",
        "trailing_14",
        "trailing_15",
        "trailing_16",
    ];
    let name = NAMES[(place - 1).min(MOST_FIELDS - 1)];
    match put::coarse(text).filter(|_| !is_inside(text)) {
        Some(coarse) => draft.add_extra(name, &coarse, Form::Text),
        None => keep(name, text, draft),
    }
}

/// Tells whether a text is the address of a neighbour: what has no name and a private address is a server behind.
fn is_inside(text: &str) -> bool {
    text.split(',').all(|hop| address::read(hop.trim_ascii()).is_some_and(address::is_inside))
}

/// Puts a value with a name where it belongs: a time, an id, or what no rule knows.
pub(super) fn named(name: &str, value: &str, draft: &mut Draft) {
    timed(name, sum(value), value, draft);
}

fn timed(name: &str, nanoseconds: Option<i64>, value: &str, draft: &mut Draft) {
    let document = &mut draft.event.document;
    match (name, nanoseconds) {
        ("rt" | "request_time", Some(time)) => document.set_long(Field::EventDuration, time),
        ("urt" | "upstream_response_time", Some(time)) => {
            let milliseconds = (time / 1_000_000).to_string();
            draft.add_extra("upstream_ms", &milliseconds, Form::Json);
        }
        ("rid" | "request_id" | "trace_id", _) if value != "-" && !value.is_empty() => {
            document.set_text(Field::TraceId, value);
            document.set_text(Field::HttpRequestId, value);
        }
        _ if value == "-" || value.is_empty() => {}
        _ if put::aside(name, value, draft) => {}
        _ => keep(name, value, draft),
    }
}

/// Returns the value behind a name: up to the second quote where it begins with one.
fn whole<'a>(cursor: &mut Cursor<'a>, start: Cursor<'a>, name: &str, word: &'a str) -> &'a str {
    if !word.starts_with('"') {
        return word;
    }
    let from_quote = start.rest().trim_ascii_start().get(name.len() + 1..).unwrap_or_default();
    let mut quoted = Cursor::new(from_quote);
    match quoted.quoted() {
        Quoted::Closed(text) | Quoted::Cut(text) => {
            *cursor = quoted;
            text
        }
        Quoted::Absent => word,
    }
}

/// Puts cookies aside that stand without quotes: each but the last ends with a semicolon.
fn cookies<'a>(cursor: &mut Cursor<'a>, start: Cursor<'a>, name: &str, draft: &mut Draft) {
    while cursor.word().ends_with(';') {}
    let whole = start.rest().trim_ascii_start();
    let length = whole.len() - cursor.rest().len().min(whole.len());
    draft.add_sensitive(Personal::Secret, None, name, whole.get(..length).unwrap_or_default());
}

/// Takes the rest of a list of times: `0.1, 0.2 : -` tells of several servers that were asked one after the other.
fn list<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    let whole = cursor.rest();
    let end = whole
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | ':' | '-')))
        .unwrap_or(whole.len());
    let (list, _) = whole.split_at_checked(end).unwrap_or((whole, ""));
    let mut taken = list.rsplit_once(' ').map_or(list, |(head, _)| head);
    if end == whole.len() {
        taken = list;
    }
    *cursor = Cursor::new(whole.get(taken.len()..).unwrap_or_default());
    taken
}

/// A bare number is a time only with a fraction: a whole one may count anything.
fn is_time(word: &str) -> bool {
    let number = word.trim_end_matches(',');
    number.contains('.') && seconds(number).is_some()
}

/// Returns the sum of times in seconds as nanoseconds; `-` counts nothing.
fn sum(text: &str) -> Option<i64> {
    let mut total = None;
    for part in text.split([',', ':', ' ']).filter(|part| !part.is_empty()) {
        let time = if part == "-" { 0 } else { seconds(part)? };
        total = Some(total.unwrap_or(0_i64).checked_add(time)?);
    }
    if text == "-" { None } else { total }
}

/// Returns decimal seconds as nanoseconds, exactly; a time of 31 years or more is none.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || fraction.len() > 9 {
        return None;
    }
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let mut nanoseconds = 0;
    for place in 0..9 {
        let digit = fraction.as_bytes().get(place).map_or(0, |byte| i64::from(byte - b'0'));
        nanoseconds = nanoseconds * 10 + digit;
    }
    Some(whole * 1_000_000_000 + nanoseconds)
}

/// Tells whether a quoted field is a list of addresses.
fn is_chain(text: &str) -> bool {
    let first = text.split(',').next().unwrap_or_default().trim_ascii();
    address::read(first).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::Event;

    fn read_all(text: &str) -> (String, String, Event) {
        let mut draft = Draft::new();
        let forwarded = read(&mut Cursor::new(text), &mut draft).to_owned();
        let extras: Vec<String> = draft
            .extras
            .iter()
            .map(|extra| format!("{}={}", draft.read(extra.key), draft.read(extra.text)))
            .collect();
        (forwarded, extras.join(" "), draft.event)
    }

    fn check(text: &str, milliseconds: Option<i64>, extras: &str) {
        let (_, found, event) = read_all(text);
        let duration = event.document.long(Field::EventDuration).map(|time| time / 1_000_000);
        assert_eq!((duration, found.as_str()), (milliseconds, extras), "{text}");
    }

    #[test]
    fn times_are_read_by_name_or_by_place() {
        check(" rt=0.123 urt=0.120", Some(123), "upstream_ms=120");
        check(" 0.123 0.120", Some(123), "upstream_ms=120");
        check(" \"-\" 0.123 -", Some(123), "");
        check(" rt=0.123 urt=\"0.100\"", Some(123), "upstream_ms=100");
        check(" rt=- urt=-", None, "");
    }

    #[test]
    fn times_of_several_servers_are_added() {
        check(" rt=0.500 urt=0.1, 0.2 : -", Some(500), "upstream_ms=300");
        check(" 0.500 0.1, 0.2 : - cache=MISS", Some(500), "upstream_ms=300 cache=MISS");
    }

    #[test]
    fn what_nobody_knows_is_kept() {
        check(
            " 1234 foo=bar \"quoted text\"",
            None,
            "trailing_1=1234 foo=bar trailing_3=quoted text",
        );
    }

    #[test]
    fn a_forwarding_header_is_recognised() {
        assert_eq!(read_all(" \"203.0.113.7, 10.0.0.1\"").0, "203.0.113.7, 10.0.0.1");
        assert_eq!(read_all(" \"-\"").0, "");
    }

    #[test]
    fn an_id_of_the_request_becomes_its_trace() {
        assert_eq!(read_all(" rid=4bf92f35").2.document.text(Field::TraceId), Some("4bf92f35"));
    }
}
