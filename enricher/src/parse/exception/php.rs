//! Exceptions of PHP, in messages and in contexts.

use event::Field;

use super::{Thrown, between, from, lines, word_head};
use crate::draft::{Draft, Form};

/// Where a text of PHP says that something happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::parse) struct Place<'a> {
    /// The file.
    pub(in crate::parse) file: &'a str,
    /// The line in it.
    pub(in crate::parse) line: &'a str,
}

impl Place<'_> {
    /// Keeps the place.
    pub(in crate::parse) fn tell(&self, draft: &mut Draft) {
        if !self.file.is_empty() {
            draft.add_extra("log.origin.file.name", self.file, Form::Text);
            draft.add_extra("log.origin.file.line", self.line, Form::Json);
        }
    }
}

/// Finds the exception of a PHP message: `Class: text in file:12`, `Stack trace:` and numbered frames.
pub(in crate::parse) fn php(text: &str) -> (Thrown<'_>, Place<'_>) {
    let is_trace = |line: &str| {
        // Xdebug writes its own, with a stamp before each line where the log has stamps.
        line == "Stack trace:"
            || line == "[stacktrace]"
            || line.starts_with("#0 ")
            || line.ends_with("PHP Stack trace:")
    };
    let found = lines(text).skip(1).find(|(_, line)| is_trace(line)).map(|(start, _)| start);
    // Some programs take line breaks out of their messages.
    let found = found.or_else(|| text.find(" Stack trace: #0 "));
    let message = found.map_or(text.trim_ascii(), |start| between(text, 0, start));
    let (said, place) = php_place(message);
    let mut thrown = Thrown { message, ..Thrown::default() };
    let head = match said.split_once("Uncaught ") {
        Some((before, head)) if before.len() < 64 => Some(head),
        _ if found.is_some() => Some(said),
        _ => None,
    };
    if let Some(head) = head {
        (thrown.class, thrown.reason) = word_head(head);
        let start =
            message.len() - message.split_once(head).map_or(0, |(_, rest)| rest.len() + head.len());
        if found.is_some() {
            thrown.trace = from(text, start).trim_ascii();
        }
    }
    (thrown, place)
}

/// Cuts ` in /srv/a.php:12` or ` in /srv/a.php on line 12` off the end of a message.
pub(in crate::parse) fn php_place(message: &str) -> (&str, Place<'_>) {
    let none = (message, Place::default());
    let is_number = |text: &str| {
        !text.is_empty() && text.len() < 9 && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let Some((rest, line)) = message.rsplit_once([':', ' ']) else { return none };
    if !is_number(line) || line.starts_with('0') {
        return none;
    }
    let rest = rest.strip_suffix(" on line").unwrap_or(rest);
    match rest.rsplit_once(" in ").or_else(|| rest.rsplit_once(" at ")) {
        Some((said, file)) if !file.is_empty() && !file.contains('\n') => {
            (said, Place { file, line })
        }
        _ => none,
    }
}

/// Reads an exception as Monolog writes it into a context: `[object] (Class(code: 7): text at /srv/a.php:12)`, and a trace.
pub(in crate::parse) fn php_object(text: &str, draft: &mut Draft) {
    let Some((class, rest)) =
        text.strip_prefix("[object] (").and_then(|inner| inner.split_once("(code: "))
    else {
        draft.add_extra("exception", text, Form::Text);
        return;
    };
    let (code, rest) = rest.split_once("): ").unwrap_or(("", rest));
    let end = ["\n[stacktrace]", "\n[previous exception]"]
        .iter()
        .filter_map(|mark| rest.find(mark))
        .min();
    let head = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
    let (reason, place) = php_place(head.trim_ascii_end().trim_end_matches(')'));
    let thrown = Thrown { class, reason, trace: text.trim_ascii_end(), ..Thrown::default() };
    thrown.tell(draft);
    place.tell(draft);
    if !matches!(code, "" | "0") {
        draft.event.document.set_text(Field::ErrorCode, code);
    }
}
