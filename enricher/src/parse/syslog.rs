//! Syslog, as RFC 5424 and RFC 3164 write it and as relays leave it in files: with a priority or without, with a year or
//! without, with a host or without.

use std::borrow::Cow;

use event::Field;

use super::access::keep;
use super::escape::{first_bare, undone};
use super::{LineParser, clients, keep as put, leading, level};
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};

/// Parameters of structured data that are kept, at most.
const MOST_PARAMETERS: usize = 128;
/// Names of severities, from the worst on.
const SEVERITIES: [&str; 8] =
    ["emergency", "alert", "critical", "error", "warn", "notice", "info", "debug"];

/// Reads syslog.
#[derive(Debug)]
pub(super) struct Syslog;

/// What stands before the text of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) priority: Option<u8>,
    pub(super) stamp: &'a str,
    pub(super) host: &'a str,
    pub(super) app: &'a str,
    pub(super) pid: &'a str,
    /// Only RFC 5424 has it.
    pub(super) message_id: &'a str,
    /// Only RFC 5424 has it, with its brackets.
    pub(super) structured: &'a str,
}

/// Reads the head of a line; returns it with the text behind.
pub(super) fn head(line: &str) -> Option<(Head<'_>, &str)> {
    let (priority, rest) = match line.strip_prefix('<') {
        Some(inner) => {
            let (number, rest) = inner.split_once('>')?;
            let number: u8 = number.parse().ok().filter(|number| *number <= 191)?;
            (Some(number), rest)
        }
        None => (None, line),
    };
    match rest.strip_prefix("1 ") {
        Some(rest) if priority.is_some() => modern(priority, rest),
        _ => old(priority, rest),
    }
}

/// Reads the words of RFC 5424.
fn modern(priority: Option<u8>, rest: &str) -> Option<(Head<'_>, &str)> {
    let mut rest = rest;
    let mut word = || {
        let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = behind;
        if word == "-" { "" } else { word }
    };
    let (stamp, host, app, pid, message_id) = (word(), word(), word(), word(), word());
    if !stamp.is_empty() && leading::stamp(stamp).is_none() {
        return None;
    }
    let (structured, rest) = structured(rest);
    let text = rest.strip_prefix(' ').unwrap_or(rest).trim_start_matches('\u{feff}');
    Some((Head { priority, stamp, host, app, pid, message_id, structured }, text))
}

/// Cuts behind the structured data: `-`, or elements in brackets, in which a backslash goes before `]`, `"` and itself.
fn structured(rest: &str) -> (&str, &str) {
    if let Some(behind) = rest.strip_prefix('-') {
        return ("", behind);
    }
    let bytes = rest.as_bytes();
    let (mut at, mut is_inside, mut end) = (0, false, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if is_inside => at += 1,
            b']' if is_inside => {
                is_inside = false;
                end = at + 1;
            }
            b'[' if !is_inside => is_inside = true,
            _ if !is_inside => break,
            _ => {}
        }
        at += 1;
    }
    rest.split_at_checked(end).unwrap_or(("", rest))
}

/// Reads the words of RFC 3164, whose stamp may have been replaced by a longer one on the way.
fn old(priority: Option<u8>, rest: &str) -> Option<(Head<'_>, &str)> {
    let (stamp, rest) = short_stamp(rest).or_else(|| leading::stamp(rest))?;
    // Firewalls write a colon behind the stamp.
    let rest = rest.strip_prefix(": ").or_else(|| rest.strip_prefix(' '))?;
    let (first, behind) = rest.split_once(' ').unwrap_or((rest, ""));
    // A tag ends with a colon, a host does not.
    let (host, rest) = if tag(first).is_some() { ("", rest) } else { (first, behind) };
    let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
    // Some write no space behind a tag; with a process id it is one all the same.
    let short = word.find("]:").and_then(|at| rest.split_at_checked(at + 2));
    let (app, pid, text) = match (tag(word), short.and_then(|(tag, _)| self::tag(tag)), short) {
        (Some((app, pid)), _, _) => (app, pid, behind),
        (None, Some((app, pid)), Some((_, text))) => (app, pid, text),
        (None, _, _) => ("", "", rest),
    };
    Some((Head { priority, stamp, host, app, pid, ..Head::default() }, text))
}

/// Takes `Jan  2 03:04:05`, with a year behind the day or a fraction or without.
fn short_stamp(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let is_month =
        bytes.get(..3)?.iter().all(u8::is_ascii_alphabetic) && bytes.get(3) == Some(&b' ');
    let end = text.match_indices(':').nth(1).map(|(at, _)| at + 3).filter(|end| *end <= 24)?;
    let fraction = text.get(end..)?.strip_prefix('.');
    let digits = fraction.map_or(0, |rest| 1 + rest.bytes().take_while(u8::is_ascii_digit).count());
    let (stamp, rest) = text.split_at_checked(end + digits)?;
    (is_month && crate::time::stamp::is_day(stamp)).then_some((stamp, rest))
}

/// Reads `app[12]:` and `app:`.
fn tag(word: &str) -> Option<(&str, &str)> {
    let inner = word.strip_suffix(':')?;
    let (app, pid) = match inner.strip_suffix(']').and_then(|inner| inner.split_once('[')) {
        Some((app, pid)) => (app, pid),
        None => (inner, ""),
    };
    (!app.is_empty() && app.len() <= 64).then_some((app, pid))
}

impl Head<'_> {
    /// Puts what the head says into a draft.
    pub(super) fn tell(&self, draft: &mut Draft) {
        draft.stamp = match self.stamp {
            "" => Stamp::Missing,
            stamp => Stamp::Text(draft.note(stamp)),
        };
        let document = &mut draft.event.document;
        if let Some(level) =
            self.priority.and_then(|number| SEVERITIES.get(usize::from(number % 8)))
        {
            document.set_static(Field::LogLevel, level);
        }
        if !self.host.is_empty() {
            document.set_text(Field::HostName, self.host);
        }
        if !self.app.is_empty() {
            document.set_text(Field::ServiceName, self.app);
            document.set_text(Field::ProcessName, self.app);
        }
        match self.pid.parse() {
            Ok(pid) => document.set_long(Field::ProcessPid, pid),
            Err(_) if self.pid.is_empty() => {}
            Err(_) => keep("pid", self.pid, draft),
        }
        if !self.message_id.is_empty() {
            keep("message_id", self.message_id, draft);
        }
        parameters(self.structured, draft);
    }
}

/// Keeps the parameters of structured data as `id.name`.
fn parameters(structured: &str, draft: &mut Draft) {
    let mut rest = structured;
    let mut count = 0;
    while let Some(element) = rest.strip_prefix('[') {
        let (id, mut inner) = element
            .split_at_checked(element.find([' ', ']']).unwrap_or(element.len()))
            .unwrap_or((element, ""));
        while let Some(pair) = inner.strip_prefix(' ') {
            let Some((name, value)) = pair.split_once("=\"") else { return };
            let Some(end) = first_bare(value, b'"') else { return };
            let (value, behind) = value.split_at_checked(end).unwrap_or((value, ""));
            count += 1;
            if count > MOST_PARAMETERS {
                return draft.partial();
            }
            let (key, value) = (format!("{id}.{}", name.trim_ascii()), plain(value));
            if !put::aside(&key, &value, draft) {
                keep(&key, &value, draft);
            }
            inner = behind.strip_prefix('"').unwrap_or_default();
        }
        rest = inner.strip_prefix(']').unwrap_or_default();
    }
}

/// Undoes `\"`, `\\` and `\]`.
fn plain(text: &str) -> Cow<'_, str> {
    undone(text, |c| matches!(c, '"' | '\\' | ']').then_some(c))
}

impl LineParser for Syslog {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        let Some((head, text)) = head(line) else {
            return draft.fail(Failure::OtherFormat, line);
        };
        head.tell(draft);
        let text = text.trim_ascii();
        if head.priority.is_none()
            && let Some(level) = level::find(text.as_bytes().get(..96).unwrap_or(text.as_bytes()))
        {
            draft.event.document.set_static(Field::LogLevel, level);
        }
        draft.event.document.set_text(Field::Message, &clients::coarse_named(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, want: (&str, &str, &str, &str, &str)) {
        let (head, text) = head(line).unwrap();
        assert_eq!((head.stamp, head.host, head.app, head.pid, text), want, "{line}");
    }

    #[test]
    fn heads_of_both_kinds_and_of_what_relays_made_of_them() {
        check(
            "<34>Jan  2 03:04:05 web-1 su[12]: no",
            ("Jan  2 03:04:05", "web-1", "su", "12", "no"),
        );
        check(
            "Jan 22 03:04:05 web-1 kernel: a: b",
            ("Jan 22 03:04:05", "web-1", "kernel", "", "a: b"),
        );
        check(
            "<34>Jan  2 03:04:05 web-1 app[12]:no space",
            ("Jan  2 03:04:05", "web-1", "app", "12", "no space"),
        );
        check(
            "<190>Jan  2 2026 03:04:05: %ASA-6-302013: Built",
            ("Jan  2 2026 03:04:05", "", "%ASA-6-302013", "", "Built"),
        );
        check("Jan 22 03:04:05 cron[1]: x", ("Jan 22 03:04:05", "", "cron", "1", "x"));
        check(
            "Jan 22 03:04:05 web-1 no tag here",
            ("Jan 22 03:04:05", "web-1", "", "", "no tag here"),
        );
        let iso = "2026-01-02T03:04:05.123456+01:00";
        check(&format!("{iso} web-1 su[12]: no"), (iso, "web-1", "su", "12", "no"));
        check(
            &format!("<34>1 {iso} web-1 su 12 ID47 - \u{feff}no"),
            (iso, "web-1", "su", "12", "no"),
        );
        check("<34>1 - - - - - -", ("", "", "", "", ""));
        check(
            &format!(r#"<34>1 {iso} h a 1 - [x@1 a="b \] \" c"][y] [text"#),
            (iso, "h", "a", "1", "[text"),
        );
    }

    #[test]
    fn structured_data_is_kept_by_name_without_its_backslashes() {
        let mut draft = Draft::new();
        let line = r#"<165>1 2026-01-02T03:04:05Z h a - - [x@1 a="b \] \" c" d="1"][y] text"#;
        Syslog.parse(line, &mut draft);
        let extras: Vec<String> = draft
            .extras
            .iter()
            .map(|extra| format!("{}={}", draft.read(extra.key), draft.read(extra.text)))
            .collect();
        assert_eq!(extras, [r#"x@1.a=b ] " c"#, "x@1.d=1"]);
        assert_eq!(draft.event.document.text(Field::LogLevel), Some("notice"));
        assert_eq!(draft.event.document.text(Field::Message), Some("text"));
    }

    #[test]
    fn users_and_addresses_of_parameters_do_not_stay_as_they_are() {
        let mut draft = Draft::new();
        let line = r#"<165>1 2026-01-02T03:04:05Z h a - - [x@1 user="ada" ip="203.0.113.7"] text"#;
        Syslog.parse(line, &mut draft);
        let extras: Vec<&str> = draft.extras.iter().map(|extra| draft.read(extra.text)).collect();
        assert_eq!((extras, draft.sensitive.len()), (vec!["203.0.113.0"], 1));
    }

    #[test]
    fn what_has_no_stamp_is_no_syslog() {
        for line in [
            "",
            "text",
            "<34>",
            "<999>Jan  2 03:04:05 h a: x",
            "<34>1 soon h a - - - x",
            "Jan soon",
        ] {
            assert!(head(line).is_none(), "{line}");
        }
    }
}
