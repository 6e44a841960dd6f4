//! One rule at work: readings go in, findings and changes of episodes come out.
//!
//! Everything here is pure: what a rule has seen decides what it says, no matter when and how often it was stopped. A
//! bucket is learned once, when it is settled; younger closed buckets are judged on a fork that is thrown away.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::change::{Change, Untold, advance};
use super::series::{Held, Seen, Series, mark, reading};
use crate::alert::{Detail, Episode, Machine, Mark, Trouble};
use crate::model::{Bucket, Judgement, Reading, RestoreError, SlotCount};
use crate::rule::{Rule, Window};
use crate::source::{Group, Readings};

/// A group without documents for this long is followed no more.
const GROUP_TTL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What was found about one bucket of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The group.
    pub group: Group,
    /// The bucket's start.
    pub bucket: Timestamp,
    /// What was read.
    pub reading: Reading,
    /// What the model says.
    pub judgement: Judgement,
    /// What the machine was told.
    pub mark: Option<Mark>,
    /// How often the bucket was judged anew.
    pub revision: u64,
}

/// What one cycle brought.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Buckets that were judged for the first time, or anew with another value.
    pub findings: Vec<Finding>,
    /// What became of episodes, in order.
    pub changes: Vec<Change>,
}

/// One rule with everything it has learned.
#[derive(Debug)]
pub struct Watch {
    rule: Rule,
    zone: TimeZone,
    slots: SlotCount,
    series: BTreeMap<Group, Series>,
    /// The first bucket whose judgement may alert.
    begin: Timestamp,
    /// Everything before this is learned.
    settled: Timestamp,
    /// Everything before this is judged: the watermark.
    judged: Timestamp,
}

impl Watch {
    /// Returns a rule that has learned nothing: it learns from `anchor` on and alerts from `begin` on.
    pub fn new(rule: Rule, zone: TimeZone, anchor: Timestamp, begin: Timestamp) -> Self {
        let slots = SlotCount::of_span(rule.span.duration());
        let settled = rule.span.floor(anchor);
        let judged = rule.span.floor(begin);
        Self { rule, zone, slots, series: BTreeMap::new(), begin: judged, settled, judged }
    }

    /// Returns the rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Returns the watermark: everything before it is judged.
    pub fn watermark(&self) -> Timestamp {
        self.judged
    }

    /// Takes over a watermark: buckets before it were judged by an earlier process.
    pub fn judged_until(&mut self, watermark: Timestamp) {
        self.judged = self.rule.span.floor(watermark);
    }

    /// Returns up to where everything is learned.
    pub fn settled(&self) -> Timestamp {
        self.settled
    }

    /// Returns how many groups it follows.
    pub fn groups(&self) -> usize {
        self.series.len()
    }

    /// Goes through the groups with the first and last bucket that held documents.
    pub fn seen_groups(&self) -> impl Iterator<Item = (&Group, Timestamp, Timestamp)> {
        self.series.iter().map(|(group, series)| (group, series.first, series.last))
    }

    /// Returns up to where the history must be learned before bucket `watermark` can be judged.
    pub fn learns_until(&self, watermark: Timestamp) -> Timestamp {
        self.rule.span.offset(watermark, -i64::from(self.rule.settle))
    }

    /// Takes over episodes of earlier processes: running ones go on, and none of their buckets is learned.
    pub fn resume(&mut self, episodes: &BTreeMap<Group, Vec<Episode>>) {
        for (group, episodes) in episodes {
            let Some(series) = self.series.get_mut(group) else { continue };
            let mut over = None;
            for episode in episodes {
                match (episode.trouble, episode.status.is_over()) {
                    (Trouble::Anomaly, false) => series.trail.episode = Some(episode.clone()),
                    (Trouble::NoData, false) => series.silence = Some(episode.clone()),
                    (Trouble::Anomaly, true) => {
                        over = over.max(episode.ended.map(|end| self.rule.span.offset(end, -1)));
                    }
                    (Trouble::NoData, true) | (Trouble::Own, _) => {}
                }
            }
            let course = series.trail.episode.as_ref().and_then(|episode| episode.course.clone());
            series.trail.machine = Machine::resume(course, over);
        }
    }

    /// Goes through the episodes that run.
    pub fn open_episodes(&self) -> impl Iterator<Item = &Episode> {
        self.series
            .values()
            .flat_map(|series| series.trail.episode.iter().chain(series.silence.iter()))
    }

    /// Gives a running episode what was found out about it.
    pub fn detail(&mut self, group: &Group, id: &str, detail: Detail) {
        let running = self.series.get_mut(group).and_then(|series| series.trail.episode.as_mut());
        if let Some(episode) = running.filter(|episode| episode.id == id) {
            episode.detail = detail;
        }
    }

    /// Learns a stretch of history and returns what was found from `write_from` on. Nothing here raises an alert.
    pub fn learn(
        &mut self,
        window: Window,
        readings: &Readings,
        held: &BTreeMap<Group, Vec<Held>>,
        write_from: Timestamp,
    ) -> Result<Vec<Finding>, RestoreError> {
        self.welcome(readings)?;
        let mut findings = Vec::new();
        for (group, series) in &mut self.series {
            if series.trail.held.is_empty() {
                series.trail.held = held.get(group).cloned().unwrap_or_default();
            }
            let read = readings.get(group);
            let first = series.first;
            for bucket in window.buckets(self.rule.span).filter(|bucket| *bucket >= first) {
                let raw = read.and_then(|read| read.get(&bucket)).copied();
                series.last = if raw.is_some() { bucket } else { series.last };
                let reading = reading(&self.rule, raw);
                series.known = if reading == Reading::Unknown { series.known } else { bucket };
                let slots = self.slots.at(bucket, &self.zone);
                let seen = Bucket { start: bucket, slots, reading };
                let judgement = series.learn(&self.rule, seen);
                if bucket >= write_from {
                    let group = group.clone();
                    findings.push(Finding {
                        group,
                        bucket,
                        reading,
                        judgement,
                        mark: None,
                        revision: 0,
                    });
                }
            }
        }
        self.settled = self.settled.max(window.to);
        Ok(findings)
    }

    /// Returns the window whose readings [`Watch::judge`] needs when buckets are closed up to `closed`.
    pub fn window(&self, closed: Timestamp) -> Window {
        Window { from: self.settled, to: closed }
    }

    /// Judges everything that is closed, learns what is settled, and moves the episodes.
    pub fn judge(
        &mut self,
        closed: Timestamp,
        readings: &Readings,
    ) -> Result<Outcome, RestoreError> {
        self.welcome(readings)?;
        let window = self.window(closed);
        let settled = self.learns_until(closed).max(self.settled);
        let mut outcome = Outcome::default();
        let times = Times { window, settled, closed, begin: self.begin, judged: self.judged };
        for (group, series) in &mut self.series {
            let step =
                GroupStep { rule: &self.rule, zone: &self.zone, slots: self.slots, times, group };
            step.run(series, readings.get(group), &mut outcome);
        }
        self.settled = settled;
        self.judged = self.judged.max(closed);
        self.part(closed, &mut outcome);
        Ok(outcome)
    }

    /// Begins the series of groups that were not known.
    fn welcome(&mut self, readings: &Readings) -> Result<(), RestoreError> {
        for (group, read) in readings {
            if let Some(first) = read.keys().next()
                && !self.series.contains_key(group)
            {
                let series = Series::begin(&self.rule, group, self.slots, *first)?;
                self.series.insert(group.clone(), series);
            }
        }
        Ok(())
    }

    /// Parts with groups that have been silent for too long.
    fn part(&mut self, closed: Timestamp, outcome: &mut Outcome) {
        // A rule without groups watches the whole, which cannot go away.
        if self.rule.group_by.is_empty() {
            return;
        }
        self.series.retain(|_, series| {
            let stays = closed.duration_since(series.last) <= GROUP_TTL;
            if !stays {
                let left = [series.trail.episode.take(), series.silence.take()];
                outcome.changes.extend(left.into_iter().flatten().map(Change::untracked));
            }
            stays
        });
    }
}

/// The moments of one cycle.
#[derive(Debug, Clone, Copy)]
struct Times {
    window: Window,
    settled: Timestamp,
    closed: Timestamp,
    begin: Timestamp,
    judged: Timestamp,
}

/// What one cycle does to one group.
struct GroupStep<'a> {
    rule: &'a Rule,
    zone: &'a TimeZone,
    slots: SlotCount,
    times: Times,
    group: &'a Group,
}

impl GroupStep<'_> {
    fn run(
        &self,
        series: &mut Series,
        read: Option<&BTreeMap<Timestamp, Reading>>,
        outcome: &mut Outcome,
    ) {
        let starts =
            self.times.window.buckets(self.rule.span).filter(|start| *start >= series.first);
        let buckets: Vec<Bucket> = starts
            .map(|start| {
                let raw = read.and_then(|read| read.get(&start)).copied();
                let reading = reading(self.rule, raw);
                Bucket { start, slots: self.slots.at(start, self.zone), reading }
            })
            .collect();
        if let Some(last) = read.and_then(|read| read.keys().next_back()) {
            series.last = series.last.max(*last);
        }
        let judgements = series.judge(self.rule, &buckets, self.times.closed);
        for (bucket, judgement) in buckets.iter().zip(judgements) {
            self.bucket(series, bucket, &judgement, outcome);
        }
        for bucket in buckets.iter().filter(|bucket| bucket.start < self.times.settled) {
            series.learn(self.rule, *bucket);
        }
        let untold = Untold { rule: self.rule, group: self.group, closed: self.times.closed };
        untold.silence(series, &mut outcome.changes);
        series.trail.machine.forget_before(self.times.settled);
        series.forget_before(self.times.settled);
    }

    fn bucket(
        &self,
        series: &mut Series,
        bucket: &Bucket,
        judgement: &Judgement,
        outcome: &mut Outcome,
    ) {
        if bucket.reading != Reading::Unknown {
            series.known = series.known.max(bucket.start);
        }
        let mark = mark(self.rule, bucket.reading, judgement);
        let mark = mark.filter(|_| bucket.start >= self.times.begin);
        let seen = series.seen.get(&bucket.start).copied();
        let revision = match seen {
            None if bucket.start < self.times.judged => None,
            None => Some(0),
            Some(seen) if seen.reading == bucket.reading => None,
            Some(seen) => Some(seen.revision + 1),
        };
        let kept = revision.or(seen.map(|seen| seen.revision)).unwrap_or(0);
        series.seen.insert(bucket.start, Seen { reading: bucket.reading, revision: kept });
        if let Some(revision) = revision {
            outcome.findings.push(Finding {
                group: self.group.clone(),
                bucket: bucket.start,
                reading: bucket.reading,
                judgement: *judgement,
                mark,
                revision,
            });
        }
        if let Some(mark) = mark {
            let untold = Untold { rule: self.rule, group: self.group, closed: self.times.closed };
            advance(
                &untold,
                &mut series.trail,
                (bucket.start, mark),
                judgement,
                &mut outcome.changes,
            );
        }
    }
}
