//! One owner for a state directory: two shippers on the same checkpoint would overwrite each other's progress.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::FlockOperation;

/// The right to a state directory; it ends when this value is dropped or the process dies, however it dies.
#[derive(Debug)]
pub struct Lock {
    // The lock belongs to the open file, so holding the file is holding the lock.
    _file: File,
    path: PathBuf,
}

/// Why a lock was not given.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process holds it.
    #[error("another process holds {}: one owner for each state directory", path.display())]
    Held {
        /// The lock file.
        path: PathBuf,
    },
    /// The lock file cannot be opened or locked.
    #[error("cannot lock {}", path.display())]
    Unavailable {
        /// The lock file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Lock {
    /// Takes the lock on a file, which is made where it is absent, or says at once that another process has it.
    pub fn take(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let unavailable = |source| Error::Unavailable { path: path.clone(), source };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(unavailable)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file, path }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Held { path }),
            Err(error) => Err(unavailable(error.into())),
        }
    }

    /// Returns the path of the lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_refused_until_the_first_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Lock::take(&path).unwrap();
        assert!(matches!(Lock::take(&path), Err(Error::Held { .. })));
        drop(first);
        Lock::take(&path).unwrap();
    }

    #[test]
    fn a_lock_in_a_missing_folder_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/lock");
        let error = Lock::take(&path).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot lock {}", path.display()));
    }
}
