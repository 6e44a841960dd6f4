//! The ledger: what became of every byte that was acknowledged.
//!
//! Each file has an [`Account`]: a [`Tiling`] of `[0, committed)` by [`Outcome`], and [`Totals`] by class. The watermark of
//! a file gives its account each [`Stretch`] that it passes; so the account holds what the checkpoint calls acknowledged,
//! no more and no less:
//!
//! ```text
//! read = stored + duplicate + redirected + filtered + dead-lettered (+ unrecorded) + in flight      bytes and events
//! ```
//!
//! Bytes belong to lines, and a line ends as its worst event did: lost, dead-lettered, redirected, stored, duplicate,
//! filtered, in this order. Events are counted each in their own class. A filtered line or blank counts as one event.
//!
//! On disk ([`page`], [`Store`]) the ledger is written and synced before the checkpoint that it belongs to. After a crash it
//! is therefore as old as the checkpoint or newer, and is cut back to it; lines behind are read and counted again. Where it
//! is older all the same (its disk was full, it was removed, there was none yet) the bytes between are `unrecorded`.

mod account;
mod audit;
mod book;
mod outcome;
pub mod page;
mod steps;
mod store;
mod stretch;
mod summary;
mod tiling;
mod totals;

pub use account::{Account, Loss, Place, Told};
pub use audit::{Fault, audit};
pub use book::{Known, Ledger, Wanted};
pub use outcome::{Cause, NoOutcome, Outcome};
pub use steps::Step;
pub use store::{Error, Store};
pub use stretch::{Exception, Filtered, Load, Settled, Stretch};
pub use summary::Summary;
pub use tiling::{MOST_TILES, Tile, Tiling};
pub use totals::{Count, Totals};
