//! Finds the whole number from which on something holds.

/// The search for the least whole number above `floor`, at most `last`, from which on a tail is thin enough.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bracket {
    /// Below or at this it does not hold.
    pub(super) floor: f64,
    /// Where to look first.
    pub(super) guess: f64,
    /// How far to look from there at first.
    pub(super) step: f64,
    /// Where to give up.
    pub(super) last: f64,
}

impl Bracket {
    /// Returns the least whole number for which `holds`, which once true stays true; none where `last` is not enough.
    pub(super) fn least(self, holds: impl Fn(f64) -> bool) -> Option<f64> {
        let floor = self.floor.floor();
        let last = self.last.floor();
        if last <= floor {
            return None;
        }
        let mut step = self.step.max(1.0).ceil();
        let guess = self.guess.floor().clamp(floor + 1.0, last);
        let (mut below, mut from) = (floor, guess);
        if holds(guess) {
            let mut try_at = guess - step;
            while try_at > floor && holds(try_at) {
                from = try_at;
                step *= 2.0;
                try_at = from - step;
            }
            below = below.max(try_at);
        } else {
            below = guess;
            from = below + step;
            while from < last && !holds(from) {
                below = from;
                step *= 2.0;
                from = below + step;
            }
            if from >= last {
                from = last;
                if !holds(last) {
                    return None;
                }
            }
        }
        // Beyond 2^53 neighbours differ by more than one: the middle is then one of the ends, and the search is over.
        while from - below > 1.0 {
            let middle = f64::midpoint(below, from).floor();
            if middle <= below || middle >= from {
                break;
            }
            if holds(middle) { from = middle } else { below = middle }
        }
        Some(from)
    }
}

/// Returns about how many standard deviations out the tail of a normal law is 10^−s: a good place to look first.
pub(super) fn deviations(s: f64) -> f64 {
    let double = 2.0 * std::f64::consts::LN_10 * s;
    (double - (2.0 * std::f64::consts::PI * double.max(1.0)).ln()).max(0.25).sqrt()
}

#[cfg(test)]
mod tests {
    use super::{Bracket, deviations};

    #[test]
    fn the_least_number_is_found_wherever_the_search_begins() {
        for wanted in [1.0, 2.0, 17.0, 499.0, 500.0] {
            for guess in [-3.0, 1.0, 16.0, 17.0, 18.0, 400.0, 9_000.0] {
                for step in [0.0, 1.0, 7.0, 1_000.0] {
                    let bracket = Bracket { floor: 0.0, guess, step, last: 500.0 };
                    let found = bracket.least(|number| number >= wanted);
                    assert_eq!(found, Some(wanted), "from {guess} by {step}");
                }
            }
        }
    }

    #[test]
    fn what_never_holds_is_not_found() {
        let bracket = Bracket { floor: 0.0, guess: 5.0, step: 2.0, last: 40.0 };
        assert_eq!(bracket.least(|_| false), None);
        assert_eq!(Bracket { last: 0.0, ..bracket }.least(|_| true), None);
    }

    #[test]
    fn a_search_among_huge_numbers_ends() {
        let bracket = Bracket { floor: 0.0, guess: 1e18, step: 1e9, last: 1e30 };
        let found = bracket.least(|number| number >= 3e18).unwrap();
        assert!((found / 3e18 - 1.0).abs() < 1e-12, "{found}");
    }

    #[test]
    fn the_first_guess_is_near_the_normal_quantile() {
        for (s, quantile) in [(3.0, 3.09), (4.0, 3.72), (5.0, 4.26), (10.0, 6.36)] {
            assert!((deviations(s) - quantile).abs() < 0.1, "{s}: {}", deviations(s));
        }
    }
}
