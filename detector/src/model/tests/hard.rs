//! Input that breaks careless arithmetic: every model stays silent or finite.

use super::series::{CONFIGS, HOUR, buckets, cold, value};
use crate::model::{Judged, Judgement, Reading};

/// Named series that break careless arithmetic.
fn hard() -> Vec<(&'static str, Vec<Reading>)> {
    let long = 900;
    let every = |reading: fn(usize) -> Reading| (0..long).map(reading).collect::<Vec<_>>();
    let gap =
        |place: usize| if (100..820).contains(&place) { Reading::Unknown } else { value(7.0) };
    vec![
        ("not a number", every(|place| value([f64::NAN, 3.0][place % 2]))),
        ("infinite", every(|place| value([f64::INFINITY, 1.0, f64::NEG_INFINITY][place % 3]))),
        ("all unknown", every(|_| Reading::Unknown)),
        ("zero", every(|_| value(0.0))),
        ("two-valued", every(|place| value([1.0, 2.0][place / 7 % 2]))),
        ("huge", every(|_| value(1e300))),
        ("huge and zero", every(|place| value([0.0, 1e300, f64::MAX, f64::MIN][place % 4]))),
        ("tiny", every(|place| value(1e-12 * (place % 5) as f64))),
        ("smallest", every(|place| value([f64::MIN_POSITIVE, 5e-324, 0.0][place % 3]))),
        ("negative", every(|place| value(-3.0 - (place % 11) as f64))),
        ("one spike", every(|place| value(if place == 700 { 1e9 } else { 4.0 }))),
        ("one huge spike", every(|place| value(if place == 700 { 1e300 } else { 4.0 }))),
        ("gap of 30 days", every(gap)),
        ("first unknown", every(|place| if place == 0 { Reading::Unknown } else { value(5.0) })),
        ("under 100 values", every(|place| value(place as f64)).split_off(long - 80)),
        (
            "shares of all sizes",
            every(|place| Reading::Share {
                part: [0.0, 1.0, 1e9, 1e300][place % 4],
                whole: [1.0, 1.0, 1e12, 1e300, 0.0][place % 5],
            }),
        ),
        (
            "parts beyond the whole",
            every(|place| Reading::Share { part: place as f64, whole: 40.0 }),
        ),
        (
            "shares that are no numbers",
            every(|place| Reading::Share {
                part: [f64::NAN, -1.0, 2.0][place % 3],
                whole: [5.0, f64::INFINITY, -4.0, 1e3][place % 4],
            }),
        ),
    ]
}

#[test]
fn hard_input_gives_finite_scores() {
    for text in CONFIGS {
        for (name, readings) in hard() {
            let mut model = cold(text, HOUR);
            for (place, bucket) in buckets(HOUR, &readings).iter().enumerate() {
                let Judgement::Judged(judged) = model.step(bucket) else { continue };
                let Judged { value, expected, lower, upper, evidence, grade, .. } = judged;
                let at = format!("{text}, {name}, {place}: {judged:?}");
                for number in [value, expected, evidence.0, grade.0] {
                    assert!(number.is_finite(), "{at}");
                }
                assert!((0.0..=300.0).contains(&evidence.0), "{at}");
                assert!(lower <= upper, "{at}");
                assert!(judged.parts.iter().all(|(_, part)| part.is_finite()), "{at}");
            }
        }
    }
}

#[test]
fn a_constant_series_is_never_strange() {
    for text in CONFIGS {
        for reading in [value(7.0), value(1.5e6), Reading::Share { part: 3.0, whole: 60.0 }] {
            if text.contains("threshold") || text.contains("invariant") {
                continue;
            }
            let mut model = cold(text, HOUR);
            for bucket in buckets(HOUR, &vec![reading; 900]) {
                let Judgement::Judged(judged) = model.step(&bucket) else { continue };
                assert!(judged.grade.0 < 0.5, "{text}: {judged:?}");
            }
        }
    }
}
