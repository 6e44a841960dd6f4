//! Access lines of Envoy in its usual text form.
//!
//! `[2026-01-02T03:04:05.123Z] "GET /x HTTP/2" 200 - 0 1234 24 23 "203.0.113.7" "agent" "id" "host" "10.0.0.5:8080"`
//!
//! Its JSON form has names of its own too; `nginx_json` reads both.

use event::Field;

use super::access::{client, keep, read_request, set_host};
use super::cursor::{Cursor, Quoted};
use super::{LineParser, leading};
use crate::address::Network;
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;

/// Reads access lines of Envoy.
#[derive(Debug)]
pub(super) struct Envoy {
    trusted: Vec<Network>,
    /// The input names no provider, so its format does.
    is_unnamed: bool,
}

impl Envoy {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { trusted: input.trusted_proxies.clone(), is_unnamed: input.provider.is_none() }
    }

    fn read(&self, line: &str, draft: &mut Draft) -> Result<(), Failure> {
        let inner = line.strip_prefix('[').ok_or(Failure::OtherFormat)?;
        let (stamp, rest) = inner.split_once("] \"").ok_or(Failure::OtherFormat)?;
        if leading::stamp(stamp).is_none_or(|(_, behind)| !behind.is_empty()) {
            return Err(Failure::OtherFormat);
        }
        // A quote within the request is not escaped: it ends where a status follows.
        let (request, rest) = rest.split_once("\" ").ok_or(Failure::CutShort)?;
        let mut cursor = Cursor::new(rest);
        let code: i64 = cursor.word().parse().map_err(|_| Failure::CutShort)?;
        draft.stamp = Stamp::Text(draft.note(stamp));
        // Envoy writes 0 where nobody got an answer.
        if (100..=999).contains(&code) {
            draft.event.document.set_long(Field::HttpResponseStatusCode, code);
            draft.is_request = true;
        } else {
            draft.event.document.set_text(Field::Message, "no answer");
        }
        if !request.starts_with("- ") {
            read_request(request, draft);
        }
        for name in ["response_flags", "response_details", "termination_details", "failure_reason"]
        {
            // Newer forms write details behind the flags; numbers end them.
            let mut next = cursor;
            let said = match next.quoted() {
                Quoted::Closed(text) | Quoted::Cut(text) => text,
                Quoted::Absent => next.word(),
            };
            if said.bytes().all(|byte| byte.is_ascii_digit()) {
                break;
            }
            cursor = next;
            told(name, said, draft);
        }
        told("bytes_received", cursor.word(), draft);
        if let Ok(bytes) = cursor.word().parse() {
            draft.event.document.set_long(Field::HttpResponseBodyBytes, bytes);
        } else {
            draft.partial();
        }
        if let Ok(milliseconds) = cursor.word().parse::<i64>() {
            let nanoseconds = milliseconds.saturating_mul(1_000_000);
            draft.event.document.set_long(Field::EventDuration, nanoseconds);
        }
        told("upstream_ms", cursor.word(), draft);
        self.quotes(&mut cursor, draft);
        Ok(())
    }

    /// Reads what stands in quotes at the end: forwarding header, agent, id, host, upstream.
    fn quotes(&self, cursor: &mut Cursor<'_>, draft: &mut Draft) {
        let mut quoted = [""; 5];
        for place in &mut quoted {
            match cursor.quoted() {
                Quoted::Closed("-") => {}
                Quoted::Closed(text) => *place = text,
                Quoted::Cut(text) => {
                    *place = text;
                    draft.partial();
                }
                Quoted::Absent => break,
            }
        }
        let [forwarded, agent, id, host, upstream] = quoted;
        // The peer is not written: what it said of the client is all there is.
        client(forwarded, "", &self.trusted, draft);
        if !host.is_empty() {
            set_host(host, draft);
        }
        let document = &mut draft.event.document;
        if !agent.is_empty() {
            document.set_text(Field::UserAgentOriginal, agent);
        }
        if !id.is_empty() {
            document.set_text(Field::HttpRequestId, id);
            document.set_text(Field::TraceId, id);
        }
        if !upstream.is_empty() {
            document.set_text(Field::DestinationAddress, upstream);
        }
    }
}

/// Keeps what was told; `-` says nothing.
fn told(name: &'static str, value: &str, draft: &mut Draft) {
    if !value.is_empty() && value != "-" {
        keep(name, value, draft);
    }
}

impl LineParser for Envoy {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        match self.read(line, draft) {
            Ok(()) if self.is_unnamed => {
                draft.event.document.set_static(Field::EventProvider, "envoy");
            }
            Ok(()) => {}
            Err(failure) => draft.fail(failure, line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;

    fn draft(line: &str) -> Draft {
        let mut draft = Draft::new();
        Envoy { trusted: Network::private(), is_unnamed: true }.parse(line, &mut draft);
        draft
    }

    #[test]
    fn old_and_new_forms_are_read() {
        for flags in ["-", "- via_upstream - \"-\"", "UF \"a, b\""] {
            let draft = draft(&format!(
                r#"[2026-01-02T03:04:05.123Z] "GET /x HTTP/2" 200 {flags} 0 1234 24 23 "203.0.113.7,10.0.0.1" "curl/8" "4bf92f" "shop.example:443" "10.0.0.5:8080""#
            ));
            let document = &draft.event.document;
            assert_eq!((draft.status, draft.is_request), (ParseStatus::Ok, true), "{flags}");
            assert_eq!(document.long(Field::HttpResponseBodyBytes), Some(1_234), "{flags}");
            assert_eq!(document.long(Field::EventDuration), Some(24_000_000));
            assert_eq!(document.text(Field::SourceAddress), Some("203.0.113.7"));
            assert_eq!(document.text(Field::UrlDomain), Some("shop.example"));
            assert_eq!(document.text(Field::DestinationAddress), Some("10.0.0.5:8080"));
        }
    }

    #[test]
    fn what_nobody_answered_is_no_request() {
        let draft = draft(r#"[2026-01-02T03:04:05.123Z] "- - -" 0 UH 0 0 0 - "-" "-" "-" "-" "-""#);
        assert_eq!((draft.status, draft.is_request), (ParseStatus::Ok, false));
    }

    #[test]
    fn other_lines_are_kept_whole() {
        for (line, want) in [
            ("no line of Envoy", Failure::OtherFormat),
            ("[soon] \"GET / HTTP/1.1\" 200", Failure::OtherFormat),
            ("[2026-01-02T03:04:05.123Z] \"GET /", Failure::CutShort),
        ] {
            assert_eq!(draft(line).status, ParseStatus::Failed(want), "{line}");
        }
    }
}
