//! Says what stands out in a trouble: which values, how much of it they explain, and whether it may be luck.

mod ask;
mod significance;

pub use ask::{Explanation, Inquiry};
pub use significance::{Counts, Explained, rank, two_proportions};
