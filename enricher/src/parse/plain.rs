//! A line is a message; its level and its stamp are found where programs usually write them.

use event::Field;

use super::LineParser;
use super::level;
use crate::draft::{Draft, Stamp};
use crate::time::stamp;

/// How far from its start a line is searched for a level.
pub(super) const HEAD: usize = 96;

/// Reads messages.
#[derive(Debug)]
pub(super) struct Plain;

impl LineParser for Plain {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        draft.event.document.set_text(Field::Message, line);
        if let Some(text) = leading_stamp(line) {
            draft.stamp = Stamp::Text(draft.note(text));
        }
        let head = line.as_bytes().get(..HEAD).unwrap_or(line.as_bytes());
        if let Some(level) = level::find(head) {
            draft.event.document.set_static(Field::LogLevel, level);
        }
    }
}

/// Returns the stamp that a line starts with: the longest of its first words that is one.
pub(super) fn leading_stamp(line: &str) -> Option<&str> {
    let line = line.strip_prefix('[').unwrap_or(line);
    if !line.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let is_stamp = |text: &&str| text.len() >= 19 && stamp::is_stamp(text);
    let ends =
        line.char_indices().take(40).filter(|(_, c)| matches!(c, ' ' | ']')).map(|(at, _)| at);
    let mut longest = None;
    for end in ends.take(3) {
        longest = line.get(..end).filter(is_stamp).or(longest);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_at_the_start_is_found_with_its_zone() {
        let check =
            |line: &str, want: Option<&str>| assert_eq!(leading_stamp(line), want, "{line}");
        check("2026-01-02 03:04:05,678 +0100 INFO x", Some("2026-01-02 03:04:05,678 +0100"));
        check("2026-01-02T03:04:05Z x", Some("2026-01-02T03:04:05Z"));
        check("[2026-01-02 03:04:05] shop.ERROR: x", Some("2026-01-02 03:04:05"));
        check("1001 orders", None);
        check("stock is low", None);
    }

    #[test]
    fn a_line_is_its_message() {
        let mut draft = Draft::new();
        Plain.parse("2026-01-02 03:04:05 WARN low on 京", &mut draft);
        assert_eq!(
            draft.event.document.to_json(),
            r#"{"log":{"level":"warn"},"message":"2026-01-02 03:04:05 WARN low on 京"}"#
        );
    }
}
