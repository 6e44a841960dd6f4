//! The folder of segments: append with fsync, list, remove what was delivered.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runtime::{Disk, DiskFile, DurableFile, RealDisk};

use crate::segment::{self, Step};
use crate::state::DEAD_LETTERS;

use super::record::{Letter, LetterId};

/// A segment is closed when it is this long.
const SEGMENT_BYTES: u64 = 16 << 20;
const SUFFIX: &str = "letters";

/// The dead letters of one state directory.
#[derive(Debug)]
pub struct DeadLetters {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    limit_bytes: u64,
    closed_bytes: u64,
    count: usize,
    open: Option<Open>,
    next: u64,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: DiskFile,
    bytes: u64,
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
    /// Records that cannot be read; they stay where they are.
    pub damaged: Vec<LetterId>,
}

impl DeadLetters {
    /// Opens the folder and counts what is in it. A record that was never finished stays: appending starts a new segment.
    pub fn open(disk: Arc<dyn Disk>, folder: PathBuf, limit_bytes: u64) -> Result<Self, Error> {
        disk.create_folder(&folder).map_err(fault("create", &folder))?;
        let mut letters =
            Self { disk, folder, limit_bytes, closed_bytes: 0, count: 0, open: None, next: 1 };
        for (number, path) in letters.segments()? {
            let bytes = letters.disk.read(&path).map_err(fault("read", &path))?;
            letters.closed_bytes += bytes.len() as u64;
            letters.count += segment::read(&bytes).len();
            letters.next = number + 1;
        }
        Ok(letters)
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
        self.count
    }

    /// Returns how many bytes they take.
    pub fn bytes(&self) -> u64 {
        self.closed_bytes + self.open.as_ref().map_or(0, |open| open.bytes)
    }

    /// Puts letters on disk; when this returns, they survive a power cut.
    pub fn append(&mut self, letters: &[Letter]) -> Result<(), Error> {
        let mut bytes = Vec::new();
        for letter in letters {
            // Plain structs with text keys: there is nothing in them that JSON cannot hold.
            segment::write(&serde_json::to_vec(letter).unwrap_or_default(), &mut bytes);
        }
        let total = self.bytes() + bytes.len() as u64;
        if total > self.limit_bytes {
            return Err(Error::Full { bytes: total, limit_bytes: self.limit_bytes });
        }
        let mut open = match self.open.take() {
            Some(open) if open.bytes < SEGMENT_BYTES => open,
            Some(full) => {
                self.closed_bytes += full.bytes;
                self.start_segment()?
            }
            None => self.start_segment()?,
        };
        let written = open.file.write(&bytes).map_err(fault("write", &open.path));
        let written = written.and_then(|()| open.file.sync().map_err(fault("sync", &open.path)));
        // A file whose write or fsync failed is dead: what it holds is counted, and the next letter starts another.
        match written {
            Ok(()) => {
                open.bytes += bytes.len() as u64;
                self.count += letters.len();
                self.open = Some(open);
                Ok(())
            }
            Err(error) => {
                self.closed_bytes += open.file.length().unwrap_or(open.bytes);
                Err(error)
            }
        }
    }

    fn start_segment(&mut self) -> Result<Open, Error> {
        let path = self.folder.join(format!("{:08}.{SUFFIX}", self.next));
        let file = self.disk.create(&path).map_err(fault("create", &path))?;
        self.next += 1;
        self.disk.sync_folder(&self.folder).map_err(fault("sync", &self.folder))?;
        Ok(Open { path, file, bytes: 0 })
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
            self.closed_bytes += open.bytes;
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
            self.count = self.count.saturating_sub(removed);
            self.closed_bytes = self.closed_bytes.saturating_sub((bytes.len() - rest.len()) as u64);
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
                Step::Record(_, payload) => match serde_json::from_slice(payload) {
                    Ok(letter) => kept.letters.push((id, letter)),
                    Err(_) => kept.damaged.push(id),
                },
                // A letter whose write was cut was never acknowledged: its line is read again.
                Step::Torn(_) => {}
                Step::Damaged(_) => kept.damaged.push(id),
            }
        }
    }
    Ok(kept)
}

fn fault(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Disk { act, path, source }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
