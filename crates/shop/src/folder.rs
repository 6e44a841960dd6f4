//! The folder of a shop's logs: appends lines and rotates files by renaming them, as log daemons do.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::host::Host;
use crate::line::{Line, LogFile};

/// When a file is renamed and a new one begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Never.
    Off,
    /// When a line would make it longer than this many bytes.
    AtBytes(u64),
}

/// Files cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder holds something already.
    #[error("{} is not empty", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// An act on a file or folder failed.
    #[error("cannot {act} {}", path.display())]
    Io {
        /// What was tried.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

/// What a folder may hold when writing begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Nothing: a folder that holds something is refused.
    Refused,
    /// Anything: lines are appended to logs that are there.
    Kept,
}

/// The logs of a shop, open for appending. Where it has more than one host, each has a folder of its own.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    rotation: Rotation,
    logs: BTreeMap<(LogFile, Option<Host>), Log>,
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    out: BufWriter<File>,
    length_bytes: u64,
    rotated: u32,
}

impl Folder {
    /// Opens a folder and makes it where it is missing.
    pub fn open(path: &Path, existing: Existing, rotation: Rotation) -> Result<Self, FolderError> {
        fs::create_dir_all(path).map_err(failed("make folder", path))?;
        let mut entries = fs::read_dir(path).map_err(failed("read folder", path))?;
        if existing == Existing::Refused && entries.next().is_some() {
            return Err(FolderError::NotEmpty { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), rotation, logs: BTreeMap::new() })
    }

    /// Appends a line and a line feed.
    pub fn append(&mut self, line: &Line) -> Result<(), FolderError> {
        let length_bytes = line.text.len() as u64 + 1;
        let rotation = self.rotation;
        let log = self.log(line.file, line.host)?;
        if let Rotation::AtBytes(limit) = rotation
            && log.length_bytes > 0
            && log.length_bytes + length_bytes > limit
        {
            log.rotate()?;
        }
        log.length_bytes += length_bytes;
        let written = log.out.write_all(&line.text).and_then(|()| log.out.write_all(b"\n"));
        written.map_err(failed("write", &log.path))
    }

    /// Hands all lines to the operating system, so that others can read them.
    pub fn flush(&mut self) -> Result<(), FolderError> {
        for log in self.logs.values_mut() {
            log.out.flush().map_err(failed("write", &log.path))?;
        }
        Ok(())
    }

    /// Returns how many files each log has come to: the current one and those it left behind while open.
    pub fn files(&self) -> BTreeMap<LogFile, u32> {
        let mut files = BTreeMap::new();
        for (&(file, _), log) in &self.logs {
            *files.entry(file).or_default() += log.rotated + 1;
        }
        files
    }

    fn log(&mut self, file: LogFile, host: Option<Host>) -> Result<&mut Log, FolderError> {
        use std::collections::btree_map::Entry;
        match self.logs.entry((file, host)) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let mut folder = self.path.clone();
                if let Some(host) = host {
                    folder.push(host.as_str());
                    fs::create_dir_all(&folder).map_err(failed("make folder", &folder))?;
                }
                Ok(entry.insert(Log::open(folder.join(file.name()))?))
            }
        }
    }
}

impl Log {
    fn open(path: PathBuf) -> Result<Self, FolderError> {
        let file = appending(&path)?;
        let length_bytes = file.metadata().map_err(failed("read", &path))?.len();
        Ok(Self { path, out: BufWriter::with_capacity(1 << 16, file), length_bytes, rotated: 0 })
    }

    /// Renames `x` to `x.1` after `x.1` to `x.2` and so on, and begins a new `x`.
    fn rotate(&mut self) -> Result<(), FolderError> {
        self.out.flush().map_err(failed("write", &self.path))?;
        let mut oldest = 0;
        while fs::symlink_metadata(self.numbered(oldest + 1)).is_ok() {
            oldest += 1;
        }
        for number in (0..=oldest).rev() {
            let from = self.numbered(number);
            fs::rename(&from, self.numbered(number + 1)).map_err(failed("rename", &from))?;
        }
        self.out = BufWriter::with_capacity(1 << 16, appending(&self.path)?);
        self.length_bytes = 0;
        self.rotated += 1;
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        if number == 0 {
            return self.path.clone();
        }
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

fn appending(path: &Path) -> Result<File, FolderError> {
    OpenOptions::new().create(true).append(true).open(path).map_err(failed("open", path))
}

fn failed(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    move |source| FolderError::Io { act, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Kind;
    use jiff::Timestamp;

    fn line(text: &str) -> Line {
        let text = text.as_bytes().to_vec();
        let (written_at, happened_at) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        Line {
            file: LogFile::Access,
            host: None,
            written_at,
            happened_at,
            kind: Kind::Prompt,
            text,
        }
    }

    fn write(path: &Path, rotation: Rotation, lines: &[&str]) {
        let mut folder = Folder::open(path, Existing::Kept, rotation).unwrap();
        for text in lines {
            folder.append(&line(text)).unwrap();
        }
        folder.flush().unwrap();
    }

    fn read(path: &Path, name: &str) -> String {
        fs::read_to_string(path.join(name)).unwrap()
    }

    #[test]
    fn a_full_file_is_renamed_and_the_oldest_has_the_highest_number() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("logs");
        write(&path, Rotation::AtBytes(8), &["one", "two", "three", "four"]);
        assert_eq!(read(&path, "access.log.2"), "one\ntwo\n");
        assert_eq!(read(&path, "access.log.1"), "three\n");
        assert_eq!(read(&path, "access.log"), "four\n");
    }

    #[test]
    fn a_log_that_is_there_is_appended_to() {
        let temporary = tempfile::tempdir().unwrap();
        write(temporary.path(), Rotation::AtBytes(10), &["one"]);
        write(temporary.path(), Rotation::AtBytes(10), &["two", "three"]);
        assert_eq!(read(temporary.path(), "access.log.1"), "one\ntwo\n");
        assert_eq!(read(temporary.path(), "access.log"), "three\n");
    }

    #[test]
    fn a_folder_that_holds_something_is_refused_unless_it_may() {
        let temporary = tempfile::tempdir().unwrap();
        write(temporary.path(), Rotation::Off, &["one"]);
        let error = Folder::open(temporary.path(), Existing::Refused, Rotation::Off).unwrap_err();
        assert_eq!(error.to_string(), format!("{} is not empty", temporary.path().display()));
    }

    #[test]
    fn a_line_longer_than_the_limit_does_not_leave_an_empty_file() {
        let temporary = tempfile::tempdir().unwrap();
        write(temporary.path(), Rotation::AtBytes(2), &["long line"]);
        assert_eq!(read(temporary.path(), "access.log"), "long line\n");
        assert!(fs::read_dir(temporary.path()).unwrap().count() == 1);
    }
}
