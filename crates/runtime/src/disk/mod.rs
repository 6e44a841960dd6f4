//! The few acts on files that decide whether state survives: the real disk, and one that fails and loses power.

mod faulty;
mod real;
#[cfg(test)]
mod tests;

use std::{
    fmt::Debug,
    io,
    path::{Path, PathBuf},
};

pub use faulty::{Fault, FaultyDisk, Survivors};
pub use real::RealDisk;

/// Acts on files. Nothing is promised to survive a power cut before its `sync`.
pub trait Disk: Debug + Send + Sync {
    /// Returns the whole content of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Returns up to `length` bytes of a file from an offset on; fewer where it ends.
    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>>;

    /// Makes a new file of mode 0600; fails with `AlreadyExists` where one is.
    fn create(&self, path: &Path) -> io::Result<DiskFile>;

    /// Opens a file to write at its end, and makes it (mode 0600) where it is absent.
    fn append(&self, path: &Path) -> io::Result<DiskFile>;

    /// Gives a file another name, in place of what had that name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Takes a file's name away.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Returns the paths in a folder, in name order.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;

    /// Makes a folder of mode 0700 and the ones above it; one that is there is fine.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// Makes names that were made, changed or removed in a folder survive a power cut.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// A file that is open for writing.
#[derive(Debug)]
pub struct DiskFile {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Real(std::fs::File),
    Faulty(faulty::OpenFile),
}

impl DiskFile {
    /// Writes all bytes at the end of the file.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.inner {
            Inner::Real(file) => io::Write::write_all(file, bytes),
            Inner::Faulty(file) => file.write(bytes),
        }
    }

    /// Makes what was written survive a power cut. When this fails, the file must not be trusted again: the kernel may
    /// have dropped the bytes and report success the next time.
    pub fn sync(&mut self) -> io::Result<()> {
        match &mut self.inner {
            Inner::Real(file) => file.sync_all(),
            Inner::Faulty(file) => file.sync(),
        }
    }

    /// Cuts the file to a length, for example after a half-written record. Later writes go to the new end when the
    /// file was opened by [`Disk::append`].
    pub fn truncate(&mut self, length: u64) -> io::Result<()> {
        match &mut self.inner {
            Inner::Real(file) => file.set_len(length),
            Inner::Faulty(file) => file.truncate(length),
        }
    }

    /// Returns the length in bytes.
    pub fn length(&self) -> io::Result<u64> {
        match &self.inner {
            Inner::Real(file) => Ok(file.metadata()?.len()),
            Inner::Faulty(file) => file.length(),
        }
    }
}
