//! What `seasonal_count` does in shops of known size.

use std::time::Duration;

use crate::model::chance::SplitMix64;
use crate::model::tests::series::{buckets, cold, poisson, value};
use crate::model::{Bucket, Gate, Gated, Judged, Judgement, Model, Reading, Side};

const FIVE_MINUTES: Duration = Duration::from_mins(5);
pub(super) const A_DAY: usize = 288;

/// A shop whose orders follow the hour of the day; weekends are quieter.
pub(super) fn shop(
    seed: u64,
    mean: f64,
    days: usize,
    trouble: impl Fn(usize) -> f64,
) -> Vec<Bucket> {
    let mut chance = SplitMix64::new(seed);
    let reading = |place: usize| {
        let hour = (place % A_DAY) as f64 / A_DAY as f64;
        let weekend = if place / A_DAY % 7 >= 5 { 0.6 } else { 1.0 };
        let course = 1.0 + 0.8 * (std::f64::consts::TAU * hour - 1.5).sin();
        value(poisson(&mut chance, mean * course * weekend * trouble(place)))
    };
    let readings: Vec<Reading> = (0..days * A_DAY).map(reading).collect();
    buckets(FIVE_MINUTES, &readings)
}

pub(super) fn judged(model: &mut dyn Model, bucket: &Bucket) -> Judged {
    match model.step(bucket) {
        Judgement::Judged(judged) => judged,
        other @ (Judgement::Unknown | Judgement::Learning { .. }) => panic!("{other:?}"),
    }
}

/// The model after so many buckets of a shop.
pub(super) fn taught(config: &str, shop: &[Bucket]) -> Box<dyn Model> {
    let mut model = cold(config, FIVE_MINUTES);
    for bucket in shop {
        model.step(bucket);
    }
    model
}

#[test]
fn two_weeks_are_learned_before_the_first_judgement() {
    let buckets = shop(1, 20.0, 15, |_| 1.0);
    let mut model = cold(r#"{"seasonal_count": {}}"#, FIVE_MINUTES);
    for (place, bucket) in buckets.iter().enumerate() {
        let judgement = model.step(bucket);
        if place < 14 * A_DAY {
            let known = u32::try_from(place).unwrap() + 1;
            assert_eq!(judgement, Judgement::Learning { known, needed: 4_032 });
        } else {
            assert!(judgement.judged().is_some(), "{place}: {judgement:?}");
        }
    }
}

#[test]
fn a_steady_shop_is_left_alone() {
    // 4 shops, 28 judged days: the reference gives 0.00 to 0.03 false alarms a day for series like these.
    let mut alarms = 0;
    for (seed, mean) in [(1, 5.0), (2, 20.0), (3, 50.0), (4, 200.0)] {
        let mut model = cold(r#"{"seasonal_count": {}}"#, FIVE_MINUTES);
        let mut gate = Gate::new(5.0, Some(20), 1.5);
        for bucket in shop(seed, mean, 21, |_| 1.0) {
            let Judgement::Judged(judged) = model.step(&bucket) else { continue };
            alarms += usize::from(gate.step(judged.evidence.0) == Gated::Fires);
        }
    }
    assert!(alarms <= 1, "{alarms} false alarms in 28 days");
}

#[test]
fn quiet_nights_and_closed_weekends_give_hardly_an_alarm() {
    let closed = |place: usize| if place / A_DAY % 7 >= 5 { 0.0 } else { 0.15 };
    let mut model = cold(r#"{"seasonal_count": {}}"#, FIVE_MINUTES);
    let mut gate = Gate::new(5.0, Some(20), 1.5);
    let alarms = shop(9, 5.0, 28, closed)
        .iter()
        .filter_map(|bucket| model.step(bucket).judged().copied())
        .filter(|judged| gate.step(judged.evidence.0) == Gated::Fires)
        .count();
    assert!(alarms <= 1, "{alarms} false alarms in two weeks");
}

/// In which bucket of trouble the threshold is met, and on which side.
fn found(mean: f64, factor: f64) -> Option<(usize, Side)> {
    let from = 16 * A_DAY + 150;
    let buckets = shop(17, mean, 17, |place| if place >= from { factor } else { 1.0 });
    let mut model = taught(r#"{"seasonal_count": {}}"#, &buckets[..from]);
    let mut after = buckets[from..from + 24].iter().enumerate();
    after.find_map(|(place, bucket)| {
        let judged = judged(&mut *model, bucket);
        (judged.grade.0 >= 5.0).then_some((place, judged.side))
    })
}

#[test]
fn trouble_is_found_in_its_first_buckets() {
    assert_eq!(found(25.0, 0.02), Some((0, Side::Low)));
    assert_eq!(found(25.0, 3.0), Some((0, Side::High)));
    assert_eq!(found(200.0, 0.6), Some((0, Side::Low)));
    // What one bucket cannot show the windows of a quarter of an hour to four hours do.
    let half = found(25.0, 0.5).unwrap();
    assert!(half.0 <= 6 && half.1 == Side::Low, "{half:?}");
    let more = found(25.0, 1.5).unwrap();
    assert!(more.0 <= 12 && more.1 == Side::High, "{more:?}");
}

#[test]
fn an_outage_teaches_little() {
    let outage = 15 * A_DAY + 100..15 * A_DAY + 148;
    let buckets = shop(3, 25.0, 17, |place| if outage.contains(&place) { 0.0 } else { 1.0 });
    let calm = shop(3, 25.0, 17, |_| 1.0);
    let config = r#"{"seasonal_count": {}}"#;
    let a_day_later = outage.start + A_DAY;
    let (mut hit, mut spared) =
        (taught(config, &buckets[..a_day_later]), taught(config, &calm[..a_day_later]));
    let hit = judged(&mut *hit, &buckets[a_day_later]).expected;
    let spared = judged(&mut *spared, &calm[a_day_later]).expected;
    assert!((hit / spared - 1.0).abs() < 0.2, "{hit} after an outage, {spared} without");
}

#[test]
fn after_weeks_of_zeros_a_series_does_not_expect_the_hundredfold() {
    let asleep = |place: usize| if place < 21 * A_DAY { 0.0 } else { 1.0 };
    let mut model = cold(r#"{"seasonal_count": {}}"#, FIVE_MINUTES);
    for bucket in shop(8, 5.0, 28, asleep) {
        let Judgement::Judged(judged) = model.step(&bucket) else { continue };
        assert!(judged.expected < 80.0, "{judged:?}");
        assert!(judged.side != Side::Low || judged.grade.0 < 5.0, "{judged:?}");
    }
}
