//! Rules at work: what a cycle does with readings, without a clock, a client or an index.

mod change;
mod own;
mod series;
mod watch;

pub use change::Change;
pub use own::OwnTrail;
pub use series::Held;
pub use watch::{Finding, Outcome, Watch};
