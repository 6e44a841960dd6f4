//! Access lines of Envoy in its usual text form.
//!
//! `[2026-01-02T03:04:05.123Z] "GET /x HTTP/2" 200 - 0 1234 24 23 "203.0.113.7" "agent" "id" "host" "10.0.0.5:8080"`
//!
//! Its JSON form has names of its own too; the reader of `nginx_json` takes both.

use event::Field;

use super::access::{client, keep, read_request, set_host};
use super::cursor::{Cursor, Quoted};
use super::nginx_json::NginxJson;
use super::{LineParser, keep as put, leading};
use crate::address::{self, Network};
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;

/// Reads access lines of Envoy.
#[derive(Debug)]
pub(super) struct Envoy {
    trusted: Vec<Network>,
    /// The input names no provider, so its format does.
    is_unnamed: bool,
    json: NginxJson,
}

impl Envoy {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self {
            trusted: input.trusted_proxies.clone(),
            is_unnamed: input.provider.is_none(),
            json: NginxJson::new(input),
        }
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
            let has_flags = !cursor.rest().trim_ascii_start().starts_with("- ");
            let is_plain = request.starts_with("- ") && !has_flags;
            let message = if is_plain { "connection" } else { "no answer" };
            draft.event.document.set_static(Field::Message, message);
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
        match rest(cursor, draft) {
            "" => client(forwarded, "", &self.trusted, draft),
            peer if forwarded.is_empty() => client(peer, "", &self.trusted, draft),
            // Envoy has added the peer to the header itself.
            _ => client(forwarded, "", &self.trusted, draft),
        }
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

/// Keeps what stands behind the usual form; returns the peer, if that is told as meshes do.
fn rest<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft) -> &'a str {
    const NAMES: [&str; 6] = [
        "upstream_cluster",
        "upstream_local_address",
        "downstream_local_address",
        "downstream_remote_address",
        "requested_server_name",
        "route_name",
    ];
    let whole = cursor.rest().trim_ascii();
    let mut words = [""; NAMES.len()];
    for word in &mut words {
        *word = cursor.word();
    }
    let [_, _, _, peer, _, _] = words;
    if address::read(peer).is_none() {
        told("trailing", whole, draft);
        return "";
    }
    for (name, word) in NAMES.into_iter().zip(words) {
        if word != peer && !put::aside(name, word, draft) {
            told(name, word, draft);
        }
    }
    told("trailing", cursor.rest().trim_ascii(), draft);
    peer
}

/// Keeps what was told; `-` says nothing.
fn told(name: &'static str, value: &str, draft: &mut Draft) {
    if !value.is_empty() && value != "-" {
        keep(name, value, draft);
    }
}

impl LineParser for Envoy {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        if line.starts_with('{') {
            return self.json.parse(line, draft);
        }
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
    use crate::settings::RawPipeline;

    fn draft(line: &str) -> Draft {
        let mut draft = Draft::new();
        let input = RawPipeline { dataset: "traffic".to_owned(), ..RawPipeline::default() };
        let input = PipelineSettings::check(&input, "input", &mut Vec::new()).unwrap();
        Envoy::new(&input).parse(line, &mut draft);
        draft
    }

    #[test]
    fn lines_in_json_and_lines_of_meshes_are_read() {
        let json = draft(
            r#"{"start_time":"2026-01-02T03:04:05.123Z","method":"GET","path":"/x","response_code":200,"bytes_sent":10,"duration":24}"#,
        );
        assert_eq!((json.status, json.is_request), (ParseStatus::Ok, true));
        assert_eq!(json.event.document.text(Field::EventProvider), Some("envoy"));
        let mesh = draft(
            r#"[2026-01-02T03:04:05.123Z] "GET /x HTTP/2" 200 - via_upstream - "-" 0 1234 24 23 "-" "curl" "id" "shop" "10.0.0.5:80" outbound|80||shop 10.0.0.1:1234 10.0.0.2:80 203.0.113.7:5555 - default"#,
        );
        let extras: Vec<&str> = mesh.extras.iter().map(|extra| mesh.read(extra.text)).collect();
        assert_eq!(mesh.status, ParseStatus::Ok);
        assert_eq!(mesh.event.document.text(Field::SourceAddress), Some("203.0.113.7:5555"));
        assert!(extras.contains(&"outbound|80||shop") && extras.contains(&"default"), "{extras:?}");
        let other = draft(
            r#"[2026-01-02T03:04:05.123Z] "GET /x HTTP/2" 200 - 0 1234 24 23 "-" "curl" "id" "shop" "-" more "of it""#,
        );
        let extras: Vec<&str> = other.extras.iter().map(|extra| other.read(extra.text)).collect();
        assert!(extras.contains(&r#"more "of it""#), "{extras:?}");
    }

    #[test]
    fn a_connection_without_a_request_is_told_from_a_request_without_an_answer() {
        let message =
            |line: &str| draft(line).event.document.text(Field::Message).map(str::to_owned);
        let stamp = "[2026-01-02T03:04:05.123Z]";
        let rest = r#"0 0 0 - "-" "-" "-" "-" "-""#;
        let line = format!("{stamp} \"- - -\" 0 - {rest}");
        assert_eq!(message(&line).as_deref(), Some("connection"));
        let line = format!("{stamp} \"GET / HTTP/2\" 0 DC {rest}");
        assert_eq!(message(&line).as_deref(), Some("no answer"));
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
