//! Exceptions in messages: the text before, the class and what it says, and the trace, in the forms of four languages.

mod php;
mod python;

use event::Field;

use crate::counters::Failure;
use crate::draft::{Draft, Form, Stamp};

pub(super) use php::{php, php_object};
pub(super) use python::python;

use python::TRACEBACK;

/// A message that may hold an exception.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Thrown<'a> {
    /// What people read.
    pub(super) message: &'a str,
    /// The class of the exception.
    pub(super) class: &'a str,
    /// What it says.
    pub(super) reason: &'a str,
    /// Its trace, from its class on.
    pub(super) trace: &'a str,
    /// The exception that was its first cause, where the trace names one.
    pub(super) root: &'a str,
}

impl Thrown<'_> {
    /// Puts what is known into the draft.
    pub(super) fn tell(&self, draft: &mut Draft) {
        let document = &mut draft.event.document;
        let fields = [
            (Field::Message, self.message),
            (Field::ErrorType, self.class),
            (Field::ErrorMessage, self.reason),
            (Field::ErrorStackTrace, self.trace),
        ];
        for (field, text) in fields {
            if !text.is_empty() {
                document.set_text(field, text);
            }
        }
        if !self.root.is_empty() {
            draft.add_extra("root_cause", self.root, Form::Text);
        }
    }
}

/// Reads an exception before which no line of a logger stands: nobody caught it, or an empty line divided the two.
pub(super) fn alone(thrown: Thrown<'_>, text: &str, draft: &mut Draft) -> Result<(), Failure> {
    if thrown.class.is_empty() || thrown.trace.len() != text.trim_ascii_end().len() {
        return Err(Failure::OtherFormat);
    }
    draft.stamp = Stamp::Missing;
    thrown.tell(draft);
    Ok(())
}

/// The lines of a text, each with the place where it starts.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    text.split('\n').map(move |line| {
        let start = next;
        next += line.len() + 1;
        (start, line.strip_suffix('\r').unwrap_or(line))
    })
}

fn from(text: &str, start: usize) -> &str {
    text.get(start..).unwrap_or_default()
}

fn between(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default().trim_ascii()
}

/// Finds the exception of a Java message: a class with its package at the start of a line, and frames behind it.
pub(super) fn java(text: &str) -> Thrown<'_> {
    let whole = Thrown { message: text.trim_ascii_end(), ..Thrown::default() };
    if memchr::memchr(b'\n', text.as_bytes()).is_none() {
        return match java_head(whole.message) {
            Some((class, reason)) if is_error_name(class) => Thrown { class, reason, ..whole },
            _ => whole,
        };
    }
    let mut ahead = lines(text).skip(1);
    for (start, line) in lines(text) {
        let is_traced = ahead.next().is_some_and(|(_, next)| is_java_frame(next));
        let Some((class, reason)) = java_head(line) else { continue };
        let is_named = start > 0 && is_error_name(class);
        if !is_traced && !is_named {
            continue;
        }
        let trace = from(text, start).trim_ascii_end();
        let head = if start == 0 { line.trim_ascii() } else { between(text, 0, start) };
        let reason_start = start + line.len() - reason.len();
        let end = lines(text).skip_while(|(at, _)| *at <= start);
        let mut end = end.filter(|(_, line)| is_java_frame(line) || is_cause(line));
        let reason = match end.next() {
            Some((end, _)) if !reason.is_empty() => between(text, reason_start, end),
            _ => reason,
        };
        let cause = |line: &'_ str| line.trim_ascii_start().starts_with("Caused by: ");
        let root = lines(trace).filter(|(_, line)| cause(line)).last();
        let root = root.and_then(|(_, line)| line.split_once("Caused by: "));
        let root = root.map_or("", |(_, root)| root);
        return Thrown { message: head, class, reason, trace, root };
    }
    whole
}

fn is_java_frame(line: &str) -> bool {
    let inner = line.trim_ascii_start();
    inner.len() < line.len() && (inner.starts_with("at ") || inner.starts_with("... "))
}

fn is_cause(line: &str) -> bool {
    ["Caused by: ", "Wrapped by: ", "Suppressed: "]
        .iter()
        .any(|word| line.trim_ascii_start().starts_with(word))
}

/// Reads `com.shop.PaymentException: text`.
fn java_head(line: &str) -> Option<(&str, &str)> {
    let line = match line.strip_prefix("Exception in thread \"") {
        Some(rest) => rest.split_once("\" ")?.1,
        None => line,
    };
    let (class, reason) = line.split_once(':').unwrap_or((line, ""));
    let is_part = |part: &str| {
        !part.starts_with(|c: char| c.is_ascii_digit())
            && !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    };
    let class = class.trim_ascii_end();
    let (package, name) = class.rsplit_once('.')?;
    let is_class = name.starts_with(|c: char| c.is_ascii_uppercase())
        && is_part(name)
        && package.split('.').all(is_part);
    is_class.then_some((class, reason.trim_ascii_start()))
}

fn is_error_name(class: &str) -> bool {
    let name = class.rsplit('.').next().unwrap_or(class);
    ["Exception", "Error", "Throwable"].iter().any(|word| name.contains(word))
}

/// Reads `TypeError: text`, `shop.errors.Declined: text`, `App\Declined: text`; the text may go on over lines.
fn word_head(text: &str) -> (&str, &str) {
    let first = text.split('\n').next().unwrap_or_default();
    let (class, _) = first.split_once(':').unwrap_or((first, ""));
    let class = class.trim_ascii();
    let is_name =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'\\' | b'$');
    if class.is_empty() || !class.bytes().all(is_name) {
        return ("", "");
    }
    let reason = text.split_once(class).map_or("", |(_, reason)| reason);
    (class, reason.strip_prefix(':').unwrap_or(reason).trim_ascii())
}

/// Reads a trace that stands in a field of its own, in whatever language: its class and what it says.
pub(super) fn of_trace(trace: &str) -> Thrown<'_> {
    let trace = trace.trim_ascii();
    if trace.contains(TRACEBACK) {
        return Thrown { message: "", trace, ..python(trace) };
    }
    let is_frame = |line: &str| {
        is_java_frame(line) || is_cause(line) || line.starts_with('#') || line == "Stack trace:"
    };
    let end = lines(trace).skip(1).find(|(_, line)| is_frame(line));
    let head = end.map_or(trace, |(end, _)| between(trace, 0, end));
    let (class, reason) = match java_head(head.split('\n').next().unwrap_or_default()) {
        Some((class, _)) => (class, from(head, class.len()).trim_start_matches([':', ' '])),
        // Without a frame, any words may stand before a colon.
        None if end.is_none() => ("", ""),
        None => word_head(head),
    };
    Thrown { message: "", class, reason, trace, root: "" }
}

#[cfg(test)]
mod tests;
