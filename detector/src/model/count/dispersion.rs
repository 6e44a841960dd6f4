//! How much more than a Poisson count the window counts of a series vary, by the better of two laws.

use crate::model::RestoreError;
use crate::model::fields::{Fields, write_count, write_real};

/// Squares count up to this many present variances, so that an incident teaches little.
const CUT: f64 = 9.0;
/// Makes up for the cut.
const CUT_LOSS: f64 = 1.03;

/// Variance over mean of the counts of one window width.
///
/// Two laws run side by side: variance = linear·mean (several events per cause) and mean + quadratic·mean² (the rate
/// itself varies). Used is the one with the lesser running loss.
#[derive(Debug, Clone)]
pub(super) struct Dispersion {
    rate: f64,
    linear: f64,
    quadratic: f64,
    linear_loss: f64,
    quadratic_loss: f64,
    learned: u64,
}

impl Dispersion {
    pub(super) fn new(rate: f64) -> Self {
        Self {
            rate,
            linear: 1.0,
            quadratic: 0.0,
            linear_loss: 0.0,
            quadratic_loss: 0.0,
            learned: 0,
        }
    }

    /// Returns variance over mean of a window that expects so many.
    pub(super) fn factor(&self, expected: f64) -> f64 {
        if self.linear_loss <= self.quadratic_loss {
            self.linear
        } else {
            1.0 + self.quadratic * expected
        }
    }

    /// Learns what one window showed.
    pub(super) fn learn(&mut self, observed: f64, expected: f64) {
        if expected <= 0.5 {
            return;
        }
        self.learned += 1;
        let step = self.rate.max(1.0 / (self.learned as f64 + 1.0));
        let (by_linear, by_quadratic) = (self.linear, 1.0 + self.quadratic * expected);
        let off = observed - expected;
        let square = off * off / expected;
        let loss = by_linear.ln() + (square / by_linear).min(CUT);
        self.linear_loss += (loss - self.linear_loss) * step;
        let loss = by_quadratic.ln() + (square / by_quadratic).min(CUT);
        self.quadratic_loss += (loss - self.quadratic_loss) * step;
        let shown = square.min(CUT * by_linear) * CUT_LOSS;
        self.linear = (self.linear + (shown - self.linear) * step).max(0.3);
        let shown = (square.min(CUT * by_quadratic) * CUT_LOSS - 1.0) / expected;
        self.quadratic = (self.quadratic + (shown - self.quadratic) * step).max(0.0);
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for real in [self.linear, self.quadratic, self.linear_loss, self.quadratic_loss] {
            write_real(out, real);
        }
        write_count(out, self.learned);
    }

    pub(super) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        let Self { rate: _, linear, quadratic, linear_loss, quadratic_loss, learned } = self;
        for real in [linear, quadratic, linear_loss, quadratic_loss] {
            *real = fields.real()?;
        }
        *learned = fields.count()?;
        Ok(())
    }
}
