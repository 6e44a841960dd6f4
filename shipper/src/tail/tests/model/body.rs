//! One file as it lies on disk, whatever its name.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// Where a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whereabouts {
    /// Under one of the watched names.
    Named,
    /// Under none, but the reader holds it open.
    Held,
    /// Somewhere else, and the reader holds it open.
    HeldElsewhere,
    /// Nowhere.
    Gone,
}

/// Whether a file was written or copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Written,
    Copied,
}

/// A file on disk. What stands in it is a story; a truncated file begins another one, and a copy tells the same.
#[derive(Debug, Clone)]
pub(super) struct Body {
    /// Device and inode.
    pub(super) node: (u64, u64),
    pub(super) story: usize,
    pub(super) length: u64,
    pub(super) lines: Vec<usize>,
    pub(super) kind: Kind,
    pub(super) whereabouts: Whereabouts,
    /// Its length when a scan surely looked the last time.
    pub(super) seen: u64,
    /// Bytes that were written since it was cut, while the shipper had not noticed it.
    pub(super) regrown: Option<u64>,
}

/// Tells whether this process holds a file open: asked of the system, not of the reader.
pub(super) fn is_open(node: (u64, u64)) -> bool {
    let descriptors = fs::read_dir("/proc/self/fd").unwrap();
    // Other tests open and close theirs meanwhile.
    let opened = descriptors.filter_map(|entry| fs::metadata(entry.ok()?.path()).ok());
    opened.into_iter().any(|file| file.is_file() && node_of(&file) == node)
}

pub(super) fn node_of(file: &fs::Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}
