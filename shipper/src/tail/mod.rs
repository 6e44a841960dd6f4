//! One file that is being read: followed while it lives, drained when it was rotated away, finished then.

mod compressed;
mod content;
mod discover;
mod reader;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event::{ByteOffset, FileId, Span};

use crate::acknowledge::Mark;
use crate::frame::Piece;
use crate::identity::{HEAD_BYTES, MARKER_BYTES, Node, Print, read_at, read_head};
use crate::lines::gzip::{self, Fault};
use crate::lines::{Lines, Making};
use crate::settings::Reading;

use compressed::Compressed;

pub use content::{Content, Holds};
pub use discover::{Discovery, Opened};
pub use reader::{Mode, Reader, Surroundings};

/// Bytes read at a time.
pub const BLOCK_BYTES: usize = 256 << 10;

/// A file that is being read.
#[derive(Debug)]
pub struct Tail {
    /// Its id.
    pub id: FileId,
    /// The input that reads it.
    pub input: usize,
    /// What the file system calls it.
    pub node: Node,
    /// Its path.
    pub path: Arc<Path>,
    /// Its path as text.
    pub path_text: Arc<str>,
    /// Bytes of its head that are known by their print.
    pub head_bytes: u32,
    state: State,
    form: Form,
    lines: Lines,
    readiness: Readiness,
    /// The length of the file when it was last looked at.
    seen_bytes: u64,
    /// The last bytes of text before the position: when a plain file has others now, it was cut away under us.
    trail: Vec<u8>,
    /// Places at which something begins that is held back, with what stands before them.
    marks: Vec<Mark>,
    /// When it was last read.
    read_at: Duration,
}

/// Whether a file's bytes are its text.
#[derive(Debug)]
enum Form {
    Plain,
    /// They are compressed. Its text is passed over up to the place where lines begin, and must have this print there.
    Gzip {
        compressed: Box<Compressed>,
        before: Option<Print>,
    },
}

#[derive(Debug)]
enum State {
    /// It lives under the name that it was found under.
    Following { file: File },
    /// It was renamed, deleted or replaced: it is read to its end, then a while longer for a late writer.
    Draining { file: File, quiet_since: Duration },
    /// It is read, and its descriptor is closed.
    Finished,
}

/// Whether a file may have something to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    Ready,
    Resting,
}

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

/// What is to be done with a file whose end was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtEnd {
    /// Wait for more.
    Wait,
    /// Its group was quiet for long enough and is complete; an incomplete last line goes on waiting.
    Close,
    /// It was rotated and kept quiet: its incomplete last line will not be completed any more.
    Flush,
    /// It was rotated, kept quiet, and everything of it was sent: once acknowledged, it is done.
    Done,
}

/// Where reading starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The place in the text.
    pub offset: ByteOffset,
    /// What must stand before it, where that is known.
    pub before: Option<Print>,
}

impl Tail {
    /// Starts to read a file at a place.
    pub fn open(
        (id, input, node): (FileId, usize, Node),
        (path, file, content): (&Path, File, &Content),
        start: Start,
        (making, max_line): (&Making, usize),
    ) -> io::Result<Self> {
        let (form, trail) = if content.is_gzip() {
            let compressed = Box::default();
            (Form::Gzip { compressed, before: start.before }, Vec::new())
        } else {
            let before = start.offset.get().min(MARKER_BYTES as u64);
            let length = usize::try_from(before).unwrap_or(MARKER_BYTES);
            let from = ByteOffset::new(start.offset.get() - before);
            (Form::Plain, read_at(&file, from, length)?)
        };
        Ok(Self {
            id,
            input,
            node,
            path: path.into(),
            path_text: path.to_string_lossy().into(),
            head_bytes: 0,
            state: State::Following { file },
            form,
            lines: Lines::new(start.offset, making, max_line, content.head()),
            readiness: Readiness::Ready,
            seen_bytes: 0,
            trail,
            marks: Vec::new(),
            read_at: Duration::ZERO,
        })
    }

    /// Notes the length of the file; one that is not where we stand is worth a read.
    pub fn see(&mut self, bytes: u64) {
        self.seen_bytes = bytes;
        if bytes != self.read_bytes() {
            self.readiness = Readiness::Ready;
        }
    }

    /// Returns how many bytes of the file are read, compressed as they stand on disk.
    pub fn read_bytes(&self) -> u64 {
        match &self.form {
            Form::Plain => self.position().get(),
            Form::Gzip { compressed, .. } => compressed.position(),
        }
    }

    /// Tells whether the file's bytes are compressed.
    pub fn is_compressed(&self) -> bool {
        matches!(self.form, Form::Gzip { .. })
    }

    /// Returns how many bytes of the file, as they stand on disk, will never need to be looked at again when it is done.
    pub fn done_bytes(&self) -> u64 {
        match &self.form {
            Form::Plain => self.position().get(),
            // What stands behind a fault is not read.
            Form::Gzip { compressed, .. } => compressed.position().max(self.seen_bytes),
        }
    }

    /// Returns how many bytes were there, as far as is known, and were not sent: those that a truncation takes away.
    pub fn unsent_bytes(&self) -> u64 {
        match &self.form {
            Form::Plain => self.seen_bytes.max(self.position().get()) - self.unsent().get(),
            Form::Gzip { compressed, .. } => self.seen_bytes.saturating_sub(compressed.position()),
        }
    }

    /// Notes that the file changed.
    pub fn wake(&mut self) {
        self.readiness = Readiness::Ready;
    }

    /// A drained file may have no name that anybody could announce, so it is read at every turn.
    pub fn wake_if_drained(&mut self) {
        if matches!(self.state, State::Draining { .. }) {
            self.readiness = Readiness::Ready;
        }
    }

    /// Notes that there is nothing to read until something happens.
    pub fn rest(&mut self) {
        self.readiness = Readiness::Resting;
        self.lines.rest();
    }

    /// A file that has something to give away by itself is looked at when it is time.
    pub fn wake_if_due(&mut self, now: Duration, reading: &Reading) {
        if self.due_at(reading).is_some_and(|due| due <= now) {
            self.readiness = Readiness::Ready;
        }
    }

    /// Tells whether there may be something to read.
    pub fn is_ready(&self) -> bool {
        self.readiness == Readiness::Ready
    }

    /// Returns the place behind the last byte that was read.
    pub fn position(&self) -> ByteOffset {
        self.lines.position()
    }

    /// Returns the place from which lines are still to be sent.
    pub fn unsent(&self) -> ByteOffset {
        self.lines.start()
    }

    /// Returns the first bytes of the file's text as it is now.
    pub fn read_head(&self) -> Option<io::Result<Vec<u8>>> {
        let file = self.file()?;
        Some(match &self.form {
            Form::Plain => read_head(file),
            Form::Gzip { .. } => gzip::peek(file, HEAD_BYTES),
        })
    }

    /// Returns the open file.
    pub fn file(&self) -> Option<&File> {
        match &self.state {
            State::Following { file } | State::Draining { file, .. } => Some(file),
            State::Finished => None,
        }
    }

    /// Notes under which path the file is now; `None` when no watched name leads to it any more.
    pub fn now_at(&mut self, path: Option<PathBuf>, now: Duration) {
        if path.as_deref() == Some(&*self.path) {
            return;
        }
        if let Some(path) = path {
            self.path_text = path.to_string_lossy().into();
            self.path = path.into();
        }
        self.state = match std::mem::replace(&mut self.state, State::Finished) {
            State::Following { file } => State::Draining { file, quiet_since: now },
            other @ (State::Draining { .. } | State::Finished) => other,
        };
    }

    /// Reads the next block into `buffer`, which is as long as a block and a marker.
    pub fn read(&mut self, buffer: &mut [u8], now: Duration) -> io::Result<Block> {
        self.read_at = now;
        let block = match self.form {
            Form::Plain => self.read_plain(buffer),
            Form::Gzip { .. } => self.read_compressed(buffer),
        }?;
        if let (Block::Bytes(_), State::Draining { quiet_since, .. }) = (block, &mut self.state) {
            *quiet_since = now;
        }
        Ok(block)
    }

    fn read_plain(&self, buffer: &mut [u8]) -> io::Result<Block> {
        let known = self.trail.len();
        let from = self.position().get() - known as u64;
        let Some(file) = self.file() else { return Ok(Block::End) };
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

    /// Returns what is wrong with the file and was not told yet, and how many of its bytes cannot be read.
    pub fn fault(&self) -> Option<(Fault, u64)> {
        match &self.form {
            Form::Plain => None,
            Form::Gzip { compressed, .. } => {
                compressed.fault().map(|fault| (fault, compressed.lost_bytes(self.seen_bytes)))
            }
        }
    }

    /// Tells what to do now that the end was reached.
    pub fn at_end(&self, now: Duration, reading: &Reading) -> AtEnd {
        let is_due = |due: Option<Duration>| due.is_some_and(|due| due <= now);
        if is_due(self.complete_at(reading)) {
            let holds = self.position() > self.unsent() || self.fault().is_some();
            return if holds { AtEnd::Flush } else { AtEnd::Done };
        }
        if is_due(self.lines.quiet_at()) { AtEnd::Close } else { AtEnd::Wait }
    }

    /// Returns when there will be something to do although nothing is written.
    pub fn due_at(&self, reading: &Reading) -> Option<Duration> {
        self.complete_at(reading).into_iter().chain(self.lines.quiet_at()).min()
    }

    /// Tells whether it will give something away by itself, though its writer writes nothing more.
    pub fn owes(&self) -> Owes {
        let is_begun = match &self.form {
            Form::Plain => false,
            Form::Gzip { .. } => self.position() > self.unsent() || self.fault().is_some(),
        };
        if is_begun || self.lines.quiet_at().is_some() { Owes::Something } else { Owes::Nothing }
    }

    /// Returns when the file will not grow any more: it was rotated away or compressed, and will have kept quiet.
    fn complete_at(&self, reading: &Reading) -> Option<Duration> {
        match (&self.form, &self.state) {
            (_, State::Finished) => Some(Duration::ZERO),
            (Form::Gzip { compressed, .. }, _) => {
                Some(compressed.ends_at(reading.rotate_wait, reading.gzip_wait))
            }
            (Form::Plain, State::Draining { quiet_since, .. }) => {
                Some(*quiet_since + reading.rotate_wait)
            }
            (Form::Plain, State::Following { .. }) => None,
        }
    }
}

/// Whether a file will give something away by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owes {
    /// A group, a last line, or a report.
    Something,
    /// Nothing.
    Nothing,
}

fn last(bytes: &[u8]) -> &[u8] {
    bytes.get(bytes.len().saturating_sub(MARKER_BYTES)..).unwrap_or(bytes)
}

#[cfg(test)]
mod tests;
