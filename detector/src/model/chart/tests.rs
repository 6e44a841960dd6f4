//! What the control charts say of values of known spread.

use crate::model::chance::SplitMix64;
use crate::model::tests::series::{HOUR, buckets, cold, judge, value};
use crate::model::{Judged, Judgement, Model, Reading, Side};

/// About normal values: the sum of twelve draws.
fn noise(seed: u64, count: usize, mean: f64, deviation: f64) -> Vec<Reading> {
    let mut chance = SplitMix64::new(seed);
    let mut draw = || (0..12).map(|_| chance.uniform()).sum::<f64>() - 6.0;
    (0..count).map(|_| value(mean + deviation * draw())).collect()
}

fn taught(config: &str, readings: &[Reading]) -> Box<dyn Model> {
    let mut model = cold(config, HOUR);
    for bucket in buckets(HOUR, readings) {
        model.step(&bucket);
    }
    model
}

fn said_of(model: &dyn Model, x: f64) -> Judged {
    match model.fork().step(&buckets(HOUR, &[value(x)])[0]) {
        Judgement::Judged(judged) => judged,
        other @ (Judgement::Unknown | Judgement::Learning { .. }) => panic!("{other:?}"),
    }
}

fn first_judged(judgements: &[Judgement]) -> Option<usize> {
    judgements.iter().position(|judgement| judgement.judged().is_some())
}

#[test]
fn warm_ups_are_those_of_the_table() {
    let readings = noise(1, 200, 10.0, 1.0);
    for (config, wanted) in [
        (r#"{"moving": {"limit": 3}}"#, 30),
        (r#"{"moving": {}}"#, 130),
        (r#"{"variation": {}}"#, 29),
        (r#"{"variation": {"limit": "history"}}"#, 129),
    ] {
        assert_eq!(first_judged(&judge(config, &readings)), Some(wanted), "{config}");
    }
}

#[test]
fn a_plain_limit_fires_from_so_many_deviations_and_not_before() {
    let model = taught(r#"{"moving": {"limit": 3}}"#, &noise(2, 200, 100.0, 5.0));
    let Judged { expected, lower, upper, parts, .. } = said_of(&*model, 100.0);
    let deviation = parts.get("deviation").unwrap();
    assert!((upper - expected - 3.0 * deviation).abs() < 1e-9);
    for (x, grade, side) in [
        (upper + 1e-6, 10.0, Side::High),
        (upper - 1e-6, 0.0, Side::High),
        (lower + 1e-6, 0.0, Side::Low),
        (lower - 1e-6, 10.0, Side::Low),
    ] {
        let judged = said_of(&*model, x);
        assert!((judged.grade.0 - grade).abs() < 1e-12 && judged.side == side, "{judged:?}");
        assert!(judged.grade.0 < 5.0 || (judged.grade.score() - 100.0).abs() < 1e-12);
    }
}

#[test]
fn mean_and_deviation_are_those_of_the_last_sixty_values() {
    let mut readings = noise(3, 100, 10.0, 1.0);
    readings.extend((0..60).map(|place| value(f64::from(place % 2) * 2.0)));
    let model = taught(r#"{"moving": {"limit": 1000}}"#, &readings);
    let judged = said_of(&*model, 4.0);
    assert!(
        (judged.expected - 1.0).abs() < 1e-12
            && (judged.parts.get("z").unwrap() - 3.0).abs() < 1e-12
    );
}

#[test]
fn by_its_history_a_z_score_is_as_rare_as_it_was() {
    let model = taught(r#"{"moving": {}}"#, &noise(4, 5_000, 100.0, 5.0));
    assert!(said_of(&*model, 104.0).grade.0 < 1.0);
    let strange = said_of(&*model, 140.0);
    assert!(strange.grade.0 > 4.0, "{strange:?}");
    for (x, wanted) in [(strange.upper * 1.001, true), (strange.upper * 0.995, false)] {
        assert_eq!(said_of(&*model, x).grade.0 >= 4.0, wanted, "{x}");
    }
}

#[test]
fn by_their_history_steady_values_are_left_alone() {
    let judgements = judge(r#"{"moving": {}}"#, &noise(5, 20_000, 100.0, 5.0));
    let strange = judgements
        .iter()
        // A short history knows too little of its own tail.
        .skip(1_000)
        .filter(|judgement| judgement.judged().is_some_and(|judged| judged.grade.0 >= 4.0))
        .count();
    // What scores above 3 enters the history with a tenth of its weight, so once in 10,000 comes a few times as often.
    assert!(strange <= 12, "{strange} of 19,000");
}

#[test]
fn a_new_level_is_strange_for_a_day_and_then_learned() {
    let mut readings = noise(6, 500, 100.0, 5.0);
    readings.extend(noise(7, 150, 200.0, 5.0));
    let judgements = judge(r#"{"moving": {"limit": 6}}"#, &readings);
    let strange = |place: usize| judgements[place].judged().unwrap().grade.0 >= 4.0;
    assert!((500..524).all(strange), "the first day is not learned");
    assert!(!(590..650).any(strange), "three days later it is normal");
}

#[test]
fn floors_and_sides_hold_a_z_score_back() {
    let config =
        r#"{"moving": {"limit": 3, "sides": "high", "floors": {"high": {"absolute": 50}}}}"#;
    let model = taught(config, &noise(8, 200, 100.0, 5.0));
    assert!(said_of(&*model, 140.0).grade.0 < 1e-9);
    assert!(said_of(&*model, 160.0).grade.0 > 4.0);
    assert!(said_of(&*model, 10.0).grade.0 < 1e-9);
}

#[test]
fn unsteadiness_fires_from_epsilon() {
    // 29 times 10 and one x: the coefficient of variation reaches 0.5 where the bounds say.
    let readings = vec![value(10.0); 60];
    let model = taught(r#"{"variation": {}}"#, &readings);
    let Judged { lower, upper, .. } = said_of(&*model, 10.0);
    for (x, strange) in
        [(upper - 1e-6, false), (upper + 1e-6, true), (lower + 1e-6, false), (lower - 1e-6, true)]
    {
        let judged = said_of(&*model, x);
        assert_eq!(judged.grade.0 >= 4.0, strange, "{x}: {judged:?}");
        assert_eq!(judged.side, Side::Shape);
        assert!((judged.parts.get("variation").unwrap() - 0.5).abs() < 1e-4, "{judged:?}");
    }
}

#[test]
fn bounds_of_a_noisy_window_are_where_epsilon_is_met() {
    for (seed, mean) in [(9, 100.0), (10, -40.0), (11, 1e9)] {
        let model = taught(r#"{"variation": {}}"#, &noise(seed, 80, mean, mean.abs() * 0.3));
        let Judged { lower, upper, .. } = said_of(&*model, mean);
        let step = mean.abs() * 1e-6;
        for (x, strange) in [
            (upper - step, false),
            (upper + step, true),
            (lower + step, false),
            (lower - step, true),
        ] {
            assert_eq!(
                said_of(&*model, x).grade.0 >= 4.0,
                strange,
                "{mean}: {x} in {lower} {upper}"
            );
        }
    }
}

#[test]
fn a_mean_below_the_guard_says_nothing() {
    let swing: Vec<Reading> = (0..60).map(|place| value(f64::from(place % 2))).collect();
    assert!(said_of(&*taught(r#"{"variation": {}}"#, &swing), 1.0).grade.0 > 4.0);
    assert!(said_of(&*taught(r#"{"variation": {"guard": 2}}"#, &swing), 1.0).grade.0 < 1e-9);
}

#[test]
fn an_unsteady_window_stays_unsteady_until_it_has_passed() {
    let mut readings = vec![value(10.0); 100];
    readings.extend((0..30).map(|place| value(if place % 2 == 0 { 1.0 } else { 30.0 })));
    readings.extend(vec![value(10.0); 60]);
    let judgements = judge(r#"{"variation": {}}"#, &readings);
    let strange = |place: usize| judgements[place].judged().unwrap().grade.0 >= 4.0;
    assert!((110..150).all(strange));
    assert!(!(160..190).any(strange));
}
