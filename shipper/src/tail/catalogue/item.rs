//! One file in the catalogue: how scans found it, and what is done with it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use event::FileId;

use crate::identity::{Node, Stamp};

use super::super::Tail;

/// A file that was found.
#[derive(Debug)]
pub(crate) struct Item {
    /// What the file system calls it.
    pub(crate) node: Node,
    /// The input that reads it.
    pub(crate) input: usize,
    /// Its path.
    pub(crate) path: Arc<Path>,
    /// The file that its path leads to, when that is a link.
    pub(crate) target: Option<Arc<Path>>,
    /// How the last scan found it.
    pub(crate) stamp: Stamp,
    /// The most bytes that were seen of it.
    pub(crate) peak: Peak,
    /// Whether it was there when the first scan looked.
    pub(crate) sight: Sight,
    /// What is done with it.
    pub(crate) standing: Standing,
    /// The line in which it waits.
    pub(crate) line: Line,
    pub(super) name: Name,
    pub(super) round: u64,
    pub(super) announced: Announced,
}

/// The most bytes that were seen of a file.
///
/// When a file turns out to be cut, the last look at it may have seen what stands there since: those bytes are not lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Peak {
    /// How many they were.
    pub(crate) bytes: u64,
    /// How many they were before the file was last seen to have changed.
    earlier_bytes: u64,
}

/// Whether new bytes of a file were announced since a scan last saw it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Announced {
    /// They were.
    Yes,
    /// They were not.
    #[default]
    No,
}

/// What is done with a file.
#[derive(Debug)]
pub(crate) enum Standing {
    /// Nobody has looked into it.
    Fresh,
    /// It was looked into and is not read as it is.
    Passed {
        /// How it stood then; when it stands otherwise, it is looked into again.
        checked: Stamp,
    },
    /// It was entered, and its id is not on disk yet.
    Unsaved(FileId),
    /// It is known, and its descriptor is given back.
    Closed {
        /// Its id.
        id: FileId,
        /// How it stood when it was last read; `None` when it is to be opened in any case.
        checked: Option<Stamp>,
    },
    /// It is being read.
    Open(Box<Open>),
}

/// Why a file is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    /// It has no complete line, hence no id.
    Incomplete,
    /// It may be a copy that is still being made.
    Suspect,
    /// It holds what another file held.
    Copy,
}

/// A file that is being read.
#[derive(Debug)]
pub(crate) struct Open {
    /// Its tail.
    pub(crate) tail: Tail,
    /// When bytes were last read.
    pub(crate) last_read: Duration,
    /// Blocks that were read since it was opened.
    pub(crate) blocks: u32,
    /// Since when it is read, rotated and acknowledged.
    pub(crate) settled_since: Option<Duration>,
    /// Since when no name leads to it.
    pub(crate) nameless_since: Option<Duration>,
}

/// Whether a file was there when the first scan looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It was.
    AtStart,
    /// It came later.
    Later,
}

/// The line in which a file waits; it is in one at a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Line {
    /// None: it rests.
    #[default]
    None,
    /// To be looked into.
    Look,
    /// To be opened.
    Open,
    /// To be read.
    Read,
    /// For room in the budget of its input.
    Room,
    /// For the checkpoint, that it ends where we end it.
    Seal,
}

/// Whether a name leads to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    There,
    Gone,
}

impl Peak {
    /// Returns what a first look saw.
    pub(crate) fn first(bytes: u64) -> Self {
        Self { bytes, earlier_bytes: 0 }
    }

    /// Notes so many bytes of which it is known that they follow those that were seen before.
    pub(crate) fn reach(&mut self, bytes: u64) {
        self.bytes = self.bytes.max(bytes);
    }

    /// Returns how many bytes were seen before the file was cut that was last seen with one stamp and stands now with
    /// another one, or still so.
    pub(crate) fn before_cut(self, (seen, now): (&Stamp, &Stamp)) -> u64 {
        if seen == now { self.earlier_bytes } else { self.bytes }
    }
}

impl Item {
    /// Notes that it stands otherwise than before.
    pub(crate) fn stand(&mut self, stamp: Stamp) {
        if self.stamp != stamp {
            self.stamp = stamp;
            self.peak.earlier_bytes = self.peak.bytes;
            self.peak.reach(stamp.size);
        }
    }

    pub(super) fn paths(&self) -> Vec<Arc<Path>> {
        std::iter::once(&self.path).chain(&self.target).map(Arc::clone).collect()
    }

    /// Tells whether a name leads to it.
    pub(crate) fn has_name(&self) -> bool {
        self.name == Name::There
    }

    /// Returns when it was born, in nanoseconds since the epoch, or last written where that is not known.
    pub(crate) fn born_ns(&self) -> u64 {
        self.node.born_ns.unwrap_or_else(|| u64::try_from(self.stamp.modified_ns).unwrap_or(0))
    }

    /// Returns its id, once it has one.
    pub(crate) fn id(&self) -> Option<FileId> {
        match &self.standing {
            Standing::Fresh | Standing::Passed { .. } => None,
            Standing::Unsaved(id) | Standing::Closed { id, .. } => Some(*id),
            Standing::Open(open) => Some(open.tail.id),
        }
    }

    /// Returns what there is while it is being read.
    pub(crate) fn open(&self) -> Option<&Open> {
        match &self.standing {
            Standing::Open(open) => Some(open),
            Standing::Fresh
            | Standing::Passed { .. }
            | Standing::Unsaved(_)
            | Standing::Closed { .. } => None,
        }
    }

    /// Returns what there is while it is being read.
    pub(crate) fn open_mut(&mut self) -> Option<&mut Open> {
        match &mut self.standing {
            Standing::Open(open) => Some(open),
            Standing::Fresh
            | Standing::Passed { .. }
            | Standing::Unsaved(_)
            | Standing::Closed { .. } => None,
        }
    }
}
