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
    let edition = if words.contains(':') { Edition::New } else { Edition::Old };
    rest = blocks(rest, edition, draft);
    if let Some((file, behind)) = source(rest) {
        keep("source_file", file, draft);
        rest = blocks(behind, edition, draft);
    }
    // What the system said stands before the client: `(2)No such file or directory: [client ..] text`.
    let mut said = "";
    if rest.starts_with('(')
        && let Some((words, behind)) = rest.split_once(": [")
        && let Some((inner, behind)) = behind.split_once(']')
        && block(inner, edition, draft)
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

/// Whose form a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edition {
    /// Up to 2.2: no module before the level, no port behind an address.
    Old,
    /// From 2.4 on: both are always there.
    New,
}

/// Reads blocks in brackets; returns what stands behind them.
fn blocks<'a>(text: &'a str, edition: Edition, draft: &mut Draft) -> &'a str {
    let mut rest = text;
    while let Some((inner, behind)) = bracket(rest) {
        if !block(inner, edition, draft) {
            break;
        }
        rest = behind;
    }
    rest
}

/// Takes `ssl_engine_kernel.c(383): `, which stands before the client where all is told.
fn source(text: &str) -> Option<(&str, &str)> {
    let (file, behind) = text.split_once(": ")?;
    let (name, number) = file.strip_suffix(')')?.split_once('(')?;
    let is_file = name.contains('.') && !name.contains(' ');
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_file && is_number).then_some((file, behind))
}

/// Reads what a block in brackets says, if it is one of Apache's and no part of the text.
fn block(inner: &str, edition: Edition, draft: &mut Draft) -> bool {
    // The other end of a connection that Apache opened itself.
    if let Some(server) = inner.strip_prefix("remote ") {
        draft.event.document.set_text(Field::DestinationAddress, server);
        return true;
    }
    if let Some(client) = inner.strip_prefix("client ") {
        let client = without_port(client, edition);
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

/// An IPv6 address stands before its port without brackets: only who wrote it tells whether the last group is a port.
fn without_port(client: &str, edition: Edition) -> &str {
    let is_address = |text: &str| text.parse::<IpAddr>().is_ok();
    if edition == Edition::Old && is_address(client) {
        return client;
    }
    match client.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
            // What is left must be an address still, or it would not be coarsened.
            if is_address(host) || !is_address(client) { host } else { client }
        }
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
                (Field::SourceAddress, "2001:db8::1"),
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
    fn lines_that_tell_all_and_lines_about_servers_behind_are_read() {
        check(
            "[Fri Jan 02 03:04:05.123456 2026] [core:trace5] [pid 1:tid 2] core.c(12): (2)No such file: [client 203.0.113.7:4711] AH00128: x",
            &[
                (Field::SourceAddress, "203.0.113.7"),
                (Field::ErrorCode, "AH00128"),
                (Field::Message, "(2)No such file: AH00128: x"),
            ],
        );
        check(
            "[Fri Jan 02 03:04:05.123456 2026] [ssl:debug] [pid 1:tid 2] ssl_engine_kernel.c(383): [client 2001:db8::7:4711] AH02034: x",
            &[(Field::SourceAddress, "2001:db8::7"), (Field::Message, "AH02034: x")],
        );
        let line = "[Fri Jan 02 03:04:05.123456 2026] [proxy:error] [pid 1:tid 2] (111)Connection refused: [remote 10.0.0.5:8080] AH01102: x";
        check(line, &[(Field::DestinationAddress, "10.0.0.5:8080")]);
        let mut draft = Draft::new();
        ApacheError { is_unnamed: true }.parse(line, &mut draft);
        assert!(!draft.event.document.has(Field::SourceAddress));
        check(
            "[Fri Jan 02 03:04:05.123456 2026] [a:error] [client 2001:db8:1:2:3:4:5:6] x",
            &[(Field::SourceAddress, "2001:db8:1:2:3:4:5:6")],
        );
        check(
            "[Fri Jan 02 03:04:05 2026] [error] [client 2001:db8::1:4711] x",
            &[(Field::SourceAddress, "2001:db8::1:4711")],
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
