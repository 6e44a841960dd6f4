//! A line for people.

use jiff::Timestamp;
use tracing::Level;

use super::line::Line;

/// Whether colours are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    With,
    Without,
}

/// Returns `TIME LEVEL message name=value ..` and a line break.
pub(super) fn text(now: Timestamp, line: &Line, held_back: u64, colour: Colour) -> String {
    let time = now.strftime("%H:%M:%S");
    let (code, name) = match line.level {
        Level::ERROR => ("31", "ERROR"),
        Level::WARN => ("33", "WARN "),
        Level::INFO => ("32", "INFO "),
        Level::DEBUG => ("34", "DEBUG"),
        Level::TRACE => ("35", "TRACE"),
    };
    let mut text = match colour {
        Colour::With => format!("\u{1b}[2m{time}\u{1b}[0m \u{1b}[{code}m{name}\u{1b}[0m "),
        Colour::Without => format!("{time} {name} "),
    };
    text.push_str(&line.message);
    for (name, value) in &line.fields {
        let name = name.strip_prefix("labels.").unwrap_or(name);
        // A text of one word stands as it is, all else as JSON, so that it is clear where it ends.
        let shown = match value.as_str() {
            Some(word) if !word.contains(' ') => word.to_owned(),
            Some(_) | None => value.to_string(),
        };
        text.extend([" ", name, "=", &shown]);
    }
    if held_back > 0 {
        text.extend([" (", &held_back.to_string(), " more held back)"]);
    }
    text.push('\n');
    text
}
