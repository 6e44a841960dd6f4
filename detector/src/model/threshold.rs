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

#[cfg(test)]
mod tests {
    use crate::model::tests::series::{judge, value};
    use crate::model::{Judgement, Reading, Side};

    /// Grade, side and expected value.
    fn check(config: &str, reading: Reading, grade: f64, side: Side, expected: f64) {
        let Judgement::Judged(judged) = judge(config, &[reading])[0] else { panic!("{config}") };
        assert!((judged.grade.0 - grade).abs() < 1e-12, "{judged:?}");
        assert_eq!(judged.side, side);
        assert!((judged.expected - expected).abs() < 1e-12, "{judged:?}");
    }

    #[test]
    fn a_value_that_reaches_a_bound_is_certain() {
        let config = r#"{"threshold": {"upper": 30, "lower": -5}}"#;
        check(config, value(30.0), 10.0, Side::High, 30.0);
        check(config, value(31.5), 10.0, Side::High, 30.0);
        check(config, value(29.9), 0.0, Side::Low, 29.9);
        check(config, value(-5.0), 10.0, Side::Low, -5.0);
    }

    #[test]
    fn a_share_is_compared_as_a_share() {
        let config = r#"{"invariant": {"upper": 0.01}}"#;
        check(config, Reading::Share { part: 2.0, whole: 100.0 }, 10.0, Side::High, 0.01);
        check(config, Reading::Share { part: 0.0, whole: 100.0 }, 0.0, Side::Low, 0.0);
    }

    #[test]
    fn an_unknown_bucket_reaches_no_bound() {
        let config = r#"{"threshold": {"lower": 1}}"#;
        let readings =
            [Reading::Unknown, value(f64::NAN), Reading::Share { part: 0.0, whole: 0.0 }];
        assert_eq!(judge(config, &readings), [Judgement::Unknown; 3]);
    }
}
