//! Lines of HAProxy: of HTTP, of TCP and of connections, behind the head of a syslog or without.
//!
//! `203.0.113.7:4711 [02/Jan/2026:03:04:05.678] fe~ be/web-1 0/0/1/23/24 200 1234 - - ---- 1/1/0/0/0 0/0 {host} "GET / HTTP/1.1"`

use event::Field;

use super::access::{keep, read_request};
use super::cursor::Cursor;
use super::{LineParser, keep as put, syslog};
use crate::address;
use crate::counters::Failure;
use crate::draft::{Draft, Form, Personal, Stamp};
use crate::settings::PipelineSettings;

/// Reads lines of HAProxy.
#[derive(Debug)]
pub(super) struct Haproxy {
    /// The input names no provider, so its format does.
    is_unnamed: bool,
}

impl Haproxy {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { is_unnamed: input.provider.is_none() }
    }
}

impl LineParser for Haproxy {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        let (text, is_own) = match syslog::head(line) {
            Some((head, text)) => {
                head.tell(draft);
                (text.trim_ascii(), head.app == "haproxy")
            }
            None => (line, false),
        };
        let read = match read(text, draft) {
            // What it says of servers and of itself stands in the same file.
            Err(Failure::OtherFormat) if is_own => {
                draft.event.document.set_text(Field::Message, text);
                Ok(())
            }
            read => read,
        };
        match read {
            Ok(()) if self.is_unnamed => {
                draft.event.document.set_static(Field::EventProvider, "haproxy");
            }
            Ok(()) => {}
            Err(failure) => draft.fail(failure, line),
        }
    }
}

fn read(text: &str, draft: &mut Draft) -> Result<(), Failure> {
    if let Some(rest) = text.strip_prefix("Connect from ") {
        return connection(rest, draft);
    }
    let (client, rest) = text.split_once(" [").ok_or(Failure::OtherFormat)?;
    let (stamp, rest) = rest.split_once("] ").ok_or(Failure::OtherFormat)?;
    if !is_endpoint(client) || !crate::time::stamp::is_stamp(stamp) {
        return Err(Failure::OtherFormat);
    }
    let (first, behind) = rest.split_once(' ').unwrap_or((rest, ""));
    if let Some(listener) = first.strip_suffix(':') {
        return refused(client, stamp, listener, behind, draft);
    }
    let mut cursor = Cursor::new(rest);
    let (frontend, backend, timers) = (cursor.word(), cursor.word(), cursor.word());
    let (backend, server) = backend.split_once('/').ok_or(Failure::CutShort)?;
    let count = timers.split('/').count();
    if !(3..=5).contains(&count) || !timers.split('/').all(is_number) {
        return Err(Failure::CutShort);
    }
    draft.stamp = Stamp::Text(draft.note(stamp));
    set_client(client, draft);
    duration(timers, draft);
    keep("timers", timers, draft);
    keep("frontend", frontend.trim_end_matches('~'), draft);
    keep("backend", backend, draft);
    if !server.starts_with('<') {
        draft.event.document.set_text(Field::DestinationAddress, server);
    }
    if count == 3 {
        tcp(&mut cursor, rest, draft);
        return Ok(());
    }
    http(&mut cursor, draft)
}

/// Reads a connection that came to nothing: `fe/1: SSL handshake failure`.
fn refused(
    client: &str,
    stamp: &str,
    listener: &str,
    text: &str,
    draft: &mut Draft,
) -> Result<(), Failure> {
    if text.is_empty() {
        return Err(Failure::CutShort);
    }
    draft.stamp = Stamp::Text(draft.note(stamp));
    set_client(client, draft);
    let (frontend, listener) = listener.split_once('/').unwrap_or((listener, ""));
    keep("frontend", frontend.trim_end_matches('~'), draft);
    if !listener.is_empty() {
        keep("listener", listener, draft);
    }
    draft.event.document.set_text(Field::Message, text);
    Ok(())
}

/// Reads a connection that asked for nothing: `Connect from 203.0.113.7:1 to 10.0.0.1:80 (fe/HTTP)`.
fn connection(rest: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (client, rest) = rest.split_once(" to ").ok_or(Failure::CutShort)?;
    let (server, frontend) = rest.split_once(" (").unwrap_or((rest, ""));
    set_client(client, draft);
    draft.event.document.set_text(Field::DestinationAddress, server);
    if let Some((frontend, _)) = frontend.split_once('/') {
        keep("frontend", frontend, draft);
    }
    // The client stands in its field, where it is coarsened.
    draft.event.document.set_format(Field::Message, format_args!("Connect to {rest}"));
    Ok(())
}

/// Reads what follows the timers of a TCP connection: bytes, how it ended, connections, queues.
fn tcp(cursor: &mut Cursor<'_>, text: &str, draft: &mut Draft) {
    keep("bytes", whole(cursor.word()), draft);
    keep("termination_state", cursor.word(), draft);
    counts(cursor, draft);
    draft.event.document.set_text(Field::Message, text);
}

/// Reads what follows the timers of a request.
fn http(cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let status = cursor.word();
    let code: i64 = status.parse().map_err(|_| Failure::CutShort)?;
    if (100..=999).contains(&code) {
        draft.event.document.set_long(Field::HttpResponseStatusCode, code);
        draft.is_request = true;
    }
    match whole(cursor.word()).parse() {
        Ok(bytes) => draft.event.document.set_long(Field::HttpResponseBodyBytes, bytes),
        Err(_) => draft.partial(),
    }
    for name in ["captured_request_cookie", "captured_response_cookie"] {
        let cookie = cursor.word();
        if !matches!(cookie, "" | "-") {
            draft.add_sensitive(Personal::Secret, None, name, cookie);
        }
    }
    keep("termination_state", cursor.word(), draft);
    counts(cursor, draft);
    for name in ["captured_request", "captured_response"] {
        cursor.skip_spaces();
        if let Some((captured, behind)) =
            cursor.rest().strip_prefix('{').and_then(|rest| rest.split_once('}'))
        {
            if !captured.trim_matches('|').is_empty() {
                let captured = put::masked(name, captured, '|', draft);
                draft.add_extra(name, &without_addresses(&captured), Form::Text);
            }
            *cursor = Cursor::new(behind);
        }
    }
    cursor.skip_spaces();
    let Some(request) = cursor.rest().strip_prefix('"') else {
        draft.partial();
        return Ok(());
    };
    if let Some((request, behind)) = end(request) {
        read_request(request, draft);
        if !behind.trim_ascii().is_empty() {
            keep("trailing", behind.trim_ascii(), draft);
        }
    } else {
        read_request(request, draft);
        draft.partial();
    }
    Ok(())
}

/// Cuts the addresses among captured headers to their networks: a forwarding header is what is captured most.
fn without_addresses(captured: &str) -> String {
    let mut text = String::with_capacity(captured.len());
    for (number, header) in captured.split('|').enumerate() {
        if number > 0 {
            text.push('|');
        }
        match put::coarse(header) {
            Some(coarse) => text.push_str(&coarse),
            None => text.push_str(header),
        }
    }
    text
}

/// Cuts a request at its end: the quote behind its version, or the last one. Quotes within it may not be escaped, and longer
/// forms go on behind it.
fn end(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let quotes = || memchr::memchr_iter(b'"', bytes);
    let behind_version = quotes().find(|&at| {
        let word = text.get(..at).and_then(|text| text.get(text.len().checked_sub(9)?..));
        let short = text.get(..at).and_then(|text| text.get(text.len().checked_sub(7)?..));
        word.is_some_and(|word| word.starts_with(" HTTP/"))
            || short.is_some_and(|word| word.starts_with(" HTTP/"))
    });
    let at = behind_version.or_else(|| quotes().next_back())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Reads how many connections there were and how many waited.
fn counts(cursor: &mut Cursor<'_>, draft: &mut Draft) {
    for name in ["connections", "queues"] {
        let count = cursor.word();
        if !count.is_empty() {
            keep(name, count, draft);
        }
    }
}

/// Tells whether this is an address and a port.
fn is_endpoint(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    port.bytes().all(|byte| byte.is_ascii_digit())
        && (host.starts_with("unix") || address::read(host).is_some())
}

fn set_client(text: &str, draft: &mut Draft) {
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    draft.event.document.set_text(Field::SourceAddress, host);
}

/// The last of the timers is that of the whole; a plus before it says that the log was written before the end, and -1 that
/// it was never reached.
fn duration(timers: &str, draft: &mut Draft) {
    let last = timers.rsplit('/').next().map(whole).and_then(|last| last.parse::<i64>().ok());
    if let Some(nanoseconds) =
        last.filter(|last| *last >= 0).and_then(|last| last.checked_mul(1_000_000))
    {
        draft.event.document.set_long(Field::EventDuration, nanoseconds);
    }
}

fn whole(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;

    fn draft(line: &str) -> Draft {
        let mut draft = Draft::new();
        Haproxy { is_unnamed: true }.parse(line, &mut draft);
        draft
    }

    const HTTP: &str = r#"203.0.113.7:4711 [02/Jan/2026:03:04:05.678] fe~ be/web-1 0/0/1/23/+24 200 +1234 - - ---- 1/1/0/0/0 0/0 {shop.example|curl/8} {|x} "GET /a?q="b" HTTP/1.1""#;

    #[test]
    fn a_request_is_read_with_a_syslog_head_and_without() {
        for line in [HTTP.to_owned(), format!("<134>Jan  2 03:04:05 lb haproxy[12]: {HTTP}")] {
            let draft = draft(&line);
            assert_eq!((draft.status, draft.is_request), (ParseStatus::Ok, true), "{line}");
            let document = &draft.event.document;
            assert_eq!(document.long(Field::EventDuration), Some(24_000_000));
            assert_eq!(document.long(Field::HttpResponseBodyBytes), Some(1_234));
            assert_eq!(document.text(Field::UrlOriginal), Some("/a?q=\"b\""));
            assert_eq!(document.text(Field::SourceAddress), Some("203.0.113.7"));
            assert_eq!(document.text(Field::DestinationAddress), Some("web-1"));
        }
    }

    #[test]
    fn what_never_came_to_a_server_has_no_duration_and_no_server() {
        let draft = draft(
            r#"[2001:db8::7]:4711 [02/Jan/2026:03:04:05.678] fe fe/<NOSRV> -1/-1/-1/-1/-1 400 187 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>""#,
        );
        let document = &draft.event.document;
        assert_eq!((draft.status, draft.is_request), (ParseStatus::Ok, true));
        assert!(!document.has(Field::EventDuration) && !document.has(Field::DestinationAddress));
        assert_eq!(document.text(Field::Message), Some("<BADREQ>"));
        assert_eq!(document.text(Field::SourceAddress), Some("2001:db8::7"));
    }

    #[test]
    fn connections_are_messages() {
        let line =
            "203.0.113.7:4711 [02/Jan/2026:03:04:05.678] fe be/db-1 0/1/5007 212 -- 0/0/0/0/0 0/0";
        let tcp = draft(line);
        assert_eq!((tcp.status, tcp.is_request), (ParseStatus::Ok, false));
        assert_eq!(tcp.event.document.long(Field::EventDuration), Some(5_007_000_000));
        let default = draft("Connect from 203.0.113.7:4711 to 10.0.0.1:80 (fe/HTTP)");
        assert_eq!(default.event.document.text(Field::DestinationAddress), Some("10.0.0.1:80"));
    }

    #[test]
    fn addresses_among_captured_headers_are_coarse() {
        assert_eq!(
            without_addresses("shop|203.0.113.7, 10.0.0.1||x"),
            "shop|203.0.113.0, 10.0.0.0||x"
        );
    }

    #[test]
    fn what_follows_a_request_does_not_break_it() {
        let draft = draft(&format!("{HTTP} 0/0000000000000000/0/0/0 shop.example/TLSv1.3/X"));
        let document = &draft.event.document;
        assert_eq!(draft.status, ParseStatus::Ok);
        assert_eq!(document.text(Field::HttpVersion), Some("1.1"));
        assert_eq!(document.text(Field::UrlOriginal), Some("/a?q=\"b\""));
    }

    #[test]
    fn what_haproxy_says_of_itself_and_of_handshakes_is_a_message() {
        let refused = draft(
            "203.0.113.7:4711 [02/Jan/2026:03:04:05.678] fe~/192.0.2.1:443: SSL handshake failure (error:0A)",
        );
        let document = &refused.event.document;
        assert_eq!((refused.status, refused.is_request), (ParseStatus::Ok, false));
        assert_eq!(document.text(Field::Message), Some("SSL handshake failure (error:0A)"));
        assert_eq!(document.text(Field::SourceAddress), Some("203.0.113.7"));
        let down = draft("<133>Jan  2 03:04:05 lb haproxy[12]: Server be/web-1 is DOWN, reason: x");
        assert_eq!(down.status, ParseStatus::Ok);
        let message = down.event.document.text(Field::Message);
        assert_eq!(message, Some("Server be/web-1 is DOWN, reason: x"));
    }

    #[test]
    fn other_lines_are_kept_whole() {
        for (line, want) in [
            ("no line of HAProxy", Failure::OtherFormat),
            ("Proxy fe started.", Failure::OtherFormat),
            ("203.0.113.7:4711 [02/Jan/2026:03:04:05.678] fe be", Failure::CutShort),
        ] {
            assert_eq!(draft(line).status, ParseStatus::Failed(want), "{line}");
        }
    }
}
