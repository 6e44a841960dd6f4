//! The only way from what a rule file says to settings that are within range.

use std::ops::RangeInclusive;

use super::raw::{
    Limit, RawModelConfig, RawMoving, RawRatio, RawSeasonalCount, RawThreshold, RawVariation,
};
use super::{
    ModelConfig, MovingConfig, RatioConfig, SeasonalCountConfig, ThresholdConfig, VariationConfig,
    speech,
};
use crate::model::{Floor, Floors};

/// A setting that is out of its range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{key} is {value}, which is not {allowed}")]
pub struct OutOfRange {
    /// The key below `model`: `seasonal_count.threshold`.
    pub key: String,
    /// The value as it was read.
    pub value: String,
    /// What would be allowed.
    pub allowed: String,
}

const THRESHOLDS: RangeInclusive<f64> = 0.5..=30.0;
const FLOORS: RangeInclusive<f64> = 0.0..=1e15;
const WINDOWS: RangeInclusive<u32> = 10..=10_000;
/// The scan itself is silent for seven days; more than eight weeks of history is never asked for.
const WARM_UP_DAYS: RangeInclusive<u32> = 7..=56;

fn within<T: PartialOrd + std::fmt::Display>(
    key: &str,
    value: T,
    range: &RangeInclusive<T>,
) -> Result<T, OutOfRange> {
    // A float that is not a number lies in no range.
    if range.contains(&value) {
        return Ok(value);
    }
    let allowed = format!("between {} and {}", range.start(), range.end());
    Err(OutOfRange { key: key.to_owned(), value: value.to_string(), allowed })
}

fn floors(model: &str, floors: Floors) -> Result<Floors, OutOfRange> {
    for (side, Floor { absolute, relative, value }) in [("high", floors.high), ("low", floors.low)]
    {
        let key = format!("{model}.floors.{side}");
        within(&format!("{key}.absolute"), absolute, &FLOORS)?;
        within(&format!("{key}.relative"), relative, &FLOORS)?;
        within(&format!("{key}.value"), value.unwrap_or(0.0), &(-1e15..=1e15))?;
    }
    Ok(floors)
}

fn limit(key: &str, limit: Limit) -> Result<Option<f64>, OutOfRange> {
    limit.number().map(|number| within(key, number, &(0.001..=1e6))).transpose()
}

impl TryFrom<RawModelConfig> for ModelConfig {
    type Error = OutOfRange;

    fn try_from(raw: RawModelConfig) -> Result<Self, OutOfRange> {
        Ok(match raw {
            RawModelConfig::Threshold(raw) => Self::Threshold(threshold("threshold", &raw)?),
            RawModelConfig::Invariant(raw) => Self::Invariant(threshold("invariant", &raw)?),
            RawModelConfig::Moving(raw) => Self::Moving(moving(&raw)?),
            RawModelConfig::Variation(raw) => Self::Variation(variation(&raw)?),
            RawModelConfig::SeasonalCount(raw) => Self::SeasonalCount(seasonal_count(&raw)?),
            RawModelConfig::Ratio(raw) => Self::Ratio(ratio(&raw)?),
        })
    }
}

fn threshold(model: &str, raw: &RawThreshold) -> Result<ThresholdConfig, OutOfRange> {
    let upper = raw.upper.unwrap_or(f64::INFINITY);
    let lower = raw.lower.unwrap_or(f64::NEG_INFINITY);
    let refuse = |key: &str, value: String, allowed: String| {
        Err(OutOfRange { key: format!("{model}{key}"), value, allowed })
    };
    if raw.upper.is_none() && raw.lower.is_none() {
        let allowed = "enough: set `upper`, `lower` or both".to_owned();
        return refuse("", "without bounds".to_owned(), allowed);
    }
    // A bound that is not a number is above nothing, and so refused as well.
    if lower < upper {
        Ok(ThresholdConfig { upper, lower })
    } else {
        refuse(".upper", upper.to_string(), format!("above `lower`, {lower}"))
    }
}

fn moving(raw: &RawMoving) -> Result<MovingConfig, OutOfRange> {
    let least = within("moving.threshold", raw.threshold, &THRESHOLDS)?;
    Ok(MovingConfig {
        speech: speech(least, raw.sides, floors("moving", raw.floors)?),
        window: within("moving.window", raw.window, &(30..=*WINDOWS.end()))? as usize,
        limit: limit("moving.limit", raw.limit)?,
    })
}

fn variation(raw: &RawVariation) -> Result<VariationConfig, OutOfRange> {
    let least = within("variation.threshold", raw.threshold, &THRESHOLDS)?;
    Ok(VariationConfig {
        speech: speech(least, super::Sides::Both, Floors::default()),
        window: within("variation.window", raw.window, &WINDOWS)? as usize,
        limit: limit("variation.limit", raw.limit)?,
        guard: within("variation.guard", raw.guard, &FLOORS)?,
    })
}

fn seasonal_count(raw: &RawSeasonalCount) -> Result<SeasonalCountConfig, OutOfRange> {
    let least = within("seasonal_count.threshold", raw.threshold, &THRESHOLDS)?;
    Ok(SeasonalCountConfig {
        speech: speech(least, raw.sides, floors("seasonal_count", raw.floors)?),
        guard: within("seasonal_count.guard", raw.guard, &FLOORS)?,
        warm_up_days: within("seasonal_count.warm_up_days", raw.warm_up_days, &WARM_UP_DAYS)?,
    })
}

fn ratio(raw: &RawRatio) -> Result<RatioConfig, OutOfRange> {
    let least = within("ratio.threshold", raw.threshold, &THRESHOLDS)?;
    Ok(RatioConfig {
        speech: speech(least, raw.sides, floors("ratio", raw.floors)?),
        guard: within("ratio.guard", raw.guard, &FLOORS)?,
    })
}

impl From<ModelConfig> for RawModelConfig {
    fn from(config: ModelConfig) -> Self {
        let bounds = |config: ThresholdConfig| RawThreshold {
            upper: config.upper.is_finite().then_some(config.upper),
            lower: config.lower.is_finite().then_some(config.lower),
        };
        match config {
            ModelConfig::Threshold(config) => Self::Threshold(bounds(config)),
            ModelConfig::Invariant(config) => Self::Invariant(bounds(config)),
            ModelConfig::Moving(MovingConfig { speech, window, limit }) => {
                Self::Moving(RawMoving {
                    threshold: speech.threshold.0,
                    sides: speech.sides,
                    floors: speech.floors,
                    window: u32::try_from(window).unwrap_or(u32::MAX),
                    limit: Limit::of(limit),
                })
            }
            ModelConfig::Variation(VariationConfig { speech, window, limit, guard }) => {
                Self::Variation(RawVariation {
                    threshold: speech.threshold.0,
                    window: u32::try_from(window).unwrap_or(u32::MAX),
                    limit: Limit::of(limit),
                    guard,
                })
            }
            ModelConfig::SeasonalCount(SeasonalCountConfig { speech, guard, warm_up_days }) => {
                Self::SeasonalCount(RawSeasonalCount {
                    threshold: speech.threshold.0,
                    sides: speech.sides,
                    floors: speech.floors,
                    guard,
                    warm_up_days,
                })
            }
            ModelConfig::Ratio(RatioConfig { speech, guard }) => Self::Ratio(RawRatio {
                threshold: speech.threshold.0,
                sides: speech.sides,
                floors: speech.floors,
                guard,
            }),
        }
    }
}
