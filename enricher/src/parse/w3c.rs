//! W3C extended logs: IIS, shops that write the form themselves, and CloudFront, which divides by tabs.
//!
//! `#Fields:` names the columns, and may do so again in the middle of a file. Without one, as after a restart in the middle, the usual
//! columns are taken where their number fits. All stamps are UTC.

use std::borrow::Cow;

use event::Field;

use super::access::{client, keep, set_host, user};
use super::headers::Headers;
use super::{LineParser, keep as put};
use crate::address::Network;
use crate::counters::{Failure, Rule};
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;
use crate::time::stamp;

/// Columns of a line, at most.
const MOST_COLUMNS: usize = 128;

/// The columns that IIS writes unless told otherwise.
const IIS: &str = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken";
/// Those of CloudFront's standard logs; older lines have fewer at their end.
const CLOUDFRONT: &str = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end";
/// Columns of CloudFront's oldest lines.
const LEAST_OF_CLOUDFRONT: usize = 12;

/// Reads W3C extended logs.
#[derive(Debug)]
pub(super) struct W3c {
    trusted: Vec<Network>,
    headers: Headers,
    iis: Vec<String>,
    cloudfront: Vec<String>,
}

/// What is told by several columns together.
#[derive(Debug, Default)]
struct Said<'a> {
    date: &'a str,
    time: &'a str,
    stem: &'a str,
    query: &'a str,
    peer: &'a str,
    forwarded: &'a str,
    host: &'a str,
}

impl W3c {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect();
        Self {
            trusted: input.trusted_proxies.clone(),
            headers: Headers::default(),
            iis: names(IIS),
            cloudfront: names(CLOUDFRONT),
        }
    }

    fn read(&mut self, line: &str, draft: &mut Draft) -> Result<(), Failure> {
        let file = draft.event.origin.file;
        if let Some(directive) = line.strip_prefix('#') {
            if let Some(fields) = directive.strip_prefix("Fields:") {
                let names = fields.split_ascii_whitespace().take(MOST_COLUMNS);
                let names: Vec<String> = names.map(str::to_owned).collect();
                self.headers.learn(file, &names);
            }
            draft.drop = Some(Rule::HeaderLine);
            return Ok(());
        }
        let is_tabbed = line.contains('\t');
        let divider = if is_tabbed { '\t' } else { ' ' };
        let count = line.split(divider).count();
        let known = self.headers.find(file);
        let names = match &known {
            Some(names) => &names[..],
            None if is_tabbed && count >= LEAST_OF_CLOUDFRONT => &self.cloudfront[..],
            None if count == self.iis.len() => &self.iis[..],
            None => return Err(Failure::OtherFormat),
        };
        let mut said = Said::default();
        let form = if is_tabbed { Written::Percent } else { Written::Plus };
        for (name, value) in names.iter().zip(line.split(divider)) {
            if !value.is_empty() && value != "-" {
                column(name, value, form, &mut said, draft);
            }
        }
        let stamp = format!("{}T{}Z", said.date, said.time);
        if !stamp::is_stamp(&stamp) {
            return Err(Failure::OtherFormat);
        }
        draft.stamp = Stamp::Text(draft.note(&stamp));
        if count < names.len() && known.is_some() {
            draft.partial();
        }
        said.tell(&self.trusted, draft);
        Ok(())
    }
}

impl LineParser for W3c {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        if let Err(failure) = self.read(line, draft) {
            draft.fail(failure, line);
        }
    }
}

impl Said<'_> {
    fn tell(&self, trusted: &[Network], draft: &mut Draft) {
        client(self.peer, self.forwarded, trusted, draft);
        if !self.host.is_empty() {
            set_host(self.host, draft);
        }
        let document = &mut draft.event.document;
        if !self.stem.is_empty() {
            if self.query.is_empty() {
                document.set_text(Field::UrlOriginal, self.stem);
            } else {
                let (stem, query) = (self.stem, self.query);
                document.set_format(Field::UrlOriginal, format_args!("{stem}?{query}"));
            }
        }
        draft.is_request = document.has(Field::HttpResponseStatusCode);
    }
}

/// How spaces stand in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// As a plus.
    Plus,
    /// As `%20`, a percent sign of its own as `%25`.
    Percent,
}

fn column<'a>(name: &str, value: &'a str, form: Written, said: &mut Said<'a>, draft: &mut Draft) {
    let document = &mut draft.event.document;
    match name {
        "date" => said.date = value,
        "time" => said.time = value,
        "cs-uri-stem" => said.stem = value,
        "cs-uri-query" => said.query = value,
        "c-ip" => said.peer = value,
        "x-forwarded-for" | "X-Forwarded-For" | "cs(X-Forwarded-For)" => said.forwarded = value,
        "cs-host" | "x-host-header" => said.host = value,
        "cs(Host)" if said.host.is_empty() => said.host = value,
        "cs(Host)" => {}
        "cs-method" => document.set_text(Field::HttpRequestMethod, value),
        "cs-username" => user(value, draft),
        "cs(User-Agent)" => document.set_text(Field::UserAgentOriginal, &spaced(value, form)),
        "cs(Referer)" => document.set_text(Field::HttpRequestReferrer, &spaced(value, form)),
        "cs-version" | "cs-protocol-version" => {
            let version = value.strip_prefix("HTTP/").unwrap_or(value);
            document.set_text(Field::HttpVersion, version);
        }
        "x-edge-request-id" => document.set_text(Field::HttpRequestId, value),
        "sc-status" => match value.parse() {
            Ok(code @ 100..=999) => document.set_long(Field::HttpResponseStatusCode, code),
            // CloudFront writes 000 where the client went away.
            Ok(_) => {}
            Err(_) => draft.partial(),
        },
        "sc-bytes" => match value.parse() {
            Ok(bytes) => document.set_long(Field::HttpResponseBodyBytes, bytes),
            Err(_) => draft.partial(),
        },
        "time-taken" => match taken(value) {
            Some(nanoseconds) => document.set_long(Field::EventDuration, nanoseconds),
            None => draft.partial(),
        },
        _ if put::aside(name, value, draft) => {}
        _ => keep(name, value, draft),
    }
}

/// Reads whole milliseconds, as IIS writes them, or seconds with a fraction, as CloudFront does; as nanoseconds.
fn taken(value: &str) -> Option<i64> {
    let Some((seconds, fraction)) = value.split_once('.') else {
        return value.parse::<i64>().ok().filter(|ms| *ms >= 0)?.checked_mul(1_000_000);
    };
    let milliseconds = fraction.get(..3).map_or_else(|| format!("{fraction:0<3}"), str::to_owned);
    let seconds: i64 = seconds.parse().ok().filter(|seconds| *seconds >= 0)?;
    let milliseconds: i64 = milliseconds.parse().ok()?;
    seconds.checked_mul(1_000)?.checked_add(milliseconds)?.checked_mul(1_000_000)
}

fn spaced(value: &str, form: Written) -> Cow<'_, str> {
    match form {
        Written::Plus if value.contains('+') => Cow::Owned(value.replace('+', " ")),
        // What stood there as `%20` is written as `%2520`.
        Written::Percent if value.contains('%') => {
            Cow::Owned(value.replace("%2520", " ").replace("%20", " ").replace("%22", "\""))
        }
        Written::Plus | Written::Percent => Cow::Borrowed(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;
    use crate::settings::{Format, RawPipeline};
    use event::{ByteOffset, FileId, Origin};
    use jiff::Timestamp;

    fn w3c() -> W3c {
        let raw = RawPipeline {
            format: Format::W3c,
            dataset: "traffic".to_owned(),
            ..RawPipeline::default()
        };
        W3c::new(&PipelineSettings::check(&raw, "inputs[0]", &mut Vec::new()).unwrap())
    }

    fn read(parser: &mut W3c, file: u8, line: &str) -> Draft {
        let mut draft = Draft::new();
        let span = ByteOffset::ZERO..ByteOffset::new(1);
        let origin = Origin { file: FileId::from_bytes([file; 16]), span, part: 0 };
        draft.begin(&origin, Timestamp::UNIX_EPOCH);
        parser.parse(line, &mut draft);
        draft
    }

    #[test]
    fn each_file_has_columns_of_its_own_and_may_change_them() {
        let mut parser = w3c();
        let header = read(&mut parser, 1, "#Fields: date time cs-method cs-uri-stem sc-status");
        assert_eq!(header.drop, Some(Rule::HeaderLine));
        read(&mut parser, 2, "#Fields: date time sc-status c-ip");
        let one = read(&mut parser, 1, "2026-01-02 03:04:05 GET /a 200");
        let two = read(&mut parser, 2, "2026-01-02 03:04:05 404 203.0.113.7");
        assert_eq!(one.event.document.text(Field::UrlOriginal), Some("/a"));
        assert_eq!(two.event.document.text(Field::SourceAddress), Some("203.0.113.7"));
        read(&mut parser, 1, "#Fields: date time sc-status cs-uri-stem cs-uri-query");
        let three = read(&mut parser, 1, "2026-01-02 03:04:06 200 /b c=1");
        assert_eq!(three.event.document.text(Field::UrlOriginal), Some("/b?c=1"));
        let cut = read(&mut parser, 1, "2026-01-02 03:04:06 200");
        assert_eq!((cut.status, cut.is_request), (ParseStatus::Partial, true));
    }

    #[test]
    fn without_a_header_the_usual_columns_are_taken_where_they_fit() {
        let line = "2026-01-02 03:04:05 10.0.0.1 GET /a q=1 443 - 203.0.113.7 Mozilla/5.0+(X11) https://a/ 200 0 0 123";
        let iis = read(&mut w3c(), 1, line);
        let document = &iis.event.document;
        assert_eq!(iis.status, ParseStatus::Ok);
        assert_eq!(document.text(Field::UserAgentOriginal), Some("Mozilla/5.0 (X11)"));
        assert_eq!(document.long(Field::EventDuration), Some(123_000_000));
        let line = "2026-01-02\t03:04:05\tFRA2\t182\t203.0.113.7\tGET\td1.cloudfront.net\t/a\t200\t-\tMozilla/5.0%20(X11)\t-\tsecret=1\tHit\tid==\tshop.example\thttps\t39\t0.012";
        let cloudfront = read(&mut w3c(), 1, line);
        let document = &cloudfront.event.document;
        assert_eq!(cloudfront.status, ParseStatus::Ok);
        assert_eq!(document.text(Field::UserAgentOriginal), Some("Mozilla/5.0 (X11)"));
        assert_eq!(document.text(Field::UrlDomain), Some("shop.example"));
        assert_eq!(document.long(Field::EventDuration), Some(12_000_000));
        assert!(!document.to_json().contains("secret"));
    }

    #[test]
    fn other_lines_are_kept_whole() {
        for line in ["no line of a server", "2026-01-02 03:04:05 GET"] {
            let draft = read(&mut w3c(), 1, line);
            assert_eq!(draft.status, ParseStatus::Failed(Failure::OtherFormat), "{line}");
        }
    }

    #[test]
    fn times_are_milliseconds_or_seconds_with_a_fraction() {
        assert_eq!(taken("123"), Some(123_000_000));
        assert_eq!(taken("0.5"), Some(500_000_000));
        assert_eq!(taken("1.2345"), Some(1_234_000_000));
        assert_eq!((taken("-1"), taken("x"), taken("1.x")), (None, None, None));
    }
}
