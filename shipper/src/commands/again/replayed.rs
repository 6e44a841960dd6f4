//! What became of a replayed file's events.

use std::fmt;

use event::{ByteOffset, FileId};
use runtime::Exit;
use serde::Serialize;

/// What became of one file's events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// The file.
    pub path: String,
    /// Its id.
    pub file: FileId,
    /// Bytes that were read: all that is acknowledged.
    pub bytes: u64,
    /// Events that were sent, or would be.
    pub events: u64,
    /// The cluster did not have them.
    pub stored: u64,
    /// It had them.
    pub duplicates: u64,
    /// It refused them; a running shipper would put them into the dead letters, where they may lie already.
    pub refused: u64,
    /// Today's rules drop these lines.
    pub filtered: u64,
    /// Events that happened before the time that was asked for.
    pub older: u64,
    /// The cluster did not take them; another replay may.
    pub left: u64,
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} events, {} stored, {} duplicates, {} refused, {} left; {} lines filtered, {} events older",
            self.path,
            self.events,
            self.stored,
            self.duplicates,
            self.refused,
            self.left,
            self.filtered,
            self.older
        )
    }
}

impl Replayed {
    /// Returns nothing yet, of a file that is read up to a place.
    pub(super) fn of(path: &str, file: FileId, end: ByteOffset) -> Self {
        Self {
            path: path.to_owned(),
            file,
            bytes: end.get(),
            events: 0,
            stored: 0,
            duplicates: 0,
            refused: 0,
            filtered: 0,
            older: 0,
            left: 0,
        }
    }

    /// Returns how the program ends after this file: 65 when something is still not stored.
    pub fn exit(&self) -> Exit {
        if self.refused + self.left == 0 { Exit::Done } else { Exit::Difference }
    }
}
