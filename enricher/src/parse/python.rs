//! Lines of Python's logging in its usual forms, of Flask, Celery, gunicorn and loguru, with their tracebacks.

use event::Field;

use super::LineParser;
use super::exception;
use super::leading;
use super::level;
use crate::counters::Failure;
use crate::draft::{Draft, Form, Stamp};

/// Longest name before a message.
const LONGEST_NAME: usize = 256;

/// Loggers of frameworks whose names are single words.
const LOGGERS: [&str; 10] = [
    "root", "__main__", "asyncio", "celery", "django", "flask", "gunicorn", "urllib3", "uvicorn",
    "werkzeug",
];

/// Reads lines of Python programs.
#[derive(Debug)]
pub(super) struct Python;

impl LineParser for Python {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        if let Err(failure) = read(line, draft) {
            draft.fail(failure, line);
        }
    }
}

/// What stands before a message, and the message.
#[derive(Debug, Default)]
struct Parts<'a> {
    level: &'static str,
    logger: &'a str,
    process: &'a str,
    pid: &'a str,
    function: &'a str,
    line: &'a str,
    message: &'a str,
}

fn read(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let inner = line.strip_prefix('[').filter(|inner| leading::stamp(inner).is_some());
    let Some((stamp, rest)) = leading::stamp(inner.unwrap_or(line)) else {
        let Some(parts) = bare(line) else {
            return exception::alone(exception::python(line), line, draft);
        };
        parts.tell(draft);
        return Ok(());
    };
    if rest.trim_matches([' ', ']']).is_empty() {
        return Err(Failure::CutShort);
    }
    let parts = match (inner, rest.strip_prefix(": "), rest.strip_prefix(']')) {
        (Some(_), Some(rest), _) => celery(rest),
        (Some(_), None, Some(rest)) => behind_stamp(rest),
        (Some(_), None, None) => None,
        (None, ..) => behind_stamp(rest),
    };
    let parts = parts.ok_or(Failure::OtherFormat)?;
    draft.stamp = Stamp::Text(draft.note(stamp));
    parts.tell(draft);
    Ok(())
}

/// Reads `LEVEL:logger:message` of a program that set nothing up, and `LEVEL:     message` of uvicorn.
fn bare(line: &str) -> Option<Parts<'_>> {
    let (word, rest) = line.split_once(':')?;
    let level = level_of(word)?;
    if let Some(message) = rest.strip_prefix(' ') {
        return Some(Parts { level, message: message.trim_ascii_start(), ..Parts::default() });
    }
    let (logger, message) = rest.split_once(':')?;
    is_name(logger).then_some(Parts { level, logger, message, ..Parts::default() })
}

/// Reads `LEVEL/Process] message`.
fn celery(text: &str) -> Option<Parts<'_>> {
    let (head, message) = text.split_once(']')?;
    let (word, process) = head.split_once('/').unwrap_or((head, ""));
    let level = level_of(word)?;
    Some(Parts { level, process, message: message.trim_start_matches(' '), ..Parts::default() })
}

fn behind_stamp(text: &str) -> Option<Parts<'_>> {
    let text = text.trim_start_matches(' ');
    if let Some(rest) = text.strip_prefix("- ") {
        return by_dashes(rest);
    }
    if let Some(rest) = text.strip_prefix("| ") {
        return loguru(rest);
    }
    by_words(text)
}

/// Reads `logger - LEVEL - message`, `LEVEL - message`, `logger - process - LEVEL - message`.
fn by_dashes(text: &str) -> Option<Parts<'_>> {
    let mut parts = Parts::default();
    let mut rest = text;
    for place in 0..3 {
        let (word, behind) =
            rest.split_once(" - ").or_else(|| Some((rest.strip_suffix(" -")?, "")))?;
        if word.len() > LONGEST_NAME || word.contains('\n') {
            return None;
        }
        if let Some(level) = level_of(word.trim_ascii()) {
            return Some(Parts { level, message: behind, ..parts });
        }
        let word = word.trim_ascii();
        match place {
            0 => parts.logger = word,
            _ if word.bytes().all(|byte| byte.is_ascii_digit()) => parts.pid = word,
            _ => parts.process = word,
        }
        rest = behind;
    }
    None
}

/// Reads `LEVEL | module:function:line - message`.
fn loguru(text: &str) -> Option<Parts<'_>> {
    let (word, rest) = text.split_once('|')?;
    let level = level_of(word.trim_ascii())?;
    let (place, message) = rest.trim_start_matches(' ').split_once(" - ")?;
    let mut places = place.split(':');
    let (logger, function, line) = (places.next()?, places.next()?, places.next()?);
    is_name(logger).then_some(Parts { level, logger, function, line, message, ..Parts::default() })
}

/// Reads `LEVEL logger message`, with brackets or colons around any of them, also `logger LEVEL message`.
fn by_words(text: &str) -> Option<Parts<'_>> {
    let mut parts = Parts::default();
    let mut rest = text;
    // Gunicorn writes the number of the process in brackets, and some write the logger before the level.
    for _ in 0..3 {
        let (word, behind) = word(rest)?;
        if let Some(level) = level_of(word) {
            parts.level = level;
            return Some(behind_level(parts, behind));
        }
        if word.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty() {
            parts.pid = word;
        } else if parts.logger.is_empty() && is_name(word) {
            parts.logger = word;
        } else {
            return None;
        }
        rest = behind;
    }
    None
}

/// Reads what follows a level. A word alone may begin the message: it is a logger where its shape says so.
fn behind_level<'a>(mut parts: Parts<'a>, text: &'a str) -> Parts<'a> {
    parts.message = text;
    if let Some((module, message)) = text.strip_prefix("in ").and_then(|rest| rest.split_once(": "))
        && is_name(module)
    {
        return Parts { logger: module, message, ..parts };
    }
    if !parts.logger.is_empty() {
        let message = text.strip_prefix("- ").or_else(|| text.strip_prefix(": ")).unwrap_or(text);
        return Parts { message, ..parts };
    }
    let Some((first, behind)) = word(text) else { return parts };
    let is_marked = text.starts_with('[')
        || text.get(first.len()..).is_some_and(|behind| behind.starts_with(": "))
        || behind.starts_with("- ");
    let is_shaped = LOGGERS.contains(&first)
        || (first.contains('.') && first.bytes().all(|b| !b.is_ascii_uppercase()));
    if is_name(first) && (is_marked || is_shaped) {
        parts.logger = first;
        parts.message = behind.strip_prefix("- ").unwrap_or(behind);
    }
    parts
}

/// Takes a word off the start of a text, and brackets or a colon around it.
fn word(text: &str) -> Option<(&str, &str)> {
    if let Some(inner) = text.strip_prefix('[') {
        let (word, behind) = inner.split_once(']')?;
        let behind = behind.strip_prefix(':').unwrap_or(behind);
        return (word.len() <= LONGEST_NAME)
            .then_some((word.trim_ascii(), behind.trim_start_matches(' ')));
    }
    let (word, behind) = text.split_once([' ', '\n']).unwrap_or((text, ""));
    let word = word.strip_suffix(':').unwrap_or(word);
    (word.len() <= LONGEST_NAME).then_some((word, behind.trim_start_matches(' ')))
}

fn is_name(word: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/');
    (1..=LONGEST_NAME).contains(&word.len())
        && word.bytes().all(fits)
        && !word.ends_with('.')
        && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn level_of(word: &str) -> Option<&'static str> {
    let is_word = word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_word { level::canonical(word) } else { None }
}

impl Parts<'_> {
    fn tell(&self, draft: &mut Draft) {
        let document = &mut draft.event.document;
        document.set_static(Field::LogLevel, self.level);
        for (field, text) in [(Field::LogLogger, self.logger), (Field::ProcessName, self.process)] {
            if !text.is_empty() {
                document.set_text(field, text);
            }
        }
        if let Ok(pid) = self.pid.parse() {
            document.set_long(Field::ProcessPid, pid);
        }
        if !self.function.is_empty() {
            draft.add_extra("log.origin.function", self.function, Form::Text);
            // Only what is a number of JSON may stand there as one.
            let is_number = (1..9).contains(&self.line.len())
                && self.line.bytes().all(|byte| byte.is_ascii_digit())
                && !self.line.starts_with('0');
            let form = if is_number { Form::Json } else { Form::Text };
            draft.add_extra("log.origin.file.line", self.line, form);
        }
        exception::python(self.message).tell(draft);
    }
}

#[cfg(test)]
mod tests;
