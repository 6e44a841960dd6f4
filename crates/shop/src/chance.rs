//! Chance as an argument: a small generator that gives the same numbers for the same seed, and the shapes drawn from it.
//!
//! SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). Each purpose has a branch of
//! its own, so that what is drawn for one thing never shifts what is drawn for another.

use std::f64::consts::TAU;

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Chance {
    state: u64,
}

impl Chance {
    /// Returns the sequence of one purpose and one key, such as a minute or an order.
    pub(crate) fn branch(seed: u64, purpose: &str, key: u64) -> Self {
        let mut state = mix(seed ^ GOLDEN);
        for byte in purpose.bytes() {
            state = mix(state ^ u64::from(byte));
        }
        Self { state: mix(state ^ mix(key)) }
    }

    /// Returns 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Returns a number from 0 to 1, 1 not included.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns a whole number below `limit`, or 0 when that is 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        // The bias of the product is below 2^-40 for the limits used here.
        let wide = u128::from(self.bits()) * u128::from(limit);
        u64::try_from(wide >> 64).unwrap_or_default()
    }

    /// Tells whether something that happens in `share` of all cases happens now.
    pub(crate) fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Returns a value of the normal distribution around 0 with deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    /// Returns a value whose logarithm is normal: `median` in the middle, `spread` the deviation of the logarithm.
    pub(crate) fn log_normal(&mut self, median: f64, spread: f64) -> f64 {
        median * (spread * self.normal()).exp()
    }

    /// Returns how many independent things happen where `mean` are expected.
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        // The product below leaves the range of f64 for large means; the parts of a Poisson count are Poisson counts.
        if mean > 30.0 {
            return self.poisson(mean / 2.0) + self.poisson(mean / 2.0);
        }
        let floor = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > floor {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// Returns one of the values, each as often as its weight says.
    pub(crate) fn pick<T: Copy>(&mut self, weighted: &[(T, f64)]) -> T {
        let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mut rest = self.unit() * total;
        for &(value, weight) in weighted {
            if rest < weight {
                return value;
            }
            rest -= weight;
        }
        weighted[weighted.len() - 1].0
    }

    /// Returns one of the values.
    pub(crate) fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[place(self.below(values.len() as u64))]
    }
}

/// Mixes the bits of a number so that neighbours have nothing in common. The function is one to one.
pub(crate) fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_add(GOLDEN);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Rounds to a whole number; what is negative or no number becomes 0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and the values are counts and milliseconds"
)]
pub(crate) fn whole(value: f64) -> i64 {
    value.round().max(0.0) as i64
}

/// Turns a small number into a place in a list.
pub(crate) fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(mut draw: impl FnMut() -> f64) -> f64 {
        (0..20_000).map(|_| draw()).sum::<f64>() / 20_000.0
    }

    fn near(value: f64, expected: f64, tolerance: f64) {
        assert!((value - expected).abs() < tolerance, "{value} is not near {expected}");
    }

    #[test]
    fn a_branch_gives_the_same_numbers_again_and_others_do_not() {
        let draw = |seed, purpose, key| Chance::branch(seed, purpose, key).bits();
        assert_eq!(draw(1, "order", 2), draw(1, "order", 2));
        let others = [draw(2, "order", 2), draw(1, "agent", 2), draw(1, "order", 3)];
        assert!(!others.contains(&draw(1, "order", 2)));
    }

    #[test]
    fn the_shapes_have_their_means() {
        let mut chance = Chance::branch(1, "test", 0);
        near(mean(|| chance.unit()), 0.5, 0.01);
        near(mean(|| chance.normal()), 0.0, 0.03);
        near(mean(|| f64::from(chance.poisson(3.3))), 3.3, 0.06);
        near(mean(|| f64::from(chance.poisson(95.0))), 95.0, 0.4);
        near(mean(|| chance.log_normal(8.0, 0.5).ln()), 8.0_f64.ln(), 0.02);
        near(mean(|| f64::from(u8::from(chance.happens(0.2)))), 0.2, 0.012);
        near(mean(|| chance.below(11) as f64), 5.0, 0.1);
        near(mean(|| chance.pick(&[(1.0, 3.0), (5.0, 1.0)])), 2.0, 0.05);
    }

    #[test]
    fn nothing_happens_where_nothing_is_expected() {
        let mut chance = Chance::branch(1, "test", 0);
        assert_eq!((0..100).map(|_| chance.poisson(0.0)).sum::<u32>(), 0);
        assert_eq!(chance.below(0), 0);
    }
}
