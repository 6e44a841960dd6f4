//! One line that was written, or begun.

use super::step::Ends;

/// Lengths of lines; the first is that of an empty one.
pub(super) const LENGTHS: [usize; 6] = [0, 8, 24, 70, 150, 400];
/// A line that is begun is cut behind its number, so that no two beginnings are equal.
const BEGINNING: usize = 6;

/// A line that was written. It carries its number, so that none is like another.
#[derive(Debug)]
pub(super) struct Line {
    /// Its text and the end of the line.
    bytes: Vec<u8>,
    /// The story that it belongs to.
    pub(super) story: usize,
    /// Where it stands in it.
    pub(super) start: u64,
    /// How much of it is written.
    written: usize,
}

/// A line with which many files begin.
pub(super) const HEAD: &[u8] =
    b"#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status sc-bytes time-taken";

impl Line {
    /// Returns the line with which many files begin, at the start of a story.
    pub(super) fn head(story: usize) -> Self {
        let bytes = [HEAD, b"\n"].concat();
        Self { story, start: 0, written: bytes.len(), bytes }
    }

    pub(super) fn new(
        number: usize,
        length: usize,
        (story, start): (usize, u64),
        ends: Ends,
    ) -> Self {
        // No stretch of one line is like one of another: by chance equal bytes before a place are told by nobody.
        let mut state = u32::try_from(number).unwrap_or_default().wrapping_mul(0x9E37_79B1) | 1;
        let letters = std::iter::from_fn(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(b"abcdefghijklmnopqrstuvwxyz"[(state >> 24) as usize % 26])
        });
        let mut bytes = format!("L{number:04}-").into_bytes();
        bytes.extend(letters.take(length.saturating_sub(bytes.len()).max(2)));
        bytes.push(b'\n');
        let written = if ends == Ends::Begun { BEGINNING } else { bytes.len() };
        Self { bytes, story, start, written }
    }

    /// Returns the number that a line carries.
    pub(super) fn number(text: &[u8]) -> Option<usize> {
        std::str::from_utf8(text.get(1..5)?).ok()?.parse().ok()
    }

    /// Returns its text, without the end of the line.
    pub(super) fn text(&self) -> &[u8] {
        &self.bytes[..self.bytes.len() - 1]
    }

    pub(super) fn written(&self) -> &[u8] {
        &self.bytes[..self.written]
    }

    pub(super) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    pub(super) fn is_whole(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// Completes it; returns what was not written before.
    pub(super) fn complete(&mut self) -> &[u8] {
        let rest = &self.bytes[self.written..];
        self.written = self.bytes.len();
        rest
    }
}
