//! Knows a file again: after it was renamed, cut, copied, deleted, and while nobody was looking.
//!
//! A file is known by what the file system calls it ([`Node`]) and by what stands in it: the [`Print`] of its head and of
//! the 64 bytes before a place in it. A name says nothing; its [`FileId`] is made once, at first sight.

mod host;
mod recognise;

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::time::{Duration, UNIX_EPOCH};

use event::{ByteOffset, FileId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

pub use host::{Host, HostId};
pub use recognise::{Known, LEAST_COPY, OnDisk, Progress, Recognised, recognise};

/// Bytes of a file's head that tell it from others.
pub const HEAD_BYTES: usize = 1_024;
/// Bytes before a place that tell whether it is still the same place.
pub const MARKER_BYTES: usize = 64;

/// Device and inode.
pub type Place = (u64, u64);

/// What the file system calls a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Node {
    /// Number of the device.
    pub device: u64,
    /// Number of the file on it.
    pub inode: u64,
    /// When it was born, in nanoseconds since the epoch, where the file system tells.
    pub born_ns: Option<u64>,
}

impl Node {
    /// Returns the node of a file.
    pub fn of(metadata: &Metadata) -> Self {
        let born = metadata.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            born_ns: born.and_then(|born| u64::try_from(born.as_nanos()).ok()),
        }
    }

    /// Returns device and inode: no two files have the same at one time.
    pub const fn place(&self) -> Place {
        (self.device, self.inode)
    }

    /// Tells whether both are one file, as far as the file system can say.
    pub fn is(&self, other: &Self) -> bool {
        let same_birth = match (self.born_ns, other.born_ns) {
            (Some(one), Some(two)) => one == two,
            (None, _) | (_, None) => true,
        };
        self.device == other.device && self.inode == other.inode && same_birth
    }

    /// Tells whether both are one file but for the number of the device, which a reboot may change.
    pub fn is_but_for_device(&self, other: &Self) -> bool {
        self.device != other.device && self.inode == other.inode && self.born_ns == other.born_ns
    }
}

/// How a file stood when it was looked at: a later look that finds the same finds nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Its length in bytes.
    pub size: u64,
    /// When its content was last written, in nanoseconds since the epoch; a writer may set it to anything.
    pub modified_ns: i64,
    /// When anything about it last changed, in nanoseconds since the epoch; nobody can set it.
    pub changed_ns: i64,
}

/// The kernel stamps times in ticks of up to 10 ms, so a change right after a look may carry the same time as the look.
const TICKS_NS: i64 = 50_000_000;

impl Stamp {
    /// Returns the stamp of a file.
    pub fn of(metadata: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            size: metadata.len(),
            modified_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Returns a stamp that may be compared with later ones: one so young that it might hide a change equals none of them.
    #[must_use]
    pub fn trusted(self, now: Timestamp) -> Self {
        let age_ns = nanoseconds_of(now).saturating_sub(self.changed_ns);
        if age_ns > TICKS_NS { self } else { Self { changed_ns: i64::MIN, ..self } }
    }

    /// Returns how long ago the content was last written; nothing when that lies in the future.
    pub fn age(&self, now: Timestamp) -> Duration {
        let age_ns = nanoseconds_of(now).saturating_sub(self.modified_ns);
        Duration::from_nanos(u64::try_from(age_ns).unwrap_or_default())
    }
}

fn nanoseconds_of(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX)
}

/// A hash of some bytes and how many they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// How many bytes were hashed.
    pub length: u32,
    /// Their xxh3.
    pub hash: u64,
}

impl Print {
    /// The print of no bytes, which fits everything.
    pub const EMPTY: Self = Self { length: 0, hash: 0 };

    /// Returns the print of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::EMPTY;
        }
        Self { length: u32::try_from(bytes.len()).unwrap_or(u32::MAX), hash: xxh3_64(bytes) }
    }

    /// Tells whether these bytes begin with what was hashed.
    pub fn fits(&self, bytes: &[u8]) -> bool {
        bytes.get(..self.length as usize).is_some_and(|bytes| Self::of(bytes) == *self)
    }
}

/// Reads up to `length` bytes at `offset`; fewer where the file ends.
pub fn read_at(file: &File, offset: ByteOffset, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while let Some(space) = bytes.get_mut(filled..).filter(|space| !space.is_empty()) {
        match file.read_at(space, offset.get() + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Returns the first bytes of a file, at most [`HEAD_BYTES`].
pub fn read_head(file: &File) -> io::Result<Vec<u8>> {
    read_at(file, ByteOffset::ZERO, HEAD_BYTES)
}

/// Makes the id of a file that is seen for the first time, or of what stands in it after a truncation.
pub fn make_id(host: &HostId, node: &Node, generation: u32, first_line: &[u8]) -> FileId {
    let mut input = Vec::with_capacity(64 + first_line.len());
    input.extend_from_slice(host.as_bytes());
    input.extend_from_slice(&node.device.to_le_bytes());
    input.extend_from_slice(&node.inode.to_le_bytes());
    input.extend_from_slice(&node.born_ns.unwrap_or(0).to_le_bytes());
    input.extend_from_slice(&generation.to_le_bytes());
    input.extend_from_slice(first_line);
    FileId::from_bytes(xxh3_128(&input).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: Node = Node { device: 1, inode: 2, born_ns: Some(3) };

    // This vector never changes: a new release must give a file that lost its checkpoint the id it had.
    #[test]
    fn file_ids_are_those_of_every_release() {
        let id = make_id(&HostId::from_bytes([7; 16]), &NODE, 0, b"first line\n");
        assert_eq!(id.to_string(), "odttn0xJHGLar4aFp41RDw");
    }

    #[test]
    fn each_generation_and_each_host_has_its_own_ids() {
        let host = HostId::from_bytes([7; 16]);
        let id = make_id(&host, &NODE, 0, b"a\n");
        assert_ne!(id, make_id(&host, &NODE, 1, b"a\n"));
        assert_ne!(id, make_id(&HostId::from_bytes([8; 16]), &NODE, 0, b"a\n"));
    }

    #[test]
    fn an_inode_that_was_born_anew_is_another_file() {
        assert!(NODE.is(&NODE));
        assert!(NODE.is(&Node { born_ns: None, ..NODE }));
        assert!(!NODE.is(&Node { born_ns: Some(4), ..NODE }));
    }

    #[test]
    fn a_stamp_that_is_too_young_to_be_trusted_equals_no_later_one() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let at = |ms: i64| Stamp {
            size: 5,
            modified_ns: 0,
            changed_ns: nanoseconds_of(now) - ms * 1_000_000,
        };
        assert_eq!(at(60).trusted(now), at(60));
        assert_ne!(at(40).trusted(now), at(40));
        assert_ne!(at(-40).trusted(now), at(-40), "the clock of a file server may be ahead");
    }

    #[test]
    fn the_age_of_a_file_from_the_future_is_nothing() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let at = |seconds: i64| Stamp {
            size: 5,
            modified_ns: nanoseconds_of(now) - seconds * 1_000_000_000,
            changed_ns: 0,
        };
        assert_eq!(at(3).age(now), Duration::from_secs(3));
        assert_eq!(at(-3).age(now), Duration::ZERO);
    }

    #[test]
    fn a_print_fits_what_begins_with_it() {
        let print = Print::of(b"abc");
        assert!(print.fits(b"abcdef"));
        assert!(!print.fits(b"ab"));
        assert!(!print.fits(b"abx"));
        assert!(Print::EMPTY.fits(b""));
    }
}
