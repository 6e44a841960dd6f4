//! The error log of Apache, 2.0 to 2.4: `[Fri Jan 02 03:04:05.123456 2026] [core:error] [pid 1:tid 2] [client 203.0.113.7:4711] text`.

use std::net::IpAddr;

use event::Field;

use super::access::keep;
use super::{LineParser, level};
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;

/// Reads the error log of Apache.
#[derive(Debug)]
pub(super) struct ApacheError {
    /// The input names no provider, so its format does.
    is_unnamed: bool,
}

impl ApacheError {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { is_unnamed: input.provider.is_none() }
    }
}

impl LineParser for ApacheError {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        match read(line, draft) {
            Ok(()) if self.is_unnamed => {
                draft.event.document.set_static(Field::EventProvider, "apache");
            }
            Ok(()) => {}
            Err(failure) => draft.fail(failure, line),
        }
    }
}

/// Takes what stands in brackets at the start.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let (inner, rest) = text.strip_prefix('[')?.split_once(']')?;
    Some((inner, rest.strip_prefix(' ').unwrap_or(rest)))
}

fn read(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (stamp, rest) = bracket(line).ok_or(Failure::OtherFormat)?;
    if !crate::time::stamp::is_stamp(stamp) {
        return Err(Failure::OtherFormat);
    }
    let (words, mut rest) = bracket(rest).ok_or(Failure::CutShort)?;
    let (module, word) = words.split_once(':').unwrap_or(("", words));
    let level = severity(word).ok_or(Failure::OtherFormat)?;
    draft.stamp = Stamp::Text(draft.note(stamp));
    let document = &mut draft.event.document;
    document.set_static(Field::LogLevel, level);
    if !module.is_empty() && module != "-" {
        document.set_text(Field::LogLogger, module);
    }
    while let Some((inner, behind)) = bracket(rest) {
        if !block(inner, draft) {
            break;
        }
        rest = behind;
    }
    // What the system said stands before the client: `(2)No such file or directory: [client ..] text`.
    let mut said = "";
    if rest.starts_with('(')
        && let Some((words, behind)) = rest.split_once(": [")
        && let Some((inner, behind)) = behind.split_once(']')
        && block(inner, draft)
    {
        (said, rest) = (words, behind.trim_ascii_start());
    }
    if let Some((text, referrer)) = rest.rsplit_once(", referer: ") {
        draft.event.document.set_text(Field::HttpRequestReferrer, referrer);
        rest = text;
    }
    let document = &mut draft.event.document;
    if let Some((code, _)) = rest.split_once(": ")
        && code.len() == 7
        && code.strip_prefix("AH").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
    {
        document.set_text(Field::ErrorCode, code);
    }
    if said.is_empty() {
        document.set_text(Field::Message, rest);
    } else {
        document.set_format(Field::Message, format_args!("{said}: {rest}"));
    }
    Ok(())
}

/// Reads what a block in brackets says, if it is one of Apache's and no part of the text.
fn block(inner: &str, draft: &mut Draft) -> bool {
    if let Some(client) = inner.strip_prefix("client ").or_else(|| inner.strip_prefix("remote ")) {
        let client = without_port(client);
        if client != "-" {
            draft.event.document.set_text(Field::SourceAddress, client);
        }
        return true;
    }
    let Some(process) = inner.strip_prefix("pid ") else { return false };
    let (pid, tid) = process.split_once(":tid ").unwrap_or((process, ""));
    match pid.parse() {
        Ok(pid) => draft.event.document.set_long(Field::ProcessPid, pid),
        Err(_) => keep("pid", pid, draft),
    }
    if !tid.is_empty() {
        draft.event.document.set_text(Field::ProcessThreadName, tid);
    }
    true
}

/// An IPv6 address stands before its port without brackets, so what is an address as a whole has none.
fn without_port(client: &str) -> &str {
    if client.parse::<IpAddr>().is_ok() {
        return client;
    }
    match client.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => client,
    }
}

/// Apache counts its traces: `trace1` to `trace8`.
fn severity(word: &str) -> Option<&'static str> {
    level::canonical(word).or_else(|| word.starts_with("trace").then_some("trace"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;

    fn check(line: &str, want: &[(Field, &str)]) {
        let mut draft = Draft::new();
        ApacheError { is_unnamed: true }.parse(line, &mut draft);
        assert_eq!(draft.status, ParseStatus::Ok, "{line}");
        for (field, value) in want {
            assert_eq!(draft.event.document.text(*field), Some(*value), "{line}");
        }
    }

    #[test]
    fn lines_of_all_versions_are_read() {
        check(
            "[Fri Jan 02 03:04:05 2026] [error] [client 203.0.113.7] File does not exist: /srv/[a]",
            &[
                (Field::SourceAddress, "203.0.113.7"),
                (Field::Message, "File does not exist: /srv/[a]"),
                (Field::LogLevel, "error"),
            ],
        );
        check(
            "[Fri Jan 02 03:04:05.123456 2026] [core:error] [pid 12:tid 139] (2)No such file: [client 2001:db8::1:4711] AH00128: gone, see [x], referer: http://a/",
            &[
                (Field::SourceAddress, "2001:db8::1:4711"),
                (Field::Message, "(2)No such file: AH00128: gone, see [x]"),
                (Field::ErrorCode, "AH00128"),
                (Field::LogLogger, "core"),
                (Field::HttpRequestReferrer, "http://a/"),
                (Field::ProcessThreadName, "139"),
            ],
        );
        check(
            "[Fri Jan 02 03:04:05.123456 2026] [ssl:trace3] [pid 12] [client 198.51.100.9:80] [odd] text",
            &[
                (Field::SourceAddress, "198.51.100.9"),
                (Field::Message, "[odd] text"),
                (Field::LogLevel, "trace"),
            ],
        );
    }

    #[test]
    fn other_lines_are_kept_whole() {
        for (line, want) in [
            ("no line of Apache", Failure::OtherFormat),
            ("[x] [error] y", Failure::OtherFormat),
            ("[Fri Jan 02 03:04:05 2026]", Failure::CutShort),
            ("[Fri Jan 02 03:04:05 2026] [loud] y", Failure::OtherFormat),
        ] {
            let mut draft = Draft::new();
            ApacheError { is_unnamed: true }.parse(line, &mut draft);
            assert_eq!(draft.status, ParseStatus::Failed(want), "{line}");
        }
    }
}
