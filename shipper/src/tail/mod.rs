//! One file that is being read: followed while it lives, drained when it was rotated away, finished then.

mod catalogue;
mod discover;
mod held;
mod lag;
mod losses;
mod reader;
mod turns;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event::{ByteOffset, FileId, Span};

use crate::frame::{Framer, Piece};
use crate::identity::{MARKER_BYTES, Node, Print, read_at};

pub use lag::Lag;
pub use reader::{Assigned, Assignment, Mode, Reader, Surroundings};

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
    framer: Framer,
    readiness: Readiness,
    /// The length of the file when it was last looked at.
    seen_bytes: u64,
    opened_at: ByteOffset,
    /// The last bytes before the position: when they are others now, the file was cut away under us.
    trail: Vec<u8>,
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
    /// It was rotated and kept quiet: its incomplete last line will not be completed any more.
    Flush,
    /// It was rotated, kept quiet, and everything of it was sent: once acknowledged, it is done.
    Done,
}

impl Tail {
    /// Starts to read a file at a place.
    pub fn open(
        (id, input, node): (FileId, usize, Node),
        path: &Path,
        file: File,
        start: ByteOffset,
        max_line: usize,
    ) -> io::Result<Self> {
        let before = start.get().min(MARKER_BYTES as u64);
        let length = usize::try_from(before).unwrap_or(MARKER_BYTES);
        let trail = read_at(&file, ByteOffset::new(start.get() - before), length)?;
        Ok(Self {
            id,
            input,
            node,
            path: path.into(),
            path_text: path.to_string_lossy().into(),
            head_bytes: 0,
            state: State::Following { file },
            framer: Framer::new(start, max_line),
            readiness: Readiness::Ready,
            seen_bytes: 0,
            opened_at: start,
            trail,
        })
    }

    /// Returns a tail that starts over on the same descriptor at a place, for another input; `None` when it is closed.
    pub fn reopen(
        &self,
        input: usize,
        start: ByteOffset,
        max_line: usize,
    ) -> io::Result<Option<Self>> {
        let Some(file) = self.file() else { return Ok(None) };
        let identity = (self.id, input, self.node);
        let mut tail = Self::open(identity, &self.path, file.try_clone()?, start, max_line)?;
        tail.head_bytes = self.head_bytes;
        tail.see(self.seen_bytes);
        Ok(Some(tail))
    }

    /// Notes the length of the file; one that is not where we stand is worth a read.
    pub fn see(&mut self, bytes: u64) {
        self.seen_bytes = bytes;
        if bytes != self.position().get() {
            self.readiness = Readiness::Ready;
        }
    }

    /// Returns the length of the file when it was last looked at.
    pub fn seen_bytes(&self) -> u64 {
        self.seen_bytes
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
    }

    /// Tells whether there may be something to read.
    pub fn is_ready(&self) -> bool {
        self.readiness == Readiness::Ready
    }

    /// Returns the place behind the last byte that was read.
    pub fn position(&self) -> ByteOffset {
        self.framer.position()
    }

    /// Returns the place from which it was read when it was opened.
    pub fn opened_at(&self) -> ByteOffset {
        self.opened_at
    }

    /// Returns the place from which lines are still to be sent.
    pub fn unsent(&self) -> ByteOffset {
        self.framer.start()
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
        if read == known {
            return Ok(Block::End);
        }
        if let State::Draining { quiet_since, .. } = &mut self.state {
            *quiet_since = now;
        }
        Ok(Block::Bytes(read - known))
    }

    /// Cuts a block that was just read into pieces; returns the stretch that they cover and the print before its end.
    pub fn cut(
        &mut self,
        buffer: &[u8],
        bytes: usize,
        give: &mut dyn FnMut(Piece<'_>),
    ) -> (Span, Print) {
        let known = self.trail.len();
        let all = buffer.get(..known + bytes).unwrap_or(buffer);
        let from = self.position().get() - known as u64;
        let start = self.framer.start();
        self.framer.feed(all.get(known..).unwrap_or_default(), give);
        let end = self.framer.start();
        // When the end did not move, nothing is opened and the print is not used.
        let print = usize::try_from(end.get().saturating_sub(from)).map_or(Print::EMPTY, |end| {
            let before = all.get(..end.min(all.len())).unwrap_or_default();
            Print::of(last(before))
        });
        self.trail.clear();
        self.trail.extend_from_slice(last(all));
        (start..end, print)
    }

    /// Gives away the incomplete last line; returns the stretch that it covers and the print before its end.
    pub fn flush(&mut self, give: &mut dyn FnMut(Piece<'_>)) -> (Span, Print) {
        let start = self.framer.start();
        self.framer.finish(give);
        (start..self.framer.start(), Print::of(&self.trail))
    }

    /// Tells what to do now that the end was reached.
    pub fn at_end(&self, now: Duration, rotate_wait: Duration) -> AtEnd {
        match &self.state {
            State::Following { .. } => AtEnd::Wait,
            State::Draining { quiet_since, .. }
                if now.saturating_sub(*quiet_since) < rotate_wait =>
            {
                AtEnd::Wait
            }
            State::Draining { .. } if self.position() > self.unsent() => AtEnd::Flush,
            State::Draining { .. } | State::Finished => AtEnd::Done,
        }
    }

    /// Returns when a drained file will have been quiet for long enough.
    pub fn quiet_at(&self, rotate_wait: Duration) -> Option<Duration> {
        match &self.state {
            State::Draining { quiet_since, .. } => Some(*quiet_since + rotate_wait),
            State::Following { .. } | State::Finished => None,
        }
    }
}

fn last(bytes: &[u8]) -> &[u8] {
    bytes.get(bytes.len().saturating_sub(MARKER_BYTES)..).unwrap_or(bytes)
}

#[cfg(test)]
mod tests;
