//! What is ours and is never read: reading it would make us write more of it.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::fstat;

use crate::identity::Place;

/// The folder of our state, dead letters in it, and the files that our own logs go to.
#[derive(Debug, Clone)]
pub struct Own {
    folder: PathBuf,
    place: Option<Place>,
    outputs: Vec<Place>,
}

impl Own {
    /// Returns what belongs to a shipper with this state directory, whose own logs go to standard output and error.
    pub fn of(folder: &Path) -> Self {
        let outputs = [place_of(&io::stdout()), place_of(&io::stderr())];
        Self { outputs: outputs.into_iter().flatten().collect(), ..Self::folder(folder) }
    }

    /// Returns what belongs to a shipper with this state directory.
    pub fn folder(folder: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        let place = fs::metadata(folder).ok().map(|found| (found.dev(), found.ino()));
        Self { folder: folder.to_owned(), place, outputs: Vec::new() }
    }

    /// Tells whether a folder is the one of our state, by name or by what the name leads to.
    pub fn is_folder(&self, path: &Path, place: Place) -> bool {
        self.place == Some(place) || path.starts_with(&self.folder)
    }

    /// Tells whether a file is one that our own logs go to.
    pub fn is_output(&self, place: Place) -> bool {
        self.outputs.contains(&place)
    }
}

fn place_of(output: &impl AsFd) -> Option<Place> {
    fstat(output).ok().map(|found| (found.st_dev, found.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn our_state_is_ours_under_whatever_name_it_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        fs::create_dir(&state).unwrap();
        let found = fs::metadata(&state).unwrap();
        let own = Own::folder(&state);
        assert!(own.is_folder(&state.join("dead_letters"), (0, 0)));
        assert!(own.is_folder(Path::new("/a/link/to/it"), (found.dev(), found.ino())));
        assert!(!own.is_folder(folder.path(), (0, 0)));
    }
}
