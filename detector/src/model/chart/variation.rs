//! `variation`: the coefficient of variation of the last values. Unsteadiness itself is the fault.

use super::{Yardstick, least_denominator};
use crate::model::config::VariationConfig;
use crate::model::fields::{Fields, Tag, write_count, write_head};
use crate::model::window::Ring;
use crate::model::{Bucket, Judged, Judgement, Model, Parts, RestoreError, Side};

const VERSION: u16 = 1;

/// C = σ/|μ| over the last values, the judged one included.
#[derive(Debug, Clone)]
pub(in crate::model) struct Variation {
    config: VariationConfig,
    known: u32,
    ring: Ring,
    yardstick: Yardstick,
}

impl Variation {
    pub(in crate::model) fn new(config: VariationConfig) -> Self {
        let yardstick = Yardstick::new(config.limit);
        Self { config, known: 0, ring: Ring::new(config.window), yardstick }
    }

    fn needed(&self) -> u32 {
        u32::try_from(self.config.window)
            .unwrap_or(u32::MAX)
            .saturating_add(self.yardstick.warm_up())
    }

    /// Returns between which values the last one would have to lie for the window to be steady: with the others as they
    /// are, C(x) = limit is a quadratic equation.
    ///
    /// Infinite where no value of the last bucket could make the window unsteady; both the mean where none could calm it.
    fn bounds(&self, limit: f64, mean: f64) -> (f64, f64) {
        let count = self.ring.filled() as f64;
        let others = self.ring.filled().saturating_sub(1);
        let latest = self.ring.last(1).next().unwrap_or(0.0);
        // Squares are taken around the others' mean, or values far from zero would lose their digits.
        let rest = (count * mean - latest) / (count - 1.0).max(1.0);
        let squares: f64 = self
            .ring
            .last(others + 1)
            .take(others)
            .map(|value| (value - rest) * (value - rest))
            .sum();
        // With y = x − rest: variance = squares/count + y²·(count − 1)/count², mean = rest + y/count.
        let share = 1.0 + limit * limit;
        let (a, b) = (count - share, -2.0 * limit * limit * rest * count);
        let c = squares * count - limit * limit * rest * rest * count * count;
        if a <= 0.0 {
            return (f64::NEG_INFINITY, f64::INFINITY);
        }
        let root = b * b - 4.0 * a * c;
        if !(root >= 0.0 && root.is_finite()) {
            return (mean, mean);
        }
        let ends = (-b - root.sqrt(), -b + root.sqrt());
        (rest + ends.0 / (2.0 * a), rest + ends.1 / (2.0 * a))
    }

    fn judge(&self, value: f64, mean: f64, raw: f64) -> Judged {
        let (evidence, grade) = self.yardstick.score(raw);
        let (lower, upper) = self.bounds(self.yardstick.reach(self.config.speech.threshold), mean);
        let parts = Parts::new([("variation", raw)]);
        let side = Side::Shape;
        let mut judged =
            Judged { value, expected: mean, lower, upper, evidence, grade, side, parts };
        if mean.abs() < self.config.guard {
            judged.silence();
        }
        judged
    }

    pub(in crate::model) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        fields.head(Tag::Variation, VERSION)?;
        self.known = u32::try_from(fields.index(u32::MAX as usize)?).unwrap_or(u32::MAX);
        self.ring.read(fields)?;
        self.yardstick.read(fields)
    }
}

impl Model for Variation {
    fn step(&mut self, bucket: &Bucket) -> Judgement {
        let reading = bucket.reading;
        let (Some(value), Some(x)) = (reading.value(), reading.bounded()) else {
            return Judgement::Unknown;
        };
        self.known = self.known.saturating_add(1);
        // The window is what is judged, so it never leaves a bucket out, not even in an episode.
        self.ring.push(x);
        let learning = Judgement::Learning { known: self.known, needed: self.needed() };
        if self.ring.filled() < self.config.window {
            return learning;
        }
        let (mean, variance) = self.ring.mean_and_variance();
        let raw = variance.sqrt() / mean.abs().max(least_denominator(x));
        let judged = self.judge(value, mean, raw);
        let (evidence, _) = self.yardstick.score(raw);
        self.yardstick.learn(raw, evidence);
        if self.known < self.needed() { learning } else { Judgement::Judged(judged) }
    }

    fn fork(&self) -> Box<dyn Model> {
        Box::new(self.clone())
    }

    fn write_state(&self, out: &mut Vec<u8>) {
        write_head(out, Tag::Variation, VERSION);
        write_count(out, u64::from(self.known));
        self.ring.write(out);
        self.yardstick.write(out);
    }
}
