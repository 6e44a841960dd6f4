//! The count baseline and scan against the reference.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds and rows stand as floats in the tables"
)]

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use super::super::baseline::Baseline;
use super::super::scan::Scan;
use crate::model::SlotCount;
use crate::model::tests::golden::{Table, fixture, reference, whole};

/// Expected count, high, low and deciding window of each bucket, as the reference gives them: silent for seven days.
fn scan(table: &Table) -> Vec<Option<[f64; 4]>> {
    let seconds: Vec<i64> =
        table.column("epoch_seconds").map(|second| second.unwrap() as i64).collect();
    let slots = SlotCount::of_span(Duration::from_secs(median_step(&seconds).max(60)));
    let (mut baseline, mut scanner) = (Baseline::new(slots), Scan::new(slots, 0.0));
    let mut known = 0;
    let judge = |(second, value): (&i64, Option<f64>)| {
        let value = value?;
        let place = slots.at(Timestamp::from_second(*second).unwrap(), &TimeZone::UTC);
        let due = baseline.step(value, place);
        let sight = scanner.step(value, due);
        known += 1;
        if known <= 7 * slots.buckets_a_day() {
            return Some([due, 0.0, 0.0, 0.0]);
        }
        Some([due, sight.high.s, sight.low.s, sight.stronger().width as f64])
    };
    seconds.iter().zip(table.column("value")).map(judge).collect()
}

fn median_step(seconds: &[i64]) -> u64 {
    let mut steps: Vec<i64> = seconds.windows(2).take(199).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    u64::try_from(steps[steps.len() / 2]).unwrap()
}

fn compare(name: &str, found: &[Option<[f64; 4]>], place: usize, wanted: &[Option<f64>]) {
    assert_eq!(found.len(), wanted.len(), "{name}");
    for (row, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        match (found.map(|columns| columns[place]), wanted) {
            (None, None) => {}
            (Some(found), Some(wanted)) => {
                let off = (found - wanted).abs();
                assert!(off <= 2e-8 * wanted.abs().max(1.0), "{name} {row}: {found}, not {wanted}");
            }
            (found, wanted) => panic!("{name} {row}: {found:?}, not {wanted:?}"),
        }
    }
}

fn check(name: &str, table: &Table) -> Vec<Option<[f64; 4]>> {
    let found = scan(table);
    for (place, column) in ["count_expected", "count_high", "count_low"].into_iter().enumerate() {
        compare(
            &format!("{name} {column}"),
            &found,
            place,
            &table.column(column).collect::<Vec<_>>(),
        );
    }
    found
}

fn check_windows(
    name: &str,
    found: &[Option<[f64; 4]>],
    wanted: impl Iterator<Item = (usize, f64)>,
) {
    let mut seen = 0;
    for (row, wanted) in wanted {
        let found = found[row].unwrap()[3];
        assert!((found - wanted).abs() < 0.5, "{name} {row}: window {found}, not {wanted}");
        seen += usize::from(wanted > 0.0);
    }
    assert!(seen > 0, "{name}: no window ever decided, which proves nothing");
}

#[test]
fn counts_are_expected_and_scanned_as_in_the_reference() {
    for name in ["counts_uneven", "counts_gaps"] {
        let table = fixture(name);
        let found = check(name, &table);
        let windows = table.column("count_window").enumerate();
        check_windows(name, &found, windows.filter_map(|(row, width)| Some((row, width?))));
    }
}

#[test]
fn whole_golden_files_are_met_where_they_lie() {
    let Some(folder) = reference() else { return };
    for name in ["counts_uneven", "counts_gaps", "kpi_431a8542", "kpi_ab216663", "nab_nyc_taxi"]
        .into_iter()
        .chain(["nab_ec2_cpu_utilization_825cc2"])
    {
        let table = whole(&folder, &format!("{name}.channels.csv.gz"));
        if !table.has("count_high") {
            continue;
        }
        let found = check(name, &table);
        let table = whole(&folder, &format!("{name}.features.csv.gz"));
        let rows = table.column("row").map(|row| row.unwrap() as usize);
        let windows = rows.zip(table.column("count_window"));
        let windows: Vec<_> = windows.filter_map(|(row, width)| Some((row, width?))).collect();
        check_windows(name, &found, windows.into_iter());
    }
}
