//! Block `read`: how files are read.

use std::time::Duration;

use runtime::settings::Check;
use runtime::unit::{ByteSize, Span};
use serde::{Deserialize, Serialize};

/// Block `read`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRead {
    /// Where reading of files starts that are there at the very first start.
    pub start_at: StartAt,
    /// Time between two scans, which find what notifications missed.
    pub scan_interval: Span,
    /// How long a rotated file is followed after its last byte.
    pub rotate_wait: Span,
    /// Longer lines are cut.
    pub max_line: ByteSize,
    /// Which file is read next. Default `fair`.
    pub order: Order,
    /// Files that are open at once; those beyond it take turns. Default 1,024.
    pub max_open_files: usize,
    /// A file without news for so long is closed until it has some. Default `5m`.
    pub close_inactive: Span,
    /// Bytes of deleted files that are held open until they are read. Default `4GiB`.
    pub max_held_bytes: ByteSize,
}

/// Which of the files with something to read is read next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One block of each in turn: a busy file cannot starve a quiet one.
    #[default]
    Fair,
    /// The one that was born first, to its end.
    OldestFirst,
}

/// Where reading starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartAt {
    /// At the first byte.
    #[default]
    Beginning,
    /// Behind the last complete line.
    End,
}

impl Default for RawRead {
    fn default() -> Self {
        Self {
            start_at: StartAt::Beginning,
            scan_interval: Span::seconds(10),
            rotate_wait: Span::seconds(5),
            max_line: ByteSize::mib(1),
            order: Order::Fair,
            max_open_files: 1_024,
            close_inactive: Span::minutes(5),
            max_held_bytes: ByteSize::gib(4),
        }
    }
}

/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Where reading of files starts that are there at the very first start.
    pub start_at: StartAt,
    /// Time between two scans.
    pub scan_interval: Duration,
    /// How long a rotated file is followed after its last byte.
    pub rotate_wait: Duration,
    /// Longer lines are cut.
    pub max_line: usize,
    /// Which file is read next.
    pub order: Order,
    /// Files that are open at once.
    pub max_open_files: usize,
    /// A file without news for so long is closed until it has some.
    pub close_inactive: Duration,
    /// Bytes of deleted files that are held open until they are read.
    pub max_held_bytes: u64,
}

impl RawRead {
    pub(super) fn check(&self, check: &mut Check<'_>) -> Reading {
        let waits = Span::millis(100)..=Span::hours(1);
        check.within("read", |check| Reading {
            start_at: self.start_at,
            scan_interval: check.range("scan_interval", self.scan_interval, waits.clone()).into(),
            rotate_wait: check.range("rotate_wait", self.rotate_wait, waits).into(),
            max_line: check
                .range("max_line", self.max_line, ByteSize::kib(1)..=ByteSize::mib(16))
                .length(),
            order: self.order,
            max_open_files: check.range("max_open_files", self.max_open_files, 1..=1_000_000),
            close_inactive: check
                .range("close_inactive", self.close_inactive, Span::millis(100)..=Span::days(30))
                .into(),
            max_held_bytes: check
                .range(
                    "max_held_bytes",
                    self.max_held_bytes,
                    ByteSize::kib(1)..=ByteSize::gib(1 << 20),
                )
                .bytes(),
        })
    }
}
