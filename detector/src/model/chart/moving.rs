//! `moving`: how many standard deviations a value is away from the mean of the last ones.

use super::{Yardstick, least_denominator};
use crate::model::config::MovingConfig;
use crate::model::fields::{Fields, Tag, write_count, write_head};
use crate::model::patience::{Lesson, Patience};
use crate::model::window::Ring;
use crate::model::{Bucket, Judged, Judgement, Model, Parts, RestoreError, Side, SlotCount};

const VERSION: u16 = 1;
/// Values before the first raw score.
const LEAST_VALUES: u32 = 30;

/// |x − μ|/σ over the values before x, in two passes.
#[derive(Debug, Clone)]
pub(in crate::model) struct Moving {
    config: MovingConfig,
    known: u32,
    ring: Ring,
    yardstick: Yardstick,
    patience: Patience,
}

impl Moving {
    pub(in crate::model) fn new(config: MovingConfig, slots: SlotCount) -> Self {
        Self {
            config,
            known: 0,
            ring: Ring::new(config.window),
            yardstick: Yardstick::new(config.limit),
            patience: Patience::new(slots.buckets_a_day()),
        }
    }

    fn needed(&self) -> u32 {
        LEAST_VALUES + self.yardstick.warm_up()
    }

    /// Judges `x`, which stands for `value` where that is too large to be squared.
    fn judge(&self, value: f64, x: f64) -> (Judged, f64) {
        let (mean, variance) = self.ring.mean_and_variance();
        let deviation = variance.sqrt().max(least_denominator(x));
        let raw = (x - mean).abs() / deviation;
        let (evidence, grade) = self.yardstick.score(raw);
        let reach = self.yardstick.reach(self.config.speech.threshold) * deviation;
        let parts = Parts::new([("z", raw), ("deviation", deviation)]);
        let (lower, upper) = (mean - reach, mean + reach);
        let side = Side::of(x, mean);
        let mut judged =
            Judged { value, expected: mean, lower, upper, evidence, grade, side, parts };
        self.config.speech.hold(&mut judged);
        (judged, raw)
    }

    pub(in crate::model) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        fields.head(Tag::Moving, VERSION)?;
        self.known = u32::try_from(fields.index(u32::MAX as usize)?).unwrap_or(u32::MAX);
        self.ring.read(fields)?;
        self.patience.read(fields)?;
        self.yardstick.read(fields)
    }
}

impl Model for Moving {
    fn step(&mut self, bucket: &Bucket) -> Judgement {
        let reading = bucket.reading;
        let (Some(value), Some(x)) = (reading.value(), reading.bounded()) else {
            return Judgement::Unknown;
        };
        self.known = self.known.saturating_add(1);
        if self.ring.filled() < LEAST_VALUES as usize {
            self.ring.push(x);
            return Judgement::Learning { known: self.known, needed: self.needed() };
        }
        let (judged, raw) = self.judge(value, x);
        let learning = self.known <= self.needed();
        let lesson = if !learning && judged.grade >= self.config.speech.threshold {
            self.patience.anomalous()
        } else {
            self.patience.ordinary()
        };
        if lesson == Lesson::Learn {
            // What was silenced by a floor is still rare: its weight goes by what the history says of it.
            let (evidence, _) = self.yardstick.score(raw);
            self.yardstick.learn(raw, evidence);
            self.ring.push(x);
        }
        if learning {
            return Judgement::Learning { known: self.known, needed: self.needed() };
        }
        Judgement::Judged(judged)
    }

    fn fork(&self) -> Box<dyn Model> {
        Box::new(self.clone())
    }

    fn write_state(&self, out: &mut Vec<u8>) {
        write_head(out, Tag::Moving, VERSION);
        write_count(out, u64::from(self.known));
        self.ring.write(out);
        self.patience.write(out);
        self.yardstick.write(out);
    }
}
