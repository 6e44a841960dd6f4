//! The beta-binomial law: k of n where the share itself varies.

use statrs::function::gamma::ln_gamma;

use crate::model::bisect::deviations;

/// Wholes beyond these are scaled down, the share kept, so that the terms reach to the end of the tail. The variance of
/// the share is b(1−b)·(1/n + dispersion), so from n = 100/dispersion on the law widens by one part in a hundred; at
/// the least dispersion the second cap doubles it, which errs to the quiet side.
const FINE_WHOLE: f64 = 1e4;
const MOST_WHOLE: f64 = 1e6;
/// Terms summed before the rest is taken as geometric.
const MOST_TERMS: u32 = 10_000;
/// A term that is this small a share of the sum ends it.
const LEAST_TERM: f64 = 1e-11;
/// Jumps towards a bound, and how near to it a walk from part to part is cheaper than another jump.
const MOST_JUMPS: u32 = 30;
const SHORT_WALK: f64 = 48.0;

/// k of n ~ beta-binomial(n, bκ, (1−b)κ), with `dispersion` = 1/(κ+1).
#[derive(Debug, Clone, Copy)]
pub(super) struct ShareLaw {
    whole: f64,
    base: f64,
    dispersion: f64,
    alpha: f64,
    beta: f64,
    /// What all terms share of the logarithm of the chance of one k.
    ln_front: f64,
}

impl ShareLaw {
    pub(super) fn new(whole: f64, base: f64, dispersion: f64) -> Self {
        let whole = whole.min((100.0 / dispersion).max(FINE_WHOLE)).min(MOST_WHOLE);
        let kappa = 1.0 / dispersion - 1.0;
        let (alpha, beta) = (base * kappa, (1.0 - base) * kappa);
        let ln_front = ln_gamma(whole + 1.0) + ln_gamma(alpha + beta)
            - ln_gamma(alpha)
            - ln_gamma(beta)
            - ln_gamma(whole + alpha + beta);
        Self { whole, base, dispersion, alpha, beta, ln_front }
    }

    /// The same law, counting what is not part.
    fn mirrored(self) -> Self {
        Self { base: 1.0 - self.base, alpha: self.beta, beta: self.alpha, ..self }
    }

    /// φ: variance in units of the binomial one.
    pub(super) fn factor(self) -> f64 {
        1.0 + (self.whole - 1.0) * self.dispersion
    }

    pub(super) fn mean(self) -> f64 {
        self.whole * self.base
    }

    pub(super) fn deviation(self) -> f64 {
        (self.mean() * (1.0 - self.base) * self.factor()).sqrt()
    }

    /// Returns the chance of a part at least as far out, on its own side of the mean.
    pub(super) fn tail(self, part: f64, whole: f64) -> f64 {
        let part = (part * (self.whole / whole)).round();
        if part > self.mean() {
            self.at_least(part)
        } else {
            self.mirrored().at_least(self.whole - part)
        }
    }

    /// Returns the chance of at least that part.
    pub(super) fn at_least(self, part: f64) -> f64 {
        if part <= 0.0 {
            return 1.0;
        }
        (self.ln_term(part).exp() * self.terms_from(part)).min(1.0)
    }

    /// The logarithm of the chance of exactly that part.
    fn ln_term(self, part: f64) -> f64 {
        let rest = self.whole - part;
        self.ln_front - ln_gamma(part + 1.0) - ln_gamma(rest + 1.0)
            + ln_gamma(part + self.alpha)
            + ln_gamma(rest + self.beta)
    }

    /// The chance of one more, in units of the chance of `part`.
    fn ratio(self, part: f64) -> f64 {
        let rest = self.whole - part;
        (rest * (part + self.alpha)) / ((part + 1.0) * (rest - 1.0 + self.beta))
    }

    /// Sums the tail outward by ratios of terms, the first being 1; what is left at the end is taken as geometric.
    fn terms_from(self, part: f64) -> f64 {
        let (mut term, mut sum, mut ratio, mut part) = (1.0, 1.0, 0.0, part);
        for _ in 0..MOST_TERMS {
            if part >= self.whole {
                return sum;
            }
            ratio = self.ratio(part);
            term *= ratio;
            sum += term;
            part += 1.0;
            if term < LEAST_TERM * sum {
                break;
            }
        }
        if ratio < 1.0 { sum + term * ratio / (1.0 - ratio) } else { sum }
    }

    /// Returns the least and the greatest share whose evidence stays below `s`.
    pub(super) fn bounds(self, s: f64) -> (f64, f64) {
        let lower =
            self.mirrored().greatest_ordinary(s).map_or(0.0, |most| 1.0 - most / self.whole);
        let upper = self.greatest_ordinary(s).map_or(1.0, |most| most / self.whole);
        (lower, upper)
    }

    /// Returns the greatest part whose tail is not yet thinner than 10^−s; none where even the whole is ordinary.
    fn greatest_ordinary(self, s: f64) -> Option<f64> {
        let ln_thin = -s * std::f64::consts::LN_10;
        let floor = self.mean().floor();
        if floor + 1.0 > self.whole {
            return None;
        }
        let mut part = (self.mean() + deviations(s) * self.deviation()).floor();
        for _ in 0..MOST_JUMPS {
            part = part.clamp(floor + 1.0, self.whole);
            let terms = self.terms_from(part);
            let ln_tail = self.ln_term(part) + terms.ln();
            // The tail falls by this much at the next part, and faster beyond: a jump by it never stops too early.
            let decay = (-1.0 / terms).ln_1p();
            let jump = (ln_thin - ln_tail) / decay;
            if ln_tail > ln_thin {
                if part >= self.whole {
                    return None;
                }
                part += jump.ceil().max(1.0);
            } else if jump > -SHORT_WALK || part <= floor + 1.0 {
                return Some(self.walk_inward(part, ln_tail.exp(), ln_thin.exp(), floor));
            } else {
                part += jump.ceil();
            }
        }
        Some(part)
    }

    /// Returns the part before the least one whose tail is thin, from one at or beyond it.
    fn walk_inward(self, from: f64, tail: f64, thin: f64, floor: f64) -> f64 {
        let (mut part, mut tail, mut term) = (from, tail, self.ln_term(from).exp());
        while part > floor + 1.0 {
            term /= self.ratio(part - 1.0);
            tail += term;
            if tail > thin {
                break;
            }
            part -= 1.0;
        }
        part - 1.0
    }
}

#[cfg(test)]
mod tests;
