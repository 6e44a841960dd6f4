//! Access lines of nginx as JSON, whose keys are the names of its variables, and what shops call them; those of Envoy too.
//!
//! With the default escape mode a value may hold `\x22`, which is no JSON; the reader of JSON takes it. Values may be numbers in
//! quotes, empty, or `-`; what stands without quotes and is no JSON, and the end of a line that was cut, is repaired.

use std::borrow::Cow;

use event::Field;

use super::access::{client, read_request, set_host, user};
use super::bare::{self, Extent};
use super::json::{self, Leaf};
use super::{LineParser, trailing};
use crate::address::Network;
use crate::counters::Failure;
use crate::draft::{Draft, Personal, Stamp};
use crate::settings::PipelineSettings;

/// Reads access lines in JSON.
#[derive(Debug)]
pub(super) struct NginxJson {
    trusted: Vec<Network>,
    path: String,
    /// The input names no provider, so its format does.
    is_unnamed: bool,
}

/// What a line says, as it stands there.
#[derive(Debug, Default)]
struct Said<'a> {
    time: Option<Cow<'a, str>>,
    /// Whether the time has milliseconds, which the other forms have not.
    exact: Option<Cow<'a, str>>,
    peer: Option<Cow<'a, str>>,
    forwarded: Option<Cow<'a, str>>,
    request: Option<Cow<'a, str>>,
    method: Option<Cow<'a, str>>,
    target: Option<Cow<'a, str>>,
    path: Option<Cow<'a, str>>,
    query: Option<Cow<'a, str>>,
    protocol: Option<Cow<'a, str>>,
    status: Option<Cow<'a, str>>,
    bytes: Option<Cow<'a, str>>,
    /// With the head of the answer, where both are written.
    sent: Option<Cow<'a, str>>,
    host: Option<Cow<'a, str>>,
    server: Option<Cow<'a, str>>,
    writer: Writer,
    subject: Subject,
}

/// Whose keys these are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Writer {
    #[default]
    Nginx,
    Envoy,
}

/// What a line is about, as its keys say: an empty request is one too.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Subject {
    #[default]
    Unknown,
    Request,
}

impl NginxJson {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self {
            trusted: input.trusted_proxies.clone(),
            path: String::new(),
            is_unnamed: input.provider.is_none(),
        }
    }

    fn read(&mut self, line: &str, draft: &mut Draft) -> Result<(), Failure> {
        match self.read_json(line, draft) {
            Err(Failure::NotJson) => {}
            read => return read,
        }
        let (repaired, extent) = bare::repair(line).ok_or(Failure::NotJson)?;
        draft.forget();
        draft.stamp = Stamp::Missing;
        match (self.read_json(&repaired, draft), extent) {
            (Ok(()), Extent::Part) => draft.partial(),
            (Err(_), Extent::Part) => return Err(Failure::CutShort),
            (read, Extent::Whole) => return read,
        }
        Ok(())
    }

    fn read_json(&mut self, line: &str, draft: &mut Draft) -> Result<(), Failure> {
        let mut said = Said::default();
        json::walk(line, &mut self.path, &mut |path, leaf| {
            said.look(path);
            let value = match leaf {
                Leaf::Text(text) => text,
                Leaf::Number(text) | Leaf::List(text, _) => Cow::Borrowed(text),
                Leaf::Truth(true) => Cow::Borrowed("true"),
                Leaf::Truth(false) => Cow::Borrowed("false"),
                Leaf::Null | Leaf::NotANumber => return,
            };
            if !value.is_empty() && value != "-" {
                said.note(path, value, draft);
            }
        })?;
        // Lines of programs have a status too; taken for empty requests, they would be dropped.
        if said.subject == Subject::Unknown {
            return Err(Failure::OtherFormat);
        }
        let code = said.status.as_deref().and_then(|status| status.parse::<i64>().ok());
        match (code, said.writer) {
            (Some(code @ 100..=999), _) => {
                draft.event.document.set_long(Field::HttpResponseStatusCode, code);
                draft.is_request = true;
            }
            // Envoy writes 0 where nobody got an answer.
            (Some(0), Writer::Envoy) => {
                draft.event.document.set_static(Field::Message, "no answer");
            }
            _ => return Err(Failure::OtherFormat),
        }
        said.tell(draft);
        let forwarded = said.forwarded.as_deref().unwrap_or_default();
        match said.peer.as_deref() {
            Some(peer) => client(peer, forwarded, &self.trusted, draft),
            // What the peer said of the client is all there is.
            None => client(forwarded, "", &self.trusted, draft),
        }
        if self.is_unnamed {
            let provider = match said.writer {
                Writer::Envoy => "envoy",
                Writer::Nginx => "nginx",
            };
            draft.event.document.set_static(Field::EventProvider, provider);
        }
        Ok(())
    }
}

impl LineParser for NginxJson {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        draft.stamp = Stamp::Missing;
        if let Err(failure) = self.read(line, draft) {
            draft.fail(failure, line);
        }
    }
}

impl<'a> Said<'a> {
    /// Learns from a key whose line it is and what it is about, whatever its value is.
    fn look(&mut self, key: &str) {
        match key {
            "response_code" => (self.writer, self.subject) = (Writer::Envoy, Subject::Request),
            "request" | "request_method" | "method" | "request_uri" | "url" | "uri" | "path"
            | "remote_addr" => self.subject = Subject::Request,
            _ => {}
        }
    }

    /// Notes a value by its key.
    fn note(&mut self, key: &str, value: Cow<'a, str>, draft: &mut Draft) {
        let place = match key {
            "msec" => &mut self.exact,
            "time_iso8601" | "time_local" | "start_time" | "time" | "timestamp" | "@timestamp"
            | "ts" => &mut self.time,
            "remote_addr"
            | "client_ip"
            | "clientip"
            | "client"
            | "ip"
            | "downstream_remote_address" => &mut self.peer,
            "http_x_forwarded_for" | "x_forwarded_for" | "xff" | "proxy_add_x_forwarded_for" => {
                &mut self.forwarded
            }
            "request" => &mut self.request,
            "request_method" | "method" => &mut self.method,
            "request_uri" | "url" => &mut self.target,
            "uri" | "path" => &mut self.path,
            "args" | "query_string" => &mut self.query,
            "server_protocol" | "protocol" | "http_version" => &mut self.protocol,
            "status" | "status_code" | "response_code" => &mut self.status,
            "body_bytes_sent" | "bytes" | "size" => &mut self.bytes,
            "bytes_sent" => &mut self.sent,
            "host" | "http_host" | "authority" => &mut self.host,
            "server_name" | "vhost" => &mut self.server,
            _ => return other(key, &value, draft),
        };
        *place = Some(value);
    }

    /// Puts what was noted into the fields of a draft.
    fn tell(&self, draft: &mut Draft) {
        if let Some(time) = self.exact.as_deref().or(self.time.as_deref()) {
            draft.stamp = Stamp::Text(draft.note(time));
        }
        if let Some(request) = self.request.as_deref() {
            read_request(request, draft);
        }
        if let Some(host) = self.host.as_deref().or(self.server.as_deref()) {
            set_host(host, draft);
        }
        let document = &mut draft.event.document;
        if let Some(method) = self.method.as_deref() {
            document.set_text(Field::HttpRequestMethod, method);
        }
        match (self.target.as_deref(), self.path.as_deref(), self.query.as_deref()) {
            (Some(target), _, _) => document.set_text(Field::UrlOriginal, target),
            _ if document.has(Field::UrlOriginal) => {}
            (None, Some(path), Some(query)) => {
                document.set_format(Field::UrlOriginal, format_args!("{path}?{query}"));
            }
            (None, Some(path), None) => document.set_text(Field::UrlOriginal, path),
            (None, None, _) => {}
        }
        if let Some(protocol) = self.protocol.as_deref() {
            let version = protocol.strip_prefix("HTTP/").unwrap_or(protocol);
            document.set_text(Field::HttpVersion, version);
        }
        let (bytes, more) = match (self.bytes.as_deref(), self.sent.as_deref()) {
            (None, sent) => (sent, None),
            (bytes, sent) => (bytes, sent),
        };
        match bytes.map(str::parse::<i64>) {
            Some(Ok(bytes)) => document.set_long(Field::HttpResponseBodyBytes, bytes),
            Some(Err(_)) => draft.partial(),
            None => {}
        }
        if let Some(sent) = more {
            trailing::named("bytes_sent", sent, draft);
        }
    }
}

/// Puts a value where it belongs that depends on no other.
fn other(key: &str, value: &str, draft: &mut Draft) {
    let document = &mut draft.event.document;
    match key {
        "http_referer" | "http_referrer" | "referer" | "referrer" => {
            document.set_text(Field::HttpRequestReferrer, value);
        }
        "http_user_agent" | "user_agent" | "agent" => {
            document.set_text(Field::UserAgentOriginal, value);
        }
        "remote_user" | "user" => user(value, draft),
        // Envoy counts milliseconds, nginx seconds.
        "duration" => match value.parse::<i64>().ok().and_then(|ms| ms.checked_mul(1_000_000)) {
            Some(nanoseconds) => document.set_long(Field::EventDuration, nanoseconds),
            None => trailing::named(key, value, draft),
        },
        "upstream_addr" | "upstream_host" => document.set_text(Field::DestinationAddress, value),
        // A server knows no other sessions than those of visitors.
        "session" | "session_id" | "sessionid" | "sid" => {
            draft.add_sensitive(Personal::Secret, None, key, value);
        }
        _ => trailing::named(key, value, draft),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;
    use crate::parse::access::Access;

    fn json(line: &str) -> Draft {
        let mut draft = Draft::new();
        NginxJson { trusted: Network::private(), path: String::new(), is_unnamed: false }
            .parse(line, &mut draft);
        draft
    }

    #[test]
    fn a_request_comes_to_the_same_as_in_a_line_of_text() {
        let text = r#"10.0.0.9 - ada [02/Jan/2026:03:04:05 +0000] "GET /a?b=1 HTTP/1.1" 200 10 "https://a/" "curl/8" "203.0.113.7" rt=0.123 urt=0.100, 0.020 rid=4bf92f"#;
        let mut want = Draft::new();
        Access::new(&Network::private()).parse(text, &mut want);
        for line in [
            r#"{"time_iso8601":"2026-01-02T03:04:05+00:00","remote_addr":"10.0.0.9","remote_user":"ada","request":"GET /a?b=1 HTTP/1.1","status":200,"body_bytes_sent":10,"http_referer":"https://a/","http_user_agent":"curl/8","http_x_forwarded_for":"203.0.113.7","request_time":"0.123","upstream_response_time":"0.100, 0.020","request_id":"4bf92f"}"#,
            r#"{"msec":1767323045.000,"client_ip":"10.0.0.9","user":"ada","method":"GET","uri":"/a","args":"b=1","server_protocol":"HTTP/1.1","status":"200","bytes":"10","referer":"https://a/","agent":"curl/8","xff":"203.0.113.7","rt":0.123,"urt":"0.100, 0.020","rid":"4bf92f","x":"-"}"#,
        ] {
            let draft = json(line);
            assert_eq!(draft.status, ParseStatus::Ok);
            assert_eq!(draft.event.document.to_json(), want.event.document.to_json(), "{line}");
            assert!(draft.is_request && draft.sensitive.len() == 1);
        }
    }

    #[test]
    fn escapes_that_are_no_json_cost_no_line() {
        let draft = json(
            r#"{"time":"2026-01-02T03:04:05Z","remote_addr":"203.0.113.7","request":"GET /\x22a HTTP/1.1","status":"400","http_user_agent":"a \xE4\xBA\xAC"}"#,
        );
        assert_eq!(draft.status, ParseStatus::Ok);
        assert_eq!(draft.event.document.long(Field::HttpResponseStatusCode), Some(400));
        assert!(draft.event.document.text(Field::UrlOriginal).unwrap().starts_with('/'));
    }

    #[test]
    fn what_is_no_request_is_kept_whole() {
        for line in [
            "no JSON",
            r#"{"status":"fine"}"#,
            r#"{"level":"info","msg":"x"}"#,
            r#"{"status":408,"msg":"the card was refused"}"#,
        ] {
            assert!(matches!(json(line).status, ParseStatus::Failed(_)), "{line}");
        }
    }

    #[test]
    fn values_without_quotes_and_lines_that_were_cut_are_repaired() {
        let head = r#"{"time":"2026-01-02T03:04:05Z","request":"GET /a HTTP/1.1","status":200,"#;
        for (rest, want) in [
            (r#""upstream_response_time":-}"#, ParseStatus::Ok),
            (r#""upstream_response_time":0.1, 0.2 : -,"upstream_status":,}"#, ParseStatus::Ok),
            (r#""http_user_agent":"curl (cut"#, ParseStatus::Partial),
            (r#""http_use"#, ParseStatus::Partial),
        ] {
            let draft = json(&format!("{head}{rest}"));
            assert_eq!((draft.status, draft.is_request), (want, true), "{rest}");
            assert_eq!(draft.event.document.text(Field::UrlOriginal), Some("/a"), "{rest}");
        }
        let cut = json(r#"{"time":"2026-01-02T03:04:05Z","request":"GET /a HTTP/1.1","sta"#);
        assert_eq!(cut.status, ParseStatus::Failed(Failure::CutShort));
    }

    #[test]
    fn the_size_is_that_of_the_body_in_any_order() {
        for line in [
            r#"{"request":"GET / HTTP/1.1","status":200,"body_bytes_sent":10,"bytes_sent":350}"#,
            r#"{"request":"GET / HTTP/1.1","status":200,"bytes_sent":350,"body_bytes_sent":10}"#,
        ] {
            let bytes = json(line).event.document.long(Field::HttpResponseBodyBytes);
            assert_eq!(bytes, Some(10), "{line}");
        }
    }

    #[test]
    fn cookies_credentials_and_addresses_do_not_stay_as_they_are() {
        let draft = json(
            r#"{"request":"GET / HTTP/1.1","status":200,"http_cookie":"SID=a1","cookie_sid":"a2","http_authorization":"Basic a3","sent_http_set_cookie":"a4","arg_token":"a5","http_x_real_ip":"203.0.113.7","cache":"MISS"}"#,
        );
        let extras: Vec<String> = draft
            .extras
            .iter()
            .map(|extra| format!("{}={}", draft.read(extra.key), draft.read(extra.text)))
            .collect();
        assert_eq!(extras, ["http_x_real_ip=203.0.113.0", "cache=MISS"]);
        assert_eq!(draft.sensitive.len(), 5);
    }

    #[test]
    fn what_nobody_answered_at_envoy_is_no_request() {
        let draft = json(
            r#"{"start_time":"2026-01-02T03:04:05.123Z","method":"GET","path":"/x","response_code":0,"response_flags":"DC","x_forwarded_for":null,"downstream_remote_address":"203.0.113.9:4711"}"#,
        );
        let document = &draft.event.document;
        assert_eq!((draft.status, draft.is_request), (ParseStatus::Ok, false));
        assert_eq!(document.text(Field::SourceAddress), Some("203.0.113.9:4711"));
        assert_eq!(document.text(Field::UrlOriginal), Some("/x"));
    }
}
