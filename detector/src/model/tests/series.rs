//! Series to judge: readings in a row, and draws of counts that any language makes the same.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use crate::model::chance::SplitMix64;
use crate::model::{Bucket, Judgement, Model, ModelConfig, Reading, SlotCount, Start, build};

/// Every model, with its defaults and with its other ways, at hourly buckets.
pub(in crate::model) const CONFIGS: [&str; 11] = [
    r#"{"threshold": {"upper": 12.0, "lower": 1.0}}"#,
    r#"{"invariant": {"upper": 12.0}}"#,
    r#"{"moving": {}}"#,
    r#"{"moving": {"limit": 3, "window": 30, "sides": "high"}}"#,
    r#"{"variation": {}}"#,
    r#"{"variation": {"limit": "history", "guard": 0.1}}"#,
    r#"{"seasonal_count": {}}"#,
    r#"{"seasonal_count": {"warm_up_days": 7, "sides": "low", "guard": 0}}"#,
    r#"{"seasonal_count": {"floors": {"low": {"relative": 0.4}, "high": {"relative": 2.0}}}}"#,
    r#"{"ratio": {}}"#,
    r#"{"ratio": {"sides": "high", "guard": 30, "floors": {"high": {"absolute": 0.05}}}}"#,
];

pub(in crate::model) const HOUR: Duration = Duration::from_hours(1);

pub(in crate::model) fn value(value: f64) -> Reading {
    Reading::Value { value, n: 1.0 }
}

pub(in crate::model) fn config(text: &str) -> ModelConfig {
    serde_json::from_str(text).unwrap()
}

/// The model of that configuration at buckets of that span, knowing nothing.
pub(in crate::model) fn cold(text: &str, span: Duration) -> Box<dyn Model> {
    build(&config(text), SlotCount::of_span(span), 1, Start::Cold).unwrap()
}

/// The buckets of a series that begins on Sunday, 1 March 2026.
pub(in crate::model) fn buckets(span: Duration, readings: &[Reading]) -> Vec<Bucket> {
    let (slots, first) = (SlotCount::of_span(span), 1_772_323_200);
    let step = i64::try_from(span.as_secs()).unwrap();
    let bucket = |(place, reading): (usize, &Reading)| {
        let start = Timestamp::from_second(first + step * i64::try_from(place).unwrap()).unwrap();
        Bucket { start, slots: slots.at(start, &TimeZone::UTC), reading: *reading }
    };
    readings.iter().enumerate().map(bucket).collect()
}

/// Judges hourly readings from a cold start.
pub(in crate::model) fn judge(text: &str, readings: &[Reading]) -> Vec<Judgement> {
    let mut model = cold(text, HOUR);
    buckets(HOUR, readings).iter().map(|bucket| model.step(bucket)).collect()
}

/// Draws a Poisson count by walking its distribution.
pub(in crate::model) fn poisson(chance: &mut SplitMix64, mean: f64) -> f64 {
    let draw = chance.uniform();
    let (mut count, mut term) = (0.0, (-mean).exp());
    let mut sum = term;
    while sum < draw && count < 100.0 * (mean + 1.0) {
        count += 1.0;
        term *= mean / count;
        sum += term;
    }
    count
}

/// Draws how many of `whole` are part.
pub(in crate::model) fn binomial(chance: &mut SplitMix64, whole: u32, share: f64) -> f64 {
    f64::from((0..whole).map(|_| u32::from(chance.uniform() < share)).sum::<u32>())
}
