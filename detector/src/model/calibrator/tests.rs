//! The calibrator against the reference, and its inverse against itself.

use super::{Calibration, Calibrator};
use crate::model::chance::SplitMix64;
use crate::model::fields::Fields;
use crate::model::tests::golden::{Table, fixture};

fn check(table: &Table, calibration: Calibration, raw: &str, wanted: &str) {
    let mut calibrator = Calibrator::new(calibration);
    let mut elsewhere = 0;
    for (row, (raw, wanted)) in table.column(raw).zip(table.column(wanted)).enumerate().take(1_500)
    {
        let (raw, wanted) = (raw.unwrap(), wanted.unwrap());
        let found = calibrator.score(raw);
        calibrator.learn(raw, found);
        if (found - wanted).abs() > 2e-8 * wanted.abs().max(1.0) {
            elsewhere += 1;
            assert!(elsewhere <= 1, "row {row}: {found}, not {wanted}");
        }
    }
}

#[test]
fn calibrated_features_are_those_of_the_reference() {
    for name in ["counts_uneven", "counts_gaps"] {
        let table = fixture(name);
        check(&table, Calibration::ROBUST, "change", "s_change");
        check(&table, Calibration::PLAIN, "energy16", "s_energy16");
    }
}

fn taught(count: usize, draw: impl Fn(&mut SplitMix64) -> f64) -> Calibrator {
    let mut calibrator = Calibrator::new(Calibration::ROBUST);
    let mut chance = SplitMix64::new(11);
    for _ in 0..count {
        let raw = draw(&mut chance);
        let score = calibrator.score(raw);
        calibrator.learn(raw, score);
    }
    calibrator
}

#[test]
fn the_inverse_is_where_the_score_is_reached() {
    let histories = [
        taught(150, |chance| -chance.uniform().ln()),
        taught(30_000, |chance| -chance.uniform().ln()),
        taught(5_000, |chance| chance.uniform().powi(-2)),
        taught(5_000, |chance| if chance.uniform() < 0.99 { 1.0 } else { 8.0 }),
        taught(5_000, |_| 0.0),
    ];
    for calibrator in &histories {
        for score in [0.7, 1.6, 2.5, 4.0, 6.0, 12.0] {
            let raw = calibrator.raw(score);
            let (below, at) = (calibrator.score(raw * 0.999), calibrator.score(raw * 1.001));
            assert!(raw > 0.0 && raw.is_finite(), "{score}: {raw}");
            assert!(at >= score - 0.01, "{score} is reached at {raw}: {at}");
            assert!(below < score + 0.01, "{score} is not reached before {raw}: {below}");
        }
    }
}

#[test]
fn a_history_without_any_change_scores_its_first_change_highest() {
    let calibrator = taught(200, |_| 0.0);
    assert!((calibrator.score(0.01) - 30.0).abs() < 1e-12);
}

#[test]
fn a_constant_history_scores_at_most_a_third() {
    let calibrator = taught(1_000, |_| 2.5);
    assert!(calibrator.score(2.5) < 0.31, "{}", calibrator.score(2.5));
}

#[test]
fn a_score_beyond_the_limit_teaches_a_tenth() {
    let mut calibrator = taught(1_000, |_| 1.0);
    let before = calibrator.total;
    calibrator.learn(500.0, 3.1);
    assert!((calibrator.total - before - 0.1).abs() < 1e-9);
}

#[test]
fn a_history_is_halved_after_its_half_life() {
    let calibrator = taught(10_000, |_| 1.0);
    assert!((calibrator.total - 5_000.0).abs() < 1e-9);
}

#[test]
fn raw_scores_beyond_all_bins_are_finite() {
    let calibrator = taught(1_000, SplitMix64::uniform);
    for raw in [0.0, 1e-300, 1e300, f64::INFINITY, f64::NAN] {
        assert!((0.0..=30.0).contains(&calibrator.score(raw)), "{raw}: {}", calibrator.score(raw));
    }
}

#[test]
fn a_restored_calibrator_has_the_same_bits() {
    let original = taught(777, SplitMix64::uniform);
    let mut state = Vec::new();
    original.write(&mut state);
    let mut restored = Calibrator::new(Calibration::ROBUST);
    restored.read(&mut Fields::new(&state)).unwrap();
    for raw in [0.1, 0.9, 3.0] {
        assert_eq!(original.score(raw).to_bits(), restored.score(raw).to_bits());
    }
}
