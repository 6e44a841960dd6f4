//! Dead letters: events that the cluster refuses for good, kept on disk with the reason until somebody replays them.

mod record;
mod store;

pub use crate::segment;
pub use record::{Letter, LetterId, Reason};
pub use store::{DeadLetters, Error, Kept, Limits, WhenFull};
