//! Block `dedup`: for how long events that are delivered again are known.

use std::time::Duration;

use runtime::settings::Check;
use runtime::unit::Span;
use serde::Deserialize;

use crate::dedup::Limits;

/// Block `dedup`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawDedup {
    /// For how long the key of an acknowledged event is kept. `26h` by default: providers deliver again for a day.
    pub window: Span,
    /// How many keys are kept, 16 bytes each and some 20 in memory; then the oldest go. 4,000,000 by default, 0 keeps none.
    pub max_keys: u64,
}

impl Default for RawDedup {
    fn default() -> Self {
        let limits = Limits::default();
        Self { window: Span::of(limits.window), max_keys: limits.keys }
    }
}

impl RawDedup {
    pub(super) fn check(&self, check: &mut Check<'_>) -> Limits {
        check.within("dedup", |check| Limits {
            window: Duration::from(check.range(
                "window",
                self.window,
                Span::minutes(1)..=Span::days(31),
            )),
            keys: check.range("max_keys", self.max_keys, 0..=100_000_000),
        })
    }
}
