//! From steps of the machine to changes of episodes: what is stored, what is forgotten, what people are told.

use jiff::{SignedDuration, Timestamp};

use super::series::{Held, Series, Trail};
use crate::alert::{Action, Episode, Evaluation, Mark, Status, Step, Trouble};
use crate::model::{Grade, Judgement};
use crate::rule::{Fires, NoDataPolicy, Rule};
use crate::source::Group;

/// What became of an episode.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Its state document is written; people are told nothing.
    Keep(Box<Episode>),
    /// It was nothing: its state document goes.
    Forget(Box<Episode>),
    /// A transition: state document, transition document, a row for each channel.
    Tell(Box<Episode>, Action),
}

impl Change {
    /// Returns the change of an episode whose group is gone.
    pub(super) fn untracked(episode: Episode) -> Self {
        if !episode.is_public() {
            return Self::Forget(Box::new(episode));
        }
        Self::Keep(Box::new(Episode { status: Status::Untracked, course: None, ..episode }))
    }

    /// Returns the episode.
    pub fn episode(&self) -> &Episode {
        match self {
            Self::Keep(episode) | Self::Forget(episode) | Self::Tell(episode, _) => episode,
        }
    }
}

/// What every change of a group's episode needs to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Untold<'a> {
    pub(super) rule: &'a Rule,
    pub(super) group: &'a Group,
    /// Up to where buckets are closed in this cycle.
    pub(super) closed: Timestamp,
}

/// Gives a mark to the machine and carries out what it says.
pub(super) fn advance(
    untold: &Untold<'_>,
    trail: &mut Trail,
    (bucket, mark): (Timestamp, Mark),
    judgement: &Judgement,
    changes: &mut Vec<Change>,
) {
    let step = trail.machine.step(bucket, mark, untold.rule.patience);
    let evaluation = judgement.judged().map(|judged| {
        let mut judged = *judged;
        // A flatline has no probability of its own: it fires or it does not.
        if mark == Mark::Anomalous && matches!(untold.rule.fires, Fires::Fewer { .. }) {
            judged.grade = Grade::CERTAIN;
        }
        Evaluation::from(&judged)
    });
    let seen = Sight { bucket, mark, evaluation };
    match step {
        Step::Same => untold.same(trail, seen, changes),
        Step::Pending | Step::Turned => untold.follow(trail, seen, changes),
        Step::Opened => untold.open(trail, seen, changes),
        Step::Dropped => {
            changes.extend(trail.episode.take().map(|episode| Change::Forget(Box::new(episode))));
        }
        Step::Recovered => {
            if let Some(episode) = trail.episode.take() {
                let end = untold.rule.span.offset(bucket, 1);
                close(trail, episode, end, changes);
            }
        }
    }
}

/// One judged bucket.
#[derive(Debug, Clone, Copy)]
struct Sight {
    bucket: Timestamp,
    mark: Mark,
    evaluation: Option<Evaluation>,
}

impl Untold<'_> {
    /// Nothing turned; a running episode still learns how bad it is.
    fn same(&self, trail: &mut Trail, seen: Sight, changes: &mut Vec<Change>) {
        let known = trail.episode.as_ref().is_some_and(|episode| {
            // The marks of one cycle are given again in the next one, unchanged.
            episode.latest_bucket.is_some_and(|latest| seen.bucket < latest)
        });
        if trail.episode.is_some() && !known {
            self.follow(trail, seen, changes);
        }
    }

    fn follow(&self, trail: &mut Trail, seen: Sight, changes: &mut Vec<Change>) {
        let Some(course) = trail.machine.course().cloned() else { return };
        let mut episode = match trail.episode.take() {
            Some(episode) if episode.first == course.first || episode.is_public() => episode,
            moved => {
                changes.extend(moved.map(|episode| Change::Forget(Box::new(episode))));
                Episode::begin(self.rule, self.group, Trouble::Anomaly, course.first)
            }
        };
        let before = episode.clone();
        let was = episode.severity;
        episode.follow(&course);
        self.see(&mut episode, seen);
        let change = if episode.is_public() && episode.severity > was {
            episode.number += 1;
            Some(Change::Tell(Box::new(episode.clone()), Action::Update))
        } else {
            (episode != before).then(|| Change::Keep(Box::new(episode.clone())))
        };
        changes.extend(change);
        trail.episode = Some(episode);
    }

    fn open(&self, trail: &mut Trail, seen: Sight, changes: &mut Vec<Change>) {
        self.follow(trail, seen, &mut Vec::new());
        let Some(episode) = &mut trail.episode else { return };
        episode.number += 1;
        episode.opened = Some(self.closed);
        trail.held.push(Held { from: episode.first, to: None, opened: self.closed });
        changes.push(Change::Tell(Box::new(episode.clone()), Action::Open));
    }

    fn see(&self, episode: &mut Episode, seen: Sight) {
        episode.latest_bucket = episode.latest_bucket.max(Some(seen.bucket));
        if let Some(evaluation) = seen.evaluation {
            episode.latest = Some(evaluation);
            if seen.mark == Mark::Anomalous {
                episode.weigh(evaluation);
            }
        }
        let grade = episode.worst.map_or(0.0, |worst| worst.grade);
        episode.severity = self.rule.severity.of(grade).max(episode.severity);
    }

    /// Notices a group that has had no data for too long, and its return.
    pub(super) fn silence(&self, series: &mut Series, changes: &mut Vec<Change>) {
        let missing_from = self.rule.span.offset(series.known, 1);
        let after =
            SignedDuration::try_from(self.rule.no_data.after).unwrap_or(SignedDuration::MAX);
        let missing = self.closed.duration_since(missing_from) >= after;
        match (self.rule.no_data.policy, missing) {
            (NoDataPolicy::Resolve, true) => {
                let open = series.trail.episode.take_if(|episode| episode.is_public());
                if let Some(mut episode) = open {
                    episode.reason = Some("the group has no data any more".to_owned());
                    series.trail.machine.end(self.rule.span.offset(self.closed, -1));
                    close(&mut series.trail, episode, self.closed, changes);
                }
            }
            (NoDataPolicy::Alert, true) if series.silence.is_none() => {
                let mut episode =
                    Episode::begin(self.rule, self.group, Trouble::NoData, missing_from);
                episode.status = Status::NoData;
                episode.opened = Some(self.closed);
                episode.number = 1;
                episode.severity = self.rule.severity.of(0.0);
                episode.reason = Some("an expected group has no data".to_owned());
                series.silence = Some(episode.clone());
                changes.push(Change::Tell(Box::new(episode), Action::NoData));
            }
            (NoDataPolicy::Keep | NoDataPolicy::Ok, _)
            | (NoDataPolicy::Resolve, false)
            | (NoDataPolicy::Alert, true) => {}
            (NoDataPolicy::Alert, false) => {
                if let Some(mut episode) = series.silence.take() {
                    episode.status = Status::Recovered;
                    episode.ended = Some(series.known);
                    episode.number += 1;
                    episode.reason = Some("data are back".to_owned());
                    changes.push(Change::Tell(Box::new(episode), Action::NoData));
                }
            }
        }
    }
}

/// Ends an episode: people are told once more.
fn close(trail: &mut Trail, mut episode: Episode, end: Timestamp, changes: &mut Vec<Change>) {
    episode.status = Status::Recovered;
    episode.ended = Some(end);
    episode.course = None;
    episode.number += 1;
    for held in trail.held.iter_mut().filter(|held| held.from == episode.first) {
        held.to = Some(end);
    }
    changes.push(Change::Tell(Box::new(episode), Action::Close));
}
