//! Sums by class: bytes as tiles lie, events each in its own class.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outcome::{Cause, Outcome};

/// Bytes and events that ended one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Bytes of lines, delimiters included.
    pub bytes: u64,
    /// Events. A filtered line counts as one.
    pub events: u64,
}

impl Count {
    /// Returns the sum of two counts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, events: self.events + other.events }
    }

    /// Tells whether nothing was counted.
    fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Returns what was added since an earlier count.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(earlier.bytes),
            events: self.events.saturating_sub(earlier.events),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Sums of one file, or of a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Totals {
    /// The cluster took them.
    #[serde(skip_serializing_if = "Count::is_zero")]
    pub stored: Count,
    /// The cluster had them.
    #[serde(skip_serializing_if = "Count::is_zero")]
    pub duplicate: Count,
    /// Of the duplicates those that have a key of their own: the document may stand under another line of the same key.
    #[serde(skip_serializing_if = "is_zero")]
    pub keyed_duplicates: u64,
    /// The cluster put them into its failure store.
    #[serde(skip_serializing_if = "Count::is_zero")]
    pub redirected: Count,
    /// The cluster refused them for good.
    #[serde(skip_serializing_if = "Count::is_zero")]
    pub dead_lettered: Count,
    /// Acknowledged in a way that nobody wrote down. Their events are not known.
    #[serde(skip_serializing_if = "Count::is_zero")]
    pub unrecorded: Count,
    /// Dropped, by rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub filtered: BTreeMap<Cause, Count>,
}

impl Totals {
    /// Adds a count to its class. Bytes that are lost lie behind what is read and are told by the file's account.
    pub fn add(&mut self, outcome: &Outcome, count: Count) {
        let class = match outcome {
            Outcome::Stored => &mut self.stored,
            Outcome::Duplicate => &mut self.duplicate,
            Outcome::Redirected => &mut self.redirected,
            Outcome::DeadLettered => &mut self.dead_lettered,
            Outcome::Unrecorded | Outcome::Mixed | Outcome::Lost(_) => &mut self.unrecorded,
            Outcome::Filtered(rule) => {
                // A rule is met again and again: it is looked up before its name is copied.
                match self.filtered.get_mut(rule) {
                    Some(filtered) => filtered,
                    None => self.filtered.entry(rule.clone()).or_default(),
                }
            }
        };
        *class = class.plus(count);
    }

    /// Returns the sum over all rules.
    pub fn filtered(&self) -> Count {
        self.filtered.values().fold(Count::default(), |sum, &count| sum.plus(count))
    }

    /// Returns the sum over all classes.
    pub fn all(&self) -> Count {
        let classes =
            [self.stored, self.duplicate, self.redirected, self.dead_lettered, self.unrecorded];
        classes.into_iter().fold(self.filtered(), Count::plus)
    }

    /// Returns the number of documents that must stand in the stream under these lines.
    pub fn documents(&self) -> u64 {
        (self.stored.events + self.duplicate.events).saturating_sub(self.keyed_duplicates)
    }

    /// Returns what was added since earlier totals of the same file.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let filtered = self.filtered.iter().map(|(rule, &count)| {
            let before = earlier.filtered.get(rule).copied().unwrap_or_default();
            (rule.clone(), count.since(before))
        });
        Self {
            stored: self.stored.since(earlier.stored),
            duplicate: self.duplicate.since(earlier.duplicate),
            keyed_duplicates: self.keyed_duplicates.saturating_sub(earlier.keyed_duplicates),
            redirected: self.redirected.since(earlier.redirected),
            dead_lettered: self.dead_lettered.since(earlier.dead_lettered),
            unrecorded: self.unrecorded.since(earlier.unrecorded),
            filtered: filtered.filter(|(_, count)| *count != Count::default()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(bytes: u64, events: u64) -> Count {
        Count { bytes, events }
    }

    #[test]
    fn every_class_has_its_place_and_the_sum_holds_them_all() {
        let mut totals = Totals::default();
        for outcome in [
            Outcome::Stored,
            Outcome::Duplicate,
            Outcome::Redirected,
            Outcome::DeadLettered,
            Outcome::Unrecorded,
            Outcome::Filtered(Cause::of("health_path")),
        ] {
            totals.add(&outcome, count(10, 1));
        }
        assert_eq!(totals.all(), count(60, 6));
        assert_eq!(totals.documents(), 2);
        totals.keyed_duplicates = 1;
        assert_eq!(totals.documents(), 1, "its document may stand under another line");
        let before = totals.clone();
        totals.add(&Outcome::Filtered(Cause::of("nul_run")), count(5, 1));
        let added = totals.since(&before);
        assert_eq!((added.all(), added.filtered.len()), (count(5, 1), 1));
    }
}
