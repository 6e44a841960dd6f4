//! Control charts: one ring, one raw score each, held against its own history or a plain limit.

mod moving;
#[cfg(test)]
mod tests;
mod variation;

pub(super) use moving::Moving;
pub(super) use variation::Variation;

use super::calibrator::{CALIBRATOR_WARM_UP, Calibration, Calibrator};
use super::fields::Fields;
use super::{Evidence, Grade, RestoreError};

/// What a raw score is held against.
#[derive(Debug, Clone)]
enum Yardstick {
    /// Its own history: the score has a probability.
    History(Calibrator),
    /// A number the rule gives: the score fires or it does not.
    Limit(f64),
}

impl Yardstick {
    fn new(limit: Option<f64>) -> Self {
        limit.map_or_else(|| Self::History(Calibrator::new(Calibration::ROBUST)), Self::Limit)
    }

    /// Returns how many raw scores must be known before the first judgement.
    fn warm_up(&self) -> u32 {
        match self {
            Self::History(_) => CALIBRATOR_WARM_UP,
            Self::Limit(_) => 0,
        }
    }

    fn score(&self, raw: f64) -> (Evidence, Grade) {
        match self {
            Self::History(calibrator) => {
                let s = calibrator.score(raw);
                (Evidence(s), Grade(s))
            }
            Self::Limit(limit) if raw >= *limit => (Evidence(Grade::CERTAIN.0), Grade::CERTAIN),
            Self::Limit(_) => (Evidence(0.0), Grade(0.0)),
        }
    }

    /// Returns the raw score from which the threshold is met.
    fn reach(&self, threshold: Grade) -> f64 {
        match self {
            Self::History(calibrator) => calibrator.raw(threshold.0),
            Self::Limit(limit) => *limit,
        }
    }

    fn learn(&mut self, raw: f64, evidence: Evidence) {
        match self {
            Self::History(calibrator) => calibrator.learn(raw, evidence.0),
            Self::Limit(_) => {}
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::History(calibrator) => calibrator.write(out),
            Self::Limit(_) => {}
        }
    }

    fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        match self {
            Self::History(calibrator) => calibrator.read(fields),
            Self::Limit(_) => Ok(()),
        }
    }
}

/// Denominators are never smaller than this: a series that stood still would divide by nothing.
fn least_denominator(value: f64) -> f64 {
    1e-9 * value.abs().max(1.0)
}
