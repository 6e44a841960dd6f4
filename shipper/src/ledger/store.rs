//! The folder `ledger/`: appends pages with fsync, begins a new segment when the last one is long or its disk failed.
//!
//! Each start begins a new segment with all that is known, so nothing is ever appended behind a torn record, and a segment
//! that grew is replaced in the same way. The old one goes once the new one is on disk; one with a damaged record is kept
//! under another name for a person to look at.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runtime::{Disk, DiskFile, RealDisk};

use crate::segment::{self, Step};

use super::book::{Ledger, Wanted};
use super::page::{FORMAT, Head, Page};

const SUFFIX: &str = "pages";
/// A segment below this length is never replaced.
const SMALL_BYTES: u64 = 4 << 20;
/// A segment is replaced when it is so many times as long as it was when it began.
const GROWTH: u64 = 4;
/// How often a reader looks again when segments are replaced under it.
const LOOKS: u32 = 10;

/// The segments of one state directory.
#[derive(Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    open: Option<Open>,
    /// Segments that the next new one replaces, each with what becomes of it.
    old: Vec<(PathBuf, End)>,
    next: u64,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: DiskFile,
    bytes: u64,
    /// What it held when it began.
    first_bytes: u64,
}

/// What becomes of a segment that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Removed,
    SetAside,
}

/// The ledger cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A later version wrote it. Nothing was touched.
    #[error(
        "the ledger in {} has format {format}, this version reads up to {FORMAT}; use the version that wrote it, or move \
         the folder away: lines are then shipped as before, but what became of them so far is not known",
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
#[derive(Debug, Default)]
pub struct Found {
    /// The accounts, not yet in step with the checkpoint.
    pub ledger: Ledger,
    /// Segments that hold damaged records.
    pub damaged: Vec<PathBuf>,
}

impl Store {
    /// Reads the folder, if there is one. Nothing is written before the first append.
    pub fn open(disk: Arc<dyn Disk>, folder: PathBuf) -> Result<(Self, Found), Error> {
        let mut store = Self { disk, folder, open: None, old: Vec::new(), next: 1 };
        let mut found = Found::default();
        for (number, path) in store.segments()? {
            let end = match read(&*store.disk, &path, &mut |page| found.ledger.read(page))? {
                State::Whole => End::Removed,
                State::Damaged => {
                    found.damaged.push(path.clone());
                    End::SetAside
                }
            };
            store.old.push((path, end));
            store.next = number + 1;
        }
        Ok((store, found))
    }

    /// Reads the accounts of a state directory's ledger without taking it over. A shipper may run and replace segments
    /// meanwhile, so one that went away while we looked means that we look again.
    pub fn peek(folder: &Path) -> Result<Ledger, Error> {
        for _ in 0..LOOKS {
            match look(folder) {
                Err(Error::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                outcome => return outcome,
            }
        }
        look(folder)
    }

    /// Returns what the next append wants.
    pub fn wanted(&self) -> Wanted {
        let fits = |open: &&Open| open.bytes < SMALL_BYTES.max(open.first_bytes * GROWTH);
        if self.open.as_ref().is_some_and(|open| fits(&open)) {
            Wanted::Changes
        } else {
            Wanted::All
        }
    }

    /// Puts pages on disk; when this returns, they survive a power cut. After a failure the next append wants everything.
    pub fn append(&mut self, pages: &[Vec<Page>], wanted: Wanted) -> Result<(), Error> {
        let mut bytes = Vec::new();
        if wanted == Wanted::All {
            write(&Head { format: FORMAT }, &mut bytes);
        }
        for page in pages {
            write(page, &mut bytes);
        }
        // A file whose write or fsync failed is dead: it is taken back only when both went well.
        let mut open = match (wanted, self.open.take()) {
            (Wanted::Changes, Some(open)) => open,
            (Wanted::All, Some(long)) => {
                self.old.push((long.path, End::Removed));
                self.begin()?
            }
            (Wanted::All | Wanted::Changes, None) => self.begin()?,
        };
        if let Err(error) = put(&mut open, &bytes) {
            self.old.push((open.path, End::Removed));
            return Err(error);
        }
        open.bytes += bytes.len() as u64;
        if wanted == Wanted::All {
            open.first_bytes = open.bytes;
            self.disk.sync_folder(&self.folder).map_err(fault("sync", &self.folder))?;
            self.open = Some(open);
            return self.clear();
        }
        self.open = Some(open);
        Ok(())
    }

    fn begin(&mut self) -> Result<Open, Error> {
        self.disk.create_folder(&self.folder).map_err(fault("create", &self.folder))?;
        let path = self.folder.join(format!("{:08}.{SUFFIX}", self.next));
        self.next += 1;
        let file = self.disk.create(&path).map_err(fault("create", &path))?;
        Ok(Open { path, file, bytes: 0, first_bytes: 0 })
    }

    /// Takes old segments away: all they say stands in the new one. What is left by a crash goes after the next start.
    fn clear(&mut self) -> Result<(), Error> {
        while let Some((path, end)) = self.old.pop() {
            let done = match end {
                End::Removed => self.disk.remove(&path),
                End::SetAside => self.disk.rename(&path, &path.with_extension("damaged")),
            };
            match done {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(fault("remove", &path)(error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn segments(&self) -> Result<Vec<(u64, PathBuf)>, Error> {
        segments(&*self.disk, &self.folder)
    }
}

fn look(folder: &Path) -> Result<Ledger, Error> {
    let mut ledger = Ledger::default();
    for (_, path) in segments(&RealDisk, folder)? {
        read(&RealDisk, &path, &mut |page| ledger.read(page))?;
    }
    Ok(ledger)
}

fn segments(disk: &dyn Disk, folder: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let paths = match disk.list(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        paths => paths.map_err(fault("list", folder))?,
    };
    let number = |path: &Path| {
        let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?.strip_suffix('.')?;
        name.parse().ok()
    };
    Ok(paths.into_iter().filter_map(|path| Some((number(&path)?, path))).collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Whole,
    Damaged,
}

/// Reads one segment. A record that was never finished is no damage: it is what a crash leaves.
fn read(disk: &dyn Disk, path: &Path, take: &mut dyn FnMut(Page)) -> Result<State, Error> {
    let bytes = disk.read(path).map_err(fault("read", path))?;
    let mut state = State::Whole;
    let mut format = None;
    for step in segment::read(&bytes) {
        let Step::Record(_, payload) = step else {
            if let Step::Damaged(_) = step {
                state = State::Damaged;
            }
            continue;
        };
        if format.is_none() {
            match serde_json::from_slice::<Head>(payload) {
                Ok(Head { format: FORMAT }) => format = Some(FORMAT),
                Ok(Head { format }) if format > FORMAT => {
                    return Err(Error::Newer { path: path.to_owned(), format });
                }
                Ok(_) | Err(_) => return Ok(State::Damaged),
            }
            continue;
        }
        match serde_json::from_slice::<Vec<Page>>(payload) {
            Ok(pages) => pages.into_iter().for_each(&mut *take),
            Err(_) => state = State::Damaged,
        }
    }
    // Bytes without a head are not ours, or what is left of a first write: they are kept for a person to look at.
    Ok(if format.is_none() && !bytes.is_empty() { State::Damaged } else { state })
}

fn write<T: serde::Serialize>(record: &T, out: &mut Vec<u8>) {
    // Plain structs with text keys: there is nothing in them that JSON cannot hold.
    segment::write(&serde_json::to_vec(record).unwrap_or_default(), out);
}

fn put(open: &mut Open, bytes: &[u8]) -> Result<(), Error> {
    open.file.write(bytes).map_err(fault("write", &open.path))?;
    open.file.sync().map_err(fault("sync", &open.path))
}

fn fault(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Disk { act, path, source }
}
