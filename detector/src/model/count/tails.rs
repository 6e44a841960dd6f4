//! Tails of counts with a given mean and a measured variance: Poisson, or negative binomial where it is larger.

use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::erfc;
use statrs::function::gamma::{checked_gamma_lr, checked_gamma_ur};

/// Variance over mean up to which a count is taken as Poisson.
const POISSON_UP_TO: f64 = 1.02;
/// Means beyond this use the saddlepoint. Continued fractions take √mean steps there, or stop short of the answer;
/// the saddlepoint is off by about 1/mean.
const EXACT_UP_TO: f64 = 1e6;

/// A count's law: its mean, and variance over mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountLaw {
    pub(super) expected: f64,
    pub(super) factor: f64,
}

impl CountLaw {
    /// Returns the chance of at least `observed`, which need not be whole. Small tails are right, large ones about.
    pub(super) fn at_least(self, observed: f64) -> f64 {
        if observed <= 0.0 {
            return 1.0;
        }
        if self.expected > EXACT_UP_TO {
            return self.saddlepoint(observed, 1.0);
        }
        match self.size() {
            None => chance(checked_gamma_lr(observed.max(1e-300), self.expected)),
            Some(size) => chance(checked_beta_reg(observed, size, 1.0 - 1.0 / self.factor)),
        }
    }

    /// Returns the chance of at most `observed`.
    pub(super) fn at_most(self, observed: f64) -> f64 {
        let observed = observed.max(0.0);
        if self.expected > EXACT_UP_TO {
            return self.saddlepoint(observed + 1.0, -1.0);
        }
        match self.size() {
            None => chance(checked_gamma_ur(observed + 1.0, self.expected)),
            Some(size) => chance(checked_beta_reg(size, observed + 1.0, 1.0 / self.factor)),
        }
    }

    /// The size of the negative binomial law; none where the count is Poisson.
    fn size(self) -> Option<f64> {
        (self.factor > POISSON_UP_TO).then(|| self.expected / (self.factor - 1.0))
    }

    /// The lattice form of Lugannani and Rice: the chance of at least `count` for sign 1, of less for sign −1.
    pub(super) fn saddlepoint(self, count: f64, sign: f64) -> f64 {
        let mean = self.expected;
        let growth = (count / mean).ln();
        // Half the deviance, the tilt, and the variance under it.
        let (half, tilt, variance) = match self.size() {
            None => (count * growth - (count - mean), growth, count),
            Some(size) => {
                let shift = ((size + count) / (size + mean)).ln();
                let variance = count * (1.0 + count / size);
                (count * growth - (size + count) * shift, growth - shift, variance)
            }
        };
        let signed = (2.0 * half.max(0.0)).sqrt().copysign(count - mean);
        if signed.abs() < 1e-3 {
            return 0.5;
        }
        let density = (-0.5 * signed * signed).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let lattice = (-(-tilt).exp_m1()) * variance.sqrt();
        let tail = 0.5 * erfc(sign * signed / std::f64::consts::SQRT_2);
        chance::<()>(Ok(tail + sign * density * (1.0 / lattice - 1.0 / signed)))
    }
}

/// What a function of the tails has no answer for is not strange: better silent than wrong.
fn chance<E>(tail: Result<f64, E>) -> f64 {
    tail.ok().filter(|p| !p.is_nan()).map_or(1.0, |p| p.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::CountLaw;

    fn check(expected: f64, factor: f64, observed: f64, wanted: f64) {
        let law = CountLaw { expected, factor };
        let found =
            if observed > expected { law.at_least(observed) } else { law.at_most(observed) };
        assert!((found / wanted - 1.0).abs() < 2e-8, "{observed} at {expected}: {found:e}");
        if expected >= 400.0 {
            let near = if observed > expected {
                law.saddlepoint(observed, 1.0)
            } else {
                law.saddlepoint(observed + 1.0, -1.0)
            };
            assert!((near / wanted - 1.0).abs() < 0.01, "{observed} at {expected}: {near:e}");
        }
    }

    #[test]
    fn tails_are_those_of_the_table() {
        // Summed term by term with 60 digits.
        check(5.0, 1.0, 15.0, 2.262_536_761_768e-4);
        check(5.0, 1.0, 0.0, 6.737_946_999_085e-3);
        check(25.0, 1.0, 60.0, 2.112_058_441_123e-9);
        check(25.0, 1.0, 3.0, 4.086_758_947_997e-8);
        check(400.0, 1.0, 520.0, 5.410_201_241_477e-9);
        check(400.0, 1.0, 300.0, 1.010_396_015_196e-7);
        check(2_000.0, 1.0, 2_300.0, 3.011_686_687_654e-11);
        check(2_000.0, 1.0, 1_700.0, 3.171_417_193_713e-12);
        check(5.0, 2.0, 30.0, 3.082_444_891_334e-6);
        check(25.0, 1.5, 60.0, 2.606_792_233_694e-6);
        check(25.0, 1.5, 3.0, 1.533_592_972_514e-6);
        check(400.0, 11.0, 900.0, 4.458_297_526_251e-9);
        check(400.0, 11.0, 100.0, 3.736_400_757_211e-11);
        check(2_000.0, 3.0, 2_600.0, 3.316_222_933_468e-13);
        check(2_000.0, 3.0, 1_500.0, 1.825_570_297_961e-12);
    }

    #[test]
    fn where_the_saddlepoint_takes_over_the_tail_does_not_jump() {
        for factor in [1.0, 3.0, 1e4] {
            for deviations in [-6.0, -2.5, 2.5, 6.0_f64] {
                let at = |expected: f64| {
                    let law = CountLaw { expected, factor };
                    let observed = (expected + deviations * (factor * expected).sqrt()).round();
                    let p = if deviations > 0.0 {
                        law.at_least(observed)
                    } else {
                        law.at_most(observed)
                    };
                    -p.max(1e-300).log10()
                };
                let (exact, near) = (at(999_999.0), at(1_000_001.0));
                assert!((exact - near).abs() < 0.05, "φ {factor}, {deviations}: {exact}, {near}");
            }
        }
    }

    #[test]
    fn tails_of_huge_and_tiny_counts_are_chances() {
        for expected in [1e-6, 0.3, 1e6, 1e9, 1e15] {
            for factor in [0.3, 1.0, 2.0, 1e6, 1e15] {
                for observed in [0.0, 1.0, 0.5 * expected, expected, 3.0 * expected, 1e15] {
                    let law = CountLaw { expected, factor };
                    for p in [law.at_least(observed), law.at_most(observed)] {
                        assert!((0.0..=1.0).contains(&p), "{law:?} {observed}: {p}");
                    }
                }
            }
        }
    }
}
