//! Block `noise` of an input: what becomes of events that few questions need.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Faults;

/// What becomes of events of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// They are kept.
    Keep,
    /// They are dropped and counted.
    Drop,
}

/// What becomes of events of which a share may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RawShare {
    /// All of them or none.
    Whole(Fate),
    /// About this share is kept, from 0 to 1.
    Share(f64),
}

/// Block `noise` of an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawNoise {
    /// Requests of health checkers and for health; dropped unless asked otherwise.
    pub health_checks: Fate,
    /// Requests that went well for files that pages bring along: styles, scripts, images, fonts.
    pub static_assets: RawShare,
    /// Lines of the levels debug and trace.
    pub debug: Fate,
    /// Orders, payments and parcels of testers.
    pub test_orders: Fate,
    /// What comes again under one idempotency key with the same outcome.
    pub retries: Fate,
    /// Errors that say the same as one within ten seconds before; the next that is kept counts them.
    pub repeats: Fate,
}

impl Default for RawNoise {
    fn default() -> Self {
        Self {
            health_checks: Fate::Drop,
            static_assets: RawShare::Whole(Fate::Keep),
            debug: Fate::Keep,
            test_orders: Fate::Keep,
            retries: Fate::Keep,
            repeats: Fate::Keep,
        }
    }
}

/// Checked settings of noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoiseSettings {
    pub(crate) health_checks: Fate,
    /// Of numbers spread over all of `u64`, static files below this one are kept; all of them, when there is none.
    pub(crate) static_assets: Option<u64>,
    pub(crate) debug: Fate,
    pub(crate) test_orders: Fate,
    pub(crate) retries: Fate,
    pub(crate) repeats: Fate,
}

impl RawNoise {
    pub(super) fn check(&self, found: &mut Faults<'_>) -> NoiseSettings {
        let static_assets = match self.static_assets {
            RawShare::Whole(Fate::Keep) => None,
            RawShare::Whole(Fate::Drop) => Some(0),
            RawShare::Share(share) if (0.0..=1.0).contains(&share) => below(share),
            RawShare::Share(share) => {
                let hint = "keep, drop, or the share that is kept, such as 0.1";
                let message = "which is not between 0 and 1";
                found.add("noise.static_assets", &share.to_string(), message, hint);
                None
            }
        };
        NoiseSettings {
            health_checks: self.health_checks,
            static_assets,
            debug: self.debug,
            test_orders: self.test_orders,
            retries: self.retries,
            repeats: self.repeats,
        }
    }
}

/// Returns the number below which a share of all numbers lies; none for all of them.
fn below(share: f64) -> Option<u64> {
    const WHOLE: u128 = 1_000_000_000;
    // A second's part of a second is told exactly enough, in billionths.
    let billionths = Duration::try_from_secs_f64(share).unwrap_or_default().as_nanos();
    let limit = u128::from(u64::MAX) * billionths / WHOLE;
    u64::try_from(limit).ok().filter(|_| billionths < WHOLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_part_of_all_numbers() {
        assert_eq!(below(0.0), Some(0));
        assert_eq!(below(1.0), None);
        let half = below(0.5).unwrap();
        assert!(half.abs_diff(u64::MAX / 2) < u64::MAX / 1_000_000_000, "{half}");
    }
}
