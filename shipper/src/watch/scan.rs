//! The periodic scan, which is the truth about what files there are.

use std::collections::HashSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::identity::Node;

use super::{Globs, Matched};

/// One regular file that an input reads.
#[derive(Debug, Clone)]
pub struct FoundFile {
    /// The input.
    pub input: usize,
    /// Its path.
    pub path: PathBuf,
    /// What the file system calls it.
    pub node: Node,
    /// Its length in bytes.
    pub size: u64,
}

/// What a scan found, and what it could not look at.
#[derive(Debug, Default)]
pub struct Scan {
    /// The files, each once: a file of two inputs belongs to the first, a file of two names to its first name.
    pub files: Vec<FoundFile>,
    /// Folders and files that could not be looked at.
    pub failed: Vec<(PathBuf, io::Error)>,
    /// Matching paths that are neither files nor folders.
    pub skipped: usize,
}

/// Looks for the files of all inputs. Paths under `own` (our state) are never read.
pub fn scan(inputs: &[&Globs], own: &Path) -> Scan {
    let mut scan = Scan::default();
    let mut seen = HashSet::new();
    for (input, globs) in inputs.iter().enumerate() {
        for root in globs.roots() {
            look(&mut scan, &mut seen, (input, globs, own), &root.folder, root.depth);
        }
    }
    scan
}

type Seen = HashSet<(u64, u64)>;

fn look(
    scan: &mut Scan,
    seen: &mut Seen,
    place: (usize, &Globs, &Path),
    folder: &Path,
    depth: usize,
) {
    let (input, globs, own) = place;
    if folder.starts_with(own) {
        return;
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // A root may appear later.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => {
            scan.failed.push((folder.to_owned(), error));
            return;
        }
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        // Not followed: a link could lead out of the configured roots.
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if metadata.is_dir() {
            if depth > 1 {
                look(scan, seen, place, &path, depth - 1);
            }
        } else if globs.matches(&path) == Matched::Yes {
            if !metadata.is_file() {
                scan.skipped += 1;
                continue;
            }
            let node = Node::of(&metadata);
            if seen.insert((node.device, node.inode)) {
                scan.files.push(FoundFile { input, path, node, size: metadata.len() });
            }
        }
    }
}

/// Opens a found file, and looks again now that it cannot be swapped any more.
pub fn open(path: &Path) -> io::Result<(File, Metadata)> {
    // O_NONBLOCK: opening a FIFO must not wait for a writer. O_NOFOLLOW: see `look`.
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok((file, metadata))
    } else {
        let kind = if metadata.file_type().is_fifo() { "a FIFO" } else { "no regular file" };
        Err(io::Error::other(format!("{} is {kind}", path.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &Path, wanted: &[&str], excluded: &[&str]) -> Vec<String> {
        let own = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect::<Vec<_>>();
        let globs = Globs::try_new(&own(wanted), &own(excluded), folder).unwrap();
        let scan = scan(&[&globs], &folder.join("state"));
        scan.files
            .iter()
            .map(|file| file.path.strip_prefix(folder).unwrap().display().to_string())
            .collect()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test writes its input")]
    fn files_are_found_and_folders_links_fifos_and_our_own_state_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["a.log", "b.log", "deep/er/c.log", "state/d.log", "other.txt"] {
            fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            fs::write(path(name), "x\n").unwrap();
        }
        fs::create_dir(path("folder.log")).unwrap();
        std::os::unix::fs::symlink(path("a.log"), path("link.log")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            path("fifo.log"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert_eq!(found(folder.path(), &["*.log"], &[]), ["a.log", "b.log"]);
        assert_eq!(found(folder.path(), &["**/*.log"], &["b.*"]), ["a.log", "deep/er/c.log"]);
        assert_eq!(found(folder.path(), &["deep/*/c.log"], &[]), ["deep/er/c.log"]);
        assert!(open(&path("link.log")).is_err());
        assert!(open(&path("fifo.log")).is_err());
        assert_eq!(open(&path("a.log")).unwrap().1.len(), 2);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test writes its input")]
    fn a_file_of_two_names_or_two_inputs_is_found_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(&path, "x\n").unwrap();
        fs::hard_link(&path, folder.path().join("b.log")).unwrap();
        let globs = Globs::try_new(&["*.log".to_owned()], &[], folder.path()).unwrap();
        let scan = scan(&[&globs, &globs], Path::new("/nowhere"));
        assert_eq!(scan.files.len(), 1);
        assert_eq!((scan.files[0].input, &scan.files[0].path), (0, &path));
    }
}
