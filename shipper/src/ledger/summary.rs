//! What the cluster is told about a part of one file: enough to compare it with what is stored.

use event::{ByteOffset, Datasets, FileId};

use super::account::Place;
use super::steps::Step;
use super::totals::Totals;

/// A part of one file, all of it acknowledged and written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The file.
    pub file: FileId,
    /// Its path when it was last seen.
    pub path: String,
    /// What its events are about.
    pub datasets: Datasets,
    /// Where the part begins.
    pub from: ByteOffset,
    /// Where it ends, with the sums of the whole file up to there.
    pub to: Place,
    /// The sums of the part.
    pub counts: Totals,
    /// Bytes of the whole file that were gone before they were read.
    pub lost_bytes: u64,
    /// The documents of the part, step by step.
    pub steps: Vec<Step>,
}
