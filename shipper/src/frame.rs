//! Cuts blocks of a file into lines, whatever the blocks are.
//!
//! A line ends at `\n`; one `\r` before it goes. What stands behind the last delimiter waits in the framer, so lines do
//! not depend on how reads are cut. Every byte belongs to exactly one [`Piece`]: the watermark tiles the file with them.

use event::{ByteOffset, Span};

/// Whether a line is all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Every byte of it.
    Whole,
    /// It was longer than `max_line`; the rest was skipped up to the next delimiter.
    Truncated,
}

/// Why a span of bytes is no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blank {
    /// Nothing between two delimiters.
    Empty,
    /// A run of NUL: the hole that a writer without `O_APPEND` leaves after copytruncate.
    Nul,
}

impl Blank {
    /// Returns the rule under which it is counted.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Empty => "empty_line",
            Self::Nul => "nul_run",
        }
    }
}

/// A piece of a file. Pieces join without gap or overlap.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A line without its delimiter; the span covers the delimiter too.
    Line {
        /// Where it stands.
        span: Span,
        /// What it says.
        bytes: &'a [u8],
        /// Whether it is all there.
        cut: Cut,
    },
    /// Bytes that say nothing.
    Blank {
        /// Where they stand.
        span: Span,
        /// Why they are no line.
        kind: Blank,
    },
}

/// The part of one file that has been read but is no line yet.
#[derive(Debug)]
pub struct Framer {
    max_line: usize,
    start: ByteOffset,
    length: u64,
    kept: Vec<u8>,
}

impl Framer {
    /// Returns a framer whose next byte is the one at `start`.
    pub fn new(start: ByteOffset, max_line: usize) -> Self {
        Self { max_line, start, length: 0, kept: Vec::new() }
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
        while !rest.is_empty() {
            if self.length == 0 {
                let nul = rest.iter().take_while(|&&byte| byte == 0).count();
                if nul > 0 {
                    give(Piece::Blank { span: self.advance(nul as u64), kind: Blank::Nul });
                    rest = rest.get(nul..).unwrap_or_default();
                    continue;
                }
            }
            let Some(at) = memchr::memchr(b'\n', rest) else {
                self.keep(rest);
                return;
            };
            let (line, behind) = rest.split_at(at);
            if self.length == 0 {
                let span = self.advance(line.len() as u64 + 1);
                give(piece(span, line, self.max_line));
            } else {
                self.keep(line);
                let span = self.advance(self.length + 1);
                let kept = std::mem::take(&mut self.kept);
                give(piece(span, &kept, self.max_line));
            }
            rest = behind.get(1..).unwrap_or_default();
        }
    }

    /// Gives away the incomplete last line, if there is one: its file will not grow any more.
    pub fn finish(&mut self, give: &mut dyn FnMut(Piece<'_>)) {
        if self.length > 0 {
            let span = self.advance(self.length);
            let kept = std::mem::take(&mut self.kept);
            give(piece(span, &kept, self.max_line));
        }
    }

    fn advance(&mut self, bytes: u64) -> Span {
        let start = self.start;
        self.start = start + bytes;
        self.length = 0;
        start..self.start
    }

    /// Keeps no more than a cut needs to know (the byte behind the cut, and a `\r`): a line of 64 MiB takes 1 MiB.
    fn keep(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let room = (self.max_line + 2).saturating_sub(self.kept.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}

fn piece(span: Span, line: &[u8], max_line: usize) -> Piece<'_> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Piece::Blank { span, kind: Blank::Empty };
    }
    if line.len() <= max_line {
        return Piece::Line { span, bytes: line, cut: Cut::Whole };
    }
    // A character of UTF-8 has at most three bytes behind its first.
    let mut end = max_line;
    for _ in 0..3 {
        if end > 0 && line.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
            end -= 1;
        }
    }
    Piece::Line { span, bytes: line.get(..end).unwrap_or(line), cut: Cut::Truncated }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use std::fmt::Write as _;

    fn show(out: &mut String, piece: &Piece<'_>) {
        match piece {
            Piece::Line { span, bytes, cut } => {
                let text = String::from_utf8_lossy(bytes);
                writeln!(out, "{}..{} {cut:?} {text:?}", span.start, span.end).unwrap();
            }
            Piece::Blank { span, kind } => {
                writeln!(out, "{}..{} {kind:?}", span.start, span.end).unwrap();
            }
        }
    }

    fn pieces(blocks: &[&[u8]], max_line: usize) -> (String, Framer) {
        let mut out = String::new();
        let mut framer = Framer::new(ByteOffset::ZERO, max_line);
        for block in blocks {
            framer.feed(block, &mut |piece| show(&mut out, &piece));
        }
        (out, framer)
    }

    fn check(blocks: &[&str], want: &Expect) {
        let blocks: Vec<&[u8]> = blocks.iter().map(|block| block.as_bytes()).collect();
        let (mut out, mut framer) = pieces(&blocks, 8);
        writeln!(out, "waits from {}", framer.start()).unwrap();
        framer.finish(&mut |piece| show(&mut out, &piece));
        want.assert_eq(&out);
    }

    #[test]
    fn a_line_split_across_reads_is_one_line() {
        check(
            &["GET /ca", "rt\n"],
            &expect![[r#"
                0..10 Truncated "GET /car"
                waits from 10
            "#]],
        );
        check(
            &["a", "b", "\r", "\nc\r\n"],
            &expect![[r#"
                0..4 Whole "ab"
                4..7 Whole "c"
                waits from 7
            "#]],
        );
    }

    #[test]
    fn an_incomplete_last_line_waits_and_leaves_when_the_file_is_done() {
        check(
            &["one\ntw", "o"],
            &expect![[r#"
                0..4 Whole "one"
                waits from 4
                4..7 Whole "two"
            "#]],
        );
    }

    #[test]
    fn empty_lines_and_runs_of_nul_are_counted_spans() {
        check(
            &["\n\r\n\0\0\0", "\0a\n\0\n"],
            &expect![[r#"
                0..1 Empty
                1..3 Empty
                3..6 Nul
                6..7 Nul
                7..9 Whole "a"
                9..10 Nul
                10..11 Empty
                waits from 11
            "#]],
        );
    }

    #[test]
    fn an_over_long_line_is_cut_at_a_character_and_its_neighbours_are_intact() {
        check(
            &["before\n", "1234567", "京都 and much", " more\nafter\n"],
            &expect![[r#"
                0..7 Whole "before"
                7..35 Truncated "1234567"
                35..41 Whole "after"
                waits from 41
            "#]],
        );
    }

    #[test]
    fn a_line_of_the_very_limit_is_whole() {
        check(
            &["12345678\r\n"],
            &expect![[r#"
                0..10 Whole "12345678"
                waits from 10
            "#]],
        );
    }

    #[test]
    fn a_line_of_64_mib_takes_little_memory() {
        let block = vec![b'x'; 1 << 18];
        let mut framer = Framer::new(ByteOffset::ZERO, 1 << 20);
        let mut lines = Vec::new();
        for _ in 0..256 {
            framer.feed(&block, &mut |_| panic!("the line has no end yet"));
        }
        assert!(framer.kept.capacity() <= 4 << 20, "{}", framer.kept.capacity());
        framer.feed(b"\nnext\n", &mut |piece| {
            if let Piece::Line { span, bytes, cut } = piece {
                lines.push((span.end - span.start, bytes.len(), cut));
            }
        });
        assert_eq!(lines, [((64 << 20) + 1, 1 << 20, Cut::Truncated), (5, 4, Cut::Whole)]);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_reads_are_cut(
            bytes in proptest::collection::vec(proptest::sample::select(b"ab\r\n\0\xe4\xba\xac".to_vec()), 0..200),
            cuts in proptest::collection::vec(0_usize..200, 0..12),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut blocks = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([bytes.len()]) {
                blocks.push(&bytes[from..cut]);
                from = cut;
            }
            // A run of NUL may be told in two pieces; lines may not.
            let lines = |text: String| text.lines().filter(|line| !line.ends_with("Nul")).map(str::to_owned).collect::<Vec<_>>();
            let (whole, one) = pieces(&[&bytes], 6);
            let (parts, many) = pieces(&blocks, 6);
            prop_assert_eq!(lines(whole), lines(parts));
            prop_assert_eq!((one.start(), one.position()), (many.start(), many.position()));
        }

        #[test]
        fn pieces_tile_the_file(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut framer = Framer::new(ByteOffset::new(7), 10);
            let mut end = ByteOffset::new(7);
            let mut joins = true;
            let mut follow = |piece: Piece<'_>| {
                let (Piece::Line { span, .. } | Piece::Blank { span, .. }) = piece;
                joins &= span.start == end && span.end > span.start;
                end = span.end;
            };
            framer.feed(&bytes, &mut follow);
            framer.finish(&mut follow);
            prop_assert!(joins);
            prop_assert_eq!(end, ByteOffset::new(7 + bytes.len() as u64));
        }
    }
}
