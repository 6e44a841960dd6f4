//! What a rule file says of its model, with the defaults.

use serde::{Deserialize, Serialize};

use crate::model::{Floors, Sides};

/// A model as a rule names it, not yet checked: `seasonal_count: {threshold: 4, sides: low}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawModelConfig {
    /// A value against a fixed bound.
    Threshold(RawThreshold),
    /// A thing that must never be true.
    Invariant(RawThreshold),
    /// z-score over the last values.
    Moving(RawMoving),
    /// Coefficient of variation over the last values.
    Variation(RawVariation),
    /// Counts against their hour of day and week.
    SeasonalCount(RawSeasonalCount),
    /// k of n against the base share.
    Ratio(RawRatio),
}

/// Fixed bounds, at least one of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawThreshold {
    /// Anomalous from here up.
    pub upper: Option<f64>,
    /// Anomalous from here down.
    pub lower: Option<f64>,
}

/// A plain bound on the raw score, or the series' own history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number or `history`")]
pub enum Limit {
    /// The raw score fires from here; it has no probability then.
    Number(f64),
    /// The raw score is ranked in its own history.
    Word(History),
}

/// The word `history`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Rank the raw score in its own history.
    History,
}

impl Limit {
    pub(super) fn number(self) -> Option<f64> {
        match self {
            Self::Number(limit) => Some(limit),
            Self::Word(History::History) => None,
        }
    }

    pub(super) fn of(number: Option<f64>) -> Self {
        number.map_or(Self::Word(History::History), Self::Number)
    }
}

/// Settings of `moving`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawMoving {
    /// The grade from which a bucket is anomalous.
    pub threshold: f64,
    /// The sides that are asked for.
    pub sides: Sides,
    /// The least deviations.
    pub floors: Floors,
    /// How many of the last known values are compared with.
    pub window: u32,
    /// Fire from so many standard deviations, or by the series' own history.
    pub limit: Limit,
}

impl Default for RawMoving {
    fn default() -> Self {
        Self {
            threshold: 4.0,
            sides: Sides::Both,
            floors: Floors::default(),
            window: 60,
            limit: Limit::Word(History::History),
        }
    }
}

/// Settings of `variation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawVariation {
    /// The grade from which a bucket is anomalous.
    pub threshold: f64,
    /// How many of the last known values, this one included, are measured.
    pub window: u32,
    /// ε: fire from this ratio of deviation to mean, or by the series' own history.
    pub limit: Limit,
    /// Say nothing while the mean is smaller than this.
    pub guard: f64,
}

impl Default for RawVariation {
    fn default() -> Self {
        Self { threshold: 4.0, window: 30, limit: Limit::Number(0.5), guard: 0.0 }
    }
}

/// Settings of `seasonal_count`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawSeasonalCount {
    /// The grade from which a bucket is anomalous.
    pub threshold: f64,
    /// The sides that are asked for.
    pub sides: Sides,
    /// The least deviations of the bucket.
    pub floors: Floors,
    /// A window speaks of too much only with so many events, of too little only where so many are expected.
    pub guard: f64,
    /// Days of known buckets before the first judgement.
    pub warm_up_days: u32,
}

impl Default for RawSeasonalCount {
    fn default() -> Self {
        Self {
            threshold: 5.0,
            sides: Sides::Both,
            floors: Floors::default(),
            guard: 5.0,
            warm_up_days: 14,
        }
    }
}

/// Settings of `ratio`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawRatio {
    /// The grade from which a bucket is anomalous.
    pub threshold: f64,
    /// The sides that are asked for.
    pub sides: Sides,
    /// The least deviations of the share.
    pub floors: Floors,
    /// Say nothing while the whole is smaller than this.
    pub guard: f64,
}

impl Default for RawRatio {
    fn default() -> Self {
        Self { threshold: 4.0, sides: Sides::Both, floors: Floors::default(), guard: 0.0 }
    }
}
