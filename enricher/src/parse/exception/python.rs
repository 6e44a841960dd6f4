//! Tracebacks of Python.

use super::{Thrown, between, from, lines, word_head};

/// Stands before the frames of an exception.
pub(super) const TRACEBACK: &str = "Traceback (most recent call last):";

/// Finds the exception of a Python message: the last line of the last traceback says what it is.
pub(in crate::parse) fn python(text: &str) -> Thrown<'_> {
    let is_start = |(start, line): (usize, &str)| (line == TRACEBACK).then_some(start);
    let Some(first) = lines(text).find_map(is_start) else {
        return Thrown { message: text.trim_ascii_end(), ..Thrown::default() };
    };
    let last = lines(text).filter_map(is_start).last().unwrap_or(first);
    let trace = from(text, first).trim_ascii_end();
    let ends = |line: &str| !line.is_empty() && !line.starts_with([' ', '\t']);
    let end = lines(from(text, last)).skip(1).find(|(_, line)| ends(line));
    let said = end.map_or("", |(start, _)| from(text, last + start).trim_ascii_end());
    let message = between(text, 0, first);
    let (class, reason) = word_head(said);
    let message = if message.is_empty() { said } else { message };
    Thrown { message, class, reason, trace, root: "" }
}
