//! `seasonal_count`: counts and sums against their hour of the day and the week.

mod baseline;
mod bounds;
mod dispersion;
mod scan;
mod tails;
#[cfg(test)]
mod tests;

use baseline::Baseline;
use scan::{Finding, Scan, Sight};

use super::config::SeasonalCountConfig;
use super::fields::{Fields, Tag, write_head};
use super::{
    Bucket, Evidence, Grade, Judged, Judgement, Model, Parts, RestoreError, Side, Sides, SlotCount,
};

const VERSION: u16 = 1;
/// Larger counts are held here: their tails have no digits left.
const MOST_COUNT: f64 = 1e15;

/// A baseline, a scan over windows up to four hours, and a warm-up.
#[derive(Debug, Clone)]
pub(super) struct SeasonalCount {
    config: SeasonalCountConfig,
    warm_up: u64,
    known: u64,
    baseline: Baseline,
    scan: Scan,
}

impl SeasonalCount {
    pub(super) fn new(config: SeasonalCountConfig, slots: SlotCount) -> Self {
        Self {
            config,
            warm_up: u64::from(config.warm_up_days) * u64::from(slots.buckets_a_day()),
            known: 0,
            baseline: Baseline::new(slots),
            scan: Scan::new(slots, config.guard),
        }
    }

    fn judge(&self, value: f64, due: f64, sight: Sight) -> Judged {
        let Finding { s, width, observed, expected } = match self.config.speech.sides {
            Sides::Both => sight.stronger(),
            Sides::High => sight.high,
            Sides::Low => sight.low,
        };
        let side = match self.config.speech.sides {
            Sides::Both if sight.low.s > sight.high.s => Side::Low,
            Sides::Both if sight.high.s > 0.0 => Side::High,
            Sides::Both => Side::of(value, due),
            Sides::High => Side::High,
            Sides::Low => Side::Low,
        };
        let threshold = self.config.speech.threshold.0 + self.scan.correction();
        let (lower, upper) = bounds::bounds(
            self.scan.law(due),
            threshold,
            self.config.guard,
            self.scan.least_for_low(),
        );
        let parts = Parts::new([
            ("high", sight.high.s),
            ("low", sight.low.s),
            ("window", width as f64),
            ("window_observed", observed),
            ("window_expected", expected),
        ]);
        let (evidence, grade) = (Evidence(s), Grade(s));
        let mut judged =
            Judged { value, expected: due, lower, upper, evidence, grade, side, parts };
        self.config.speech.hold(&mut judged);
        judged
    }

    pub(super) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        fields.head(Tag::SeasonalCount, VERSION)?;
        self.known = fields.count()?;
        self.baseline.read(fields)?;
        self.scan.read(fields)
    }
}

impl Model for SeasonalCount {
    fn step(&mut self, bucket: &Bucket) -> Judgement {
        let Some(value) = bucket.reading.value() else { return Judgement::Unknown };
        let count = value.clamp(0.0, MOST_COUNT);
        let due = self.baseline.step(count, bucket.slots);
        let sight = self.scan.step(count, due);
        self.known += 1;
        if self.known <= self.warm_up {
            let whole = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
            return Judgement::Learning { known: whole(self.known), needed: whole(self.warm_up) };
        }
        Judgement::Judged(self.judge(value, due, sight))
    }

    fn fork(&self) -> Box<dyn Model> {
        Box::new(self.clone())
    }

    fn write_state(&self, out: &mut Vec<u8>) {
        write_head(out, Tag::SeasonalCount, VERSION);
        super::fields::write_count(out, self.known);
        self.baseline.write(out);
        self.scan.write(out);
    }
}
