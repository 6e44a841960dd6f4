//! Episodes: their states, ids and documents, and the order in which a change becomes visible.

mod document;
mod episode;
pub mod id;
mod link;
mod machine;
mod message;
mod severity;

pub(crate) use document::time;
pub use document::{Site, alert, state};
pub use episode::{Action, Detail, Episode, Evaluation, Sample, Status, Trouble};
pub use link::discover;
pub use machine::{Course, Machine, Mark, Patience, Phase, Step};
pub use message::{message, reason};
pub use severity::{Severity, SeverityRule};
