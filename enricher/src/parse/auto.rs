//! `auto`: the first lines of each file tell its format.
//!
//! Each format that tells itself apart is tried on the first lines of a file; the first that reads one whole is the file's, until
//! it fails many lines in a row. The parsers themselves are asked, so that what is recognised and what is read cannot differ.

use std::collections::{HashMap, VecDeque};

use event::{Field, FileId};
use serde_json::value::RawValue;

use super::mapper::More;
use super::{Decision, LineParser, parser};
use crate::draft::{Draft, ParseStatus};
use crate::settings::{Format, PipelineSettings};

/// Files whose format is remembered; of more, those that were met first are looked at again.
const MOST_FILES: usize = 1_024;
/// Lines of a file that may be tried; then it is taken for messages.
const TRIED_LINES: u32 = 20;
/// Lines that a format may fail in a row before the file is looked at again.
const MOST_FAILURES: u32 = 20;

/// Formats of text that can be told from one another, the strictest first. Messages of any kind come last.
const TEXTS: &[Format] = &[
    Format::Combined,
    Format::Cef,
    Format::Leef,
    Format::PhpFpmAccess,
    Format::Alb,
    Format::S3,
    Format::Envoy,
    Format::Haproxy,
    Format::NginxError,
    Format::ApacheError,
    Format::Tomcat,
    Format::Redis,
    Format::Kafka,
    Format::PhpFpm,
    Format::Monolog,
    Format::PhpError,
    Format::Java,
    Format::Python,
    Format::Syslog,
    Format::Logfmt,
];

/// Reads the lines of files whose formats nobody named.
#[derive(Debug)]
pub(super) struct Auto {
    input: PipelineSettings,
    parsers: Vec<(Format, Box<dyn LineParser>)>,
    files: HashMap<FileId, File>,
    order: VecDeque<FileId>,
    /// The format of the line that is read.
    current: Format,
    decision: Option<Decision>,
}

/// What is known of a file.
#[derive(Debug, Clone, Copy, Default)]
struct File {
    format: Option<Format>,
    tried: u32,
    failed: u32,
}

impl Auto {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self {
            input: input.clone(),
            parsers: Vec::new(),
            files: HashMap::new(),
            order: VecDeque::new(),
            current: Format::Plain,
            decision: None,
        }
    }

    fn parser(&mut self, format: Format) -> Option<&mut Box<dyn LineParser>> {
        let known = self.parsers.iter().position(|(known, _)| *known == format);
        let at = known.unwrap_or_else(|| {
            let input = PipelineSettings { format, ..self.input.clone() };
            self.parsers.push((format, parser(&input)));
            self.parsers.len() - 1
        });
        self.parsers.get_mut(at).map(|(_, parser)| parser)
    }

    fn read(&mut self, format: Format, text: &str, draft: &mut Draft) {
        self.current = format;
        if let Some(parser) = self.parser(format) {
            parser.parse(text, draft);
        }
        if self.input.schema.is_none() {
            draft.event.document.set_static(Field::StorePipelineParser, format.as_str());
        }
    }

    /// Finds the format that reads a line whole, and leaves what it read in the draft.
    fn find(&mut self, text: &str, draft: &mut Draft) -> Option<Format> {
        let formats: &[Format] = match text.trim_ascii_start().as_bytes().first() {
            Some(b'{') => {
                let format = match &self.input.schema {
                    Some(_) => Format::Ndjson,
                    None => of_object(text)?,
                };
                self.read(format, text, draft);
                return (draft.status == ParseStatus::Ok).then_some(format);
            }
            _ if is_form(text) => &[Format::Form],
            // Without a context such a line reads as one of Java, and comes to the same.
            _ if text.contains(" CONTEXT: {") => &[Format::WooCommerce],
            _ => TEXTS,
        };
        for &format in formats {
            draft.forget();
            self.read(format, text, draft);
            // A stamp and words are syslog only where a program names itself.
            let is_vague =
                format == Format::Syslog && !draft.event.document.has(Field::ProcessName);
            if draft.status == ParseStatus::Ok && !is_vague {
                return Some(format);
            }
        }
        None
    }

    fn remember(&mut self, id: FileId, file: File) {
        if self.files.insert(id, file).is_none() {
            self.order.push_back(id);
            if self.order.len() > MOST_FILES
                && let Some(oldest) = self.order.pop_front()
            {
                self.files.remove(&oldest);
            }
        }
    }

    fn decide(&mut self, format: Format, why: String) {
        self.decision = Some(Decision { format: format.as_str(), why });
    }
}

impl LineParser for Auto {
    fn parse(&mut self, text: &str, draft: &mut Draft) {
        let id = draft.event.origin.file;
        let mut file = self.files.get(&id).copied().unwrap_or_default();
        if let Some(format) = file.format {
            self.read(format, text, draft);
            let is_failed = matches!(draft.status, ParseStatus::Failed(_));
            file.failed = if is_failed { file.failed + 1 } else { 0 };
            if file.failed >= MOST_FAILURES {
                file = File::default();
            }
        } else if let Some(format) = self.find(text, draft) {
            file.format = Some(format);
            self.decide(
                format,
                format!("it reads line {} of those looked at whole", file.tried + 1),
            );
        } else {
            draft.forget();
            self.read(Format::Plain, text, draft);
            file.tried += 1;
            if file.tried >= TRIED_LINES {
                file.format = Some(Format::Plain);
                self.decide(
                    Format::Plain,
                    format!("no format reads one of {TRIED_LINES} lines whole"),
                );
            }
        }
        self.remember(id, file);
    }

    fn of_file(&mut self, path: &str, draft: &mut Draft) {
        let current = self.current;
        if let Some(parser) = self.parser(current) {
            parser.of_file(path, draft);
        }
    }

    fn more(&mut self, draft: &mut Draft) -> More {
        let current = self.current;
        self.parser(current).map_or(More::None, |parser| parser.more(draft))
    }

    fn decided(&mut self) -> Option<Decision> {
        self.decision.take()
    }
}

/// Tells lines of loggers from events of a shop by the names of an object's keys.
fn of_object(text: &str) -> Option<Format> {
    let object: HashMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let has = |names: &[&str]| names.iter().any(|name| object.contains_key(*name));
    let is_event = has(&["action", "event.action", "event", "order", "payment", "store"]);
    let is_log = has(&["level", "severity", "levelname", "log.level", "lvl"])
        && has(&["msg", "message", "short_message"]);
    let is_access = has(&["status", "status_code"])
        && has(&["request", "request_uri", "uri", "request_method", "remote_addr"]);
    if is_access && !is_event {
        return Some(Format::NginxJson);
    }
    Some(if is_log && !is_event { Format::JsonLog } else { Format::Ndjson })
}

fn is_form(text: &str) -> bool {
    text.contains('=') && text.contains('&') && !text.contains([' ', '\t', '"'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::RawPipeline;
    use event::{ByteOffset, Origin};
    use jiff::Timestamp;

    fn auto() -> Auto {
        let raw = RawPipeline {
            format: Format::Auto,
            dataset: "app".to_owned(),
            ..RawPipeline::default()
        };
        Auto::new(&PipelineSettings::check(&raw, "inputs[0]", &mut Vec::new()).unwrap())
    }

    /// Reads a line of a file and returns its parser and status.
    fn read(auto: &mut Auto, file: u8, text: &str) -> (String, ParseStatus) {
        let span = ByteOffset::ZERO..ByteOffset::new(1);
        let mut draft = Draft::new();
        let origin = Origin { file: FileId::from_bytes([file; 16]), span, part: 0 };
        draft.begin(&origin, Timestamp::UNIX_EPOCH);
        auto.parse(text, &mut draft);
        let parser = draft.event.document.text(Field::StorePipelineParser).unwrap_or_default();
        (parser.to_owned(), draft.status)
    }

    const ACCESS: &str =
        r#"203.0.113.7 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 10 "-" "curl/8""#;

    #[test]
    fn lines_of_all_kinds_are_told_from_one_another() {
        for (line, want) in [
            (ACCESS, "combined"),
            (
                r#"{"action":"order.submitted","order":{"id":"1"},"level":"info","message":"x"}"#,
                "ndjson",
            ),
            (
                r#"{"time_iso8601":"2026-01-02T03:04:05Z","request":"GET / HTTP/1.1","status":"200"}"#,
                "nginx_json",
            ),
            (
                r#"203.0.113.7:1 [02/Jan/2026:03:04:05.678] fe be/a 0/0/1/23/24 200 1 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#,
                "haproxy",
            ),
            (
                r#"[2026-01-02T03:04:05.123Z] "GET /x HTTP/2" 200 - 0 1 2 3 "-" "-" "-" "a" "-""#,
                "envoy",
            ),
            (r#"203.0.113.7 -  02/Jan/2026:03:04:05 +0000 "GET /index.php" 200"#, "php_fpm_access"),
            ("12:M 02 Jan 2026 03:04:05.678 * Ready", "redis"),
            ("CEF:0|a|b|1|2|n|5|rt=1767322801250", "cef"),
            ("LEEF:1.0|a|b|1|2|devTime=1767322801250", "leef"),
            ("[2026-01-02 03:04:05,678] INFO x (kafka.server.Log)", "kafka"),
            ("[02-Jan-2026 03:04:05] NOTICE: ready to handle connections", "php_fpm"),
            ("02-Jan-2026 03:04:05.678 SEVERE [main] org.apache.Catalina.start x", "tomcat"),
            ("2026/01/02 03:04:05 [notice] 1#1: start", "nginx_error"),
            ("<34>1 2026-01-02T03:04:05Z h su 1 - - no", "syslog"),
            ("Jan  2 03:04:05 web-1 su[12]: no", "syslog"),
            ("[Fri Jan 02 03:04:05 2026] [error] no", "apache_error"),
            (r#"{"level":30,"time":1767323045000,"msg":"started"}"#, "json_log"),
            ("2026-01-02T03:04:05.678Z  INFO 1 --- [main] c.e.Orders : started", "java"),
            ("2026-01-02T03:04:05+00:00 ERROR no stock CONTEXT: {\"a\":1}", "woocommerce"),
            ("2026-01-02 03:04:05,678 - shop.orders - WARNING - low", "python"),
            ("[2026-01-02 03:04:05] production.ERROR: no {\"a\":1} []", "monolog"),
            ("[02-Jan-2026 03:04:05 UTC] PHP Warning:  no in /srv/a.php on line 3", "php_error"),
            ("ts=2026-01-02T03:04:05Z level=info msg=\"a b\" n=1", "logfmt"),
            ("trade_no=1&charset=utf-8", "form"),
            ("the stock is low", "plain"),
            ("2026-01-02 03:04:05 the stock is low", "plain"),
        ] {
            assert_eq!(read(&mut auto(), 1, line).0, want, "{line}");
        }
    }

    #[test]
    fn each_file_keeps_its_format_and_a_line_that_does_not_fit_fails() {
        let mut auto = auto();
        assert_eq!(read(&mut auto, 1, ACCESS), ("combined".to_owned(), ParseStatus::Ok));
        assert_eq!(auto.decided().map(|decision| decision.format), Some("combined"));
        assert_eq!(read(&mut auto, 2, "trade_no=1&a=2").0, "form");
        let (parser, status) = read(&mut auto, 1, "the stock is low");
        assert_eq!(parser, "combined");
        assert!(matches!(status, ParseStatus::Failed(_)));
        auto.decided();
        assert_eq!(auto.decided(), None, "told once");
    }

    #[test]
    fn a_file_that_changes_its_format_is_looked_at_again() {
        let mut auto = auto();
        read(&mut auto, 1, ACCESS);
        for _ in 0..MOST_FAILURES {
            read(&mut auto, 1, "trade_no=1&a=2");
        }
        assert_eq!(read(&mut auto, 1, "trade_no=1&a=2"), ("form".to_owned(), ParseStatus::Ok));
    }

    #[test]
    fn a_file_of_messages_is_one_after_some_lines() {
        let mut auto = auto();
        for _ in 0..TRIED_LINES {
            assert_eq!(auto.decided(), None);
            read(&mut auto, 1, "the stock is low");
        }
        assert_eq!(auto.decided().map(|decision| decision.format), Some("plain"));
        assert_eq!(read(&mut auto, 1, ACCESS).0, "plain", "it was decided");
    }

    #[test]
    fn of_too_many_files_the_first_are_forgotten() {
        let mut auto = auto();
        for number in 0..=MOST_FILES {
            let id = FileId::from_bytes([u8::try_from(number % 256).unwrap(); 16]);
            let mut bytes = *id.as_bytes();
            bytes[0] = u8::try_from(number / 256).unwrap();
            auto.remember(FileId::from_bytes(bytes), File::default());
        }
        assert_eq!((auto.files.len(), auto.order.len()), (MOST_FILES, MOST_FILES));
    }
}
