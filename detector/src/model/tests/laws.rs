//! Causal, forkable, restorable to the bit, and unshaken by hard input: every model is.

use super::series::{CONFIGS, HOUR, buckets, cold, config, value};
use crate::model::chance::SplitMix64;
use crate::model::{
    Bucket, Judged, Judgement, Model, Reading, RestoreError, SlotCount, Snapshot, Start, build,
};

/// Five weeks of hours with a daily course, noise, gaps and a day of trouble.
fn course() -> Vec<Bucket> {
    let mut chance = SplitMix64::new(5);
    let reading = |hour: u32| {
        if chance.uniform() < 0.02 {
            return Reading::Unknown;
        }
        let day = 40.0 + 30.0 * (f64::from(hour % 24) / 24.0 * std::f64::consts::TAU).sin();
        let trouble = if (600..624).contains(&hour) { 0.1 } else { 1.0 };
        let whole = (day * trouble + 10.0 * chance.uniform()).round();
        let part = (whole * 0.1 * chance.uniform()).round();
        // A share for `ratio`, and 0 to 10 for the rest, would be two courses; all models read a share.
        Reading::Share { part, whole }
    };
    let shares: Vec<Reading> = (0..35 * 24).map(reading).collect();
    buckets(HOUR, &shares)
}

/// The same course as plain counts.
fn counts() -> Vec<Bucket> {
    let plain = |bucket: Bucket| match bucket.reading {
        Reading::Share { part: _, whole } => Bucket { reading: value(whole), ..bucket },
        Reading::Unknown | Reading::Value { .. } => bucket,
    };
    course().into_iter().map(plain).collect()
}

/// The bits of everything a judgement says.
fn bits(judgement: &Judgement) -> Vec<u64> {
    match judgement {
        Judgement::Unknown => vec![],
        Judgement::Learning { known, needed } => vec![u64::from(*known), u64::from(*needed)],
        Judgement::Judged(judged) => {
            let Judged { value, expected, lower, upper, evidence, grade, side, parts } = judged;
            let plain =
                [*value, *expected, *lower, *upper, evidence.0, grade.0, f64::from(*side as u8)];
            plain.into_iter().chain(parts.iter().map(|(_, part)| part)).map(f64::to_bits).collect()
        }
    }
}

fn run(model: &mut dyn Model, buckets: &[Bucket]) -> Vec<Vec<u64>> {
    buckets.iter().map(|bucket| bits(&model.step(bucket))).collect()
}

#[test]
fn restored_models_go_on_with_the_same_bits() {
    for text in CONFIGS {
        for buckets in [course(), counts()] {
            let wanted = run(&mut *cold(text, HOUR), &buckets);
            for cut in [0, 1, 29, 31, 99, 130, 200, 336, 500, 610, 800] {
                let mut first = cold(text, HOUR);
                run(&mut *first, &buckets[..cut]);
                let stored = Snapshot::of(&*first).to_bytes();
                let snapshot = Snapshot::from_bytes(&stored).unwrap();
                let slots = SlotCount::of_span(HOUR);
                let mut second = build(&config(text), slots, 1, Start::From(&snapshot)).unwrap();
                assert_eq!(run(&mut *second, &buckets[cut..]), wanted[cut..], "{text} at {cut}");
            }
        }
    }
}

#[test]
fn a_prefix_is_judged_as_if_nothing_came_after() {
    for text in CONFIGS {
        let buckets = counts();
        let whole = run(&mut *cold(text, HOUR), &buckets);
        let prefix = run(&mut *cold(text, HOUR), &buckets[..450]);
        assert_eq!(whole[..450], prefix, "{text}");
    }
}

#[test]
fn a_fork_leaves_its_origin_untouched() {
    for text in CONFIGS {
        let buckets = course();
        let wanted = run(&mut *cold(text, HOUR), &buckets);
        let mut model = cold(text, HOUR);
        for (place, bucket) in buckets.iter().enumerate() {
            let strange = Bucket { reading: Reading::Share { part: 9e8, whole: 1e9 }, ..*bucket };
            let mut fork = model.fork();
            fork.step(&strange);
            let same = bits(&model.fork().step(bucket));
            assert_eq!(bits(&model.step(bucket)), same, "{text} at {place}");
            assert_eq!(same, wanted[place], "{text} at {place}");
        }
    }
}

#[test]
fn unknown_buckets_change_no_state() {
    for text in CONFIGS {
        let mut model = cold(text, HOUR);
        run(&mut *model, &counts()[..700]);
        let before = Snapshot::of(&*model);
        let unknown: Vec<Bucket> =
            counts().iter().map(|bucket| Bucket { reading: Reading::Unknown, ..*bucket }).collect();
        let judgements: Vec<Judgement> = unknown.iter().map(|bucket| model.step(bucket)).collect();
        assert!(judgements.iter().all(|judgement| *judgement == Judgement::Unknown), "{text}");
        assert_eq!(Snapshot::of(&*model), before, "{text}");
    }
}

#[test]
fn the_state_of_another_model_span_or_version_is_refused() {
    let restore = |text: &str, span, snapshot: &Snapshot| {
        build(&config(text), SlotCount::of_span(span), 1, Start::From(snapshot)).err()
    };
    let moving = Snapshot::of(&*cold(CONFIGS[2], HOUR));
    let other = restore(r#"{"ratio": {}}"#, HOUR, &moving);
    assert!(matches!(other, Some(RestoreError::OtherModel { .. })), "{other:?}");
    let wider = restore(r#"{"moving": {"window": 61}}"#, HOUR, &moving);
    assert!(matches!(wider, Some(RestoreError::Shape { .. })), "{wider:?}");
    let counts = Snapshot::of(&*cold(r#"{"seasonal_count": {}}"#, HOUR));
    let shorter = restore(r#"{"seasonal_count": {}}"#, HOUR / 4, &counts);
    assert!(matches!(shorter, Some(RestoreError::Shape { .. })), "{shorter:?}");
    for text in CONFIGS {
        let mut state = Vec::new();
        cold(text, HOUR).write_state(&mut state);
        let mut later = state.clone();
        later[1] = 99;
        let later = restore(text, HOUR, &Snapshot::raw(later));
        assert!(
            matches!(later, Some(RestoreError::Version { found: 99, .. })),
            "{text}: {later:?}"
        );
        let cut = restore(text, HOUR, &Snapshot::raw(state[..state.len() - 1].to_vec()));
        assert_eq!(cut, Some(RestoreError::Cut), "{text}");
        state.push(0);
        assert_eq!(
            restore(text, HOUR, &Snapshot::raw(state)),
            Some(RestoreError::Surplus(1)),
            "{text}"
        );
    }
}

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
