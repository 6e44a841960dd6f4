//! What the operating system allows, held against what the inputs need.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use rustix::process::{Resource, getrlimit};

/// Descriptors besides those of logs: state, sockets, own logs.
const OWN_FILES: u64 = 64;

/// What the system allows; `None` where it does not say or sets no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Folders that one user may watch.
    pub(super) watches: Option<u64>,
    /// Files that this process may hold open.
    pub(super) files: Option<u64>,
}

/// What the inputs need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) folders: u64,
    pub(super) files: u64,
}

impl Limits {
    pub(super) fn of_system() -> Self {
        let watches = fs::read_to_string("/proc/sys/fs/inotify/max_user_watches");
        let watches = watches.ok().and_then(|text| text.trim().parse().ok());
        Self { watches, files: getrlimit(Resource::Nofile).current }
    }

    /// Returns what falls short, as messages with hints.
    pub(super) fn short_of(&self, needs: Needs) -> Vec<(String, String)> {
        let mut found = Vec::new();
        // Others of the same user watch too, so half of it is what we count on.
        if let Some(watches) = self.watches.filter(|watches| needs.folders > watches / 2) {
            let folders = needs.folders;
            found.push((
                format!("{folders} folders are to be watched, and this user may watch {watches} in all"),
                "raise fs.inotify.max_user_watches (sysctl); until then scans find what watches miss, later".to_owned(),
            ));
        }
        if let Some(files) = self.files.filter(|files| needs.files + OWN_FILES > *files) {
            let needed = needs.files;
            found.push((
                format!("{needed} files match, and this process may hold {files} open"),
                "raise LimitNOFILE of the unit or `ulimit -n`".to_owned(),
            ));
        }
        found
    }
}

impl Needs {
    pub(super) fn of<'a>(paths: impl Iterator<Item = &'a Path>) -> Self {
        let (mut folders, mut files) = (HashSet::new(), 0);
        for path in paths {
            files += 1;
            folders.extend(path.parent());
        }
        Self { folders: folders.len() as u64, files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_falls_short_is_told_with_what_to_raise() {
        let limits = Limits { watches: Some(100), files: Some(1_024) };
        assert!(limits.short_of(Needs { folders: 50, files: 960 }).is_empty());
        let found = limits.short_of(Needs { folders: 51, files: 961 });
        assert_eq!(found.len(), 2);
        assert!(found[0].1.contains("fs.inotify.max_user_watches"), "{found:?}");
        assert!(found[1].0.starts_with("961 files match"), "{found:?}");
        let none = Limits { watches: None, files: None };
        assert!(none.short_of(Needs { folders: 1 << 40, files: 1 << 40 }).is_empty());
    }

    #[test]
    fn folders_are_counted_once() {
        let paths = ["/a/1.log", "/a/2.log", "/b/1.log"].map(Path::new);
        assert_eq!(Needs::of(paths.into_iter()), Needs { folders: 2, files: 3 });
    }
}
