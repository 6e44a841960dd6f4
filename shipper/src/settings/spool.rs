//! Block `spool`: what rows of APIs may take on disk until the cluster has them.

use runtime::settings::Check;
use runtime::unit::ByteSize;
use serde::Deserialize;

/// Block `spool`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawSpool {
    /// What all spools may take on disk; then polling pauses. `1GiB` by default, 1MiB to 1TiB.
    pub max_bytes: ByteSize,
}

impl Default for RawSpool {
    fn default() -> Self {
        Self { max_bytes: ByteSize::gib(1) }
    }
}

impl RawSpool {
    pub(super) fn check(&self, check: &mut Check<'_>) -> u64 {
        let range = ByteSize::mib(1)..=ByteSize::gib(1_024);
        check.range("spool.max_bytes", self.max_bytes, range).bytes()
    }
}
