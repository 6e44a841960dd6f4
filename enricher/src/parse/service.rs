//! Logs of programs beside a shop: Tomcat, Redis, Kafka, PHP-FPM. Each is a stamp, a level, and words by their place.

use event::Field;

use super::access::{keep, read_request, user};
use super::monolog::bracketed_stamp;
use super::{LineParser, exception, leading, level};
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::time::stamp;

/// Reads a log by its form.
pub(super) struct Service {
    /// Who writes it, where the input does not say.
    provider: Option<&'static str>,
    read: Read,
}

/// Reads a line; what is no line of the form is a failure.
type Read = fn(&str, &mut Draft) -> Result<(), Failure>;

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl Service {
    /// Returns a reader; `named` is the provider that the input names.
    pub(super) fn new(named: Option<&String>, provider: &'static str, read: Read) -> Self {
        Self { provider: named.is_none().then_some(provider), read }
    }
}

impl LineParser for Service {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        match (self.read)(line, draft) {
            Ok(()) => {
                if let Some(provider) = self.provider {
                    draft.event.document.set_static(Field::EventProvider, provider);
                }
            }
            Err(failure) => draft.fail(failure, line),
        }
    }
}

fn note(stamp: &str, draft: &mut Draft) {
    draft.stamp = Stamp::Text(draft.note(stamp));
}

/// Reads `02-Jan-2026 03:04:05.678 SEVERE [thread] org.apache.Class.method text`, and an exception behind it.
pub(super) fn tomcat(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (stamp, rest) = leading::stamp(line).ok_or(Failure::OtherFormat)?;
    let (word, rest) = rest.trim_ascii_start().split_once(' ').ok_or(Failure::CutShort)?;
    let level = logging(word).ok_or(Failure::OtherFormat)?;
    let thread = rest.trim_ascii_start().strip_prefix('[').and_then(|rest| rest.split_once("] "));
    let (thread, rest) = thread.ok_or(Failure::CutShort)?;
    let (place, text) = rest.split_once(' ').unwrap_or((rest, ""));
    note(stamp, draft);
    let document = &mut draft.event.document;
    document.set_static(Field::LogLevel, level);
    document.set_text(Field::ProcessThreadName, thread);
    // The method stands behind the class.
    document.set_text(Field::LogLogger, place.rsplit_once('.').map_or(place, |(class, _)| class));
    exception::java(text).tell(draft);
    Ok(())
}

/// Returns the level of a word of java.util.logging.
fn logging(word: &str) -> Option<&'static str> {
    Some(match word {
        "SEVERE" => "error",
        "WARNING" => "warn",
        "INFO" | "CONFIG" => "info",
        "FINE" => "debug",
        "FINER" | "FINEST" => "trace",
        _ => return None,
    })
}

/// Reads `12:M 02 Jan 2026 03:04:05.678 * text`, and `[12] 02 Jan 03:04:05 # text` of old versions.
pub(super) fn redis(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (pid, role, rest) = if let Some(inner) = line.strip_prefix('[') {
        let (pid, rest) = inner.split_once("] ").ok_or(Failure::OtherFormat)?;
        (pid, "", rest)
    } else {
        let (pid, rest) = line.split_once(':').ok_or(Failure::OtherFormat)?;
        let (role, rest) = rest.split_once(' ').ok_or(Failure::OtherFormat)?;
        (pid, role, rest)
    };
    let pid: i64 = pid.parse().map_err(|_| Failure::OtherFormat)?;
    let end = rest.find(':').and_then(|first| rest.get(first..)?.find(' ').map(|at| first + at));
    let (stamp, rest) = rest.split_at_checked(end.ok_or(Failure::CutShort)?).unwrap_or((rest, ""));
    if !stamp::is_day(stamp) {
        return Err(Failure::OtherFormat);
    }
    let rest = rest.trim_ascii_start();
    let (mark, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let level = match mark {
        "." => "debug",
        "-" => "info",
        "*" => "notice",
        "#" => "warn",
        _ => return Err(Failure::OtherFormat),
    };
    note(stamp, draft);
    let document = &mut draft.event.document;
    document.set_static(Field::LogLevel, level);
    document.set_long(Field::ProcessPid, pid);
    document.set_text(Field::Message, text);
    let role = match role {
        "M" => "master",
        "S" => "replica",
        "C" => "child",
        "X" => "sentinel",
        _ => return Ok(()),
    };
    keep("role", role, draft);
    Ok(())
}

/// Reads `[2026-01-02 03:04:05,678] INFO [Part 0]: text (kafka.server.Class)`, and an exception behind it.
pub(super) fn kafka(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (stamp, rest) = bracketed_stamp(line).ok_or(Failure::OtherFormat)?;
    let (word, rest) = rest.trim_ascii_start().split_once(' ').ok_or(Failure::CutShort)?;
    let level = level::canonical(word).ok_or(Failure::OtherFormat)?;
    note(stamp, draft);
    draft.event.document.set_static(Field::LogLevel, level);
    // The logger ends the first line.
    let end = rest.find('\n').unwrap_or(rest.len());
    let (first, trace) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let named = first.trim_ascii_end().strip_suffix(')').and_then(|first| first.rsplit_once(" ("));
    match named.filter(|(_, logger)| !logger.is_empty() && !logger.contains(' ')) {
        Some((text, logger)) => {
            draft.event.document.set_text(Field::LogLogger, logger);
            if trace.is_empty() {
                draft.event.document.set_text(Field::Message, text);
            } else {
                exception::java(&format!("{text}{trace}")).tell(draft);
            }
        }
        None => exception::java(rest).tell(draft),
    }
    Ok(())
}

/// Reads `[02-Jan-2026 03:04:05] WARNING: [pool www] child 12 said into stderr: "text"`.
pub(super) fn php_fpm(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (stamp, rest) = bracketed_stamp(line).ok_or(Failure::OtherFormat)?;
    let (word, text) = rest.trim_ascii_start().split_once(": ").ok_or(Failure::CutShort)?;
    let level = level::canonical(word).ok_or(Failure::OtherFormat)?;
    note(stamp, draft);
    draft.event.document.set_static(Field::LogLevel, level);
    let pool = text.strip_prefix("[pool ").and_then(|inner| inner.split_once("] "));
    let (pool, text) = pool.unwrap_or(("", text));
    if !pool.is_empty() {
        draft.event.document.set_text(Field::LogLogger, pool);
    }
    let child = text.strip_prefix("child ").and_then(|rest| rest.split_once([' ', ',']));
    if let Some(Ok(pid)) = child.map(|(pid, _)| pid.parse()) {
        draft.event.document.set_long(Field::ProcessPid, pid);
    }
    draft.event.document.set_text(Field::Message, text);
    Ok(())
}

/// Reads `203.0.113.7 - ada 02/Jan/2026:03:04:05 +0000 "GET /index.php" 200`, as PHP-FPM writes it unless told otherwise.
pub(super) fn php_fpm_access(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (address, rest) = line.split_once(" - ").ok_or(Failure::OtherFormat)?;
    let (head, rest) = rest.split_once(" \"").ok_or(Failure::OtherFormat)?;
    // The user may be missing, and then two spaces stand there.
    let (head, zone) = head.rsplit_once(' ').ok_or(Failure::OtherFormat)?;
    let (name, time) = head.rsplit_once(' ').unwrap_or(("", head));
    let stamp = format!("{time} {zone}");
    if address.contains(' ') || !stamp::is_stamp(&stamp) {
        return Err(Failure::OtherFormat);
    }
    note(&stamp, draft);
    let (request, rest) = rest.split_once("\" ").ok_or(Failure::CutShort)?;
    let (status, behind) = rest.split_once(' ').unwrap_or((rest, ""));
    let code: i64 = status.parse().map_err(|_| Failure::CutShort)?;
    if address != "-" {
        draft.event.document.set_text(Field::SourceAddress, address);
    }
    draft.event.document.set_long(Field::HttpResponseStatusCode, code);
    draft.is_request = true;
    user(name, draft);
    read_request(request, draft);
    if !behind.is_empty() {
        keep("trailing_rest", behind, draft);
    }
    Ok(())
}

/// Reads an entry of PHP-FPM's slow log: `[02-Jan-2026 03:04:05]  [pool www] pid 12`, the script, and where it was.
pub(super) fn php_fpm_slow(text: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (stamp, head) = bracketed_stamp(first).ok_or(Failure::OtherFormat)?;
    let head = head.trim_ascii_start().strip_prefix("[pool ").ok_or(Failure::OtherFormat)?;
    let (pool, pid) = head.split_once("] pid ").ok_or(Failure::OtherFormat)?;
    let pid: i64 = pid.trim_ascii_end().parse().map_err(|_| Failure::OtherFormat)?;
    note(stamp, draft);
    let document = &mut draft.event.document;
    document.set_static(Field::LogLevel, "warn");
    document.set_text(Field::LogLogger, pool);
    document.set_long(Field::ProcessPid, pid);
    let (script, frames) = match rest.strip_prefix("script_filename = ") {
        Some(rest) => rest.split_once('\n').unwrap_or((rest, "")),
        None => ("", rest),
    };
    if script.is_empty() {
        draft.partial();
    }
    let document = &mut draft.event.document;
    document.set_format(Field::Message, format_args!("slow request of {script}"));
    if !frames.is_empty() {
        document.set_text(Field::ErrorStackTrace, frames);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(read: Read, line: &str, want: Result<(&str, &str), Failure>) {
        let mut draft = Draft::new();
        let found = read(line, &mut draft).map(|()| {
            let text = |field| draft.event.document.text(field).unwrap_or_default();
            (text(Field::LogLevel), text(Field::Message))
        });
        assert_eq!(found, want, "{line}");
    }

    #[test]
    fn lines_of_tomcat() {
        read(
            tomcat,
            "02-Jan-2026 03:04:05.678 SEVERE [http-nio-8080-exec-1] org.apache.catalina.Valve.invoke no order",
            Ok(("error", "no order")),
        );
        read(tomcat, "02-Jan-2026 03:04:05.678 LOUD [a] b c", Err(Failure::OtherFormat));
        read(tomcat, "02-Jan-2026 03:04:05.678 INFO [a", Err(Failure::CutShort));
        read(tomcat, "no line", Err(Failure::OtherFormat));
    }

    #[test]
    fn lines_of_redis() {
        read(redis, "12:M 02 Jan 2026 03:04:05.678 * Ready", Ok(("notice", "Ready")));
        read(redis, "[12] 02 Jan 03:04:05 # memory: low", Ok(("warn", "memory: low")));
        read(redis, "12:M 02 Jan 2026 03:04:05.678", Err(Failure::CutShort));
        read(redis, "12:M soon 03:04 x", Err(Failure::OtherFormat));
        read(redis, "no line", Err(Failure::OtherFormat));
    }

    #[test]
    fn lines_of_kafka() {
        let line = "[2026-01-02 03:04:05,678] INFO [Part 0]: a (b) c (kafka.server.Log)";
        read(kafka, line, Ok(("info", "[Part 0]: a (b) c")));
        read(kafka, "[2026-01-02 03:04:05,678] WARN no logger", Ok(("warn", "no logger")));
        read(kafka, "[2026-01-02 03:04:05,678] loud x", Err(Failure::OtherFormat));
        read(kafka, "no line", Err(Failure::OtherFormat));
    }

    #[test]
    fn lines_of_php_fpm() {
        let line =
            "[02-Jan-2026 03:04:05] WARNING: [pool www] child 12, script x executing too slow";
        read(php_fpm, line, Ok(("warn", "child 12, script x executing too slow")));
        let line = "[02-Jan-2026 03:04:05] NOTICE: ready to handle connections";
        read(php_fpm, line, Ok(("notice", "ready to handle connections")));
        read(php_fpm, "[02-Jan-2026 03:04:05] PHP Warning:  x", Err(Failure::OtherFormat));
        read(php_fpm, "no line", Err(Failure::OtherFormat));
    }

    #[test]
    fn requests_of_php_fpm() {
        for line in [
            r#"203.0.113.7 -  02/Jan/2026:03:04:05 +0000 "GET /index.php" 200"#,
            r#"203.0.113.7 - ada 02/Jan/2026:03:04:05 +0000 "GET /index.php" 200 12.5"#,
        ] {
            let mut draft = Draft::new();
            assert_eq!(php_fpm_access(line, &mut draft), Ok(()), "{line}");
            assert_eq!(draft.event.document.text(Field::UrlOriginal), Some("/index.php"));
            assert_eq!(draft.sensitive.len(), usize::from(line.contains("ada")));
        }
        read(php_fpm_access, "a - b", Err(Failure::OtherFormat));
        let cut = r#"203.0.113.7 -  02/Jan/2026:03:04:05 +0000 "GET /index"#;
        read(php_fpm_access, cut, Err(Failure::CutShort));
    }

    #[test]
    fn slow_requests_of_php_fpm() {
        let text = "[02-Jan-2026 03:04:05]  [pool www] pid 12\nscript_filename = /srv/a.php\n[0x7f] sleep() /srv/a.php:3";
        read(php_fpm_slow, text, Ok(("warn", "slow request of /srv/a.php")));
        read(php_fpm_slow, "[02-Jan-2026 03:04:05]  [pool www", Err(Failure::OtherFormat));
    }
}
