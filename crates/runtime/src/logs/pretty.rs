//! A line for people.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;
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
        // Writing into a text cannot fail.
        drop(match value {
            Value::String(value) if !value.contains(' ') => write!(text, " {name}={value}"),
            value => write!(text, " {name}={value}"),
        });
    }
    if held_back > 0 {
        drop(write!(text, " ({held_back} more held back)"));
    }
    text.push('\n');
    text
}
