//! What is free where the state is kept.

use std::fmt;
use std::path::Path;

use crate::status::size;

/// A checkpoint of a few hundred files, its predecessor and the ledger of a busy minute.
const LEAST_BYTES: u64 = 1 << 20;
/// Files that they are made of, the temporary ones among them.
const LEAST_FILES: u64 = 8;

/// What is free on a file system; `None` for files where it does not count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    bytes: u64,
    files: Option<u64>,
}

impl Room {
    /// Returns what is free where a folder is or will be; nothing where the system does not say.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let there = folder.ancestors().find(|path| path.is_dir())?;
        let told = rustix::fs::statvfs(there).ok()?;
        let files = (told.f_files > 0).then_some(told.f_favail);
        Some(Self { bytes: told.f_bavail.saturating_mul(told.f_frsize), files })
    }

    /// Tells whether a state does not fit.
    pub(super) fn is_short(&self) -> bool {
        self.bytes < LEAST_BYTES || self.files.is_some_and(|files| files < LEAST_FILES)
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.files.filter(|files| *files < LEAST_FILES) {
            Some(files) if self.bytes >= LEAST_BYTES => {
                write!(f, "{files} more files can be made there, and {LEAST_FILES} are needed")
            }
            Some(_) | None => {
                write!(
                    f,
                    "{} are free there, and {} are needed",
                    size(self.bytes),
                    size(LEAST_BYTES)
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_bytes_and_too_few_files_are_told_apart() {
        let well = Room { bytes: LEAST_BYTES, files: None };
        assert!(!well.is_short());
        let full = Room { bytes: 4_096, ..well };
        assert!(full.is_short());
        assert_eq!(full.to_string(), "4.0 KiB are free there, and 1.0 MiB are needed");
        let crowded = Room { files: Some(3), ..well };
        assert!(crowded.is_short());
        assert_eq!(crowded.to_string(), "3 more files can be made there, and 8 are needed");
    }

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_room_of_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room::of(&folder.path().join("not/yet")).unwrap();
        assert!(!room.is_short(), "{room:?}");
    }
}
