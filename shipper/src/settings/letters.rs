//! Block `dead_letters`: what they may take on disk.

use runtime::unit::ByteSize;
use serde::{Deserialize, Serialize};

/// Block `dead_letters`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawDeadLetters {
    /// What they may take on disk; then reading stops rather than lose.
    pub max_bytes: ByteSize,
}

impl Default for RawDeadLetters {
    fn default() -> Self {
        Self { max_bytes: ByteSize::gib(1) }
    }
}
