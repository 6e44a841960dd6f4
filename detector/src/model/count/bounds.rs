//! The counts between which a bucket is ordinary: quantiles, by bisection on the tails.

use super::tails::CountLaw;
use crate::model::bisect::{Bracket, deviations};

/// Means beyond this take their bounds from the saddlepoint: its error is far below one event there.
const EXACT_UP_TO: f64 = 1_000.0;

/// Returns the least and the greatest count whose evidence stays below `s`.
///
/// Too much is not spoken of below `guard` events, too little not where fewer than `least_for_low` are expected.
pub(super) fn bounds(law: CountLaw, s: f64, guard: f64, least_for_low: f64) -> (f64, f64) {
    let thin = 10_f64.powf(-s);
    let deviation = (law.factor * law.expected).sqrt();
    let reach = deviations(s) * deviation;
    let step = 0.125 * deviation;
    let at_least = |count: f64| {
        if law.expected > EXACT_UP_TO { law.saddlepoint(count, 1.0) } else { law.at_least(count) }
    };
    let at_most = |count: f64| {
        if law.expected > EXACT_UP_TO {
            law.saddlepoint(count + 1.0, -1.0)
        } else {
            law.at_most(count)
        }
    };
    let rise = Bracket {
        floor: law.expected.floor(),
        guess: law.expected + reach * (1.0 + 0.2 * reach / law.expected.max(1.0)).min(2.0),
        step,
        last: f64::MAX,
    };
    let upper = rise.least(|count| at_least(count) <= thin).map_or(f64::INFINITY, |least| {
        // The least count that speaks is at least the guard; the greatest ordinary one is one less.
        least.max(guard.ceil()) - 1.0
    });
    if law.expected < least_for_low {
        return (0.0, upper);
    }
    // Searched downwards: `fallen` is how many events are missing from the expected whole number.
    let whole = law.expected.ceil();
    let fall = Bracket { floor: 0.0, guess: reach.min(0.8 * whole), step, last: whole };
    let lower = fall
        .least(|fallen| at_most(whole - fallen) <= thin)
        .map_or(0.0, |fallen| whole - fallen + 1.0);
    (lower, upper)
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
    fn the_guard_lifts_the_upper_bound_and_opens_the_lower() {
        let law = CountLaw { expected: 4.0, factor: 1.0 };
        let (lower, upper) = bounds(law, 5.0, 40.0, 40.0);
        assert!(lower.abs() < 1e-12 && (upper - 39.0).abs() < 1e-12, "{lower} {upper}");
    }
}
