//! A compressed file as its tail reads it: blocks of gzip in, blocks of text out.

use std::fs::File;
use std::io;
use std::time::Duration;

use event::ByteOffset;

use crate::identity::{MARKER_BYTES, read_at};
use crate::lines::gzip::{Fault, Inflater};

use super::block::Block;

/// Compressed bytes read at a time.
const BLOCK_BYTES: usize = 64 << 10;

/// Reads one compressed file.
#[derive(Debug, Default)]
pub(super) struct Compressed {
    inflater: Inflater,
    /// The place behind the last compressed byte that was read.
    position: u64,
    /// The last bytes before it: when they are others now, the file was cut away under us.
    trail: Vec<u8>,
    input: Vec<u8>,
    used: usize,
    /// When bytes came last; at first when it was looked at first.
    grown: Option<Duration>,
    told: Told,
}

/// Whether what is wrong with a file has been told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Told {
    #[default]
    No,
    Yes,
}

impl Compressed {
    /// Fills the room with text; tells how much it was.
    pub(super) fn read(
        &mut self,
        file: &File,
        room: &mut [u8],
        now: Duration,
    ) -> io::Result<Block> {
        self.grown.get_or_insert(now);
        loop {
            let input = self.input.get(self.used..).unwrap_or_default();
            let step = self.inflater.step(input, room);
            self.used += step.taken;
            if step.given > 0 {
                return Ok(Block::Bytes(step.given));
            }
            if self.inflater.is_stopped() {
                self.input = Vec::new();
                return Ok(Block::End);
            }
            if step.taken > 0 {
                continue;
            }
            match self.refill(file)? {
                Block::Bytes(_) => {
                    self.grown = Some(now);
                    self.told = Told::No;
                }
                other @ (Block::End | Block::CutAway) => return Ok(other),
            }
        }
    }

    /// Reads the next compressed block.
    fn refill(&mut self, file: &File) -> io::Result<Block> {
        let known = self.trail.len();
        let from = ByteOffset::new(self.position - known as u64);
        self.input = read_at(file, from, known + BLOCK_BYTES)?;
        self.used = known;
        if self.input.get(..known) != Some(&*self.trail) {
            return Ok(Block::CutAway);
        }
        let news = self.input.len() - known;
        if news == 0 {
            self.input = Vec::new();
            self.used = 0;
            return Ok(Block::End);
        }
        self.position += news as u64;
        self.trail.clear();
        let last = self.input.len().saturating_sub(MARKER_BYTES);
        self.trail.extend_from_slice(self.input.get(last..).unwrap_or_default());
        Ok(Block::Bytes(news))
    }

    /// Returns how many bytes of text came out so far.
    pub(super) fn text_bytes(&self) -> u64 {
        self.inflater.given()
    }

    /// Returns the place behind the last compressed byte that was read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Returns when the file counts as complete, or as given up, if it does not grow.
    pub(super) fn ends_at(&self, rotate_wait: Duration, gzip_wait: Duration) -> Duration {
        let grown = self.grown.unwrap_or_default();
        match self.inflater.cut() {
            _ if self.inflater.is_stopped() => Duration::ZERO,
            Some(_) => grown + gzip_wait,
            None => grown + rotate_wait,
        }
    }

    /// Returns what is wrong and was not told yet. A file that is cut may still be completed.
    pub(super) fn fault(&self) -> Option<Fault> {
        let cut = if self.told == Told::Yes { None } else { self.inflater.cut() };
        self.inflater.fault().or(cut)
    }

    /// Returns a report of what is wrong, once, for people. `size` is that of the compressed file.
    pub(super) fn report(&mut self, size: u64) -> Option<(Fault, String)> {
        let fault = self.fault()?;
        self.inflater.take_fault();
        self.told = Told::Yes;
        let (text, lost) = (self.inflater.given(), self.lost_bytes(size));
        let missing = match (fault, lost) {
            (Fault::Checksum | Fault::Size, _) => "some of it may be wrong".to_owned(),
            (_, 0) => "how much is missing is not known".to_owned(),
            (_, lost) => format!("{lost} compressed bytes behind it are not read"),
        };
        Some((fault, format!("compressed file {fault}: {text} bytes of text were read, {missing}")))
    }

    /// Tells whether a file of so many bytes gives nothing more.
    pub(super) fn is_read(&self, size: u64) -> bool {
        self.inflater.is_stopped() || (self.input.is_empty() && self.position == size)
    }

    /// Tells whether the file may end where it was read to.
    pub(super) fn is_whole(&self) -> bool {
        self.inflater.cut().is_none() && !self.inflater.is_stopped()
    }

    /// Returns how many compressed bytes cannot be read.
    pub(super) fn lost_bytes(&self, size: u64) -> u64 {
        if self.inflater.is_stopped() { size.saturating_sub(self.inflater.taken()) } else { 0 }
    }
}
