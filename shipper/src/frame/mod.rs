//! Cuts blocks of a file into lines, whatever the blocks are.
//!
//! A line ends at its [`Delimiter`]: `\n` with one `\r` before it, bytes of the user's choice, or the newline of UTF-16.
//! What stands behind the last delimiter waits in the framer, so lines do not depend on how reads are cut. Every byte
//! belongs to exactly one [`Piece`]: the watermark tiles the file with them.

mod delimiter;

use enricher::Provenance;
use event::{ByteOffset, Span};
use serde::Deserialize;

pub use delimiter::{Delimiter, LONGEST, NotADelimiter, Order};

/// Whether a line is all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Every byte of it.
    Whole,
    /// It was longer than its limit and lost its end.
    Truncated,
}

/// What happens to a line that is longer than `max_line`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverLong {
    /// It is cut at a character; the rest is skipped up to the next delimiter.
    #[default]
    Cut,
    /// It is dropped whole.
    Drop,
}

/// Why a span of bytes is no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blank {
    /// Nothing between two delimiters.
    Empty,
    /// A run of NUL: the hole that a writer without `O_APPEND` leaves after copytruncate.
    Nul,
    /// A line over the limit, where such lines are dropped.
    OverLong,
}

impl Blank {
    /// Returns the rule under which it is counted.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Empty => "empty_line",
            Self::Nul => "nul_run",
            Self::OverLong => "over_long_line",
        }
    }
}

/// A piece of a file. Pieces join without gap or overlap.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A line without its delimiter; the span covers the delimiter too.
    Line {
        /// Where it stands; of joined lines, from the first byte of the first to the last of the last.
        span: Span,
        /// What it says.
        bytes: &'a [u8],
        /// Whether it is all there.
        cut: Cut,
        /// What was done to it since it was cut from the file.
        provenance: Provenance,
    },
    /// Bytes that say nothing.
    Blank {
        /// Where they stand.
        span: Span,
        /// Why they are no line.
        kind: Blank,
    },
    /// No bytes, but a report: what stands behind this place cannot be read.
    Fault {
        /// The place.
        at: ByteOffset,
        /// What is wrong, and what is lost, for people.
        report: &'a str,
    },
}

/// How lines are told apart.
#[derive(Debug, Clone)]
pub struct Framing {
    /// What they end with.
    pub delimiter: Delimiter,
    /// Bytes that a line may have, its delimiter aside.
    pub max_line: usize,
    /// What happens to longer ones.
    pub over_long: OverLong,
}

impl Framing {
    /// Returns the framing of lines that end with `\n` and are cut at so many bytes.
    pub fn newline(max_line: usize) -> Self {
        Self { delimiter: Delimiter::Newline, max_line, over_long: OverLong::Cut }
    }
}

/// The part of one file that has been read but is no line yet.
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    start: ByteOffset,
    length: u64,
    kept: Vec<u8>,
    /// The last bytes of the incomplete line, one fewer than a delimiter has: its first part may be among them.
    window: Vec<u8>,
}

impl Framer {
    /// Returns a framer whose next byte is the one at `start`.
    pub fn new(start: ByteOffset, framing: Framing) -> Self {
        Self { framing, start, length: 0, kept: Vec::new(), window: Vec::new() }
    }

    /// Returns where the incomplete line starts: all bytes before it were given away.
    pub fn start(&self) -> ByteOffset {
        self.start
    }

    /// Returns the position behind the last byte that was fed.
    pub fn position(&self) -> ByteOffset {
        self.start + self.length
    }

    /// Takes the next bytes of the file and gives away the pieces that they complete.
    pub fn feed(&mut self, block: &[u8], give: &mut dyn FnMut(Piece<'_>)) {
        let mut rest = block;
        if self.length > 0 && self.framing.delimiter.length() > 1 {
            rest = self.join(rest, give);
        }
        while !rest.is_empty() {
            if self.length == 0 {
                let hole = self.framing.delimiter.hole(rest);
                if hole > 0 {
                    give(Piece::Blank { span: self.advance(hole as u64), kind: Blank::Nul });
                    rest = rest.get(hole..).unwrap_or_default();
                    continue;
                }
            }
            let Some(at) = self.framing.delimiter.find(rest, self.position().get()) else {
                self.keep(rest);
                return;
            };
            let (line, behind) = rest.split_at(at);
            let delimiter = self.framing.delimiter.length();
            if self.length == 0 {
                let span = self.advance((at + delimiter) as u64);
                give(self.piece(span, line, at as u64));
            } else {
                self.keep(line);
                self.give_kept(self.length, self.length + delimiter as u64, give);
            }
            rest = behind.get(delimiter..).unwrap_or_default();
        }
    }

    /// Gives away the incomplete last line, if there is one: its file will not grow any more.
    pub fn finish(&mut self, give: &mut dyn FnMut(Piece<'_>)) {
        if self.length > 0 {
            self.give_kept(self.length, self.length, give);
        }
    }

    /// Looks for a delimiter, or a unit of a hole, that began in the last block; returns what is left of this one.
    fn join<'b>(&mut self, block: &'b [u8], give: &mut dyn FnMut(Piece<'_>)) -> &'b [u8] {
        let Framing { delimiter, .. } = &self.framing;
        let is_hole = matches!(delimiter, Delimiter::Utf16(_)) && self.kept == [0];
        if is_hole && block.first() == Some(&0) {
            self.kept.clear();
            self.window.clear();
            give(Piece::Blank { span: self.advance(2), kind: Blank::Nul });
            return block.get(1..).unwrap_or_default();
        }
        let (window, length) = (self.window.len(), delimiter.length());
        let ahead = block.get(..length - 1).unwrap_or(block);
        let seam = [&*self.window, ahead].concat();
        let Some(at) = delimiter.find(&seam, self.position().get() - window as u64) else {
            return block;
        };
        let behind = at + length - window;
        self.give_kept(self.length - (window - at) as u64, self.length + behind as u64, give);
        block.get(behind..).unwrap_or_default()
    }

    /// Gives away the line that was kept, `content` bytes without its delimiter, `whole` with it.
    fn give_kept(&mut self, content: u64, whole: u64, give: &mut dyn FnMut(Piece<'_>)) {
        let span = self.advance(whole);
        let kept = std::mem::take(&mut self.kept);
        self.window.clear();
        let line = usize::try_from(content).ok().and_then(|content| kept.get(..content));
        give(self.piece(span, line.unwrap_or(&kept), content));
    }

    fn advance(&mut self, bytes: u64) -> Span {
        let start = self.start;
        self.start = start + bytes;
        self.length = 0;
        start..self.start
    }

    /// Keeps no more than a cut needs to know (the bytes behind the cut, and a `\r`): a line of 64 MiB takes 1 MiB.
    fn keep(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let delimiter = self.framing.delimiter.length();
        let most = self.framing.max_line + delimiter + 2;
        let room = most.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        if delimiter > 1 {
            let news = bytes.get(bytes.len().saturating_sub(delimiter - 1)..).unwrap_or(bytes);
            self.window.extend_from_slice(news);
            let old = self.window.len().saturating_sub(delimiter - 1);
            self.window.drain(..old);
        }
    }

    /// Makes a piece of a line of `length` bytes, of which as many are at hand as a cut needs.
    fn piece<'a>(&self, span: Span, line: &'a [u8], length: u64) -> Piece<'a> {
        let Framing { delimiter, max_line, over_long } = &self.framing;
        let is_complete = line.len() as u64 == length;
        let line = if is_complete { delimiter.trim(line) } else { line };
        let provenance = Provenance::default();
        if line.is_empty() {
            Piece::Blank { span, kind: Blank::Empty }
        } else if is_complete && line.len() <= *max_line {
            Piece::Line { span, bytes: line, cut: Cut::Whole, provenance }
        } else if *over_long == OverLong::Drop {
            Piece::Blank { span, kind: Blank::OverLong }
        } else {
            let bytes = line.get(..delimiter.boundary(line, *max_line)).unwrap_or(line);
            Piece::Line { span, bytes, cut: Cut::Truncated, provenance }
        }
    }
}

#[cfg(test)]
mod tests;
