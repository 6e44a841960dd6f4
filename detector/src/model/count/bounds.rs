//! The counts between which a bucket is ordinary: quantiles, by bisection on the tails.

use super::tails::CountLaw;
use crate::model::bisect::{Bracket, deviations};

/// Means beyond this are searched with the saddlepoint, which costs the same however large they are.
const SEARCH_EXACT_UP_TO: f64 = 10.0;
/// Up to this mean what was found is then put right by the exact tail; beyond it the saddlepoint is off by less than
/// a thousandth.
const EXACT_UP_TO: f64 = 1_000.0;

/// Returns the least and the greatest count whose evidence stays below `s`.
///
/// Too much is not spoken of below `guard` events, too little not where fewer than `least_for_low` are expected.
pub(super) fn bounds(law: CountLaw, s: f64, guard: f64, least_for_low: f64) -> (f64, f64) {
    let thin = 10_f64.powf(-s);
    // The least count that speaks is at least the guard; the greatest ordinary one is one less.
    let upper =
        least_high(law, s, thin).map_or(f64::INFINITY, |least| least.max(guard.ceil()) - 1.0);
    if law.expected < least_for_low {
        return (0.0, upper);
    }
    (greatest_low(law, s, thin).map_or(0.0, |greatest| greatest + 1.0), upper)
}

/// Returns the least count above the expected one whose tail is thin.
fn least_high(law: CountLaw, s: f64, thin: f64) -> Option<f64> {
    let is_thin = |count: f64| law.at_least(count) <= thin;
    let (guess, step) = distance(law, s, 1.0);
    let floor = law.expected.floor();
    let bracket = Bracket { floor, guess: law.expected + guess, step, last: f64::MAX };
    if law.expected <= SEARCH_EXACT_UP_TO {
        return bracket.least(is_thin);
    }
    let mut least = bracket.least(|count| law.saddlepoint(count, 1.0) <= thin)?;
    if law.expected <= EXACT_UP_TO {
        while least - 1.0 > law.expected && is_thin(least - 1.0) {
            least -= 1.0;
        }
        while !is_thin(least) {
            least += 1.0;
        }
    }
    Some(least)
}

/// Returns the greatest count below the expected one whose tail is thin.
fn greatest_low(law: CountLaw, s: f64, thin: f64) -> Option<f64> {
    let is_thin = |count: f64| law.at_most(count) <= thin;
    // Searched downwards: the unknown is how many events are missing from the expected whole number.
    let whole = law.expected.ceil();
    let (guess, step) = distance(law, s, -1.0);
    let bracket = Bracket { floor: 0.0, guess, step, last: whole };
    if law.expected <= SEARCH_EXACT_UP_TO {
        return bracket.least(|missing| is_thin(whole - missing)).map(|missing| whole - missing);
    }
    let thin_near = |missing: f64| law.saddlepoint(whole - missing + 1.0, -1.0) <= thin;
    let mut greatest = bracket.least(thin_near).map_or(0.0, |missing| whole - missing);
    if law.expected <= EXACT_UP_TO {
        while greatest + 1.0 < law.expected && is_thin(greatest + 1.0) {
            greatest += 1.0;
        }
        while !is_thin(greatest) {
            if greatest <= 0.0 {
                return None;
            }
            greatest -= 1.0;
        }
        return Some(greatest);
    }
    (greatest > 0.0 || thin_near(whole)).then_some(greatest)
}

/// Returns how far from the expected count a bound is about, and in which steps to look around there: the normal
/// quantile, moved by the law's skewness.
fn distance(law: CountLaw, s: f64, sign: f64) -> (f64, f64) {
    let deviation = (law.factor * law.expected).sqrt();
    let normal = deviations(s);
    let skew = (normal * normal - 1.0) * (2.0 * law.factor - 1.0).max(0.2) / 6.0;
    (normal * deviation + sign * skew, deviation / 16.0)
}

#[cfg(test)]
mod tests {
    use super::bounds;
    use crate::model::count::tails::CountLaw;

    /// The evidence of a bucket by itself.
    fn evidence(law: CountLaw, count: f64) -> f64 {
        let p = if count > law.expected { law.at_least(count) } else { law.at_most(count) };
        -p.max(1e-300).log10()
    }

    #[test]
    fn bounds_are_where_the_threshold_is_met() {
        for expected in [0.02, 0.7, 4.0, 25.0, 400.0, 3_000.0, 250_000.0] {
            for factor in [0.3, 1.0, 1.5, 12.0] {
                let law = CountLaw { expected, factor };
                let (lower, upper) = bounds(law, 5.0, 0.0, 3.0);
                let at = format!("{law:?}: {lower} {upper}");
                // One event more or less is far below the saddlepoint's error only where many are expected.
                let slack = if expected > 1_000.0 { 0.01 } else { 0.0 };
                assert!(evidence(law, upper) < 5.0 + slack, "{at}");
                assert!(evidence(law, upper + 1.0) >= 5.0 - slack, "{at}");
                assert!(lower <= expected && expected < upper + 1.0, "{at}");
                if lower > 0.0 {
                    assert!(evidence(law, lower) < 5.0 + slack, "{at}");
                    assert!(evidence(law, lower - 1.0) >= 5.0 - slack, "{at}");
                }
            }
        }
    }

    #[test]
    fn searched_by_the_saddlepoint_bounds_are_exact_all_the_same() {
        for step in 0..50 {
            let expected = 10.0 * 1.1_f64.powi(step);
            for (factor, s) in
                [(0.3, 5.0), (1.0, 3.0), (1.02, 8.0), (1.5, 5.0), (6.0, 4.0), (40.0, 5.0)]
            {
                let law = CountLaw { expected, factor };
                let (lower, upper) = bounds(law, s, 0.0, 3.0);
                assert!(
                    evidence(law, upper) < s && evidence(law, upper + 1.0) >= s,
                    "{law:?} {upper}"
                );
                assert!(lower <= 0.0 || evidence(law, lower) < s, "{law:?} {lower}");
                assert!(lower <= 0.0 || evidence(law, lower - 1.0) >= s, "{law:?} {lower}");
                assert!(lower > 0.0 || evidence(law, 0.0) < s, "{law:?} {lower}");
            }
        }
    }

    #[test]
    fn the_guard_lifts_the_upper_bound_and_opens_the_lower() {
        let law = CountLaw { expected: 4.0, factor: 1.0 };
        let (lower, upper) = bounds(law, 5.0, 40.0, 40.0);
        assert!(lower.abs() < 1e-12 && (upper - 39.0).abs() < 1e-12, "{lower} {upper}");
    }
}
