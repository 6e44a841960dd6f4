//! What a cycle did, for the log, the metrics and whoever called it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Detector;
use crate::alert::{Action, time};
use crate::engine::Change;
use crate::rule::Rule;

/// A transition that people can see.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told {
    /// When it was told, on the detector's clock.
    pub at: String,
    /// The rule.
    pub rule: String,
    /// The group, as its key.
    pub group: String,
    /// The episode.
    pub episode: String,
    /// open, update, close, no-data.
    pub action: &'static str,
    /// The episode's severity.
    pub severity: &'static str,
    /// Its first bucket.
    pub start: String,
    /// The end of its last bucket, once it is over.
    pub end: Option<String>,
    /// 0 to 100.
    pub score: Option<f64>,
    /// `field=value`, best first.
    pub explain_top: Vec<String>,
}

impl Told {
    pub(super) fn of(rule: &Rule, change: &Change, now: Timestamp) -> Option<Self> {
        let Change::Tell(episode, action) = change else { return None };
        let top = episode.detail.explain.iter();
        Some(Self {
            at: time(now),
            rule: rule.id.clone(),
            group: episode.group.key(),
            episode: episode.id.clone(),
            action: Action::as_str(*action),
            severity: episode.severity.as_str(),
            start: time(episode.first),
            end: episode.ended.map(time),
            score: episode.worst.map(|worst| worst.score),
            explain_top: top.map(|found| format!("{}={}", found.field, found.value)).collect(),
        })
    }
}

/// What one cycle did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CycleReport {
    /// Rules that were judged.
    pub rules_judged: usize,
    /// Buckets that were judged for the first time or anew.
    pub judged: usize,
    /// Transitions that people can see.
    pub told: Vec<Told>,
    /// Messages that were sent.
    pub sent: usize,
}

/// How a rule stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleStatus {
    /// The rule.
    pub rule: String,
    /// Everything before this is judged.
    pub watermark: String,
    /// How far that is behind, in seconds.
    pub lag_seconds: f64,
    /// Groups it follows.
    pub groups: usize,
    /// Why it cannot be judged, if it cannot.
    pub failing: Option<String>,
}

impl Detector {
    /// Returns how every rule stands.
    pub fn status(&self, now: Timestamp) -> Vec<RuleStatus> {
        let status = |followed: &super::Followed| {
            let watermark = followed.watch.watermark();
            RuleStatus {
                rule: followed.watch.rule().id.clone(),
                watermark: time(watermark),
                lag_seconds: now.duration_since(watermark).as_secs_f64().max(0.0),
                groups: followed.watch.groups(),
                failing: followed.failing.as_ref().map(|(reason, _)| reason.clone()),
            }
        };
        self.rules.iter().map(status).collect()
    }

    /// Returns how many messages wait.
    pub fn rows_waiting(&self) -> usize {
        self.outbox.waiting()
    }

    /// Returns when the next message may be tried.
    pub fn next_try(&self) -> Option<Timestamp> {
        self.outbox.next_try()
    }
}
