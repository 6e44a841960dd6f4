//! One spool: its segments and its place, and the order in which they are written.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use event::{ByteOffset, FileId};
use jiff::Timestamp;
use runtime::{Disk, DurableFile, Reading};

use crate::identity::HostId;
use crate::segment;

use super::place::{Mark, Place};
use super::shelf::{Pressure, Shelf, View, fault};

/// Name of the file that holds the place.
const STATE: &str = "state.json";

/// A spool cannot be used, or something could not be put into it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk failed.
    #[error("cannot {act} {}", path.display())]
    Disk {
        /// What was tried.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The place could not be written.
    #[error("cannot write the place of a spool")]
    Place(#[source] runtime::DurableError),
    /// The place is damaged, or newer than this program. Nothing was touched.
    #[error(
        "the spool in {} cannot be trusted, and nothing was changed ({reason}); bring back a copy, use the version that wrote it, or move the folder away to poll from `window.lookback` on",
        folder.display()
    )]
    Untrusted {
        /// The folder of the spool.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// One poll's spool, open for writing.
#[derive(Debug)]
pub struct Spool {
    shelf: Shelf,
    place: Place,
    written: Place,
    file: DurableFile,
}

impl Spool {
    /// Opens a spool or makes one. Its id is on disk before anything is put into it.
    pub fn open(
        disk: &Arc<dyn Disk>,
        folder: PathBuf,
        (host, poll): (&HostId, &str),
        segment_bytes: u64,
        now: Timestamp,
    ) -> Result<Self, Error> {
        disk.create_folder(&folder).map_err(fault("create", &folder))?;
        let mut file = DurableFile::new(Arc::clone(disk), folder.join(STATE));
        let place = match file.read(Place::decode) {
            Reading::Current(place) => place,
            Reading::Previous(place, reason) => {
                tracing::warn!(event.code = "spool_previous", poll, %reason,
                    "the place of a spool is damaged; the one before it is used, what is polled again has its old ids");
                place
            }
            Reading::Absent => {
                let place = Place::new(host, poll, now);
                file.write(&place.encode()).map_err(Error::Place)?;
                place
            }
            Reading::Unreadable(reason) => return Err(Error::Untrusted { folder, reason }),
        };
        let shelf = Shelf::open(Arc::clone(disk), folder, &place, segment_bytes)?;
        Ok(Self { shelf, written: place.clone(), place, file })
    }

    /// Returns the id of its stream.
    pub fn file(&self) -> FileId {
        self.place.file
    }

    /// Returns the place up to which the cluster has everything.
    pub fn acknowledged(&self) -> ByteOffset {
        // What stands before the first segment is gone: an older place was read.
        let first = self.view().segments.first().map_or(self.view().end, |first| first.start);
        self.place.acknowledged.max(first)
    }

    /// Returns how far its poll has come.
    pub fn mark(&self) -> &Mark {
        &self.place.mark
    }

    /// Returns what may be read.
    pub fn view(&self) -> &View {
        self.shelf.view()
    }

    /// Returns the bytes that it takes on disk.
    pub fn bytes(&self) -> u64 {
        self.shelf.bytes()
    }

    /// Puts records into it, and then, once they are synced, how far the poll has come.
    pub fn keep(&mut self, records: &[impl AsRef<[u8]>], mark: Option<Mark>) -> Result<(), Error> {
        if !records.is_empty() {
            let mut bytes = Vec::new();
            for record in records {
                segment::write(record.as_ref(), &mut bytes);
            }
            self.shelf.append(&bytes)?;
        }
        match mark {
            None => Ok(()),
            Some(mark) => {
                let place = Place { mark, synced: self.view().end, ..self.place.clone() };
                self.publish(place)
            }
        }
    }

    /// Notes what the cluster has, and removes the segments that are no longer needed.
    pub fn acknowledge(&mut self, upto: ByteOffset) -> Result<(), Error> {
        self.let_go(upto, Pressure::No)
    }

    /// Does the same, and closes even a short segment when all of it is acknowledged: room is needed.
    pub fn acknowledge_for_room(&mut self, upto: ByteOffset) -> Result<(), Error> {
        self.let_go(upto, Pressure::Yes)
    }

    fn let_go(&mut self, upto: ByteOffset, pressure: Pressure) -> Result<(), Error> {
        let acknowledged = self.place.acknowledged.max(upto);
        let place = Place { acknowledged, synced: self.view().end, ..self.place.clone() };
        // Before anything is removed: a place that points into nothing could not be told from damage.
        self.publish(place)?;
        self.shelf.release(acknowledged, pressure)
    }

    fn publish(&mut self, place: Place) -> Result<(), Error> {
        if place != self.written {
            self.file.write(&place.encode()).map_err(Error::Place)?;
            self.written = place.clone();
        }
        self.place = place;
        Ok(())
    }
}
