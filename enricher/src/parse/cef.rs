//! Events of security devices: CEF and LEEF, behind a syslog head or without.

use std::borrow::Cow;

use event::Field;

use super::access::{keep, user};
use super::escape::{first_bare, undone};
use super::{clients, keep as put, syslog};
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::time::pattern;

/// Pairs of a line, at most: as many as a JSON object may have keys.
const MOST_PAIRS: usize = 512;

/// What stands before the pairs of an event.
#[derive(Debug)]
struct Head<'a> {
    vendor: Cow<'a, str>,
    product: Cow<'a, str>,
    version: Cow<'a, str>,
    code: Cow<'a, str>,
}

/// Reads `CEF:0|vendor|product|version|signature|name|severity|key=value key=value`.
pub(super) fn cef(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let rest = behind_head(line, "CEF:", draft)?;
    let mut parts = Parts(rest);
    let mut part = || parts.next().ok_or(Failure::CutShort);
    let (_, vendor, product, version) = (part()?, part()?, part()?, part()?);
    let (code, name, severity) = (part()?, part()?, part()?);
    let (before, pairs) = extension(parts.0)?;
    rest_of(before, draft);
    Head { vendor, product, version, code }.tell(draft);
    level(&severity, draft);
    tell(&pairs, &name, draft);
    Ok(())
}

/// Reads `LEEF:1.0|vendor|product|version|id|key=value<TAB>key=value`, and LEEF 2.0, which names what stands between pairs.
pub(super) fn leef(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let rest = behind_head(line, "LEEF:", draft)?;
    let mut parts = Parts(rest);
    let mut part = || parts.next().ok_or(Failure::CutShort);
    let form = part()?;
    let (vendor, product, version, code) = (part()?, part()?, part()?, part()?);
    let between = match form.as_ref() {
        "1.0" | "1" => '\t',
        _ => named_delimiter(&mut parts)?,
    };
    let mut pairs = Vec::new();
    for piece in parts.0.split(between) {
        match piece.split_once('=') {
            Some((key, value)) => pairs.push((key.trim_ascii(), Cow::Borrowed(value))),
            None => rest_of(piece, draft),
        }
        if pairs.len() > MOST_PAIRS {
            return Err(Failure::TooManyKeys);
        }
    }
    let name = code.clone();
    Head { vendor, product, version, code }.tell(draft);
    tell(&pairs, &name, draft);
    Ok(())
}

/// Reads the character that a head names, which some leave out together with its bar.
fn named_delimiter(parts: &mut Parts<'_>) -> Result<char, Failure> {
    let pairs = parts.0;
    match parts.next() {
        Some(named) if !named.contains('=') || named == "=" => {
            delimiter(&named).ok_or(Failure::OtherFormat)
        }
        None if pairs.is_empty() => Err(Failure::CutShort),
        Some(_) | None => {
            parts.0 = pairs;
            Ok('\t')
        }
    }
}

/// Returns what stands behind the name of the form, and tells what a syslog head before it says.
fn behind_head<'a>(line: &'a str, form: &str, draft: &mut Draft) -> Result<&'a str, Failure> {
    let (before, rest) = line.split_once(form).ok_or(Failure::OtherFormat)?;
    draft.stamp = Stamp::Missing;
    if !before.is_empty() {
        let (head, _) = syslog::head(before.trim_ascii_end()).ok_or(Failure::OtherFormat)?;
        head.tell(draft);
    }
    Ok(rest)
}

/// Keeps what should be a pair and is none.
fn rest_of(text: &str, draft: &mut Draft) {
    let text = text.trim_ascii();
    if !text.is_empty() {
        keep("trailing_rest", text, draft);
        draft.partial();
    }
}

/// Reads the character that stands between pairs: itself, or its number as `0x09` or `x09`. None named is a tab.
fn delimiter(text: &str) -> Option<char> {
    let number = ["0x", "0X", "x", "X"].into_iter().find_map(|sign| text.strip_prefix(sign));
    let mut chars = text.chars();
    match (number.filter(|digits| !digits.is_empty()), chars.next(), chars.next()) {
        (Some(digits), _, _) => u32::from_str_radix(digits, 16).ok().and_then(char::from_u32),
        (None, None, _) => Some('\t'),
        (None, Some(one), None) => Some(one),
        (None, Some(_), Some(_)) => None,
    }
}

impl Head<'_> {
    fn tell(&self, draft: &mut Draft) {
        let document = &mut draft.event.document;
        if !self.code.is_empty() {
            document.set_text(Field::EventCode, &self.code);
        }
        let about =
            [("vendor", &self.vendor), ("product", &self.product), ("version", &self.version)];
        for (key, value) in about {
            if !value.is_empty() {
                keep(&format!("device.{key}"), value, draft);
            }
        }
    }
}

/// Cuts a head at its bars, before which a backslash may stand.
struct Parts<'a>(&'a str);

impl<'a> Iterator for Parts<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        let end = first_bare(self.0, b'|')?;
        let (part, behind) = self.0.split_at_checked(end)?;
        self.0 = behind.strip_prefix('|')?;
        Some(plain(part.trim_ascii()))
    }
}

/// A key and its value.
type Pair<'a> = (&'a str, Cow<'a, str>);

/// Cuts pairs whose values may hold blanks: a value ends before the word that stands before the next `=`. Returns what
/// stands before the first pair, too.
fn extension(text: &str) -> Result<(&str, Vec<Pair<'_>>), Failure> {
    let bytes = text.as_bytes();
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    let mut before = text;
    let mut open: Option<(&str, usize)> = None;
    let (mut word, mut at) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b' ' => word = at + 1,
            b'=' => {
                let key = text.get(word..at).filter(|key| is_key(key));
                if let Some(key) = key {
                    if let Some((known, from)) = open {
                        let value = text.get(from..word).unwrap_or_default();
                        pairs.push((known, plain(value.trim_ascii())));
                    } else {
                        before = text.get(..word).unwrap_or_default();
                    }
                    if pairs.len() >= MOST_PAIRS {
                        return Err(Failure::TooManyKeys);
                    }
                    open = Some((key, at + 1));
                    // A word has one key: what follows up to a blank is its value.
                    word = bytes.len();
                }
            }
            _ => {}
        }
        at += 1;
    }
    if let Some((known, from)) = open {
        pairs.push((known, plain(text.get(from..).unwrap_or_default().trim_ascii())));
    }
    Ok((before, pairs))
}

fn is_key(key: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=64).contains(&key.len()) && key.bytes().all(is_part)
}

/// Undoes `\|`, `\=`, `\\`, `\n` and `\r`.
fn plain(text: &str) -> Cow<'_, str> {
    undone(text, |c| match c {
        '|' | '=' | '\\' => Some(c),
        'n' | 'r' => Some('\n'),
        _ => None,
    })
}

/// Puts a severity, 0 to 10 or a word, into the level.
fn level(severity: &str, draft: &mut Draft) {
    let level = match severity.parse::<u8>() {
        Ok(..=3) => "info",
        Ok(4..=6) => "warn",
        Ok(7..=8) => "error",
        Ok(9..=10) => "critical",
        Err(_) if severity.eq_ignore_ascii_case("low") => "info",
        Err(_) if severity.eq_ignore_ascii_case("medium") => "warn",
        Err(_) if severity.eq_ignore_ascii_case("high") => "error",
        Err(_) if severity.eq_ignore_ascii_case("very-high") => "critical",
        Ok(_) | Err(_) => return,
    };
    draft.event.document.set_static(Field::LogLevel, level);
}

/// Puts the pairs where they belong. A pair `cs1Label` names the pair `cs1`.
fn tell(pairs: &[Pair<'_>], name: &str, draft: &mut Draft) {
    let find = |wanted: &str| pairs.iter().find(|(key, _)| *key == wanted).map(|(_, value)| value);
    let time = ["rt", "devTime", "end", "start"].into_iter().find_map(find);
    if let Some(time) = time {
        let by_pattern = find("devTimeFormat").and_then(|form| pattern::rewritten(time, form));
        draft.stamp = Stamp::Text(draft.note(by_pattern.as_deref().unwrap_or(time)));
    }
    let message = match find("msg").filter(|text| !text.is_empty()) {
        Some(text) if name.is_empty() => text.to_string(),
        Some(text) => format!("{name}: {text}"),
        None => name.to_owned(),
    };
    draft.event.document.set_text(Field::Message, &clients::coarse_named(&message));
    let labels: Vec<(&str, &str)> = pairs
        .iter()
        .filter_map(|(key, label)| Some((key.strip_suffix("Label")?, label.as_ref())))
        .collect();
    for (key, value) in pairs {
        let is_label = key.ends_with("Label") || matches!(*key, "devTimeFormat" | "msg");
        let is_time = matches!(*key, "rt" | "devTime")
            || (time.is_some_and(|time| time == value) && matches!(*key, "end" | "start"));
        if value.is_empty() || is_label || is_time {
            continue;
        }
        match labels.iter().find(|(labelled, _)| labelled == key) {
            Some((_, label)) => other(label, value, draft),
            None => one(key, value, draft),
        }
    }
}

fn one(key: &str, value: &str, draft: &mut Draft) {
    let field = match key {
        "src" => Field::SourceAddress,
        // Nobody says which side of a firewall is the shop's.
        "dst" => {
            let coarse = put::coarse(value);
            let value = coarse.as_deref().unwrap_or(value);
            return draft.event.document.set_text(Field::DestinationAddress, value);
        }
        "dvchost" | "identHostName" => Field::HostName,
        "request" | "url" => Field::UrlOriginal,
        "requestMethod" => Field::HttpRequestMethod,
        "requestClientApplication" => Field::UserAgentOriginal,
        "reason" => Field::EventReason,
        "sev" => return level(value, draft),
        "suser" | "duser" | "usrName" => return user(value, draft),
        _ => return other(key, value, draft),
    };
    draft.event.document.set_text(field, value);
}

/// Keeps what has no field of its own, unless no sink may see it.
fn other(key: &str, value: &str, draft: &mut Draft) {
    if !put::aside(key, value, draft) {
        put::value(key, value, draft);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let (_, pairs) = extension(text).unwrap();
        pairs.into_iter().map(|(key, value)| (key.to_owned(), value.into_owned())).collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn a_value_ends_before_the_word_that_is_the_next_key() {
        let expected = [pair("msg", "a b = c"), pair("src", "203.0.113.7"), pair("x", "1=2")];
        assert_eq!(pairs("msg=a b = c src=203.0.113.7 x=1=2"), expected);
        assert_eq!(pairs(r"a=x\=y\\ b=1\n2"), [pair("a", r"x=y\"), pair("b", "1\n2")]);
        assert_eq!(extension("no pair at all").unwrap(), ("no pair at all", vec![]));
        assert_eq!(extension("some words a=1").unwrap().0, "some words ");
    }

    #[test]
    fn a_head_is_cut_at_bars_without_a_backslash() {
        let mut parts = Parts(r"0|a\|b|c\\|rest");
        let found: Vec<_> = parts.by_ref().map(Cow::into_owned).collect();
        assert_eq!(
            (found, parts.0),
            (vec!["0".to_owned(), "a|b".to_owned(), r"c\".to_owned()], "rest")
        );
    }

    #[test]
    fn what_stands_between_pairs_is_a_character_or_its_number() {
        let check = |text, expected| assert_eq!(delimiter(text), expected, "{text}");
        check("^", Some('^'));
        check("0x09", Some('\t'));
        check("x5E", Some('^'));
        check("0x5e", Some('^'));
        check("0X7c", Some('|'));
        check("x", Some('x'));
        check("", Some('\t'));
        check("ab", None);
    }

    #[test]
    fn lines_without_their_head_are_of_another_form_or_cut() {
        let read = |line: &str| cef(line, &mut Draft::new());
        assert_eq!(read("no line"), Err(Failure::OtherFormat));
        assert_eq!(read("CEF:0|a|b|1|2"), Err(Failure::CutShort));
        assert_eq!(read("CEF:0|a|b|1|2|n|5|"), Ok(()));
        assert_eq!(read("not a head CEF:0|a|b|1|2|n|5|"), Err(Failure::OtherFormat));
    }
}
