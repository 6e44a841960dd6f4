//! Values with a unit: `10MiB`, `5m`. They read from settings, print as people write them, and say what they take.

mod size;
mod span;

pub use size::{ByteSize, NotASize};
pub use span::{NotASpan, Span};

/// Splits `10MiB` into digits and unit.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end =
        text.find(|character: char| !(character.is_ascii_digit() || "._".contains(character)));
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    (number, unit.trim())
}
