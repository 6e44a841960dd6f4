//! The file format of the ledger: segments `ledger/00000001.pages` of records (see [`crate::segment`]), JSON each.
//!
//! ```text
//! {"format":1}                                       the first record of a segment
//! [ { "file": "..", "path": "/var/log/nginx/access.log", "dataset": "traffic",
//!   "from": 4096, "to": 8192,                        what this page is about
//!   "tiles": [ [5000,"stored"], [5100,"filtered/health_path"], [8192,"stored"] ],
//!   "totals": { "stored": {"bytes":8092,"events":40}, .. },     of all bytes before `to`
//!   "lost": { "span": { "start": 8192, "end": 9000 }, "reason": "truncated" },
//!   "told": { "place": { "offset": 0, "totals": {} }, "lost_bytes": 0 }, "gone": "2026-01-02T03:04:05Z" } ]
//! ```
//!
//! A record holds pages of one file: all that is known of it where a segment begins. So a record that was never finished
//! leaves the file as the segment before told it, and not half told.
//!
//! Pages are appended; of two that tell of one byte the later one counts. A reader takes every format up to its own.

use event::{ByteOffset, Dataset, Datasets, FileId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::{Loss, Told};
use super::outcome::Outcome;
use super::totals::Totals;

/// The format that this version writes.
pub const FORMAT: u32 = 1;

/// What became of some bytes of one file, as it stands on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The file.
    pub file: FileId,
    /// Its path when it was last seen.
    pub path: String,
    /// What its events are about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Dataset>,
    /// What some of its events may be about instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Dataset>,
    /// Where the page begins.
    pub from: ByteOffset,
    /// Where it ends.
    pub to: ByteOffset,
    /// Tiles by their ends; the last one ends where the page does.
    pub tiles: Vec<(ByteOffset, Outcome)>,
    /// Sums of all bytes before the end of the page.
    pub totals: Totals,
    /// Bytes that were gone before they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Loss>,
    /// How far summaries were sent.
    pub told: Told,
    /// Since when the file is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Timestamp>,
}

impl Page {
    /// Returns what its events are about.
    pub fn datasets(&self) -> Option<Datasets> {
        let mut datasets = Datasets::only(self.dataset?);
        self.also.iter().for_each(|&other| datasets.add(other));
        Some(datasets)
    }
}

/// The first record of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Version of the format.
    pub format: u32,
}
