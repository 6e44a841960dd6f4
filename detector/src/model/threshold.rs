//! `threshold` and `invariant`: a value against fixed bounds. Nothing is learned.

use super::config::ThresholdConfig;
use super::fields::{Fields, Tag, write_head};
use super::{Bucket, Evidence, Grade, Judged, Judgement, Model, Parts, RestoreError, Side};

const VERSION: u16 = 1;

/// Fires where the value reaches a bound; its expected value is the nearest one within the bounds.
#[derive(Debug, Clone)]
pub(super) struct Threshold {
    config: ThresholdConfig,
}

impl Threshold {
    pub(super) fn new(config: ThresholdConfig) -> Self {
        Self { config }
    }

    #[expect(
        clippy::unused_self,
        reason = "every model reads its state back by the same signature"
    )]
    pub(super) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        fields.head(Tag::Threshold, VERSION)
    }
}

impl Model for Threshold {
    fn step(&mut self, bucket: &Bucket) -> Judgement {
        let Some(value) = bucket.reading.value() else { return Judgement::Unknown };
        let ThresholdConfig { upper, lower } = self.config;
        let expected = value.clamp(lower, upper);
        let (side, reached) =
            if value >= upper { (Side::High, true) } else { (Side::Low, value <= lower) };
        let (evidence, grade) =
            if reached { (Evidence(10.0), Grade::CERTAIN) } else { (Evidence(0.0), Grade(0.0)) };
        let parts = Parts::new([]);
        Judgement::Judged(Judged { value, expected, lower, upper, evidence, grade, side, parts })
    }

    fn fork(&self) -> Box<dyn Model> {
        Box::new(self.clone())
    }

    fn write_state(&self, out: &mut Vec<u8>) {
        write_head(out, Tag::Threshold, VERSION);
    }
}
