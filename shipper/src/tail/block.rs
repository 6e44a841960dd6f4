//! Blocks of a file: read, cut into pieces, and marked so that their ends are found again.

use std::io;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use event::{ByteOffset, Span};

use crate::acknowledge::Mark;
use crate::frame::Piece;
use crate::identity::{MARKER_BYTES, Print, read_head};

use super::{Form, State, Tail};

/// What reading a block gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// So many bytes; there may be more.
    Bytes(usize),
    /// Nothing: this is the end for now.
    End,
    /// The bytes before our place are not those that we read: it was truncated, and perhaps has grown again.
    CutAway,
}

impl Tail {
    /// Reads the next block into `buffer`, which is as long as a block and a marker.
    pub fn read(&mut self, buffer: &mut [u8], now: Duration) -> io::Result<Block> {
        self.read_at = now;
        self.came_to_end = false;
        let block = match self.form {
            Form::Plain => self.read_plain(buffer),
            Form::Gzip { .. } => self.read_compressed(buffer),
        }?;
        if let (Block::Bytes(_), State::Draining { quiet_since, .. }) = (block, &mut self.state) {
            *quiet_since = now;
        }
        Ok(block)
    }

    fn read_plain(&mut self, buffer: &mut [u8]) -> io::Result<Block> {
        let known = self.trail.len();
        let from = self.position().get() - known as u64;
        let Some(file) = self.file() else { return Ok(Block::End) };
        let buffer = up_to(self.seals.front(), self.position().get(), buffer, known);
        let length = buffer.len();
        let read = loop {
            match file.read_at(buffer, from) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break outcome?,
            }
        };
        // The bytes before our place are read again with every block: one call, and no truncation goes unseen.
        if buffer.get(..known.min(read)) != Some(&*self.trail) {
            return Ok(Block::CutAway);
        }
        // Where nothing was read yet, nothing stands before our place: its head tells whether it is still the file that got
        // its id. It may have waited for room long enough to be cut and written anew.
        if known == 0 && !self.head.fits(&read_head(file)?) {
            return Ok(Block::CutAway);
        }
        // A block that ends before the next seal is as full as it may be.
        self.came_to_end = read < length;
        Ok(if read == known { Block::End } else { Block::Bytes(read - known) })
    }

    fn read_compressed(&mut self, buffer: &mut [u8]) -> io::Result<Block> {
        let (position, now) = (self.position().get(), self.read_at);
        let (State::Following { file } | State::Draining { file, .. }) = &self.state else {
            return Ok(Block::End);
        };
        let Form::Gzip { compressed, before } = &mut self.form else { return Ok(Block::End) };
        let missing = position - compressed.text_bytes().min(position);
        if missing == 0 {
            let known = self.trail.len();
            let buffer = up_to(self.seals.front(), position, buffer, known);
            if let Some(space) = buffer.get_mut(..known) {
                space.copy_from_slice(&self.trail);
            }
            return compressed.read(file, buffer.get_mut(known..).unwrap_or_default(), now);
        }
        // What was read before is passed over, a block at a turn: other files are read meanwhile.
        let room = usize::try_from(missing).unwrap_or(usize::MAX).min(buffer.len());
        let read = compressed.read(file, buffer.get_mut(..room).unwrap_or_default(), now)?;
        let Block::Bytes(bytes) = read else {
            // A file that ends well and before our place is another one.
            let is_other = read == Block::End && compressed.is_whole();
            return Ok(if is_other { Block::CutAway } else { read });
        };
        self.trail.extend_from_slice(last(buffer.get(..bytes).unwrap_or_default()));
        let old = self.trail.len().saturating_sub(MARKER_BYTES);
        self.trail.drain(..old);
        let is_there = bytes as u64 == missing;
        let fits = before.is_none_or(|print| {
            let length = self.trail.len().saturating_sub(print.length as usize);
            self.trail.get(length..).is_some_and(|trail| print.fits(trail))
        });
        Ok(if is_there && !fits { Block::CutAway } else { Block::Bytes(0) })
    }

    /// Cuts a block that was just read into pieces; returns the stretch that they cover and the print before its end.
    pub fn cut(
        &mut self,
        buffer: &[u8],
        bytes: usize,
        give: &mut dyn FnMut(Piece<'_>),
    ) -> (Span, Print) {
        let start = self.lines.start();
        if bytes == 0 {
            return (start..start, Print::EMPTY);
        }
        let known = self.trail.len();
        let all = buffer.get(..known + bytes).unwrap_or(buffer);
        let from = self.position().get() - known as u64;
        self.lines.feed(all.get(known..).unwrap_or_default(), self.read_at, give);
        if self.seals.front().is_some_and(|&at| at <= self.position()) {
            self.seals.pop_front();
            self.lines.finish(self.read_at, give);
        }
        self.mark(all, from);
        self.trail.clear();
        self.trail.extend_from_slice(last(all));
        let end = self.lines.start();
        (start..end, self.before(end))
    }

    /// Notes what stands before all that is held back, while it can be seen: a group may end many blocks later.
    fn mark(&mut self, all: &[u8], from: u64) {
        let old = std::mem::take(&mut self.marks);
        for place in self.lines.starts().into_iter().flatten() {
            let known = old.iter().find(|mark| mark.offset == place).copied();
            let seen = || {
                let end = usize::try_from(place.get().checked_sub(from)?).ok()?;
                Some(Mark { offset: place, before: Print::of(last(all.get(..end)?)) })
            };
            self.marks.extend(known.or_else(seen));
        }
    }

    /// Returns what stands before a place at which something begins.
    fn before(&self, place: ByteOffset) -> Print {
        let mark = self.marks.iter().find(|mark| mark.offset == place);
        mark.map_or(Print::EMPTY, |mark| mark.before)
    }

    /// Tells whether a group is open.
    pub fn holds_group(&self) -> bool {
        self.lines.holds_group()
    }

    /// Returns where a group that is given away because it was quiet ends.
    pub fn group_end(&self) -> ByteOffset {
        self.lines.group_end()
    }

    /// Gives away the group that was quiet for long enough; returns the stretch that it covers and the print before its
    /// end.
    pub fn close(&mut self, give: &mut dyn FnMut(Piece<'_>)) -> (Span, Print) {
        let start = self.lines.start();
        self.lines.close(give);
        let end = self.lines.start();
        (start..end, self.before(end))
    }

    /// Gives away all that is held back; returns the stretch that it covers and the print before its end.
    pub fn flush(&mut self, give: &mut dyn FnMut(Piece<'_>)) -> (Span, Print) {
        let start = self.lines.start();
        self.lines.finish(self.read_at, give);
        let at = self.lines.start();
        if let Form::Gzip { compressed, .. } = &mut self.form
            && let Some((_, report)) = compressed.report(self.seen_bytes)
        {
            give(Piece::Fault { at, report: &report });
        }
        (start..at, Print::of(&self.trail))
    }
}

/// Returns the part of a buffer that holds the known bytes before a position and what follows it up to the next seal.
fn up_to<'a>(
    seal: Option<&ByteOffset>,
    position: u64,
    buffer: &'a mut [u8],
    known: usize,
) -> &'a mut [u8] {
    let ahead = seal.map(|at| at.get().saturating_sub(position));
    let ahead = ahead.map_or(usize::MAX, |ahead| usize::try_from(ahead).unwrap_or(usize::MAX));
    let end = known.saturating_add(ahead).min(buffer.len());
    buffer.get_mut(..end).unwrap_or_default()
}

fn last(bytes: &[u8]) -> &[u8] {
    bytes.get(bytes.len().saturating_sub(MARKER_BYTES)..).unwrap_or(bytes)
}
