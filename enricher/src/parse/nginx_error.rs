//! The error log of nginx: `2026/01/02 03:04:05 [error] 12#34: *56 text, client: 203.0.113.7, server: shop, request: "GET / HTTP/1.1"`.
//!
//! The text may hold commas and quotes itself, and nothing in it is escaped: pairs begin at the first that names the client,
//! or at what nginx writes where there is none.

use event::Field;

use super::access::{keep, read_request, user};
use super::{LineParser, leading, level};
use crate::address;
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;

/// Names of pairs, in the order in which nginx writes them.
const NAMES: &[&str] =
    &["client", "server", "login", "upstream", "request", "subrequest", "host", "referrer"];
/// Pairs of a line, at most.
const MOST_PAIRS: usize = 16;

/// Reads the error log of nginx.
#[derive(Debug)]
pub(super) struct NginxError {
    /// The input names no provider, so its format does.
    is_unnamed: bool,
}

impl NginxError {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { is_unnamed: input.provider.is_none() }
    }
}

impl LineParser for NginxError {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        match read(line, draft) {
            Ok(()) if self.is_unnamed => {
                draft.event.document.set_static(Field::EventProvider, "nginx");
            }
            Ok(()) => {}
            Err(failure) => draft.fail(failure, line),
        }
    }
}

fn read(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (stamp, rest) = leading::stamp(line).ok_or(Failure::OtherFormat)?;
    let rest = rest.trim_ascii_start().strip_prefix('[').ok_or(Failure::OtherFormat)?;
    let (word, rest) = rest.split_once(']').ok_or(Failure::CutShort)?;
    let level = level::canonical(word).ok_or(Failure::OtherFormat)?;
    let rest = rest.trim_ascii_start();
    let (process, rest) = rest.split_once(": ").ok_or(Failure::CutShort)?;
    let (pid, tid) = process.split_once('#').ok_or(Failure::OtherFormat)?;
    let pid: i64 = pid.parse().map_err(|_| Failure::OtherFormat)?;
    draft.stamp = Stamp::Text(draft.note(stamp));
    draft.event.document.set_static(Field::LogLevel, level);
    draft.event.document.set_long(Field::ProcessPid, pid);
    draft.event.document.set_text(Field::ProcessThreadName, tid);
    let text = match rest.strip_prefix('*').and_then(|rest| rest.split_once(' ')) {
        Some((connection, text)) if connection.bytes().all(|byte| byte.is_ascii_digit()) => {
            keep("connection", connection, draft);
            text
        }
        _ => rest,
    };
    let message = pairs(text, draft);
    draft.event.document.set_text(Field::Message, message);
    Ok(())
}

/// Reads the pairs at the end of a text and returns what stands before them.
fn pairs<'a>(text: &'a str, draft: &mut Draft) -> &'a str {
    let client = client_at(text);
    let (mut found, mut count) = ([("", 0, 0); MOST_PAIRS], 0_usize);
    for at in memchr::memmem::find_iter(text.as_bytes(), ", ") {
        let behind = text.get(at + 2..).unwrap_or_default();
        let name = NAMES
            .iter()
            .find(|name| behind.strip_prefix(**name).is_some_and(|rest| rest.starts_with(": ")));
        let Some(name) = name else { continue };
        // A text tells of hosts and clients in its own words; the pairs begin with an address, or with who was asked.
        let is_first = match client {
            Some(client) => at == client,
            None => matches!(*name, "server" | "upstream"),
        };
        if count == 0 && !is_first {
            continue;
        }
        // What is in quotes ends with one: a request may hold a comma and the name of a pair.
        let before = count.checked_sub(1).and_then(|before| found.get(before));
        let is_inside = before.is_some_and(|(_, _, start)| {
            let value = text.get(*start..at).unwrap_or_default();
            value.starts_with('"') && (value.len() < 2 || !value.ends_with('"'))
        });
        if is_inside {
            continue;
        }
        let Some(place) = found.get_mut(count) else { break };
        *place = (*name, at, at + 2 + name.len() + 2);
        count += 1;
    }
    let pairs = found.get(..count).unwrap_or_default();
    for (number, (name, _, start)) in pairs.iter().enumerate() {
        let end = pairs.get(number + 1).map_or(text.len(), |(_, at, _)| *at);
        let value = text.get(*start..end).unwrap_or_default().trim_ascii();
        pair(name, value.trim_matches('"'), draft);
    }
    let end = pairs.first().map_or(text.len(), |(_, at, _)| *at);
    text.get(..end).unwrap_or(text)
}

/// Returns where the pair of the client stands, if there is one.
fn client_at(text: &str) -> Option<usize> {
    memchr::memmem::find_iter(text.as_bytes(), ", client: ")
        .find(|at| text.get(at + 2..).is_some_and(is_client))
}

/// Tells whether this names an address as nginx does.
fn is_client(pair: &str) -> bool {
    let value = pair.strip_prefix("client: ").unwrap_or_default();
    let value = value.split(',').next().unwrap_or_default();
    value.starts_with("unix:") || address::read(value).is_some()
}

fn pair(name: &'static str, value: &str, draft: &mut Draft) {
    if value.is_empty() {
        return;
    }
    let document = &mut draft.event.document;
    match name {
        "client" => document.set_text(Field::SourceAddress, value),
        "host" => super::access::set_host(value, draft),
        "referrer" => document.set_text(Field::HttpRequestReferrer, value),
        "request" => read_request(value, draft),
        // Proxies of mail say who logs in.
        "login" => user(value, draft),
        "upstream" => {
            let behind = value.split_once("://").map_or(value, |(_, rest)| rest);
            let address = match behind.strip_prefix("unix:") {
                // The path of a socket holds slashes; what is asked of it stands behind a colon.
                Some(path) => {
                    let length = path.find(':').unwrap_or(path.len()) + "unix:".len();
                    behind.get(..length).unwrap_or(behind)
                }
                None => behind.split('/').next().unwrap_or(behind),
            };
            document.set_text(Field::DestinationAddress, address);
            keep("upstream", value, draft);
        }
        _ => keep(name, value, draft),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;

    fn draft(line: &str) -> Draft {
        let mut draft = Draft::new();
        NginxError { is_unnamed: true }.parse(line, &mut draft);
        draft
    }

    #[test]
    fn a_text_may_hold_commas_quotes_and_names_of_pairs() {
        let line = r#"2026/01/02 03:04:05 [error] 12#34: *56 open() "/srv/a, host: b" failed (2: No such file), client: 203.0.113.7, server: shop.example, request: "GET /a,b?c="d" HTTP/1.1", upstream: "http://10.0.0.5:8080/x", host: "shop.example:443", referrer: "https://shop.example/""#;
        let draft = draft(line);
        let text = |field| draft.event.document.text(field);
        assert_eq!(draft.status, ParseStatus::Ok);
        assert_eq!(
            text(Field::Message),
            Some(r#"open() "/srv/a, host: b" failed (2: No such file)"#)
        );
        assert_eq!(text(Field::SourceAddress), Some("203.0.113.7"));
        assert_eq!(text(Field::UrlOriginal), Some(r#"/a,b?c="d""#));
        assert_eq!(text(Field::DestinationAddress), Some("10.0.0.5:8080"));
        assert_eq!(text(Field::UrlDomain), Some("shop.example"));
        assert_eq!(text(Field::HttpRequestReferrer), Some("https://shop.example/"));
        assert_eq!(text(Field::LogLevel), Some("error"));
    }

    #[test]
    fn pairs_begin_at_the_client_and_quotes_hold_what_is_in_them() {
        let line = r#"2026/01/02 03:04:05 [error] 12#34: *56 FastCGI sent in stderr: "no answer, server: db-1, upstream: x" while reading, client: 203.0.113.7, server: _, request: "GET /find?q=a, host: b HTTP/1.1", upstream: "fastcgi://unix:/run/php.sock:", host: "shop.example""#;
        let draft = draft(line);
        let text = |field| draft.event.document.text(field);
        let message =
            r#"FastCGI sent in stderr: "no answer, server: db-1, upstream: x" while reading"#;
        assert_eq!(text(Field::Message), Some(message));
        assert_eq!(text(Field::UrlOriginal), Some("/find?q=a, host: b"));
        assert_eq!(text(Field::UrlDomain), Some("shop.example"));
        assert_eq!(text(Field::DestinationAddress), Some("unix:/run/php.sock"));
    }

    #[test]
    fn who_logs_in_is_put_aside() {
        let draft = draft(
            r#"2026/01/02 03:04:05 [error] 1#2: *3 x, client: 203.0.113.7, server: 0.0.0.0:25, login: "ada", upstream: 10.0.0.1:25"#,
        );
        assert_eq!(draft.sensitive.len(), 1);
        assert!(draft.extras.iter().all(|extra| draft.read(extra.text) != "ada"));
    }

    #[test]
    fn a_line_without_pairs_is_all_text() {
        let draft = draft("2026/01/02 03:04:05 [notice] 1#1: signal 17 (SIGCHLD) received from 29");
        let message = draft.event.document.text(Field::Message);
        assert_eq!(message, Some("signal 17 (SIGCHLD) received from 29"));
    }

    #[test]
    fn other_lines_are_kept_whole() {
        let failure = |line: &str| draft(line).status;
        assert_eq!(failure("no line of nginx"), ParseStatus::Failed(Failure::OtherFormat));
        assert_eq!(failure("2026/01/02 03:04:05 [err"), ParseStatus::Failed(Failure::CutShort));
        assert_eq!(
            failure("2026/01/02 03:04:05 [error] shop: x"),
            ParseStatus::Failed(Failure::OtherFormat)
        );
    }
}
