//! What the publisher is told when the configuration was changed.

use crate::settings::BulkLimits;

/// Where events go from now on, and how much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewOutput {
    /// Limits of requests.
    pub limits: BulkLimits,
    /// Whether the client sends to another cluster now.
    pub moved: Moved,
}

/// Whether events go to another cluster than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// To the same one.
    No,
    /// To another one: what is under way is sent there, under the same ids.
    Yes,
}
