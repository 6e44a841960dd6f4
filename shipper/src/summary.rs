//! What one run came to, in events: each ends in exactly one class.

use std::fmt;

use enricher::Rule;
use serde::Serialize;

use crate::metrics::{Ended, Metrics};

/// Events of one run by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Events that lines gave; a filtered line counts as one.
    pub events: u64,
    /// The cluster took them.
    pub stored: u64,
    /// The cluster had them, or their keys were known and they were not sent.
    pub duplicates: u64,
    /// The cluster put them into its failure store.
    pub redirected: u64,
    /// A named rule dropped them.
    pub filtered: u64,
    /// The cluster refused them for good; they lie in the dead letters.
    pub dead_lettered: u64,
}

impl Summary {
    /// Returns what has been counted so far. Events are counted where lines are read, the rest where they end.
    pub fn of(metrics: &Metrics) -> Self {
        let filtered = metrics.total(Ended::Filtered);
        let redelivered = metrics.filtered_by(Rule::Duplicate);
        Self {
            events: metrics.events_made.get() + filtered,
            stored: metrics.total(Ended::Stored),
            duplicates: metrics.total(Ended::Duplicate) + redelivered,
            redirected: metrics.total(Ended::Redirected),
            filtered: filtered.saturating_sub(redelivered),
            dead_lettered: metrics.total(Ended::DeadLettered),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, stored, duplicates, redirected, filtered, dead_lettered } = self;
        let s = if *events == 1 { "" } else { "s" };
        write!(
            f,
            "{events} event{s}: {stored} stored, {duplicates} duplicates, {redirected} redirected, {filtered} filtered, \
             {dead_lettered} dead letters"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filtered_line_counts_as_one_event_and_one_that_is_known_as_a_duplicate() {
        let metrics = Metrics::new();
        metrics.events_made.inc_by(5);
        metrics.filtered("health_path", 2);
        metrics.filtered("duplicate", 3);
        metrics.ended(Ended::Stored, 4);
        metrics.ended(Ended::Duplicate, 1);
        let text = Summary::of(&metrics).to_string();
        assert_eq!(
            text,
            "10 events: 4 stored, 4 duplicates, 0 redirected, 2 filtered, 0 dead letters"
        );
    }
}
