//! One series: its model, the buckets that may still change, its machine and its episode.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::alert::{Episode, Machine, Mark};
use crate::model::chance::series_seed;
use crate::model::{
    Bucket, Judgement, Model, ModelConfig, Reading, RestoreError, SlotCount, Start, build,
};
use crate::rule::{Absence, Fires, NoDataPolicy, Rule};
use crate::source::Group;

/// Models skip the buckets of an episode for this long; then the new level is what they learn.
const HELD_BACK: SignedDuration = SignedDuration::from_hours(24);

/// Buckets of an episode that the model must not learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Its first bucket.
    pub from: Timestamp,
    /// The end of its last bucket, once it is over.
    pub to: Option<Timestamp>,
    /// Up to where buckets were closed when it opened: what settled by then was learned.
    pub opened: Timestamp,
}

/// The episodes of one (rule, group).
#[derive(Debug, Default)]
pub(super) struct Trail {
    pub(super) machine: Machine,
    pub(super) episode: Option<Episode>,
    pub(super) held: Vec<Held>,
}

/// What was read for a bucket that may still change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) reading: Reading,
    pub(super) revision: u64,
}

/// One series of a rule.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) model: Box<dyn Model>,
    pub(super) trail: Trail,
    pub(super) silence: Option<Episode>,
    pub(super) seen: BTreeMap<Timestamp, Seen>,
    /// Its first bucket with documents.
    pub(super) first: Timestamp,
    /// Its last bucket with documents.
    pub(super) last: Timestamp,
    /// Its last bucket of which something could be said.
    pub(super) known: Timestamp,
}

impl Series {
    /// Begins a series with its group's first event: zeros before it are never fed.
    pub(super) fn begin(
        rule: &Rule,
        group: &Group,
        slots: SlotCount,
        first: Timestamp,
    ) -> Result<Self, RestoreError> {
        let seed = series_seed(&format!("{}/{}", rule.id, group.key()));
        Ok(Self {
            model: build(&rule.model, slots, seed, Start::Cold)?,
            trail: Trail::default(),
            silence: None,
            seen: BTreeMap::new(),
            first,
            last: first,
            known: first,
        })
    }

    /// Judges and learns a bucket.
    pub(super) fn learn(&mut self, rule: &Rule, mut bucket: Bucket) -> Judgement {
        // A bucket settles in the cycle in which this many buckets behind it are closed.
        let settles = rule.span.offset(bucket.start, i64::from(rule.settle) + 1);
        if self.holds_back(rule, bucket.start, settles) {
            let judgement = self.model.fork().step(&bucket);
            bucket.reading = Reading::Unknown;
            self.model.step(&bucket);
            return judgement;
        }
        self.model.step(&bucket)
    }

    /// Judges buckets, oldest first, without learning any of them for good.
    pub(super) fn judge(
        &self,
        rule: &Rule,
        buckets: &[Bucket],
        closed: Timestamp,
    ) -> Vec<Judgement> {
        let mut fork = self.model.fork();
        let judgements = buckets.iter().map(|bucket| {
            if self.holds_back(rule, bucket.start, closed) {
                let judgement = fork.fork().step(bucket);
                fork.step(&Bucket { reading: Reading::Unknown, ..*bucket });
                return judgement;
            }
            fork.step(bucket)
        });
        judgements.collect()
    }

    /// Tells whether a bucket belongs to an episode that had opened before buckets were closed up to `closed`. What a
    /// cycle opens changes nothing in that cycle, so a cycle that is repeated after a crash judges alike.
    fn holds_back(&self, rule: &Rule, bucket: Timestamp, closed: Timestamp) -> bool {
        if !skips_its_episodes(&rule.model) {
            return false;
        }
        self.trail.held.iter().any(|held| {
            held.from <= bucket
                && held.to.is_none_or(|to| bucket < to)
                && bucket.duration_since(held.from) < HELD_BACK
                && held.opened < closed
        })
    }

    /// Forgets what can no longer change anything.
    pub(super) fn forget_before(&mut self, settled: Timestamp) {
        self.seen = self.seen.split_off(&settled);
        self.trail.held.retain(|held| held.to.is_none_or(|to| to >= settled));
    }
}

/// Counts and shapes hold incidents off by clips and weights; all others would learn them as normal.
fn skips_its_episodes(model: &ModelConfig) -> bool {
    match model {
        ModelConfig::SeasonalCount(_) => false,
        ModelConfig::Threshold(_)
        | ModelConfig::Invariant(_)
        | ModelConfig::Moving(_)
        | ModelConfig::Variation(_)
        | ModelConfig::Ratio(_) => true,
    }
}

/// Returns the reading that a model gets: what was read, or what its absence means.
pub(super) fn reading(rule: &Rule, read: Option<Reading>) -> Reading {
    let absent = match rule.measure.absence() {
        Absence::Zero => Reading::Value { value: 0.0, n: 0.0 },
        Absence::Unknown => Reading::Unknown,
    };
    match read.unwrap_or(absent) {
        // Too few samples make no mean and no percentile. A share carries its own whole, from which models learn.
        Reading::Value { n, .. }
            if rule.measure.absence() == Absence::Unknown && n < rule.guard =>
        {
            Reading::Unknown
        }
        Reading::Share { whole, .. } if whole <= 0.0 => Reading::Unknown,
        reading @ (Reading::Unknown | Reading::Value { .. } | Reading::Share { .. }) => reading,
    }
}

/// Returns the mark of a judged bucket; none where nothing can be said.
pub(super) fn mark(rule: &Rule, reading: Reading, judgement: &Judgement) -> Option<Mark> {
    if reading == Reading::Unknown {
        // Absence is normal only where the rule says so.
        return (rule.no_data.policy == NoDataPolicy::Ok).then_some(Mark::Normal);
    }
    if matches!(reading, Reading::Share { whole, .. } if whole < rule.guard) {
        return None;
    }
    let judged = judgement.judged()?;
    let fires = match rule.fires {
        Fires::AtGrade => judged.grade >= rule.model.threshold(),
        Fires::Fewer { than, expected } => judged.value < than && judged.expected >= expected,
    };
    Some(if fires { Mark::Anomalous } else { Mark::Normal })
}
