//! What is known of one file, and how it is written down.

use std::collections::VecDeque;

use event::{ByteOffset, Datasets, FileId};
use jiff::Timestamp;

use crate::acknowledge::{Mark, Watermark};
use crate::checkpoint::{FileState, Whereabouts};
use crate::identity::{Known, Node, Print, Progress};

/// Earlier places that are kept: two a second are noted at most, so a copy may be half as many seconds older than what was
/// read.
const EARLIER: usize = 32;

/// A file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) node: Node,
    pub(super) generation: u32,
    pub(super) head: Print,
    pub(super) path: String,
    pub(super) first_seen: Timestamp,
    pub(super) watermark: Watermark,
    pub(super) earlier: VecDeque<Mark>,
    pub(super) copies: Vec<Node>,
    pub(super) state: Whereabouts,
    pub(super) done_bytes: Option<u64>,
    /// Where it was ended by time, behind what is acknowledged.
    pub(super) seals: Vec<ByteOffset>,
    /// What its events are about, once a line was read in this run.
    pub(super) datasets: Option<Datasets>,
    /// The format that its first lines told, and why.
    pub(super) format: Option<String>,
}

impl From<FileState> for Entry {
    fn from(file: FileState) -> Self {
        Self {
            node: file.node,
            generation: file.generation,
            head: file.head,
            path: file.path,
            first_seen: file.first_seen,
            watermark: Watermark::new(file.committed),
            earlier: file.earlier.into(),
            copies: file.copies,
            state: file.state,
            done_bytes: file.done_bytes,
            seals: file.seals,
            datasets: None,
            format: None,
        }
    }
}

impl Entry {
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        std::iter::once(&self.node).chain(&self.copies)
    }

    pub(super) fn known(&self, id: FileId) -> Known {
        // A copy may be made of bytes that are on their way: by their places it is known before they are acknowledged.
        let mut marks: Vec<Mark> = self.watermark.sent_marks().collect();
        marks.push(self.watermark.committed());
        marks.extend(&self.earlier);
        let node = match self.state {
            Whereabouts::Present | Whereabouts::Gone(_) => Some(self.node),
            Whereabouts::Truncated(_) => None,
        };
        let is_unread =
            self.state == Whereabouts::Present && self.watermark.sent() == ByteOffset::ZERO;
        let progress = if is_unread { Progress::Unread } else { Progress::Begun };
        Known { id, node, head: self.head, marks, copies: self.copies.clone(), progress }
    }

    pub(super) fn state(&mut self, id: FileId) -> FileState {
        let committed = self.watermark.committed();
        if self.earlier.front() != Some(&committed) && committed != Mark::START {
            self.earlier.push_front(committed);
            self.earlier.truncate(EARLIER);
        }
        self.seals.retain(|&at| at > committed.offset);
        FileState {
            id,
            node: self.node,
            generation: self.generation,
            head: self.head,
            path: self.path.clone(),
            first_seen: self.first_seen,
            committed,
            earlier: self.earlier.iter().copied().collect(),
            copies: self.copies.clone(),
            state: self.state,
            done_bytes: self.done_bytes,
            seals: self.seals.clone(),
        }
    }
}
