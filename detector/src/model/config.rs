//! Names a model and its settings: what a rule file says, then what is known to be within range.

mod check;
mod raw;

use serde::{Deserialize, Serialize};

use super::{Floors, Grade, Sides, Speech};
pub use check::OutOfRange;
pub use raw::{
    Limit, RawModelConfig, RawMoving, RawRatio, RawSeasonalCount, RawThreshold, RawVariation,
};

/// A model and its settings, all within range. It is read from, and written as, a [`RawModelConfig`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawModelConfig", into = "RawModelConfig")]
pub enum ModelConfig {
    /// A value against a fixed bound.
    Threshold(ThresholdConfig),
    /// A thing that must never be true; the same comparison, which a rule lets fire at once.
    Invariant(ThresholdConfig),
    /// z-score over the last values.
    Moving(MovingConfig),
    /// Coefficient of variation over the last values.
    Variation(VariationConfig),
    /// Counts against their hour of day and week.
    SeasonalCount(SeasonalCountConfig),
    /// k of n against the base share.
    Ratio(RatioConfig),
}

impl ModelConfig {
    /// Returns the grade from which a bucket is anomalous.
    pub fn threshold(&self) -> Grade {
        match self {
            Self::Threshold(_) | Self::Invariant(_) => Grade::CERTAIN,
            Self::Moving(config) => config.speech.threshold,
            Self::Variation(config) => config.speech.threshold,
            Self::SeasonalCount(config) => config.speech.threshold,
            Self::Ratio(config) => config.speech.threshold,
        }
    }

    /// Returns the name that rules and series documents use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Threshold(_) => "threshold",
            Self::Invariant(_) => "invariant",
            Self::Moving(_) => "moving",
            Self::Variation(_) => "variation",
            Self::SeasonalCount(_) => "seasonal_count",
            Self::Ratio(_) => "ratio",
        }
    }
}

/// Fixed bounds; a value that reaches one is anomalous.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdConfig {
    pub(super) upper: f64,
    pub(super) lower: f64,
}

/// z-score over the last values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MovingConfig {
    pub(super) speech: Speech,
    pub(super) window: usize,
    pub(super) limit: Option<f64>,
}

/// Coefficient of variation over the last values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VariationConfig {
    pub(super) speech: Speech,
    pub(super) window: usize,
    pub(super) limit: Option<f64>,
    pub(super) guard: f64,
}

/// Counts against their hour of day and week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeasonalCountConfig {
    pub(super) speech: Speech,
    pub(super) guard: f64,
    pub(super) warm_up_days: u32,
}

/// k of n against the base share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioConfig {
    pub(super) speech: Speech,
    pub(super) guard: f64,
}

fn speech(threshold: f64, sides: Sides, floors: Floors) -> Speech {
    Speech { threshold: Grade(threshold), sides, floors }
}
