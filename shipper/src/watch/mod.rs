//! Finds files: globs say which, the scan is the truth, notifications only wake it.

mod globs;
mod scan;
mod wake;

pub use globs::{Globs, Matched, Root};
pub use scan::{FoundFile, Scan, open, scan};
pub use wake::{Bell, Names, News, Watches};
