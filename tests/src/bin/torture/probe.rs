//! What is seen of a shipper from outside: its metrics, its memory, its descriptors, and what it delivered.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;

use anyhow::{Context, Result};
use harness::Running;
use harness::desk::{Desk, STREAM, ask, line};
use harness::scripted::digest;

use crate::plan::Row;

/// Returns a metric of a running shipper, all its labels added up; nought when there is none.
pub(crate) fn metric(shipper: &Running, name: &str) -> f64 {
    sum(&ask(shipper, "/metrics"), name)
}

fn sum(text: &str, name: &str) -> f64 {
    let values = text.lines().filter_map(|line| {
        let (labelled, value) = line.rsplit_once(' ')?;
        let found = labelled.split('{').next()?;
        (found == name).then(|| value.parse::<f64>().ok()).flatten()
    });
    values.sum()
}

/// Tells whether a running shipper calls itself ready.
pub(crate) fn is_ready(shipper: &Running) -> bool {
    ask(shipper, "/readyz").contains(" 200 ")
}

/// Returns the memory that a process has in use, in MiB.
pub(crate) fn resident_mib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmRSS")?;
    Ok(kib.trim().parse::<f64>()? / 1024.0)
}

/// Returns how many descriptors a process has open.
pub(crate) fn descriptors(pid: u32) -> Result<usize> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// What is wrong with what was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Found {
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) alien: usize,
}

impl Found {
    /// Compares what the server has with the lines that were written.
    pub(crate) fn of(desk: &Desk, lines: Range<u32>) -> Self {
        Self::between(&desk.server.messages(STREAM), lines)
    }

    fn between(stored: &HashMap<u64, usize>, lines: Range<u32>) -> Self {
        let mut found = Self::default();
        let mut known = 0;
        for number in lines {
            match stored.get(&digest(&line(number))) {
                None => found.lost += 1,
                Some(times) => {
                    known += 1;
                    found.doubled += times - 1;
                }
            }
        }
        found.alien = stored.len() - known;
        found
    }

    /// Returns the rows that every test has: nothing lost, nothing doubled, nothing changed.
    pub(crate) fn rows(self) -> Vec<Row> {
        vec![
            Row::none("lines lost", self.lost),
            Row::none("lines doubled", self.doubled),
            Row::none("lines that nobody wrote", self.alien),
        ]
    }
}

/// Returns a value of sorted ones: 0.99 for the 99th percentile.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let at = (last * share).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_the_sum_over_its_labels() {
        let text = "a_total{x=\"1\"} 3\na_total{x=\"2\"} 4\na_totals 9\nb 2\n";
        assert!((sum(text, "a_total") - 7.0).abs() < 1e-9);
        assert!((sum(text, "b") - 2.0).abs() < 1e-9);
        assert!(sum(text, "c").abs() < 1e-9);
    }

    #[test]
    fn what_is_lost_doubled_and_alien_is_counted() {
        let stored = HashMap::from(
            [(line(0), 1), (line(1), 3), ("other".to_owned(), 1)]
                .map(|(message, times)| (digest(&message), times)),
        );
        let found = Found::between(&stored, 0..4);
        assert_eq!(found, Found { lost: 2, doubled: 2, alien: 1 });
    }

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let mut values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert!((quantile(&mut values, 0.99) - 99.0).abs() < 1e-9);
        assert!(quantile(&mut [], 0.5).is_nan());
    }
}
