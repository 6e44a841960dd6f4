//! What `ratio` says of shares in shops of known size.

use crate::model::chance::SplitMix64;
use crate::model::tests::series::{HOUR, binomial, buckets, cold};
use crate::model::{Bucket, Judged, Judgement, Model, Reading, Side};

fn share(part: f64, whole: f64) -> Reading {
    Reading::Share { part, whole }
}

/// Hours of a shop with `whole` payments each, of which `rate` fail.
fn hours(seed: u64, count: usize, whole: u32, rate: impl Fn(usize) -> f64) -> Vec<Bucket> {
    let mut chance = SplitMix64::new(seed);
    let reading = |hour| share(binomial(&mut chance, whole, rate(hour)), f64::from(whole));
    buckets(HOUR, &(0..count).map(reading).collect::<Vec<_>>())
}

fn taught(config: &str, buckets: &[Bucket]) -> Box<dyn Model> {
    let mut model = cold(config, HOUR);
    for bucket in buckets {
        model.step(bucket);
    }
    model
}

/// What the model says of one more hour.
fn said_of(model: &dyn Model, part: f64, whole: f64) -> Judged {
    let bucket = buckets(HOUR, &[share(part, whole)])[0];
    match model.fork().step(&bucket) {
        Judgement::Judged(judged) => judged,
        other @ (Judgement::Unknown | Judgement::Learning { .. }) => panic!("{other:?}"),
    }
}

#[test]
fn one_of_two_is_no_alarm_and_thirty_of_a_thousand_is() {
    let model = taught(r#"{"ratio": {}}"#, &hours(1, 21 * 24, 400, |_| 0.005));
    let one_of_two = said_of(&*model, 1.0, 2.0);
    assert!(one_of_two.grade.0 < 3.0, "{one_of_two:?}");
    let thirty = said_of(&*model, 30.0, 1_000.0);
    assert!(thirty.grade.0 > 4.0 && thirty.side == Side::High, "{thirty:?}");
    assert!((thirty.expected - 0.005).abs() < 0.001, "{thirty:?}");
    assert!(said_of(&*model, 5.0, 1_000.0).grade.0 < 1.0);
}

#[test]
fn a_thousand_are_seen_before_the_first_judgement() {
    let mut model = cold(r#"{"ratio": {}}"#, HOUR);
    let judgements: Vec<Judgement> =
        hours(2, 12, 100, |_| 0.1).iter().map(|bucket| model.step(bucket)).collect();
    assert_eq!(judgements[0], Judgement::Learning { known: 100, needed: 1_000 });
    let first = judgements.iter().position(|judgement| judgement.judged().is_some());
    // Ten hundreds, of which a little was forgotten again: the eleventh hour fills the measure.
    assert_eq!(first, Some(11));
}

#[test]
fn the_first_judgement_rests_on_the_true_share() {
    let model = taught(r#"{"ratio": {}}"#, &hours(3, 60, 100, |_| 0.02));
    let base = said_of(&*model, 2.0, 100.0).expected;
    assert!((base - 0.02).abs() < 0.005, "{base}");
}

#[test]
fn steady_shares_are_left_alone() {
    let mut strange = 0;
    for (seed, whole, rate) in [(4, 60, 0.02), (5, 400, 0.005), (6, 900, 0.3)] {
        let mut model = cold(r#"{"ratio": {}}"#, HOUR);
        for bucket in hours(seed, 60 * 24, whole, |_| rate) {
            let Judgement::Judged(judged) = model.step(&bucket) else { continue };
            strange += usize::from(judged.grade.0 >= 4.0);
        }
    }
    // 4,000 hours at once in 10,000 on either side.
    assert!(strange <= 3, "{strange} of 4,000 hours");
}

#[test]
fn a_share_that_varies_by_itself_is_left_alone() {
    let mut chance = SplitMix64::new(7);
    let rates: Vec<f64> = (0..60 * 24).map(|_| 0.02 + 0.06 * chance.uniform()).collect();
    let mut model = cold(r#"{"ratio": {}}"#, HOUR);
    let mut strange = 0;
    for bucket in hours(8, rates.len(), 900, |hour| rates[hour]) {
        let Judgement::Judged(judged) = model.step(&bucket) else { continue };
        strange += usize::from(judged.grade.0 >= 4.0);
    }
    assert!(strange <= 2, "{strange} of 1,400 hours");
    let judged = said_of(&*model, 45.0, 900.0);
    assert!(judged.parts.get("dispersion").unwrap() > 0.003, "{judged:?}");
}

#[test]
fn shares_of_both_sides_are_found() {
    let model = taught(r#"{"ratio": {}}"#, &hours(9, 21 * 24, 200, |_| 0.5));
    let high = said_of(&*model, 150.0, 200.0);
    let low = said_of(&*model, 50.0, 200.0);
    assert!(high.grade.0 > 4.0 && high.side == Side::High, "{high:?}");
    assert!(low.grade.0 > 4.0 && low.side == Side::Low, "{low:?}");
    assert!(high.lower < 0.45 && high.upper > 0.55, "{high:?}");
    for (share, strange) in [(high.upper, false), (high.upper + 0.005, true), (high.lower, false)] {
        let judged = said_of(&*model, (200.0 * share).round(), 200.0);
        assert_eq!(judged.grade.0 >= 4.0, strange, "{share}: {judged:?}");
    }
}

#[test]
fn a_whole_below_the_guard_says_nothing() {
    let config = r#"{"ratio": {"guard": 30}}"#;
    let model = taught(config, &hours(10, 21 * 24, 400, |_| 0.005));
    assert!(said_of(&*model, 29.0, 29.0).grade.0 < 1e-9);
    assert!(said_of(&*model, 30.0, 30.0).grade.0 > 4.0);
}

#[test]
fn one_bucket_moves_the_base_by_a_few_deviations_at_most() {
    // Only too little is asked for, so a whole hour of failures is no episode and is learned.
    let mut model = taught(r#"{"ratio": {"sides": "low"}}"#, &hours(14, 400, 300, |_| 0.02));
    let before = said_of(&*model, 6.0, 300.0).expected;
    model.step(&buckets(HOUR, &[share(300.0, 300.0)])[0]);
    let after = said_of(&*model, 6.0, 300.0).expected;
    assert!(after > before && after < before * 1.05, "{before} became {after}");
}

#[test]
fn floors_of_a_share_are_points_and_multiples_of_the_base() {
    let floors = r#"{"high": {"relative": 1, "absolute": 0.05}}"#;
    let config = format!(r#"{{"ratio": {{"sides": "high", "floors": {floors}}}}}"#);
    let model = taught(&config, &hours(11, 21 * 24, 400, |_| 0.03));
    assert!(said_of(&*model, 750.0, 10_000.0).grade.0 < 1e-9, "5 points above 3 % are 8 %");
    assert!(said_of(&*model, 900.0, 10_000.0).grade.0 > 4.0);
    assert!(said_of(&*model, 0.0, 10_000.0).grade.0 < 1e-9, "too few failures were not asked for");
}

#[test]
fn an_episode_of_hours_leaves_the_base_and_a_week_becomes_it() {
    let trouble = |from: usize, until: usize| {
        move |hour: usize| if (from..until).contains(&hour) { 0.3 } else { 0.02 }
    };
    let hours_of = taught(r#"{"ratio": {}}"#, &hours(12, 520, 300, trouble(500, 512)));
    let base = said_of(&*hours_of, 6.0, 300.0).expected;
    assert!((base - 0.02).abs() < 0.004, "{base} after 12 hours of trouble");
    let weeks_of = taught(r#"{"ratio": {}}"#, &hours(13, 900, 300, trouble(500, 900)));
    let base = said_of(&*weeks_of, 90.0, 300.0).expected;
    assert!(base > 0.15, "{base} after 400 hours of it");
}
