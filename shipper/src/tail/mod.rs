//! One file that is being read: followed while it lives, drained when it was rotated away, finished then.

mod block;
mod catalogue;
mod compressed;
mod content;
mod copies;
mod discover;
mod end;
mod held;
mod lag;
mod losses;
mod reader;
mod turns;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event::{ByteOffset, FileId};

use crate::acknowledge::Mark;
use crate::identity::{HEAD_BYTES, MARKER_BYTES, Node, Print, read_at, read_head};
use crate::lines::gzip;
use crate::lines::{Lines, Making};
use crate::settings::Reading;

use compressed::Compressed;

pub use block::Block;
pub use content::{Content, Holds};
pub use end::{AtEnd, Owes};
pub use lag::{Behind, Lag, NEVER};
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
    /// What is known of its first bytes.
    pub head: Print,
    state: State,
    form: Form,
    lines: Lines,
    readiness: Readiness,
    /// The length of the file when it was last looked at.
    seen_bytes: u64,
    /// The last bytes of text before the position: when a plain file has others now, it was cut away under us.
    trail: Vec<u8>,
    opened_at: ByteOffset,
    /// Places at which something begins that is held back, with what stands before them.
    marks: Vec<Mark>,
    /// Places that are still ahead at which a reader before us ended what was open, in order.
    seals: VecDeque<ByteOffset>,
    /// When it was last read.
    read_at: Duration,
    /// Whether the last read came to the end of what was written then.
    came_to_end: bool,
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

/// Where reading starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resume {
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
        start: Resume,
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
            head: Print::EMPTY,
            state: State::Following { file },
            form,
            lines: Lines::new(start.offset, making, max_line, content.head()),
            readiness: Readiness::Ready,
            seen_bytes: 0,
            opened_at: start.offset,
            trail,
            marks: Vec::new(),
            seals: VecDeque::new(),
            read_at: Duration::ZERO,
            came_to_end: false,
        })
    }

    /// Returns a tail that starts over on the same descriptor at a place, for another input; `None` when it is closed.
    pub fn reopen(
        &self,
        input: usize,
        start: ByteOffset,
        making: (&Making, usize),
    ) -> io::Result<Option<Self>> {
        let Some(file) = self.file() else { return Ok(None) };
        let content = Content::of(file, file.metadata()?.len())?;
        let identity = (self.id, input, self.node);
        let opening = (&*self.path, file.try_clone()?, &content);
        let start = Resume { offset: start, before: None };
        let mut tail = Self::open(identity, opening, start, making)?;
        tail.head = self.head;
        tail.see(self.seen_bytes);
        Ok(Some(tail))
    }

    /// Ends what is open at these places, as a reader before us did: its events must come out as they did then.
    pub fn heed(&mut self, seals: Vec<ByteOffset>) {
        self.seals = seals.into();
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

    /// Tells whether all of a file of so many bytes on disk is read.
    pub fn is_read(&self, size: u64) -> bool {
        match &self.form {
            Form::Plain => size == self.position().get(),
            Form::Gzip { compressed, .. } => compressed.is_read(size),
        }
    }

    /// Tells whether nothing is known to be missing or unreadable at its end: a damaged file is never deleted.
    pub fn is_whole(&self) -> bool {
        match &self.form {
            Form::Plain => true,
            Form::Gzip { compressed, .. } => compressed.is_whole(),
        }
    }

    /// Returns the stretch that was not sent of a file of which so many bytes were seen on disk. That of a compressed file
    /// is as long as its compressed bytes: how much text they hold, nobody knows.
    pub fn unsent_span(&self, seen: u64) -> std::ops::Range<u64> {
        let start = self.unsent().get();
        match &self.form {
            Form::Plain => start..seen.max(self.position().get()),
            Form::Gzip { compressed, .. } => {
                start..start + seen.saturating_sub(compressed.position())
            }
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

    /// Tells whether the last read came to the end of what was written then: there is no need to read again to see that.
    pub fn came_to_end(&self) -> bool {
        self.came_to_end
    }

    /// Tells whether there may be something to read.
    pub fn is_ready(&self) -> bool {
        self.readiness == Readiness::Ready
    }

    /// Returns the place behind the last byte that was read.
    pub fn position(&self) -> ByteOffset {
        self.lines.position()
    }

    /// Returns the place from which it was read when it was opened.
    pub fn opened_at(&self) -> ByteOffset {
        self.opened_at
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
}

#[cfg(test)]
mod tests;
