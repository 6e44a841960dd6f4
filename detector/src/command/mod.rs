//! The commands besides `run`: each prints what it has to say and returns how the program ends.

mod check;
mod list;
mod status;
mod summary;
mod test;

pub use check::{Asked, connect};
pub use list::rules;
pub use status::{Status, status, write_status};
pub use summary::write_summary;
pub use test::{Transition, Tried, try_rule, try_table, write};

/// How a command writes its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Lines,
    /// For programs.
    Json,
}
