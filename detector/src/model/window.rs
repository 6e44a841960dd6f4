//! The last known values, and their sum without piled-up rounding.

use super::RestoreError;
use super::fields::{Fields, write_count, write_real, write_reals};

/// The last `width` values that were pushed; what was never pushed is 0.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    values: Vec<f64>,
    next: usize,
    filled: usize,
}

impl Ring {
    pub(super) fn new(width: usize) -> Self {
        Self { values: vec![0.0; width.max(1)], next: 0, filled: 0 }
    }

    pub(super) fn push(&mut self, value: f64) {
        self.values[self.next] = value;
        self.next = if self.next + 1 == self.values.len() { 0 } else { self.next + 1 };
        self.filled = (self.filled + 1).min(self.values.len());
    }

    /// Returns how many values it holds.
    pub(super) fn filled(&self) -> usize {
        self.filled
    }

    /// Returns the value pushed `steps` pushes ago, 1 being the last; at most as far back as the ring is wide.
    fn ago(&self, steps: usize) -> f64 {
        let place = if self.next >= steps {
            self.next - steps
        } else {
            self.next + self.values.len() - steps
        };
        self.values[place]
    }

    /// Goes through the last `count` values, oldest first.
    pub(super) fn last(&self, count: usize) -> impl Iterator<Item = f64> + '_ {
        (1..=count.min(self.values.len())).rev().map(|steps| self.ago(steps))
    }

    /// Returns mean and population variance of the values it holds, in two passes.
    pub(super) fn mean_and_variance(&self) -> (f64, f64) {
        let count = self.filled.max(1) as f64;
        let mean = self.last(self.filled).sum::<f64>() / count;
        let squares: f64 =
            self.last(self.filled).map(|value| (value - mean) * (value - mean)).sum();
        (mean, squares / count)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_count(out, self.next as u64);
        write_count(out, self.filled as u64);
        write_reals(out, &self.values);
    }

    pub(super) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        self.next = fields.index(self.values.len() - 1)?;
        self.filled = fields.index(self.values.len())?;
        fields.reals(&mut self.values)
    }
}

/// The sum of the last `width` values of a ring that is at least one value wider.
///
/// It slides, and is added up afresh, oldest first, each time `width` values have passed: rounding errors cannot pile
/// up, and a port of the reference agrees to the last bit.
#[derive(Debug, Clone)]
pub(super) struct RollingSum {
    width: usize,
    total: f64,
    passed: usize,
}

impl RollingSum {
    pub(super) fn new(width: usize) -> Self {
        Self { width, total: 0.0, passed: 0 }
    }

    /// Takes in the value that was pushed to the ring last, and returns the sum.
    pub(super) fn follow(&mut self, ring: &Ring) -> f64 {
        self.total += ring.ago(1) - ring.ago(self.width + 1);
        self.passed += 1;
        if self.passed == self.width {
            self.passed = 0;
            self.total = 0.0;
            for value in ring.last(self.width) {
                self.total += value;
            }
        }
        self.total
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_real(out, self.total);
        write_count(out, self.passed as u64);
    }

    pub(super) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        self.total = fields.real()?;
        self.passed = fields.index(self.width - 1)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Ring, RollingSum};
    use crate::model::chance::SplitMix64;

    #[test]
    fn a_ring_holds_the_last_values_oldest_first() {
        let mut ring = Ring::new(3);
        for value in 1..=5 {
            ring.push(f64::from(value));
        }
        assert_eq!(format!("{:?}", ring.last(3).collect::<Vec<_>>()), "[3.0, 4.0, 5.0]");
        assert_eq!(ring.filled(), 3);
    }

    #[test]
    fn mean_and_variance_are_those_of_what_it_holds() {
        let mut ring = Ring::new(8);
        for value in [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0] {
            ring.push(value);
        }
        let (mean, variance) = ring.mean_and_variance();
        assert!((mean - 5.0).abs() < 1e-15 && (variance - 4.0).abs() < 1e-15);
    }

    #[test]
    fn a_rolling_sum_is_the_sum_of_the_window_to_the_last_bit_at_each_turn() {
        let (mut ring, mut sum, mut chance) =
            (Ring::new(13), RollingSum::new(12), SplitMix64::new(1));
        let mut values = Vec::new();
        for n in 1..=1_000_usize {
            values.push(chance.uniform() * 1e6);
            ring.push(values[n - 1]);
            let total = sum.follow(&ring);
            let afresh: f64 =
                values[n.saturating_sub(12)..].iter().fold(0.0, |sum, value| sum + value);
            if n % 12 == 0 {
                assert_eq!(total.to_bits(), afresh.to_bits(), "after {n}");
            }
            assert!((total - afresh).abs() < 1e-8 * afresh, "after {n}: {total}, {afresh}");
        }
    }
}
