//! The folder `dedup/`: keys in segments, appended with fsync before the checkpoint that lets their lines go.
//!
//! ```text
//! 00000017.keys:  record {"format":1,"bucket":4,"began":"2026-01-02T03:04:05Z"}
//!                 record slots of 16 bytes: key, content, place and bucket
//!                 ..
//! ```
//!
//! A segment holds keys of one bucket and goes with it. Each start begins a new segment, so nothing is ever appended behind a
//! torn record. A damaged segment costs keys, never an event: what is not known passes, and meets 409.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use runtime::{Disk, DiskFile};
use serde::{Deserialize, Serialize};

use crate::segment::{self, Step};

use super::table::{Inserted, SLOT_BYTES, Slot, Table};
use super::{Bucket, Window};

const SUFFIX: &str = "keys";
/// The format that this version writes.
const FORMAT: u32 = 1;

/// The first record of a segment.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Head {
    format: u32,
    bucket: u64,
    began: Timestamp,
}

/// What every version can read of a first record.
#[derive(Debug, Deserialize)]
struct AnyHead {
    format: u32,
}

/// The keys cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A later version wrote them. Nothing was touched.
    #[error(
        "the keys in {} have format {format}, this version reads up to {FORMAT}; use the version that wrote them, or move the \
         folder away: what was delivered before is then told apart by the cluster alone",
        path.display()
    )]
    Newer {
        /// The segment.
        path: PathBuf,
        /// Its format.
        format: u32,
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
}

/// What reading the folder gave.
#[derive(Debug)]
pub struct Found {
    /// The keys.
    pub window: Arc<Window>,
    /// Segments that hold damaged records.
    pub damaged: Vec<PathBuf>,
}

/// The segments of one state directory.
#[derive(Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    open: Option<(u64, PathBuf, DiskFile)>,
    /// Segments with the numbers of their buckets.
    segments: Vec<(u64, PathBuf)>,
    next: u64,
}

impl Store {
    /// Reads the folder, if there is one. Nothing is written before the first key.
    pub fn open(
        disk: Arc<dyn Disk>,
        folder: PathBuf,
        now: Timestamp,
    ) -> Result<(Self, Found), Error> {
        let mut store = Self { disk, folder, open: None, segments: Vec::new(), next: 1 };
        let (table, mut damaged) = (Table::new(), Vec::new());
        let mut buckets: Vec<Bucket> = Vec::new();
        for (number, path) in store.list()? {
            store.next = number + 1;
            let read = read(&*store.disk, &path, &table)?;
            if read.is_damaged {
                damaged.push(path.clone());
            }
            let Some(head) = read.head else {
                store.set_aside(&path, &read)?;
                continue;
            };
            store.segments.push((head.bucket, path));
            match buckets.iter_mut().find(|bucket| bucket.number == head.bucket) {
                Some(bucket) => {
                    bucket.keys += read.keys;
                    bucket.began = bucket.began.min(head.began);
                }
                None => {
                    buckets.push(Bucket {
                        number: head.bucket,
                        began: head.began,
                        keys: read.keys,
                    });
                }
            }
        }
        buckets.sort_unstable_by_key(|bucket| bucket.number);
        let window = Arc::new(Window::new(buckets, table, now));
        Ok((store, Found { window, damaged }))
    }

    /// Puts on disk what was acknowledged since the last time, and lets go what is old.
    pub fn save(&mut self, window: &Window, now: Timestamp) -> Result<(), Error> {
        let (bucket, slots) = window.take_pending(now);
        let written = if slots.is_empty() { Ok(()) } else { self.append(bucket, &slots) };
        if written.is_err() {
            self.open = None;
            window.give_back(slots);
        }
        let gone = window.expire(now);
        self.remove(&gone)?;
        written
    }

    fn append(&mut self, bucket: Bucket, slots: &[Slot]) -> Result<(), Error> {
        let mut bytes = Vec::new();
        let is_new = self.open.as_ref().is_none_or(|(number, ..)| *number != bucket.number);
        if is_new {
            self.begin(bucket, &mut bytes)?;
        }
        let mut payload = Vec::with_capacity(slots.len() * SLOT_BYTES);
        for slot in slots {
            slot.write(&mut payload);
        }
        segment::write(&payload, &mut bytes);
        let Some((_, path, file)) = &mut self.open else { return Ok(()) };
        file.write(&bytes).map_err(fault("write", path))?;
        file.sync().map_err(fault("sync", path))?;
        if is_new {
            self.disk.sync_folder(&self.folder).map_err(fault("sync", &self.folder))?;
        }
        Ok(())
    }

    fn begin(&mut self, bucket: Bucket, out: &mut Vec<u8>) -> Result<(), Error> {
        self.disk.create_folder(&self.folder).map_err(fault("create", &self.folder))?;
        let path = self.folder.join(format!("{:08}.{SUFFIX}", self.next));
        self.next += 1;
        let file = self.disk.create(&path).map_err(fault("create", &path))?;
        let head = Head { format: FORMAT, bucket: bucket.number, began: bucket.began };
        // A plain struct: there is nothing in it that JSON cannot hold.
        segment::write(&serde_json::to_vec(&head).unwrap_or_default(), out);
        self.segments.push((bucket.number, path.clone()));
        self.open = Some((bucket.number, path, file));
        Ok(())
    }

    fn remove(&mut self, buckets: &[u64]) -> Result<(), Error> {
        let mut failed = None;
        let disk = &self.disk;
        self.segments.retain(|(bucket, path)| {
            if !buckets.contains(bucket) {
                return true;
            }
            match disk.remove(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    // After the next start it is old again, and goes then.
                    failed = Some(fault("remove", path)(error));
                }
                Ok(()) | Err(_) => {}
            }
            false
        });
        failed.map_or(Ok(()), Err)
    }

    /// What a crash left of a first write holds nothing; what is damaged is kept for a person to look at.
    fn set_aside(&self, path: &Path, read: &Read) -> Result<(), Error> {
        if read.is_damaged {
            let aside = path.with_extension("damaged");
            return self.disk.rename(path, &aside).map_err(fault("rename", path));
        }
        self.disk.remove(path).map_err(fault("remove", path))
    }

    fn list(&self) -> Result<Vec<(u64, PathBuf)>, Error> {
        let paths = match self.disk.list(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            paths => paths.map_err(fault("list", &self.folder))?,
        };
        let number = |path: &Path| {
            let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?.strip_suffix('.')?;
            name.parse().ok()
        };
        Ok(paths.into_iter().filter_map(|path| Some((number(&path)?, path))).collect())
    }
}

/// What one segment held.
#[derive(Debug, Default)]
struct Read {
    head: Option<Head>,
    keys: u64,
    is_damaged: bool,
}

fn read(disk: &dyn Disk, path: &Path, table: &Table) -> Result<Read, Error> {
    let bytes = disk.read(path).map_err(fault("read", path))?;
    let mut read = Read::default();
    for step in segment::read(&bytes) {
        match step {
            Step::Damaged(_) => read.is_damaged = true,
            // A crash leaves it; what it held was not acknowledged by any checkpoint.
            Step::Torn(_) => {}
            Step::Record(_, payload) if read.head.is_none() => {
                match serde_json::from_slice::<AnyHead>(payload) {
                    Ok(AnyHead { format }) if format > FORMAT => {
                        return Err(Error::Newer { path: path.to_owned(), format });
                    }
                    Ok(_) | Err(_) => {}
                }
                read.head = serde_json::from_slice(payload).ok();
                if read.head.is_none() {
                    read.is_damaged = true;
                    return Ok(read);
                }
            }
            Step::Record(_, payload) => {
                let (slots, _) = payload.as_chunks::<SLOT_BYTES>();
                for slot in slots {
                    if table.insert(Slot::read(*slot)) == Inserted::New {
                        read.keys += 1;
                    }
                }
            }
        }
    }
    Ok(read)
}

fn fault(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Disk { act, path, source }
}
