//! The error log of PHP: `[27-Nov-2026 06:10:11 UTC] PHP Fatal error:  Uncaught Error: text in file:12`, and a trace.

use event::Field;

use super::LineParser;
use super::exception;
use super::monolog::bracketed_stamp;
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;

/// Reads the error log of PHP.
#[derive(Debug)]
pub(super) struct PhpError {
    /// The input names no provider, so its format does.
    is_unnamed: bool,
}

impl PhpError {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { is_unnamed: input.provider.is_none() }
    }
}

impl LineParser for PhpError {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        match read(line, draft) {
            Ok(()) if self.is_unnamed => {
                draft.event.document.set_static(Field::EventProvider, "php");
            }
            Ok(()) => {}
            Err(failure) => draft.fail(failure, line),
        }
    }
}

fn read(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (stamp, text) = match bracketed_stamp(line) {
        Some((stamp, rest)) => (Some(stamp), rest.trim_ascii_start()),
        None => (None, line),
    };
    if stamp.is_some() && text.is_empty() {
        return Err(Failure::CutShort);
    }
    // What FastCGI passes on has its own words before it.
    let text = text.strip_prefix("PHP message: ").unwrap_or(text);
    let level = level(text);
    // Without a stamp, only an error that calls itself one is a line of this log.
    if stamp.is_none() && (level.is_none() || !text.starts_with("PHP ")) {
        return Err(Failure::OtherFormat);
    }
    if let Some(stamp) = stamp {
        draft.stamp = Stamp::Text(draft.note(stamp));
    }
    if let Some(level) = level {
        draft.event.document.set_static(Field::LogLevel, level);
    }
    let (thrown, place) = exception::php(text);
    thrown.tell(draft);
    place.tell(draft);
    Ok(())
}

/// Returns the level of an error by the words that PHP begins it with; what a program wrote itself has none.
fn level(text: &str) -> Option<&'static str> {
    const LEVELS: [(&str, &str); 13] = [
        ("Fatal error", "fatal"),
        ("Parse error", "fatal"),
        ("Compile error", "fatal"),
        ("Core error", "fatal"),
        ("Recoverable fatal error", "error"),
        ("Catchable fatal error", "error"),
        ("Warning", "warn"),
        ("Core Warning", "warn"),
        ("Compile Warning", "warn"),
        ("Notice", "notice"),
        ("Strict Standards", "notice"),
        ("Deprecated", "notice"),
        ("Unknown error", "error"),
    ];
    if text.starts_with("WordPress database error") {
        return Some("error");
    }
    let text = text.strip_prefix("PHP ").unwrap_or(text);
    let (words, _) = text.split_once(':').filter(|(words, _)| words.len() <= 32)?;
    LEVELS.iter().find(|(name, _)| *name == words).map(|(_, level)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;

    fn check(line: &str, want: Result<Option<&str>, Failure>) {
        let mut draft = Draft::new();
        PhpError { is_unnamed: true }.parse(line, &mut draft);
        let found = match draft.status {
            ParseStatus::Failed(failure) => Err(failure),
            ParseStatus::Ok | ParseStatus::Partial => {
                Ok(draft.event.document.text(Field::LogLevel))
            }
        };
        assert_eq!(found, want, "{line}");
    }

    #[test]
    fn the_words_of_an_error_are_its_level() {
        let stamped = |text: &str| format!("[27-Nov-2026 06:10:11 Europe/Berlin] {text}");
        check(&stamped("PHP Fatal error:  Uncaught Error: x in /a.php:1"), Ok(Some("fatal")));
        check(&stamped("PHP message: PHP Warning:  x in /a.php on line 1"), Ok(Some("warn")));
        check(&stamped("PHP Deprecated:  x"), Ok(Some("notice")));
        check(&stamped("WordPress database error Deadlock for query x"), Ok(Some("error")));
        check(&stamped("order: paid"), Ok(None));
        check("PHP Warning:  x in Unknown on line 0", Ok(Some("warn")));
    }

    #[test]
    fn what_has_no_stamp_and_no_words_of_php_is_kept_whole() {
        check("Stack trace:", Err(Failure::OtherFormat));
        check("Warning: x", Err(Failure::OtherFormat));
        check("[27-Nov-2026 06:10:11 UTC]", Err(Failure::CutShort));
        check("[27-Nov-2026 06:10:11 UTC", Err(Failure::OtherFormat));
        check("", Err(Failure::OtherFormat));
    }
}
