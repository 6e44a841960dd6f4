//! Block `dead_letters`: what they may take on disk.

use runtime::settings::Check;
use runtime::unit::ByteSize;
use serde::{Deserialize, Serialize};

use crate::dlq::{Limits, WhenFull};

/// Block `dead_letters`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawDeadLetters {
    /// What they may take on disk (default 1 GiB).
    pub max_bytes: ByteSize,
    /// What happens then: `hold` (default) stops reading rather than lose, `drop_oldest` lets the oldest go and counts them.
    pub when_full: WhenFull,
}

impl Default for RawDeadLetters {
    fn default() -> Self {
        Self { max_bytes: ByteSize::gib(1), when_full: WhenFull::Hold }
    }
}

impl RawDeadLetters {
    pub(super) fn check(&self, check: &mut Check<'_>) -> Limits {
        let sizes = ByteSize::kib(64)..=ByteSize::gib(1_024);
        check.within("dead_letters", |check| Limits {
            bytes: check.range("max_bytes", self.max_bytes, sizes).bytes(),
            when_full: self.when_full,
        })
    }
}
