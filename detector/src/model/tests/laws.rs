//! Causal, forkable, restorable to the bit: every model is.

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
