//! One dead letter.

use std::fmt;
use std::str::FromStr;

use event::{Dataset, EventId, FileId, Span};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::segment;

/// The format that this version writes.
const FORMAT: u32 = 1;
/// Longest reason that is kept, in bytes.
const REASON_BYTES: usize = 512;

/// A refused event: where it came from, why it was refused, and its redacted line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// When it was given up.
    pub time: Timestamp,
    /// The file it stood in.
    pub file: FileId,
    /// The path of that file.
    pub path: String,
    /// Where the line stood.
    pub span: Span,
    /// Which of the line's events it is.
    pub part: u16,
    /// The input that read it.
    pub input: String,
    /// What it is about.
    pub dataset: Dataset,
    /// Its `_id`.
    #[serde(with = "text")]
    pub id: EventId,
    /// The rule that gave it up: `rejected`, `too_large`.
    pub rule: String,
    /// The status of the cluster's answer.
    pub status: u16,
    /// Why the cluster refused it.
    pub reason: Reason,
    /// The line, redacted.
    pub line: String,
}

/// A letter as it stands on disk. The first format had no number.
#[derive(Serialize, Deserialize)]
struct Stored<L> {
    #[serde(default = "first")]
    format: u32,
    #[serde(flatten)]
    letter: L,
}

fn first() -> u32 {
    FORMAT
}

impl Letter {
    /// Appends the letter as a record.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        // Plain structs with text keys: there is nothing in them that JSON cannot hold.
        let stored = Stored { format: FORMAT, letter: self };
        segment::write(&serde_json::to_vec(&stored).unwrap_or_default(), out);
    }

    /// Reads a letter of this or an older format.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let stored: Stored<Self> = serde_json::from_slice(payload).ok()?;
        (stored.format <= FORMAT).then_some(stored.letter)
    }
}

/// The text of a refusal: cut, and without what a terminal would obey.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(String);

impl Reason {
    /// Returns the reason, at most 512 bytes of it.
    pub fn new(text: &str) -> Self {
        let mut text = runtime::plain(text).into_owned();
        let mut end = text.len().min(REASON_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        Self(text)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names a dead letter: its segment and where it starts there, such as `3-128`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId {
    /// Number of the segment.
    pub segment: u64,
    /// Offset in it.
    pub offset: usize,
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.segment, self.offset)
    }
}

impl FromStr for LetterId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = |(segment, offset): (&str, &str)| {
            Some(Self { segment: segment.parse().ok()?, offset: offset.parse().ok()? })
        };
        text.split_once('-')
            .and_then(parse)
            .ok_or_else(|| format!("{text:?} is no dead letter: such as 3-128 is expected"))
    }
}

mod text {
    use event::EventId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &EventId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<EventId, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_at_a_character_and_cannot_steer_a_terminal() {
        let reason = Reason::new(&format!("\u{1b}[31m{}", "京".repeat(400)));
        assert!(reason.as_str().len() <= REASON_BYTES);
        assert!(!reason.as_str().contains('\u{1b}'));
        assert!(reason.as_str().ends_with('京'));
    }

    // A letter as the first release wrote it. It must be read for ever.
    const FIRST: &str = r#"{"time":"2026-01-01T00:00:00Z","file":"AQEBAQEBAQEBAQEBAQEBAQ","path":"/a.log","span":{"start":5,"end":9},"part":0,"input":"orders","dataset":"order","id":"hco7-35pOSTcC6jouufjXA","rule":"rejected","status":400,"reason":"no","line":"a line"}"#;

    #[test]
    fn the_first_format_is_read_and_a_later_one_is_left_alone() {
        let letter = Letter::read(FIRST.as_bytes()).unwrap();
        assert_eq!((letter.line.as_str(), letter.status), ("a line", 400));
        let mut record = Vec::new();
        letter.write(&mut record);
        assert_eq!(Letter::read(&record[8..]), Some(letter));
        let later = FIRST.replacen('{', r#"{"format":2,"#, 1);
        assert_eq!(Letter::read(later.as_bytes()), None);
    }

    #[test]
    fn a_letter_is_named_by_its_place() {
        let id = LetterId { segment: 3, offset: 128 };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("3".parse::<LetterId>().is_err());
    }
}
