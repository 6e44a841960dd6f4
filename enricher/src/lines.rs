//! Cuts a stream of bytes into lines, each with its place; a line over the limit loses its end, its neighbours nothing.

use std::io::{self, Read};
use std::ops::Range;

/// Longest line that is kept whole.
pub(crate) const MAX_LINE: usize = 1024 * 1024;
const BLOCK: usize = 256 * 1024;

/// Lines of a stream.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the next line starts in the buffer, and where the buffer's bytes end.
    start: usize,
    end: usize,
    /// Bytes of the stream before the buffer.
    before: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// The rest of a line that was too long is passed over.
    Skipping,
    Ended,
}

/// One line, its delimiter removed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut<'a> {
    pub(crate) bytes: &'a [u8],
    /// Bytes of the stream that the line took, its delimiter included.
    pub(crate) span: Range<u64>,
    pub(crate) truncated: bool,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        let buffer = vec![0; MAX_LINE + BLOCK];
        Self { input, buffer, start: 0, end: 0, before: 0, state: State::Reading }
    }

    /// Returns the next line, or nothing at the end of the stream.
    pub(crate) fn next(&mut self) -> io::Result<Option<Cut<'_>>> {
        let mut searched = 0;
        loop {
            let held = self.buffer.get(self.start..self.end).unwrap_or_default();
            let fresh = held.get(searched..).unwrap_or_default();
            let newline = memchr::memchr(b'\n', fresh).map(|at| searched + at);
            if self.state == State::Skipping {
                if let Some(at) = newline {
                    self.start += at + 1;
                    self.state = State::Reading;
                } else {
                    self.start = self.end;
                    self.fill()?;
                    if self.state == State::Ended {
                        return Ok(None);
                    }
                }
                searched = 0;
                continue;
            }
            if let Some(at) = newline.filter(|at| *at <= MAX_LINE) {
                return Ok(Some(self.cut(at, 1)));
            }
            if held.len() > MAX_LINE {
                self.state = State::Skipping;
                let length = boundary(held);
                return Ok(Some(Cut { truncated: true, ..self.cut(length, 0) }));
            }
            if self.state == State::Ended {
                let length = held.len();
                return Ok((length > 0).then(|| self.cut(length, 0)));
            }
            searched = held.len();
            self.fill()?;
        }
    }

    fn cut(&mut self, length: usize, delimiter: usize) -> Cut<'_> {
        let from = self.start;
        self.start += length + delimiter;
        let offset = self.before + from as u64;
        Cut {
            bytes: self.buffer.get(from..from + length).unwrap_or_default(),
            span: offset..offset + (length + delimiter) as u64,
            truncated: false,
        }
    }

    /// Reads more bytes behind those that are held.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.before += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.input.read(room) {
                Ok(0) => {
                    self.state = State::Ended;
                    return Ok(());
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Returns the longest length within the limit that does not cut a character.
fn boundary(bytes: &[u8]) -> usize {
    let continues = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    (MAX_LINE - 3..=MAX_LINE).rev().find(|at| !continues(at)).unwrap_or(MAX_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives a few bytes at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(room.len());
            let (head, tail) = self.0.split_at(count);
            room[..count].copy_from_slice(head);
            self.0 = tail;
            Ok(count)
        }
    }

    fn all(bytes: &[u8], step: usize) -> Vec<(Vec<u8>, Range<u64>, bool)> {
        let mut lines = Lines::new(Drip(bytes, step));
        let mut found = Vec::new();
        while let Some(cut) = lines.next().unwrap() {
            found.push((cut.bytes.to_vec(), cut.span, cut.truncated));
        }
        found
    }

    #[test]
    fn the_last_line_needs_no_delimiter() {
        let found = all(b"one\n\ntwo", 100);
        let want: [(&[u8], Range<u64>); 3] = [(b"one", 0..4), (b"", 4..5), (b"two", 5..8)];
        assert_eq!(found.len(), 3);
        for (found, want) in found.iter().zip(want) {
            assert_eq!((found.0.as_slice(), found.1.clone()), want);
        }
    }

    #[test]
    fn a_line_over_the_limit_is_cut_between_characters_and_its_neighbours_are_whole() {
        let long = "京".repeat(MAX_LINE);
        let text = format!("before\n{long}\nafter\n");
        let found = all(text.as_bytes(), 70_000);
        let lengths: Vec<(usize, bool)> = found.iter().map(|cut| (cut.0.len(), cut.2)).collect();
        assert_eq!(lengths, [(6, false), (MAX_LINE / 3 * 3, true), (5, false)]);
        assert!(std::str::from_utf8(&found[1].0).is_ok());
        assert_eq!(found[2].1.end, text.len() as u64);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_reads_are_cut(text in "[ab\n]{0,60}", step in 1_usize..20) {
            let found = all(text.as_bytes(), step);
            prop_assert_eq!(&found, &all(text.as_bytes(), 1_000));
            let bytes: u64 = found.iter().map(|cut| cut.1.end - cut.1.start).sum();
            prop_assert_eq!(bytes, text.len() as u64);
        }
    }
}
