//! The state directory: who owns it, what is known of files, and its writing to disk.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use runtime::admin::AdminState;
use runtime::{Disk, DurableFile, Lock, LockError, Reading};

use crate::checkpoint::Checkpoint;
use crate::dedup;
use crate::identity::Host;
use crate::ledger;
use crate::metrics::Metrics;
use crate::registry::Registry;

/// Name of the checkpoint in the state directory.
pub const CHECKPOINT: &str = "checkpoint.json";
/// Name of the lock in the state directory.
pub const LOCK: &str = "lock";
/// Name of the folder of the ledger in the state directory.
pub const LEDGER: &str = "ledger";
/// Name of the folder of keys in the state directory.
pub const DEDUP: &str = "dedup";
/// Name of the folder of dead letters in the state directory.
pub const DEAD_LETTERS: &str = "dead_letters";

/// The state of this shipper; reader, publisher and keeper share it.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    registry: Mutex<Registry>,
    window: Arc<dedup::Window>,
    writer: Mutex<Writer>,
    admin: AdminState,
    metrics: Metrics,
    _lock: Lock,
}

#[derive(Debug)]
struct Writer {
    file: DurableFile,
    ledger: ledger::Store,
    keys: dedup::Store,
    written: Duration,
    /// When the next one may be written.
    next: Duration,
}

/// Between two checkpoints: with a second, ten kills at 10,000 lines/s sent a document 1.35 times on average; 1.3 are allowed.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A moment of the monotonic clock, and the processor time that the thread has used until then.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// When it is.
    pub at: Duration,
    /// What was used.
    pub used: Duration,
}

/// What was found at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// There was no state: the very first start.
    First,
    /// There was.
    Again,
}

/// The state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process uses it.
    #[error("the state in {} is in use", folder.display())]
    InUse {
        /// The state directory.
        folder: PathBuf,
        /// Which lock is held.
        source: LockError,
    },
    /// The directory cannot be made or locked.
    #[error("cannot use {} as state directory", folder.display())]
    Folder {
        /// The state directory.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The directory is another user's.
    #[error(
        "this user may not use {} as state directory; run as its owner, or give it to this user with `chown -R USER {}`",
        folder.display(), folder.display()
    )]
    Denied {
        /// The state directory.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Both checkpoints are damaged, or one is newer than this program. Nothing was touched.
    #[error(
        "the checkpoint cannot be trusted, and nothing was changed ({reason}); bring back a copy, use the version that wrote it, or move {} away to ship every file again",
        path.display()
    )]
    Untrusted {
        /// The checkpoint.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The ledger is of a later version, or its folder cannot be read. Nothing was touched.
    #[error("cannot use the ledger")]
    Ledger(#[source] ledger::Error),
    /// The keys are of a later version, or their folder cannot be read. Nothing was touched.
    #[error("cannot use the keys of events that were delivered")]
    Dedup(#[source] dedup::Error),
    /// There is no host id and none can be made.
    #[error("cannot make a host id")]
    Host(#[source] io::Error),
}

impl State {
    /// Takes the state directory over and reads what is in it.
    pub fn open(
        folder: &Path,
        disk: Arc<dyn Disk>,
        now: Timestamp,
        (admin, metrics): (AdminState, Metrics),
    ) -> Result<(Arc<Self>, Start), Error> {
        let lock = take(folder, &*disk)?;
        let path = folder.join(CHECKPOINT);
        let mut file = DurableFile::new(Arc::clone(&disk), &path);
        let read = match file.read(Checkpoint::decode) {
            Reading::Current(checkpoint) => Some(checkpoint),
            Reading::Previous(checkpoint, reason) => {
                tracing::warn!(event.code = "checkpoint_previous", %reason,
                    "the checkpoint is damaged; the one before it is used, what is sent again is answered as duplicate");
                Some(checkpoint)
            }
            Reading::Absent => None,
            Reading::Unreadable(reason) => return Err(Error::Untrusted { path, reason }),
        };
        let start = if read.is_some() { Start::Again } else { Start::First };
        let host =
            Host::settle(read.as_ref().map(|read| read.host.clone())).map_err(Error::Host)?;
        let registry = match read {
            Some(checkpoint) => Registry::from_checkpoint(checkpoint, host),
            None => Registry::new(host),
        };
        let keys = dedup::Store::open(Arc::clone(&disk), folder.join(DEDUP), now);
        let (keys, known) = keys.map_err(Error::Dedup)?;
        for path in known.damaged {
            tracing::error!(event.code = "dedup_damaged", path = %path.display(),
                "some keys are damaged; what they stood for is told apart by the cluster alone when it is delivered again");
        }
        let opened = ledger::Store::open(disk, folder.join(LEDGER)).map_err(Error::Ledger)?;
        let (ledger, found) = opened;
        for path in found.damaged {
            tracing::error!(event.code = "ledger_damaged", path = %path.display(),
                "a part of the ledger is damaged and set aside; what became of some lines is not known, no line is lost by it");
        }
        let registry = registry.with_ledger(found.ledger, now);
        let writer = Writer { file, ledger, keys, written: Duration::ZERO, next: Duration::ZERO };
        let state = Self {
            folder: folder.to_owned(),
            registry: Mutex::new(registry),
            window: known.window,
            writer: Mutex::new(writer),
            admin,
            metrics,
            _lock: lock,
        };
        Ok((Arc::new(state), start))
    }

    /// Returns the state directory.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns what is known of files. The lock is held for one step only.
    pub fn registry(&self) -> MutexGuard<'_, Registry> {
        // Steps on the registry do not panic half way: what the lock guards is whole.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the keys of events that were acknowledged.
    pub fn window(&self) -> &Arc<dedup::Window> {
        &self.window
    }

    /// Writes the checkpoint now, if something changed. A disk that refuses makes us red; shipping goes on, because an
    /// old checkpoint only means that some documents are sent again.
    pub fn save(&self, now: Timestamp, clock: Duration) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.save_with(&mut writer, now, clock);
    }

    /// Writes the checkpoint if something changed and the last one is not too young: twice a second at most, and for at
    /// most half a hundredth of a processor's time and a fifth of the disk's. What it does not hold is sent again after a kill.
    pub fn save_in_turn(&self, now: Timestamp, moment: impl Fn() -> Moment) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let began = moment();
        if began.at >= writer.next {
            self.save_with(&mut writer, now, began.at);
            let ended = moment();
            let (took, used) =
                (ended.at.saturating_sub(began.at), ended.used.saturating_sub(began.used));
            writer.next =
                began.at + (used * 200).max(took * 5).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        }
        let age = began.at.saturating_sub(writer.written).as_secs();
        self.metrics.checkpoint_age_seconds.set(i64::try_from(age).unwrap_or(i64::MAX));
    }

    fn save_with(&self, writer: &mut Writer, now: Timestamp, clock: Duration) {
        // The snapshot is taken while the writer is held: a later one cannot be overwritten by an earlier one.
        // The keys first: a line that the checkpoint lets go is known by its key when it is delivered again.
        let kept = writer.keys.save(&self.window, now);
        self.tell("dedup", kept.as_ref().err().map(|error| error as _));
        self.metrics.dedup_keys.set(i64::try_from(self.window.len()).unwrap_or(i64::MAX));
        self.metrics.dedup_evicted.inc_by(self.window.take_evicted());
        let wanted = writer.ledger.wanted();
        let Some(snapshot) = self.registry().snapshot(now, wanted) else {
            writer.written = clock;
            return;
        };
        // The ledger first: it may know more than the checkpoint, never less.
        let entered = writer.ledger.append(&snapshot.pages, wanted);
        self.tell("ledger", entered.as_ref().err().map(|error| error as _));
        let written = writer.file.write(&snapshot.checkpoint.encode());
        self.tell("checkpoint", written.as_ref().err().map(|error| error as _));
        if written.is_ok() {
            writer.written = clock;
        }
        let mut registry = self.registry();
        match (entered, written) {
            (Ok(()), Ok(())) => registry.written(),
            (Err(_), _) | (_, Err(_)) => registry.not_written(),
        }
    }

    fn tell(&self, what: &'static str, error: Option<&dyn std::error::Error>) {
        let Some(error) = error else { return self.admin.ready(what) };
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        self.admin.not_ready(what, format!("{error}: {cause}"));
        if what == "dedup" {
            tracing::error!(event.code = "dedup_failed", error = %error, cause,
                "cannot write the keys of delivered events; shipping goes on, after a restart the cluster alone tells what is delivered again");
        } else if what == "ledger" {
            tracing::error!(event.code = "ledger_failed", error = %error, cause,
                "cannot write the ledger; shipping goes on, after a crash it is not known what became of some lines");
        } else {
            tracing::error!(event.code = "checkpoint_failed", error = %error, cause,
                "cannot write the checkpoint; shipping goes on, after a restart more is sent again");
        }
    }

    /// Shows a trouble by its name, or that there is none any more.
    pub fn show(&self, name: &'static str, trouble: Option<String>) {
        match trouble {
            None => self.admin.ready(name),
            Some(trouble) => self.admin.not_ready(name, trouble),
        }
    }

    /// Notes which files and folders cannot be read at the moment.
    pub fn set_unreadable(&self, failed: &[String]) {
        match failed.first() {
            None => self.admin.ready("files"),
            Some(first) if failed.len() == 1 => self.admin.not_ready("files", first.clone()),
            Some(first) => {
                self.admin.not_ready("files", format!("{first} and {} more", failed.len() - 1));
            }
        }
    }
}

fn take(folder: &Path, disk: &dyn Disk) -> Result<Lock, Error> {
    let fault = |source: io::Error| {
        let folder = folder.to_owned();
        if source.kind() == io::ErrorKind::PermissionDenied {
            Error::Denied { folder, source }
        } else {
            Error::Folder { folder, source }
        }
    };
    disk.create_folder(folder).map_err(fault)?;
    // Paths and hashes of lines are nobody else's business; a folder that somebody made for us may be open.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(fault)?;
    Lock::take(folder.join(LOCK)).map_err(|error| match error {
        LockError::Held { .. } => Error::InUse { folder: folder.to_owned(), source: error },
        LockError::Unavailable { source, .. } => fault(source),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::{RealDisk, SystemClock};

    fn open(folder: &Path) -> Result<(Arc<State>, Start), Error> {
        let admin = AdminState::new(Arc::new(SystemClock::new()));
        State::open(folder, Arc::new(RealDisk), now(), (admin, Metrics::new()))
    }

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_second_start_knows_its_host_and_a_second_owner_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (first, start) = open(&path).unwrap();
        assert_eq!(start, Start::First);
        first.save(now(), Duration::ZERO);
        let host = first.registry().host().clone();
        assert!(matches!(open(&path), Err(Error::InUse { .. })));
        drop(first);
        let (again, start) = open(&path).unwrap();
        assert_eq!((start, again.registry().host()), (Start::Again, &host));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join(CHECKPOINT)), 0o600);
    }

    /// S1
    #[test]
    fn s1_a_read_only_or_full_state_directory_turns_us_red_and_the_next_save_goes_through() {
        let folder = tempfile::tempdir().unwrap();
        let disk = runtime::FaultyDisk::new();
        let admin = AdminState::new(Arc::new(SystemClock::new()));
        let shown = (admin.clone(), Metrics::new());
        let (state, _) = State::open(folder.path(), Arc::new(disk.clone()), now(), shown).unwrap();
        for kind in [io::ErrorKind::ReadOnlyFilesystem, io::ErrorKind::StorageFull] {
            let first = disk.operations();
            for operation in first..first + 20 {
                disk.fail_at(operation, runtime::Fault::Error(kind));
            }
            state.registry().not_written();
            while disk.operations() < first + 20 {
                state.save(now(), Duration::ZERO);
                state.registry().not_written();
            }
            let reasons = admin.reasons();
            assert!(reasons.contains_key("checkpoint") && reasons.contains_key("ledger"), "{kind}");
            state.save(now(), Duration::ZERO);
            let reasons = admin.reasons();
            assert!(!reasons.contains_key("checkpoint") && !reasons.contains_key("ledger"));
        }
        let opened = ledger::Store::open(Arc::new(disk), folder.path().join(LEDGER));
        assert!(opened.unwrap().1.damaged.is_empty());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test damages its state")]
    fn a_damaged_checkpoint_falls_back_and_two_damaged_ones_are_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..2 {
            let (state, _) = open(folder.path()).unwrap();
            state.registry().not_written();
            state.save(now(), Duration::from_secs(round));
        }
        let path = folder.path().join(CHECKPOINT);
        fs::write(&path, "{ torn").unwrap();
        assert_eq!(open(folder.path()).unwrap().1, Start::Again);
        fs::write(folder.path().join("checkpoint.json.prev"), "").unwrap();
        let error = open(folder.path()).unwrap_err();
        assert!(matches!(error, Error::Untrusted { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "{ torn", "nothing is wiped");
        fs::write(&path, r#"{"format":99}"#).unwrap();
        assert!(matches!(open(folder.path()), Err(Error::Untrusted { .. })));
    }
}

#[cfg(test)]
#[path = "state_power_tests.rs"]
mod power;
