//! The check of the invariant.

use std::fmt;

use event::ByteOffset;

use super::account::Account;
use super::outcome::Outcome;
use super::totals::{Count, Totals};

/// Where an account contradicts itself or the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The tiles do not reach as far as the checkpoint.
    Gap {
        /// Where the tiles end.
        end: ByteOffset,
        /// What the checkpoint calls acknowledged.
        committed: ByteOffset,
    },
    /// The sums are not those of the tiles.
    Sum {
        /// The class.
        class: &'static str,
        /// Bytes of its tiles.
        tiles: u64,
        /// Bytes by its sum.
        total: u64,
    },
    /// What is called lost was read.
    LostAndRead {
        /// Where the loss is said to begin.
        start: ByteOffset,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { end, committed } => write!(
                f,
                "the ledger ends at {end}, but the checkpoint has acknowledged {committed}: what became of the bytes \
                 between is not known"
            ),
            Self::Sum { class, tiles, total } => {
                write!(f, "{class}: tiles of {tiles} bytes, but a sum of {total}")
            }
            Self::LostAndRead { start } => {
                write!(f, "bytes from {start} are called lost, but they were read")
            }
        }
    }
}

/// Compares an account with the checkpoint and with itself. Tiles join by the way they are kept, so a gap can only stand
/// at the end.
pub fn audit(account: &Account, committed: ByteOffset) -> Vec<Fault> {
    let mut faults = Vec::new();
    if account.end() < committed {
        faults.push(Fault::Gap { end: account.end(), committed });
    }
    if let Some(loss) = account.lost().filter(|loss| loss.span.start < account.end()) {
        faults.push(Fault::LostAndRead { start: loss.span.start });
    }
    let mut tiles = Totals::default();
    let mut mixed = 0;
    for (span, outcome) in account.tiling().iter() {
        let bytes = span.end - span.start;
        if *outcome == Outcome::Mixed {
            mixed += bytes;
        } else {
            tiles.add(outcome, Count { bytes, events: 0 });
        }
    }
    let totals = account.totals();
    for (class, tiles, total) in [
        ("stored", tiles.stored, totals.stored),
        ("duplicate", tiles.duplicate, totals.duplicate),
        ("redirected", tiles.redirected, totals.redirected),
        ("dead_lettered", tiles.dead_lettered, totals.dead_lettered),
        ("unrecorded", tiles.unrecorded, totals.unrecorded),
        ("filtered", tiles.filtered(), totals.filtered()),
    ] {
        // What was melted into mixed tiles is missing in those of its class.
        if tiles.bytes > total.bytes || total.bytes - tiles.bytes > mixed {
            faults.push(Fault::Sum { class, tiles: tiles.bytes, total: total.bytes });
        }
    }
    let (tiles, total) = (tiles.all().bytes + mixed, totals.all().bytes);
    if tiles != total {
        faults.push(Fault::Sum { class: "all", tiles, total });
    }
    faults
}
