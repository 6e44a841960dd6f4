//! What guard, sides, floors and bounds make of one more bucket.

use super::behaviour::{A_DAY, judged, shop, taught};
use crate::model::tests::series::value;
use crate::model::{Bucket, Judged, Model};

/// A shop that was watched for sixteen days, up to its busiest hour.
fn at_noon(seed: u64, mean: f64) -> (Vec<Bucket>, Bucket) {
    let mut buckets = shop(seed, mean, 16, |_| 1.0);
    buckets.truncate(15 * A_DAY + 141);
    let bucket = buckets[15 * A_DAY + 140];
    buckets.pop();
    (buckets, bucket)
}

/// What the model says of one more bucket with that count.
fn said_of(model: &dyn Model, bucket: &Bucket, count: f64) -> Judged {
    judged(&mut *model.fork(), &Bucket { reading: value(count), ..*bucket })
}

#[test]
fn a_bucket_beyond_its_bounds_meets_the_threshold() {
    for mean in [3.0, 25.0, 800.0] {
        let (before, bucket) = at_noon(21, mean);
        let model = taught(r#"{"seasonal_count": {"threshold": 6}}"#, &before);
        let Judged { lower, upper, expected, .. } = said_of(&*model, &bucket, mean);
        assert!(lower < expected && expected < upper, "{lower} {expected} {upper}");
        assert!(said_of(&*model, &bucket, upper + 1.0).grade.0 >= 6.0, "{upper} + 1");
        if lower > 0.0 {
            assert!(said_of(&*model, &bucket, lower - 1.0).grade.0 >= 6.0, "{lower} - 1");
        }
    }
}

#[test]
fn a_window_below_the_guard_says_nothing() {
    let (before, bucket) = at_noon(2, 0.05);
    let loose = taught(r#"{"seasonal_count": {"guard": 0}}"#, &before);
    let strict = taught(r#"{"seasonal_count": {"guard": 20}}"#, &before);
    assert!(said_of(&*loose, &bucket, 8.0).grade.0 > 5.0);
    assert!(said_of(&*strict, &bucket, 8.0).grade.0 < 1.0);
    let judged = said_of(&*strict, &bucket, 30.0);
    assert!(
        judged.grade.0 > 5.0 && judged.upper >= 19.0 && judged.lower.abs() < 1e-12,
        "{judged:?}"
    );
}

#[test]
fn too_little_is_not_spoken_of_where_less_than_the_guard_is_expected() {
    let (before, bucket) = at_noon(4, 10.0);
    let strict = taught(r#"{"seasonal_count": {"guard": 100}}"#, &before);
    let silence = said_of(&*strict, &bucket, 0.0);
    // The bucket and its quarter of an hour expect 17 and 50, the hour 200, four hours 700.
    assert!(silence.grade.0 < 5.0 && silence.lower.abs() < 1e-12, "{silence:?}");
    let loose = taught(r#"{"seasonal_count": {}}"#, &before);
    assert!(said_of(&*loose, &bucket, 0.0).grade.0 >= 5.0);
}

#[test]
fn only_the_sides_that_were_asked_for_speak() {
    let (before, bucket) = at_noon(5, 50.0);
    let low = taught(r#"{"seasonal_count": {"sides": "low"}}"#, &before);
    let burst = said_of(&*low, &bucket, 500.0);
    assert!(burst.grade.0 < 1.0 && burst.upper.is_infinite(), "{burst:?}");
    let part = burst.parts.get("high").unwrap();
    assert!(part > 5.0, "what was not asked for still stands among the parts: {part}");
    assert!(said_of(&*low, &bucket, 0.0).grade.0 > 5.0);
}

#[test]
fn a_relative_floor_holds_back_what_is_only_unlikely() {
    let (before, bucket) = at_noon(6, 800.0);
    let config =
        r#"{"seasonal_count": {"floors": {"low": {"relative": 0.4}, "high": {"relative": 2}}}}"#;
    let model = taught(config, &before);
    let expected = said_of(&*model, &bucket, 0.0).expected;
    assert!(said_of(&*model, &bucket, 0.65 * expected).grade.0 < 1.0);
    assert!(said_of(&*model, &bucket, 0.55 * expected).grade.0 > 5.0);
    assert!(said_of(&*model, &bucket, 2.9 * expected).grade.0 < 1.0);
    assert!(said_of(&*model, &bucket, 3.1 * expected).grade.0 > 5.0);
}
