//! A disk in memory that fails where it is told to and forgets, at a power cut, what was not synced.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Disk, DiskFile, Inner};

/// What goes wrong at an operation of a [`FaultyDisk`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This one operation fails with the error and has no effect.
    Error(io::ErrorKind),
    /// This operation and every one that writes after it fail with "no space left", until [`FaultyDisk::repair`].
    Full,
    /// This operation and every one after it fail; [`FaultyDisk::restart`] brings back what survived.
    PowerLoss,
}

/// What a power cut spares of the changes that were never synced; the disk may have been writing at the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Survivors {
    /// So many of the oldest unsynced changes of names took effect: a journal keeps their order.
    pub names: usize,
    /// So many unsynced bytes of each file were written.
    pub bytes: usize,
}

/// What stands, after a power cut, where bytes were not spared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// The length of a file may reach the disk before its bytes do: a file system gives back NUL then.
    Zeros,
}

/// A disk in memory for tests: it counts its operations and can fail at any of them. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

type Number = usize;

#[derive(Debug, Default)]
struct State {
    operations: usize,
    planned: BTreeMap<usize, Fault>,
    health: Health,
    contents: Vec<Content>,
    names: BTreeMap<PathBuf, Number>,
    durable_names: BTreeMap<PathBuf, Number>,
    pending: Vec<Change>,
    folders: BTreeSet<PathBuf>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Health {
    #[default]
    Well,
    Full,
    Dark,
}

#[derive(Debug, Default, Clone)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// What a failed fsync has dropped: the kernel takes such pages for clean, and no later fsync writes them.
    dropped: Vec<Range<usize>>,
}

#[derive(Debug, Clone)]
enum Change {
    Made(PathBuf, Number),
    Renamed(PathBuf, PathBuf),
    Removed(PathBuf),
}

impl Change {
    fn touches(&self, folder: &Path) -> bool {
        match self {
            Self::Made(path, _) | Self::Removed(path) => path.parent() == Some(folder),
            Self::Renamed(from, to) => from.parent() == Some(folder) || to.parent() == Some(folder),
        }
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, Number>) {
        match self {
            Self::Made(path, number) => {
                names.insert(path.clone(), *number);
            }
            Self::Renamed(from, to) => {
                if let Some(number) = names.remove(from) {
                    names.insert(to.clone(), number);
                }
            }
            Self::Removed(path) => {
                names.remove(path);
            }
        }
    }
}

/// Whether an operation needs room on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Room,
}

impl FaultyDisk {
    /// Returns an empty disk without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Plans a fault at the n-th operation from the start, counted from 0.
    pub fn fail_at(&self, operation: usize, fault: Fault) {
        self.state().planned.insert(operation, fault);
    }

    /// Returns how many operations were asked for so far.
    pub fn operations(&self) -> usize {
        self.state().operations
    }

    /// Ends a full disk.
    pub fn repair(&self) {
        self.state().health = Health::Well;
    }

    /// Cuts the power, if it is not cut yet, and starts again with what was synced and what `survivors` spares.
    pub fn restart(&self, survivors: Survivors) {
        self.lose_power(survivors, Rest::Nothing);
    }

    /// Does the same, but where bytes were not spared the files hold NUL: their lengths were written first.
    pub fn restart_with_zeros(&self, survivors: Survivors) {
        self.lose_power(survivors, Rest::Zeros);
    }

    fn lose_power(&self, survivors: Survivors, rest: Rest) {
        let mut state = self.state();
        let state = &mut *state;
        for change in state.pending.drain(..).take(survivors.names) {
            change.apply(&mut state.durable_names);
        }
        state.names.clone_from(&state.durable_names);
        for content in &mut state.contents {
            content.lose_power(survivors.bytes, rest);
        }
        state.planned.clear();
        state.health = Health::Well;
    }

    /// Puts a file there as if it had always been there, for tests of damage.
    pub fn plant(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let number = state.contents.len();
        let (now, durable) = (bytes.to_vec(), bytes.to_vec());
        state.contents.push(Content { now, durable, dropped: Vec::new() });
        state.names.insert(path.to_owned(), number);
        state.durable_names.insert(path.to_owned(), number);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    fn lose_power(&mut self, spared_bytes: usize, rest: Rest) {
        // Appended bytes arrive from the front; a cut or rewritten file has no such order, so its old content stays.
        if self.dropped.is_empty() && self.now.starts_with(&self.durable) {
            let length = self.now.len().min(self.durable.len().saturating_add(spared_bytes));
            match rest {
                Rest::Nothing => self.now.truncate(length),
                Rest::Zeros => self.now[length..].fill(0),
            }
        } else {
            self.now.clone_from(&self.durable);
        }
        self.dropped.clear();
        self.durable.clone_from(&self.now);
    }

    fn sync(&mut self) {
        self.durable.clone_from(&self.now);
        for gone in &self.dropped {
            let end = gone.end.min(self.durable.len());
            self.durable[gone.start.min(end)..end].fill(0);
        }
    }

    fn fail_sync(&mut self) {
        let length = self.durable.len().min(self.now.len());
        self.dropped.push(length..self.now.len());
    }
}

impl State {
    fn operation(&mut self, needs: Needs) -> io::Result<()> {
        let fault = self.planned.remove(&self.operations);
        self.operations += 1;
        match fault {
            Some(Fault::Error(kind)) => return Err(kind.into()),
            Some(Fault::Full) => self.health = Health::Full,
            Some(Fault::PowerLoss) => self.health = Health::Dark,
            None => {}
        }
        match (self.health, needs) {
            (Health::Dark, _) => Err(io::Error::other("the power is off")),
            (Health::Full, Needs::Room) => Err(io::ErrorKind::StorageFull.into()),
            (Health::Well, _) | (Health::Full, Needs::Nothing) => Ok(()),
        }
    }

    fn number(&self, path: &Path) -> io::Result<Number> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.names);
        self.pending.push(change);
    }

    fn make(&mut self, path: &Path) -> Number {
        let number = self.contents.len();
        self.contents.push(Content::default());
        self.change(Change::Made(path.to_owned(), number));
        number
    }
}

impl Disk for FaultyDisk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        state.operation(Needs::Nothing)?;
        let number = state.number(path)?;
        Ok(state.contents[number].now.clone())
    }

    fn create(&self, path: &Path) -> io::Result<DiskFile> {
        let mut state = self.state();
        state.operation(Needs::Room)?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let number = state.make(path);
        Ok(self.open(number))
    }

    fn append(&self, path: &Path) -> io::Result<DiskFile> {
        let mut state = self.state();
        state.operation(Needs::Room)?;
        let number = state.names.get(path).copied().unwrap_or_else(|| state.make(path));
        Ok(self.open(number))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operation(Needs::Nothing)?;
        state.number(from)?;
        state.change(Change::Renamed(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operation(Needs::Nothing)?;
        state.number(path)?;
        state.change(Change::Removed(path.to_owned()));
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut state = self.state();
        state.operation(Needs::Nothing)?;
        Ok(state.names.keys().filter(|path| path.parent() == Some(folder)).cloned().collect())
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operation(Needs::Room)?;
        // Folders are not what the tests of durability are about: they are there at once and stay.
        state.folders.extend(folder.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operation(Needs::Nothing)?;
        let state = &mut *state;
        for change in state.pending.extract_if(.., |change| change.touches(folder)) {
            change.apply(&mut state.durable_names);
        }
        Ok(())
    }
}

impl FaultyDisk {
    fn open(&self, number: Number) -> DiskFile {
        DiskFile { inner: Inner::Faulty(OpenFile { disk: self.clone(), number }) }
    }
}

/// A file of a [`FaultyDisk`] that is open for writing.
#[derive(Debug)]
pub(super) struct OpenFile {
    disk: FaultyDisk,
    number: Number,
}

impl OpenFile {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let outcome = state.operation(Needs::Room);
        let content = &mut state.contents[self.number].now;
        if outcome.is_err() {
            // A write that fails may have written a part of it: the worst case is the honest one.
            content.extend_from_slice(&bytes[..bytes.len() / 2]);
            return outcome;
        }
        content.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        let outcome = state.operation(Needs::Nothing);
        let content = &mut state.contents[self.number];
        match outcome {
            Ok(()) => content.sync(),
            Err(_) => content.fail_sync(),
        }
        outcome
    }

    pub(super) fn truncate(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.operation(Needs::Nothing)?;
        let length = usize::try_from(length).map_err(io::Error::other)?;
        state.contents[self.number].now.resize(length, 0);
        Ok(())
    }

    pub(super) fn length(&self) -> io::Result<u64> {
        let state = self.disk.state();
        u64::try_from(state.contents[self.number].now.len()).map_err(io::Error::other)
    }
}
