//! What stands out: values whose part of the trouble is larger than their part of ordinary times, and not by luck.

use serde::{Deserialize, Serialize};
use statrs::function::erf::erfc;

/// Beyond this chance of luck a value explains nothing.
const LUCK: f64 = 0.02;

/// A value that explains a part of the change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The field.
    pub field: String,
    /// The value.
    pub value: String,
    /// Documents seen with the value.
    pub fg: f64,
    /// Documents expected with the value.
    pub bg: f64,
    /// Its part of the change.
    pub share: f64,
    /// How much more common it is among the documents than before.
    pub lift: f64,
    /// The chance that this is luck.
    pub p: f64,
}

/// Counts of one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// The field.
    pub field: String,
    /// The value.
    pub value: String,
    /// Documents with it in the foreground, and all of the foreground.
    pub fg: (f64, f64),
    /// Documents with it in the background, and all of the background.
    pub bg: (f64, f64),
}

/// Returns the `most` values that explain the change best.
///
/// `scale` makes the background as long as the foreground: 1/2 where it is two windows of the same length.
pub fn rank(counts: &[Counts], scale: f64, most: usize) -> Vec<Explained> {
    let tests = counts.len().max(1) as f64;
    let mut explained: Vec<(f64, Explained)> = counts
        .iter()
        .filter_map(|counts| {
            let ((seen, all), (before, all_before)) = (counts.fg, counts.bg);
            let expected = before * scale;
            let excess = seen - expected;
            let change = all - all_before * scale;
            let p = (two_proportions(seen, all, before, all_before) * tests).min(1.0);
            let more_common = seen * all_before > before * all;
            (p < LUCK && more_common && excess > 0.0).then(|| {
                // A mix that shifts under a total that stands still has no change to share: the value's own part counts.
                let share = if change > 0.1 * all { excess / change } else { seen / all };
                // Half a document stands in for one never seen before, so that the lift stays a number.
                let rate = seen / all;
                let rate_before = before.max(0.5) / all_before.max(1.0);
                let (field, value) = (counts.field.clone(), counts.value.clone());
                let (share, lift) = (share.min(1.0), rate / rate_before);
                (excess, Explained { field, value, fg: seen, bg: expected, share, lift, p })
            })
        })
        .collect();
    explained.sort_by(|(one, a), (other, b)| {
        other.total_cmp(one).then_with(|| (&a.field, &a.value).cmp(&(&b.field, &b.value)))
    });
    explained.into_iter().map(|(_, explained)| explained).take(most).collect()
}

/// Returns the two-sided p of equal proportions (pooled z test).
pub fn two_proportions(a: f64, of_a: f64, b: f64, of_b: f64) -> f64 {
    if of_a <= 0.0 || of_b <= 0.0 {
        return 1.0;
    }
    let pooled = (a + b) / (of_a + of_b);
    let variance = pooled * (1.0 - pooled) * (1.0 / of_a + 1.0 / of_b);
    if variance <= 0.0 {
        return 1.0;
    }
    let z = (a / of_a - b / of_b) / variance.sqrt();
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(value: &str, fg: (f64, f64), bg: (f64, f64)) -> Counts {
        Counts { field: "f".into(), value: value.into(), fg, bg }
    }

    #[test]
    fn the_value_with_the_largest_excess_stands_first() {
        let found = rank(
            &[
                counts("small", (30.0, 200.0), (2.0, 100.0)),
                counts("broken", (150.0, 200.0), (10.0, 100.0)),
                counts("usual", (30.0, 200.0), (88.0, 100.0)),
            ],
            0.5,
            3,
        );
        let names: Vec<_> = found.iter().map(|found| found.value.as_str()).collect();
        assert_eq!(names, ["broken", "small"]);
        assert!((found[0].share - 145.0 / 150.0).abs() < 1e-12);
        assert!((found[0].lift - 7.5).abs() < 1e-12);
    }

    #[test]
    fn what_may_be_luck_explains_nothing() {
        assert_eq!(rank(&[counts("x", (3.0, 10.0), (20.0, 100.0))], 0.5, 3), []);
        assert_eq!(rank(&[counts("x", (0.0, 0.0), (20.0, 100.0))], 0.5, 3), []);
    }

    #[test]
    fn a_value_never_seen_before_has_a_finite_lift() {
        let found = rank(&[counts("new", (40.0, 50.0), (0.0, 100.0))], 0.5, 3);
        assert!((found[0].lift - 160.0).abs() < 1e-9);
        assert!(found[0].p < 1e-10);
    }

    #[test]
    fn the_test_of_two_proportions_is_the_one_of_the_books() {
        // 45 of 200 against 30 of 200: z = 1.9215.., two-sided p = 0.0547.
        assert!((two_proportions(45.0, 200.0, 30.0, 200.0) - 0.0547).abs() < 5e-4);
        assert!((two_proportions(5.0, 10.0, 50.0, 100.0) - 1.0).abs() < 1e-9);
        assert!((two_proportions(1.0, 0.0, 50.0, 100.0) - 1.0).abs() < f64::EPSILON);
    }
}
