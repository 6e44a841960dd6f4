//! The throw-away folder of one server, and the sweeping of folders whose watcher was killed.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::account::Account;

const PREFIX: &str = "storewatch-dev-";
const LOCK: &str = "watcher.lock";

/// A folder that its watcher holds locked until it removes it.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes a folder that nobody else can enter, and removes those of watchers that are no more.
    pub(super) fn make() -> Result<Self, Error> {
        let parent = parent();
        sweep(&parent);
        Self::make_in(&parent)
    }

    fn make_in(parent: &Path) -> Result<Self, Error> {
        // Under another name until it is locked, or else a sweep at this very moment would take it for a left-over.
        let unlocked = tempfile::Builder::new()
            .prefix("storewatch-starting-")
            .tempdir_in(parent)
            .map_err(Error::io("make a folder in", parent))?;
        let lock_path = unlocked.path().join(LOCK);
        let lock = File::create(&lock_path).map_err(Error::io("make", &lock_path))?;
        lock.lock().map_err(Error::io("lock", &lock_path))?;
        let path = parent.join(format!("{PREFIX}{}", crate::token()?));
        let unlocked = unlocked.keep();
        fs::rename(&unlocked, &path).map_err(Error::io("rename", &unlocked))?;
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn remove(self) -> Result<(), Error> {
        fs::remove_dir_all(&self.path).map_err(Error::io("remove", &self.path))
    }
}

/// Returns where temporary folders go, unless the user that runs the server could not reach them there.
fn parent() -> PathBuf {
    let usual = env::temp_dir();
    match Account::needed() {
        Some(account) if !account.reads(&usual) => PathBuf::from("/tmp"),
        Some(_) | None => usual,
    }
}

fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if ours && is_abandoned(&path) {
            // Another watcher may sweep at the same time; whoever comes second finds nothing to do.
            drop(fs::remove_dir_all(&path));
        }
    }
}

fn is_abandoned(folder: &Path) -> bool {
    // What we may not open belongs to somebody else.
    File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_takes_abandoned_folders_and_leaves_held_and_foreign_ones() {
        let parent = tempfile::tempdir().unwrap();
        let held = Folder::make_in(parent.path()).unwrap();
        let Folder { path: abandoned, _lock: lock } = Folder::make_in(parent.path()).unwrap();
        // To close the lock is not enough here: a child that another test starts at this moment has it open too.
        lock.unlock().unwrap();
        let foreign = parent.path().join("storewatch-dev-without-a-lock");
        fs::create_dir(&foreign).unwrap();
        sweep(parent.path());
        assert!(held.path().is_dir());
        assert!(!abandoned.is_dir());
        assert!(foreign.is_dir());
    }

    #[test]
    fn a_removed_folder_is_gone_with_all_in_it() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::make_in(parent.path()).unwrap();
        fs::create_dir_all(folder.path().join("config/deep")).unwrap();
        folder.remove().unwrap();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
