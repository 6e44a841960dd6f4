//! Finds files: globs say which, the scan is the truth, notifications only wake it.

mod bell;
mod filesystem;
mod globs;
mod missed;
mod open;
mod own;
mod rhythm;
mod scan;
mod watches;

pub use bell::{Bell, Lost, Names, News};
pub use filesystem::{Announces, announces};
pub use globs::{Globs, Links, Matched, Root};
pub use missed::{Change, Missed};
pub use open::open;
pub use own::Own;
pub use rhythm::{Rhythm, Trust};
pub use scan::{FoundFile, FoundFolder, Scan, scan};
pub use watches::{Extent, Followed, Unwatched, Watches, watch_limit};
