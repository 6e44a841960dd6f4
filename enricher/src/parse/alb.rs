//! Access lines of AWS application load balancers: words and quoted texts by their place. New ones come at the end.

use event::Field;

use super::LineParser;
use super::access::{keep, read_request};
use super::cursor::{Cursor, Quoted};
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;
use crate::time::stamp;

/// Kinds of requests.
const KINDS: [&str; 6] = ["http", "https", "h2", "grpcs", "ws", "wss"];
/// What stands behind the agent, with the names under which it is kept; nothing is kept under an empty one.
const BEHIND: [&str; 16] = [
    "ssl_cipher",
    "ssl_protocol",
    "target_group_arn",
    "trace_id",
    "domain_name",
    "",
    "matched_rule_priority",
    "request_creation_time",
    "actions_executed",
    "redirect_url",
    "error_reason",
    "",
    "target_status_codes",
    "classification",
    "classification_reason",
    "connection_trace_id",
];

/// Reads access lines of a load balancer.
#[derive(Debug)]
pub(super) struct Alb {
    /// The input names no provider, so its format does.
    is_unnamed: bool,
}

impl Alb {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { is_unnamed: input.provider.is_none() }
    }
}

impl LineParser for Alb {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        match read(line, draft) {
            Ok(()) if self.is_unnamed => {
                draft.event.document.set_static(Field::EventProvider, "aws_alb");
            }
            Ok(()) => {}
            Err(failure) => draft.fail(failure, line),
        }
    }
}

fn read(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let mut cursor = Cursor::new(line);
    let (kind, time) = (cursor.word(), cursor.word());
    if !KINDS.contains(&kind) || !stamp::is_stamp(time) {
        return Err(Failure::OtherFormat);
    }
    let balancer = cursor.word();
    let (client, target) = (cursor.word(), cursor.word());
    let times = [cursor.word(), cursor.word(), cursor.word()];
    let (status, target_status) = (cursor.word(), cursor.word());
    let (received, sent) = (cursor.word(), cursor.word());
    let Quoted::Closed(request) = cursor.quoted() else { return Err(Failure::CutShort) };
    draft.stamp = Stamp::Text(draft.note(time));
    if let Some(code) = status.parse::<i64>().ok().filter(|code| (100..=999).contains(code)) {
        draft.event.document.set_long(Field::HttpResponseStatusCode, code);
        draft.is_request = true;
    } else {
        // A client that goes away gets no answer.
        draft.event.document.set_text(Field::Message, "no answer");
    }
    if !request.starts_with("- ") {
        read_request(request.trim_ascii_end(), draft);
    }
    let document = &mut draft.event.document;
    let host = client.rsplit_once(':').map_or(client, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host != "-" {
        document.set_text(Field::SourceAddress, host);
    }
    if target != "-" {
        document.set_text(Field::DestinationAddress, target);
    }
    match sent.parse() {
        Ok(bytes) => document.set_long(Field::HttpResponseBodyBytes, bytes),
        Err(_) => draft.partial(),
    }
    if let Some(nanoseconds) = sum(times) {
        draft.event.document.set_long(Field::EventDuration, nanoseconds);
    }
    for (name, value) in [
        ("type", kind),
        ("balancer", balancer),
        ("target_status", target_status),
        ("bytes_received", received),
    ] {
        told(name, value, draft);
    }
    match cursor.quoted() {
        Quoted::Closed("-") => {}
        Quoted::Closed(agent) => draft.event.document.set_text(Field::UserAgentOriginal, agent),
        Quoted::Cut(_) | Quoted::Absent => draft.partial(),
    }
    behind(&mut cursor, draft);
    Ok(())
}

/// Reads what stands behind the agent, as far as it goes.
fn behind(cursor: &mut Cursor<'_>, draft: &mut Draft) {
    for name in BEHIND {
        let value = match cursor.quoted() {
            Quoted::Closed(text) => text,
            Quoted::Cut(_) => return draft.partial(),
            Quoted::Absent => cursor.word(),
        };
        if value.is_empty() || value == "-" {
            continue;
        }
        match name {
            "" => {}
            "trace_id" => {
                let root = value.strip_prefix("Root=").unwrap_or(value);
                let root = root.split(';').next().unwrap_or(root);
                draft.event.document.set_text(Field::TraceId, root);
            }
            "domain_name" => draft.event.document.set_text(Field::UrlDomain, value),
            _ => told(name, value, draft),
        }
    }
    cursor.skip_spaces();
    if !cursor.rest().is_empty() {
        keep("trailing_rest", cursor.rest(), draft);
    }
}

fn told(name: &'static str, value: &str, draft: &mut Draft) {
    if !value.is_empty() && value != "-" {
        keep(name, value, draft);
    }
}

/// Adds times in seconds as nanoseconds; -1 means that there was none, and then there is no sum.
fn sum(times: [&str; 3]) -> Option<i64> {
    times.into_iter().try_fold(0_i64, |sum, time| {
        let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
        let whole: i64 = whole.parse().ok().filter(|whole| *whole >= 0)?;
        let digits = fraction.get(..fraction.len().min(9))?;
        let scale = 10_i64.checked_pow(u32::try_from(9 - digits.len()).ok()?)?;
        let fraction = if digits.is_empty() { 0 } else { digits.parse::<i64>().ok()? };
        sum.checked_add(whole.checked_mul(1_000_000_000)?)?.checked_add(fraction * scale)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;

    fn draft(line: &str) -> Draft {
        let mut draft = Draft::new();
        Alb { is_unnamed: true }.parse(line, &mut draft);
        draft
    }

    const HEAD: &str = r#"https 2026-01-02T03:04:05.123456Z app/shop/50dc6c495c0c9188 203.0.113.7:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://shop.example:443/a?b=1 HTTP/1.1" "curl/8.4" ECDHE TLSv1.2 arn:aws:x "Root=1-58337281-1d84f3d73c47ec4e58577259""#;

    #[test]
    fn a_line_of_any_age_is_read_as_far_as_it_goes() {
        for more in [
            "",
            r#" "shop.example" "arn:cert" 1 2026-01-02T03:04:05.000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1 new "newer still""#,
        ] {
            let draft = draft(&format!("{HEAD}{more}"));
            let document = &draft.event.document;
            assert_eq!((draft.status, draft.is_request), (ParseStatus::Ok, true), "{more}");
            assert_eq!(document.long(Field::EventDuration), Some(171_000_000));
            assert_eq!(document.text(Field::SourceAddress), Some("203.0.113.7"));
            assert_eq!(document.text(Field::TraceId), Some("1-58337281-1d84f3d73c47ec4e58577259"));
            assert_eq!(document.text(Field::UrlOriginal), Some("https://shop.example:443/a?b=1"));
        }
    }

    #[test]
    fn what_came_to_no_target_has_no_duration() {
        let draft = draft(
            r#"h2 2026-01-02T03:04:05.123456Z app/shop/1 203.0.113.7:2817 - -1 -1 -1 460 - 0 0 "- http://shop.example:80- " "-" - - - "-""#,
        );
        let document = &draft.event.document;
        assert_eq!((draft.status, draft.is_request), (ParseStatus::Ok, true));
        assert!(!document.has(Field::EventDuration) && !document.has(Field::DestinationAddress));
    }

    #[test]
    fn other_lines_are_kept_whole() {
        for (line, want) in [
            ("no line of a balancer", Failure::OtherFormat),
            ("https soon app/shop/1 203.0.113.7:1", Failure::OtherFormat),
            ("https 2026-01-02T03:04:05.123456Z app/shop/1 203.0.113.7:1 - 0.1", Failure::CutShort),
        ] {
            assert_eq!(draft(line).status, ParseStatus::Failed(want), "{line}");
        }
    }
}
