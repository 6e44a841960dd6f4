//! The segments of one spool: append with sync, find, remove what is acknowledged.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use event::ByteOffset;
use runtime::{Disk, DiskFile};

use crate::segment::{self, Step};

use super::place::Place;
use super::store::Error;

const SUFFIX: &str = "spool";
const DAMAGED: &str = "damaged";

/// One file of a spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Offset of its first byte in the stream.
    pub start: ByteOffset,
    /// Its path.
    pub path: Arc<Path>,
}

/// What of a spool may be read: everything in it is synced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// Its segments, oldest first; each ends where the next one starts.
    pub segments: Vec<Segment>,
    /// Where the last one ends.
    pub end: ByteOffset,
}

impl View {
    /// Returns the segment that holds an offset, and where that segment ends.
    ///
    /// An offset before the first segment is behind what was acknowledged and removed: there is none.
    pub fn find(&self, offset: ByteOffset) -> Option<(&Segment, ByteOffset)> {
        if offset >= self.end {
            return None;
        }
        let next = self.segments.iter().position(|segment| segment.start > offset);
        let at = next.unwrap_or(self.segments.len()).checked_sub(1)?;
        let end = next.and_then(|next| self.segments.get(next)).map_or(self.end, |next| next.start);
        Some((self.segments.get(at)?, end))
    }
}

/// Whether room is needed so badly that even a short segment is closed once it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressure {
    No,
    Yes,
}

/// The segments of one spool.
#[derive(Debug)]
pub(super) struct Shelf {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    view: View,
    open: Option<Open>,
    segment_bytes: u64,
}

#[derive(Debug)]
struct Open {
    path: Arc<Path>,
    file: DiskFile,
    bytes: u64,
}

impl Shelf {
    /// Finds the segments and cuts off what a crash left half written.
    ///
    /// Appending starts a new segment: nothing is added to a file that somebody else may have left in any state.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        folder: PathBuf,
        known: &Place,
        segment_bytes: u64,
    ) -> Result<Self, Error> {
        let mut segments = segments(&*disk, &folder)?;
        // An offset is never used twice, even when somebody took segments away.
        let mut end = known.synced.max(known.acknowledged);
        if let Some(last) = segments.last() {
            let length = cut_torn(&*disk, last, known.synced)?;
            // Also of an empty one: what is before it may never have been noted as synced.
            end = end.max(last.start + length);
            if length == 0 {
                disk.remove(&last.path).map_err(fault("remove", &last.path))?;
                disk.sync_folder(&folder).map_err(fault("sync", &folder))?;
                segments.pop();
            }
        }
        Ok(Self { disk, folder, view: View { segments, end }, open: None, segment_bytes })
    }

    pub(super) fn view(&self) -> &View {
        &self.view
    }

    /// Returns the bytes that it takes on disk.
    pub(super) fn bytes(&self) -> u64 {
        self.view.segments.first().map_or(0, |first| self.view.end - first.start)
    }

    /// Writes records; when this returns, they survive a power cut.
    pub(super) fn append(&mut self, records: &[u8]) -> Result<(), Error> {
        let mut open = match self.open.take() {
            Some(open) if open.bytes < self.segment_bytes => open,
            Some(_) | None => self.start_segment()?,
        };
        open.file.write(records).map_err(fault("write", &open.path))?;
        open.file.sync().map_err(fault("sync", &open.path))?;
        // A file whose write or sync failed is dead: it was taken out above, and the next record starts another at the
        // same offset. What the dead one holds behind that offset is never read.
        open.bytes += records.len() as u64;
        self.view.end = self.view.end + records.len() as u64;
        self.open = Some(open);
        Ok(())
    }

    fn start_segment(&mut self) -> Result<Open, Error> {
        if let Some(dead) = self.view.segments.pop_if(|last| last.start == self.view.end) {
            match self.disk.remove(&dead.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    let failed = fault("remove", &dead.path)(error);
                    self.view.segments.push(dead);
                    return Err(failed);
                }
                Ok(()) | Err(_) => {}
            }
        }
        let name = format!("{:020}.{SUFFIX}", self.view.end.get());
        let path: Arc<Path> = self.folder.join(name).into();
        let file = self.disk.create(&path).map_err(fault("create", &path))?;
        self.view.segments.push(Segment { start: self.view.end, path: Arc::clone(&path) });
        self.disk.sync_folder(&self.folder).map_err(fault("sync", &self.folder))?;
        Ok(Open { path, file, bytes: 0 })
    }

    /// Removes segments that end at or before a place. The place must be on disk already.
    pub(super) fn release(&mut self, place: ByteOffset, pressure: Pressure) -> Result<(), Error> {
        let enough = match pressure {
            Pressure::No => self.segment_bytes / 4,
            Pressure::Yes => 1,
        };
        if place >= self.view.end && self.open.as_ref().is_some_and(|open| open.bytes >= enough) {
            self.open = None;
        }
        let mut changed = 0;
        while let Some(first) = self.view.segments.first() {
            let next = self.view.segments.get(1).map(|next| next.start);
            let end = next.unwrap_or(self.view.end);
            if end > place || (next.is_none() && self.open.is_some()) {
                break;
            }
            discard(&*self.disk, first, end)?;
            self.view.segments.remove(0);
            changed += 1;
        }
        if changed > 0 {
            self.disk.sync_folder(&self.folder).map_err(fault("sync", &self.folder))?;
        }
        Ok(())
    }
}

fn segments(disk: &dyn Disk, folder: &Path) -> Result<Vec<Segment>, Error> {
    let paths = disk.list(folder).map_err(fault("list", folder))?;
    let start = |path: &Path| {
        let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?.strip_suffix('.')?;
        Some(ByteOffset::new(name.parse().ok()?))
    };
    let segment = |path: PathBuf| Some(Segment { start: start(&path)?, path: path.into() });
    let mut segments: Vec<Segment> = paths.into_iter().filter_map(segment).collect();
    segments.sort_by_key(|segment| segment.start);
    Ok(segments)
}

/// Cuts a half-written record off; returns how long the segment is then.
fn cut_torn(disk: &dyn Disk, last: &Segment, synced: ByteOffset) -> Result<u64, Error> {
    let bytes = disk.read(&last.path).map_err(fault("read", &last.path))?;
    let whole = match segment::read(&bytes).last() {
        Some(Step::Torn(place)) => place.start as u64,
        Some(Step::Record(..) | Step::Damaged(_)) | None => return Ok(bytes.len() as u64),
    };
    if last.start + whole < synced {
        // It was whole once: this is damage, and what is damaged stays.
        return Ok(bytes.len() as u64);
    }
    let mut file = disk.append(&last.path).map_err(fault("open", &last.path))?;
    file.truncate(whole).map_err(fault("cut", &last.path))?;
    file.sync().map_err(fault("sync", &last.path))?;
    Ok(whole)
}

/// Removes a segment, or sets it aside when a record of it is damaged.
fn discard(disk: &dyn Disk, segment: &Segment, end: ByteOffset) -> Result<(), Error> {
    let path = &segment.path;
    let done = match disk.read(path) {
        Ok(bytes) => {
            let length = usize::try_from(end - segment.start).unwrap_or(usize::MAX);
            let used = bytes.get(..length).unwrap_or(&bytes);
            let whole = segment::read(used).iter().all(|step| matches!(step, Step::Record(..)));
            if whole {
                disk.remove(path).map_err(fault("remove", path))
            } else {
                disk.rename(path, &path.with_extension(DAMAGED)).map_err(fault("set aside", path))
            }
        }
        Err(source) => Err(fault("read", path)(source)),
    };
    match done {
        // Somebody was quicker.
        Err(Error::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

pub(super) fn fault(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Disk { act, path, source }
}
