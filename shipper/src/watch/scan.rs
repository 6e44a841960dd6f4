//! The scan, which is the truth about what files there are.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::identity::{Node, Place, Stamp};

use super::{Globs, Links, Matched, Own};

/// One regular file that an input reads.
#[derive(Debug, Clone)]
pub struct FoundFile {
    /// The input.
    pub input: usize,
    /// Its path, or that of the link that leads to it.
    pub path: PathBuf,
    /// The file that a link leads to.
    pub target: Option<PathBuf>,
    /// What the file system calls it.
    pub node: Node,
    /// How it stood.
    pub stamp: Stamp,
}

/// A folder that was looked into, or that holds the target of a link.
#[derive(Debug, Clone)]
pub struct FoundFolder {
    /// The input that looked first.
    pub input: usize,
    /// Its path.
    pub path: PathBuf,
    /// Its device and inode.
    pub place: Place,
}

/// What a scan found, and what it could not look at.
#[derive(Debug, Default)]
pub struct Scan {
    /// The files, each once: a file of two inputs belongs to the first, a file of two names to the lesser name.
    pub files: Vec<FoundFile>,
    /// The folders.
    pub folders: Vec<FoundFolder>,
    /// Folders and files that could not be looked at. What is known below such a folder is not gone.
    pub failed: Vec<(PathBuf, io::Error)>,
    /// Matching paths that are neither files nor folders, links that are not followed or lead nowhere, own outputs.
    pub skipped: usize,
}

/// What was seen in the course of one scan.
#[derive(Default)]
struct Seen {
    files: HashMap<Place, usize>,
    folders: HashSet<PathBuf>,
}

/// Looks for the files of these inputs, each with its number. What is our own is never read.
pub fn scan(inputs: &[(usize, &Globs)], own: &Own) -> Scan {
    let (mut scan, mut seen) = (Scan::default(), Seen::default());
    for &(input, globs) in inputs {
        for root in globs.roots() {
            let mut look = Look { scan: &mut scan, seen: &mut seen, input, globs, own };
            look.folder(&root.folder, root.depth);
        }
    }
    scan
}

struct Look<'a> {
    scan: &'a mut Scan,
    seen: &'a mut Seen,
    input: usize,
    globs: &'a Globs,
    own: &'a Own,
}

impl Look<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) {
        let entries = match fs::metadata(folder) {
            // A root may appear later.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.scan.failed.push((folder.to_owned(), error)),
            Ok(found) => {
                let place = (found.dev(), found.ino());
                if self.own.is_folder(folder, place) {
                    return;
                }
                self.note_folder(folder, place);
                fs::read_dir(folder)
            }
        };
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.scan.failed.push((folder.to_owned(), error)),
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(&entry, depth),
                // The rest of the folder is unknown, which is not the same as gone (beats#51766).
                Err(error) => return self.scan.failed.push((folder.to_owned(), error)),
            }
        }
    }

    fn entry(&mut self, entry: &DirEntry, depth: usize) {
        // Both ask relative to the open folder, and the first mostly asks nobody.
        let Ok(kind) = entry.file_type() else { return };
        if kind.is_dir() {
            if depth > 1 {
                self.folder(&entry.path(), depth - 1);
            }
            return;
        }
        let path = entry.path();
        if self.globs.matches(&path) == Matched::No {
            return;
        }
        if kind.is_file() {
            if let Ok(found) = entry.metadata() {
                self.file(path, None, &found);
            }
        } else if kind.is_symlink() && self.globs.links() == Links::Follow {
            self.link(path);
        } else {
            self.scan.skipped += 1;
        }
    }

    fn link(&mut self, path: PathBuf) {
        // A link that dangles leads somewhere again, perhaps, at the next scan.
        let (Ok(target), Ok(found)) = (fs::canonicalize(&path), fs::metadata(&path)) else {
            self.scan.skipped += 1;
            return;
        };
        if !found.is_file() {
            self.scan.skipped += 1;
            return;
        }
        let folder = target.parent().and_then(|folder| Some((folder, fs::metadata(folder).ok()?)));
        if let Some((folder, metadata)) = folder {
            let place = (metadata.dev(), metadata.ino());
            if self.own.is_folder(folder, place) {
                self.scan.skipped += 1;
                return;
            }
            self.note_folder(folder, place);
        }
        self.file(path, Some(target), &found);
    }

    fn file(&mut self, path: PathBuf, target: Option<PathBuf>, found: &Metadata) {
        let node = Node::of(found);
        if self.own.is_output(node.place()) {
            self.scan.skipped += 1;
            return;
        }
        let file = FoundFile { input: self.input, path, target, node, stamp: Stamp::of(found) };
        let files = &mut self.scan.files;
        match self.seen.files.get(&node.place()).and_then(|&at| files.get_mut(at)) {
            None => {
                self.seen.files.insert(node.place(), files.len());
                files.push(file);
            }
            // Folders give their names in any order; the choice must not change from scan to scan.
            Some(other) if other.input == file.input && file.path < other.path => *other = file,
            Some(_) => {}
        }
    }

    fn note_folder(&mut self, path: &Path, place: Place) {
        if self.seen.folders.insert(path.to_owned()) {
            let folder = FoundFolder { input: self.input, path: path.to_owned(), place };
            self.scan.folders.push(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn globs(folder: &Path, wanted: &[&str], excluded: &[&str]) -> Globs {
        let own = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect::<Vec<_>>();
        Globs::try_new(&own(wanted), &own(excluded), folder).unwrap()
    }

    fn names(scan: &Scan, folder: &Path) -> Vec<String> {
        let name = |file: &FoundFile| file.path.strip_prefix(folder).unwrap().display().to_string();
        let mut names: Vec<String> = scan.files.iter().map(name).collect();
        names.sort();
        names
    }

    fn found(folder: &Path, globs: &Globs) -> Vec<String> {
        names(&scan(&[(0, globs)], &Own::folder(&folder.join("state"))), folder)
    }

    #[expect(clippy::disallowed_methods, reason = "a test writes its input")]
    fn write(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x\n").unwrap();
    }

    /// D2
    #[test]
    fn files_are_found_and_folders_links_fifos_and_our_own_state_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["a.log", "b.log", "deep/er/c.log", "state/d.log", "other.txt"] {
            write(&path(name));
        }
        fs::create_dir(path("folder.log")).unwrap();
        symlink(path("a.log"), path("link.log")).unwrap();
        let (fifo, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR);
        rustix::fs::mknodat(rustix::fs::CWD, path("fifo.log"), fifo, mode, 0).unwrap();
        let check = |wanted: &[&str], excluded: &[&str], want: &[&str]| {
            let globs = globs(folder.path(), wanted, excluded);
            assert_eq!(found(folder.path(), &globs), want);
        };
        check(&["*.log"], &[], &["a.log", "b.log"]);
        check(&["**/*.log"], &["b.*"], &["a.log", "deep/er/c.log"]);
        check(&["deep/*/c.log"], &[], &["deep/er/c.log"]);
    }

    /// I10
    #[test]
    fn a_file_of_two_names_or_two_inputs_is_found_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        write(&path);
        fs::hard_link(&path, folder.path().join("b.log")).unwrap();
        let globs = globs(folder.path(), &["*.log"], &[]);
        let scan = scan(&[(0, &globs), (1, &globs)], &Own::folder(Path::new("/nowhere")));
        assert_eq!(scan.files.len(), 1);
        assert_eq!((scan.files[0].input, &scan.files[0].path), (0, &path));
    }

    /// I8
    #[test]
    fn a_link_is_followed_where_the_input_says_so_and_to_a_file_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        write(&path("elsewhere/target"));
        write(&path("state/letters"));
        fs::create_dir(path("logs")).unwrap();
        symlink("../elsewhere/target", path("logs/a.log")).unwrap();
        symlink("../elsewhere/target", path("logs/b.log")).unwrap();
        symlink("../nowhere", path("logs/dangling.log")).unwrap();
        symlink("../elsewhere", path("logs/folder.log")).unwrap();
        symlink("../state/letters", path("logs/own.log")).unwrap();
        let followed = globs(folder.path(), &["logs/*.log"], &[]).with_links(Links::Follow);
        let scan = scan(&[(0, &followed)], &Own::folder(&path("state")));
        assert_eq!(names(&scan, folder.path()), ["logs/a.log"], "one target is one file");
        assert_eq!(scan.files[0].target, path("elsewhere/target").canonicalize().ok());
        assert_eq!(scan.skipped, 3);
        let watched = |name: &str| scan.folders.iter().any(|folder| folder.path == path(name));
        assert!(watched("logs") && watched("elsewhere"), "changes of the target wake us");
        let ignored = globs(folder.path(), &["logs/*.log"], &[]);
        assert!(found(folder.path(), &ignored).is_empty());
    }

    #[test]
    fn what_could_not_be_looked_at_is_told_apart_from_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("file"));
        let missing = globs(folder.path(), &["missing/*.log"], &[]);
        let own = Own::folder(Path::new("/nowhere"));
        assert!(scan(&[(0, &missing)], &own).failed.is_empty(), "it may appear later");
        let no_folder = globs(folder.path(), &["file/*.log"], &[]);
        assert_eq!(scan(&[(0, &no_folder)], &own).failed.len(), 1);
    }
}
