//! Keeps on disk what cannot be read again: rows that an API gave, until the cluster has acknowledged them.
//!
//! ```text
//! spool/<poll>/00000000000000000000.spool   records of length, CRC32C and row; named by the offset of its first byte
//!              00000000000016777300.spool
//!              state.json                   the place: what is acknowledged, what is synced, how far the poll has come
//! ```
//!
//! Behind the spool everything is as with a file: it has a [`FileId`](event::FileId), records have offsets in the stream
//! of all its segments, a watermark moves over the acknowledged prefix. One thread, the [`Owner`], writes: it takes all
//! orders that wait, writes and syncs each spool once, and only then writes how far a poll has come. Another, the
//! [`Feed`], reads what is synced and makes chunks of it.
//!
//! A place is published before the segments that it leaves behind are removed. A record that a crash cut is cut off; it
//! was never confirmed to its poll. A segment with a damaged record is set aside under the ending `.damaged`.

mod board;
mod feed;
mod owner;
mod place;
mod shelf;
mod store;
#[cfg(test)]
mod tests;

pub use board::{NotKept, Spools};
pub use feed::{Feed, FeedSource, FeedTools};
pub use owner::{Owner, OwnerTools};
pub use place::{Mark, Place};
pub use shelf::{Segment, View};
pub use store::{Error, Spool};

/// Name of the folder of spools in the state directory.
pub const SPOOL: &str = "spool";
