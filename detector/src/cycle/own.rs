//! The detector's alerts about itself: rules whose searches fail, and rules with too many groups.
//!
//! They are rules as well, so they have episodes, documents and messages like all others; their group is the rule that
//! is in trouble.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::alert::{Episode, Mark, Trouble};
use crate::engine::{Change, OwnTrail};
use crate::rule::{Rule, built_in};
use crate::source::Group;

/// What is wrong with a rule, or that it is not.
#[derive(Debug, Clone)]
pub(super) enum OwnFault {
    /// Its search gave no whole answer.
    Query(Option<String>),
    /// It has more groups than its cap.
    Groups(Option<String>),
}

/// The alerts of the detector about itself.
#[derive(Debug)]
pub(super) struct Own {
    queries: Rule,
    groups: Rule,
    trails: BTreeMap<(String, String), OwnTrail>,
}

impl Own {
    pub(super) fn new() -> Self {
        let [queries, groups] = built_in();
        Self { queries, groups, trails: BTreeMap::new() }
    }

    pub(super) fn rule(&self, id: &str) -> &Rule {
        if id == self.groups.id { &self.groups } else { &self.queries }
    }

    pub(super) fn is_own(&self, id: &str) -> bool {
        id == self.groups.id || id == self.queries.id
    }

    /// Goes on where an earlier process stood.
    pub(super) fn resume(&mut self, episode: &Episode) {
        let Some(about) = episode.group.0.first() else { return };
        if episode.trouble == Trouble::Own && !episode.status.is_over() {
            let key = (episode.rule.clone(), about.clone());
            self.trails.insert(key, OwnTrail::resume(episode.clone()));
        }
    }

    /// Takes what a cycle brought for a rule.
    pub(super) fn step(&mut self, about: &str, closed: Timestamp, fault: OwnFault) -> Vec<Change> {
        let (rule, reason) = match fault {
            OwnFault::Query(reason) => (&self.queries, reason),
            OwnFault::Groups(reason) => (&self.groups, reason),
        };
        let key = (rule.id.clone(), about.to_owned());
        let mark = if reason.is_some() { Mark::Anomalous } else { Mark::Normal };
        if reason.is_none() && !self.trails.contains_key(&key) {
            return Vec::new();
        }
        let group = Group(vec![about.to_owned()]);
        let trail = self.trails.entry(key.clone()).or_default();
        let changes = trail.step((rule, &group), (closed, mark), reason.as_deref());
        if trail.is_idle() {
            self.trails.remove(&key);
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Action, Status};

    #[test]
    fn a_rule_whose_searches_fail_three_times_is_told_once_and_told_again_when_they_work() {
        let mut own = Own::new();
        let at = |minutes: i64| Timestamp::from_second(minutes * 60).unwrap();
        let mut step = |minutes, reason: Option<&str>| {
            let fault = OwnFault::Query(reason.map(str::to_owned));
            let changes = own.step("order-rate", at(minutes), fault);
            changes
                .iter()
                .filter_map(|change| match change {
                    Change::Tell(episode, action) => Some((*action, episode.status)),
                    Change::Keep(_) | Change::Forget(_) => None,
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(step(5, None), []);
        assert_eq!(step(10, Some("late")), []);
        assert_eq!(step(15, Some("late")), []);
        assert_eq!(step(20, Some("late")), [(Action::Open, Status::Error)]);
        assert_eq!(step(25, Some("late")), []);
        assert_eq!(step(30, None), [(Action::Close, Status::Recovered)]);
        assert_eq!(step(35, None), []);
    }
}
