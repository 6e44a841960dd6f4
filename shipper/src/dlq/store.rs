//! The folder of segments: append with fsync, list, remove what was delivered.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runtime::{Disk, DiskFile, DurableFile, RealDisk};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::segment::{self, Step};
use crate::state::DEAD_LETTERS;

use super::record::{Letter, LetterId};

/// A segment is closed when it is this long.
const SEGMENT_BYTES: u64 = 16 << 20;
const SUFFIX: &str = "letters";
const DAMAGED: &str = "damaged";

/// What dead letters may take on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all segments.
    pub bytes: u64,
    /// What happens beyond them.
    pub when_full: WhenFull,
}

/// What happens when there is no room for another letter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// Its line stays unacknowledged, so reading stops: nothing is lost.
    #[default]
    Hold,
    /// The oldest segment goes, and its letters are counted as dropped.
    DropOldest,
}

/// The dead letters of one state directory.
#[derive(Debug)]
pub struct DeadLetters {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    limits: Limits,
    closed: BTreeMap<u64, Held>,
    open: Option<Open>,
    next: u64,
    dropped: usize,
}

/// What a segment holds.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    bytes: u64,
    letters: usize,
}

#[derive(Debug)]
struct Open {
    number: u64,
    path: PathBuf,
    file: DiskFile,
    held: Held,
}

/// Why a letter is not on disk. It stays with its sender, and its line stays unacknowledged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The limit is reached: reading stops rather than lose.
    #[error("dead letters take {bytes} bytes, the limit is {limit_bytes}")]
    Full {
        /// What they take.
        bytes: u64,
        /// What they may take.
        limit_bytes: u64,
    },
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
    /// A segment could not be replaced.
    #[error("cannot remove delivered letters")]
    Replace(#[source] runtime::DurableError),
}

/// What stands in the segments.
#[derive(Debug, Default)]
pub struct Kept {
    /// The letters, oldest first.
    pub letters: Vec<(LetterId, Letter)>,
    /// Records that cannot be read, damaged or of a later version; none is deleted.
    pub damaged: Vec<LetterId>,
}

impl DeadLetters {
    /// Opens the folder and counts what is in it. A record whose checksum is wrong is set aside into a file of its own; one
    /// that was never finished stays: appending starts a new segment.
    pub fn open(disk: Arc<dyn Disk>, folder: PathBuf, limits: Limits) -> Result<Self, Error> {
        disk.create_folder(&folder).map_err(fault("create", &folder))?;
        let mut letters =
            Self { disk, folder, limits, closed: BTreeMap::new(), open: None, next: 1, dropped: 0 };
        for (number, path) in letters.segments()? {
            let bytes = letters.disk.read(&path).map_err(fault("read", &path))?;
            let (damaged, whole) = sort(&bytes);
            let mut held = Held { bytes: bytes.len() as u64, letters: whole };
            if !damaged.is_empty() {
                // A disk that refuses this is no reason to stop: the record is passed over where it stands.
                match letters.set_aside(number, &path, &bytes, &damaged) {
                    Ok(rest) => held.bytes = rest,
                    Err(error) => {
                        tracing::error!(event.code = "dead_letter_damaged", error = %error,
                            "a damaged dead letter cannot be set aside; the others are used");
                    }
                }
            }
            letters.closed.insert(number, held);
            letters.next = number + 1;
        }
        Ok(letters)
    }

    /// Puts damaged records into files of their own, each named by its segment, its place and its content; only then the
    /// segment goes on without them. Returns what it takes then.
    fn set_aside(
        &self,
        number: u64,
        path: &Path,
        bytes: &[u8],
        damaged: &[Range<usize>],
    ) -> Result<u64, Error> {
        let mut rest = Vec::with_capacity(bytes.len());
        let mut at = 0;
        for place in damaged {
            let record = bytes.get(place.clone()).unwrap_or_default();
            let name = format!("{number:08}-{}-{:016x}.{DAMAGED}", place.start, xxh3_64(record));
            let aside = self.folder.join(name);
            DurableFile::replace(&*self.disk, &aside, record).map_err(Error::Replace)?;
            tracing::error!(event.code = "dead_letter_damaged", path = %aside.display(),
                "a dead letter has a wrong checksum; it is set aside, the others are used");
            rest.extend_from_slice(bytes.get(at..place.start).unwrap_or_default());
            at = place.end;
        }
        rest.extend_from_slice(bytes.get(at..).unwrap_or_default());
        DurableFile::replace(&*self.disk, path, &rest).map_err(Error::Replace)?;
        Ok(rest.len() as u64)
    }

    /// Reads the letters of a state directory without taking it over: the shipper may run.
    pub fn peek(state_dir: &Path) -> Result<Kept, Error> {
        let folder = state_dir.join(DEAD_LETTERS);
        match read_all(&RealDisk, &folder) {
            Err(Error::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(Kept::default())
            }
            outcome => outcome,
        }
    }

    /// Returns how many letters there are.
    pub fn count(&self) -> usize {
        self.held().map(|held| held.letters).sum()
    }

    /// Returns how many bytes they take.
    pub fn bytes(&self) -> u64 {
        self.held().map(|held| held.bytes).sum()
    }

    /// Returns what they may take.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Returns how many letters were dropped to make room since it was last asked.
    pub fn take_dropped(&mut self) -> usize {
        std::mem::take(&mut self.dropped)
    }

    fn held(&self) -> impl Iterator<Item = &Held> {
        self.closed.values().chain(self.open.as_ref().map(|open| &open.held))
    }

    /// Puts letters on disk; when this returns, they survive a power cut.
    pub fn append(&mut self, letters: &[Letter]) -> Result<(), Error> {
        let mut bytes = Vec::new();
        for letter in letters {
            letter.write(&mut bytes);
        }
        self.make_room(bytes.len() as u64)?;
        // A small limit has small segments: the oldest can leave without taking everything along.
        let longest = SEGMENT_BYTES.min(self.limits.bytes / 8);
        let mut open = match self.open.take() {
            Some(open) if open.held.bytes < longest => open,
            Some(full) => {
                self.closed.insert(full.number, full.held);
                self.start_segment()?
            }
            None => self.start_segment()?,
        };
        let written = open.file.write(&bytes).map_err(fault("write", &open.path));
        let written = written.and_then(|()| open.file.sync().map_err(fault("sync", &open.path)));
        // A file whose write or fsync failed is dead: what it holds is counted, and the next letter starts another.
        match written {
            Ok(()) => {
                open.held.bytes += bytes.len() as u64;
                open.held.letters += letters.len();
                self.open = Some(open);
                Ok(())
            }
            Err(error) => {
                open.held.bytes = open.file.length().unwrap_or(open.held.bytes);
                self.closed.insert(open.number, open.held);
                Err(error)
            }
        }
    }

    fn make_room(&mut self, needed: u64) -> Result<(), Error> {
        let limit_bytes = self.limits.bytes;
        if self.limits.when_full == WhenFull::DropOldest && needed <= limit_bytes {
            while self.bytes() + needed > limit_bytes {
                if self.closed.is_empty()
                    && let Some(open) = self.open.take()
                {
                    self.closed.insert(open.number, open.held);
                }
                let Some((&number, &oldest)) = self.closed.first_key_value() else { break };
                let path = self.path(number);
                self.disk.remove(&path).map_err(fault("remove", &path))?;
                self.disk.sync_folder(&self.folder).map_err(fault("sync", &self.folder))?;
                self.closed.remove(&number);
                self.dropped += oldest.letters;
            }
        }
        let bytes = self.bytes() + needed;
        if bytes > limit_bytes { Err(Error::Full { bytes, limit_bytes }) } else { Ok(()) }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:08}.{SUFFIX}"))
    }

    fn start_segment(&mut self) -> Result<Open, Error> {
        let number = self.next;
        let path = self.path(number);
        let file = self.disk.create(&path).map_err(fault("create", &path))?;
        self.next += 1;
        self.disk.sync_folder(&self.folder).map_err(fault("sync", &self.folder))?;
        Ok(Open { number, path, file, held: Held::default() })
    }

    /// Reads all letters.
    pub fn read(&self) -> Result<Kept, Error> {
        read_all(&*self.disk, &self.folder)
    }

    /// Removes letters that were delivered; damaged records and all others stay.
    pub fn remove(&mut self, delivered: &[LetterId]) -> Result<(), Error> {
        let mut by_segment: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for id in delivered {
            by_segment.entry(id.segment).or_default().push(id.offset);
        }
        // Nothing is appended to a segment that is rewritten: the next letter starts a new one.
        if let Some(open) = self.open.take() {
            self.closed.insert(open.number, open.held);
        }
        for (number, path) in self.segments()? {
            let Some(gone) = by_segment.get(&number) else { continue };
            let bytes = self.disk.read(&path).map_err(fault("read", &path))?;
            let mut rest = Vec::new();
            let mut removed = 0;
            for step in segment::read(&bytes) {
                let (Step::Record(place, _) | Step::Damaged(place) | Step::Torn(place)) = step;
                if gone.contains(&place.start) {
                    removed += 1;
                } else {
                    rest.extend_from_slice(bytes.get(place).unwrap_or_default());
                }
            }
            if rest.is_empty() {
                self.disk.remove(&path).map_err(fault("remove", &path))?;
                self.disk.sync_folder(&self.folder).map_err(fault("sync", &self.folder))?;
            } else {
                DurableFile::replace(&*self.disk, &path, &rest).map_err(Error::Replace)?;
            }
            let held = self.closed.entry(number).or_default();
            held.letters = held.letters.saturating_sub(removed);
            held.bytes = rest.len() as u64;
        }
        Ok(())
    }

    fn segments(&self) -> Result<Vec<(u64, PathBuf)>, Error> {
        segments(&*self.disk, &self.folder)
    }
}

fn segments(disk: &dyn Disk, folder: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let paths = disk.list(folder).map_err(fault("list", folder))?;
    let number = |path: &Path| {
        let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?.strip_suffix('.')?;
        name.parse().ok()
    };
    Ok(paths.into_iter().filter_map(|path| Some((number(&path)?, path))).collect())
}

fn read_all(disk: &dyn Disk, folder: &Path) -> Result<Kept, Error> {
    let mut kept = Kept::default();
    for (number, path) in segments(disk, folder)? {
        let bytes = disk.read(&path).map_err(fault("read", &path))?;
        for step in segment::read(&bytes) {
            let (Step::Record(place, _) | Step::Damaged(place) | Step::Torn(place)) = &step;
            let id = LetterId { segment: number, offset: place.start };
            match step {
                Step::Record(_, payload) => match Letter::read(payload) {
                    Some(letter) => kept.letters.push((id, letter)),
                    None => kept.damaged.push(id),
                },
                // A letter whose write was cut was never acknowledged: its line is read again.
                Step::Torn(_) => {}
                Step::Damaged(_) => kept.damaged.push(id),
            }
        }
    }
    Ok(kept)
}

/// Returns the damaged records of a segment, and how many are whole.
fn sort(bytes: &[u8]) -> (Vec<Range<usize>>, usize) {
    let (mut damaged, mut whole) = (Vec::new(), 0);
    for step in segment::read(bytes) {
        match step {
            Step::Record(..) => whole += 1,
            Step::Damaged(place) => damaged.push(place),
            Step::Torn(_) => {}
        }
    }
    (damaged, whole)
}

fn fault(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Disk { act, path, source }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
