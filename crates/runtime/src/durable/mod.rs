//! A small file that is replaced as a whole: after a crash at any moment its old or its new content is read.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::Disk;

/// A file that is replaced atomically and keeps what it held before as `NAME.prev`.
///
/// ```text
/// write NAME.tmp, fsync      the new content is on the disk under a name that nobody reads
/// rename NAME -> NAME.prev   from here to the next step a reader gets the old content from `.prev`
/// rename NAME.tmp -> NAME    from here on a reader gets the new content
/// fsync of the folder        from here on it stays so
/// ```
#[derive(Debug)]
pub struct DurableFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    standing: Standing,
}

/// What is known about the file under the name itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Unproven,
    Good,
    Damaged,
}

/// Why a content is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It makes no sense: the previous content is tried.
    Damaged(String),
    /// It was written by a later version of the program: nothing else is tried, since going back would lose what the
    /// later version knew.
    Newer(String),
}

/// What reading a durable file gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<T> {
    /// The content last written.
    Current(T),
    /// The content before that, and why the last one is not used.
    Previous(T, String),
    /// There is no such file and never was one.
    Absent,
    /// Something is there and cannot be used; it is left as it is. The text tells of both files.
    Unreadable(String),
}

/// An act on a durable file that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {act} {}", path.display())]
pub struct Error {
    /// What was tried: `write`, `sync`, `rename`, ..
    pub act: &'static str,
    /// The file it was tried on.
    pub path: PathBuf,
    /// What the disk said.
    pub source: io::Error,
}

impl DurableFile {
    /// Names a durable file; nothing is read or written yet.
    pub fn new(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> Self {
        Self { disk, path: path.into(), standing: Standing::Unproven }
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the last content that `decode` takes, and says which one it is.
    pub fn read<T>(&mut self, decode: impl Fn(&[u8]) -> Result<T, Refused>) -> Reading<T> {
        let current = match self.try_one(&self.path, &decode) {
            One::Taken(content) => {
                self.standing = Standing::Good;
                return Reading::Current(content);
            }
            One::Newer(reason) => return Reading::Unreadable(reason),
            One::Unusable(reason) => {
                self.standing = Standing::Damaged;
                Some(reason)
            }
            One::Absent => None,
        };
        let previous = self.beside("prev");
        match (self.try_one(&previous, &decode), current) {
            (One::Taken(content), reason) => {
                let absent = || format!("{} is absent", self.path.display());
                Reading::Previous(content, reason.unwrap_or_else(absent))
            }
            (One::Absent, None) => Reading::Absent,
            (One::Absent, Some(reason)) | (One::Newer(reason) | One::Unusable(reason), None) => {
                Reading::Unreadable(reason)
            }
            (One::Newer(previous) | One::Unusable(previous), Some(current)) => {
                Reading::Unreadable(format!("{current}; {previous}"))
            }
        }
    }

    /// Replaces the content. When this fails, the content before stays readable, and the next write starts afresh.
    pub fn write(&mut self, content: &[u8]) -> Result<(), Error> {
        let temporary = self.beside("tmp");
        let written = write_new(&*self.disk, &temporary, content);
        if written.is_err() {
            // A file whose fsync failed is dead: the kernel may have dropped its bytes and forgotten that it did. It is
            // taken away so that nobody syncs it again; if even that fails, the next write tries again.
            drop(self.disk.remove(&temporary));
            return written;
        }
        self.set_aside()?;
        rename(&*self.disk, &temporary, &self.path)?;
        self.standing = Standing::Good;
        sync_folder_of(&*self.disk, &self.path)
    }

    /// Replaces the content of a file that needs no previous one, such as an exported board or a key.
    pub fn replace(disk: &dyn Disk, path: &Path, content: &[u8]) -> Result<(), Error> {
        let temporary = beside(path, "tmp");
        let written = write_new(disk, &temporary, content);
        if written.is_err() {
            drop(disk.remove(&temporary));
            return written;
        }
        rename(disk, &temporary, path)?;
        sync_folder_of(disk, path)
    }

    fn set_aside(&self) -> Result<(), Error> {
        // A damaged file must not push out the good `.prev`, and nothing that a person may still want to look at is
        // wiped: it gets a name of its own.
        let suffix = match self.standing {
            Standing::Unproven | Standing::Good => "prev",
            Standing::Damaged => "damaged",
        };
        match self.disk.rename(&self.path, &self.beside(suffix)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(Error { act: "set aside", path: self.path.clone(), source })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn try_one<T>(&self, path: &Path, decode: impl Fn(&[u8]) -> Result<T, Refused>) -> One<T> {
        let name = path.display();
        match self.disk.read(path) {
            Ok(bytes) => match decode(&bytes) {
                Ok(content) => One::Taken(content),
                Err(Refused::Damaged(reason)) => One::Unusable(format!("{name}: {reason}")),
                Err(Refused::Newer(reason)) => One::Newer(format!("{name}: {reason}")),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => One::Absent,
            Err(error) => One::Unusable(format!("{name}: {error}")),
        }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.path, suffix)
    }
}

enum One<T> {
    Taken(T),
    Newer(String),
    Unusable(String),
    Absent,
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn write_new(disk: &dyn Disk, path: &Path, content: &[u8]) -> Result<(), Error> {
    let fault = |act| move |source| Error { act, path: path.to_owned(), source };
    match disk.remove(path) {
        // A file left by a crash, or by a failed fsync.
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(fault("remove")(error)),
    }
    let mut file = disk.create(path).map_err(fault("create"))?;
    file.write(content).map_err(fault("write"))?;
    // A rename may reach the disk before the bytes do: a power cut then leaves an empty file under the right name.
    file.sync().map_err(fault("sync"))
}

fn rename(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), Error> {
    disk.rename(from, to).map_err(|source| Error { act: "rename", path: from.to_owned(), source })
}

fn sync_folder_of(disk: &dyn Disk, path: &Path) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    disk.sync_folder(folder).map_err(|source| Error {
        act: "sync the folder",
        path: folder.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
