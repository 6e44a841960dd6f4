//! The start: open effects are finished, history is learned, episodes go on.
//!
//! What a rule has learned is not stored; it is learned again from the same first bucket, up to its watermark, and so is
//! the same as before. The episodes tell which buckets were held back from the models.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::effects::Effects;
use super::lessons::Lessons;
use super::outbox::Outbox;
use super::own::Own;
use super::{CatchingUp, Detector, Followed, Setup, state_write};
use crate::Error;
use crate::alert::{Episode, Status, Trouble, state};
use crate::engine::{Held, Watch};
use crate::rule::{Rule, Window};
use crate::source::{Cluster, Group};
use crate::store::{Mark, Outcome, Progress, Store, StoredEpisode, Tenure, Write};

/// History is read in days, oldest first.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Judgements of the last days of the first history are written, so that charts are not empty.
const WRITTEN: SignedDuration = SignedDuration::from_hours(48);
/// After a stop this much is judged; what is older is only learned.
const MADE_UP_FOR: SignedDuration = SignedDuration::from_hours(24);
/// A rule learns anew from a later day when its first bucket is this far back: starts stay short.
const OLDEST_ANCHOR: SignedDuration = SignedDuration::from_hours(56 * 24);
/// A watermark further ahead of the clock than this is wrong, not a matter of two clocks.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(1);
/// A search of history that fails is tried again so often.
const TRIES: usize = 3;

/// Where judging begins for rules that were never followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// Now, as a long-running process.
    Now(Timestamp),
    /// At the begin of a past stretch.
    Past(Timestamp),
}

impl Detector {
    /// Starts from what is stored.
    ///
    /// # Errors
    /// When the cluster cannot be asked or told; starting again is safe.
    pub async fn start(
        setup: Setup,
        (source, store, tenure): (Cluster, Store, Tenure),
        start: StartAt,
    ) -> Result<Self, Error> {
        let mut detector = Self {
            setup,
            source,
            outbox: Outbox::default(),
            store,
            tenure,
            rules: Vec::new(),
            own: Own::new(),
            versions: BTreeMap::new(),
            catching_up: CatchingUp::No,
        };
        let (StartAt::Now(now) | StartAt::Past(now)) = start;
        let horizon = now.checked_sub(OLDEST_ANCHOR).unwrap_or(Timestamp::MIN);
        let stored = detector.store.episodes(horizon).await?;
        let stored = detector.repair(stored, now).await?;
        for rule in std::mem::take(&mut detector.setup.rules) {
            let progress = detector.store.progress(&rule.id).await?;
            let followed = detector.begin(rule, progress, start, &stored);
            detector.rules.push(followed);
        }
        detector.learn(TRIES, now).await?;
        detector.part(&stored, now).await?;
        detector.outbox = Outbox::load(&detector.store).await?;
        Ok(detector)
    }

    /// Finishes effects that an earlier process left open, before anything is judged.
    async fn repair(
        &mut self,
        stored: Vec<StoredEpisode>,
        now: Timestamp,
    ) -> Result<Vec<StoredEpisode>, Error> {
        let mut repaired = Vec::with_capacity(stored.len());
        for mut one in stored {
            if let Some(open) = one.effects.take() {
                let id = one.episode.id.clone();
                let index = "the state of episodes".to_owned();
                let effects = Effects::read(open).map_err(|source| Error::Stored {
                    index,
                    id: id.clone(),
                    source,
                })?;
                Effects::carry_out(&[&effects], &self.store).await?;
                let write = self.state_of(&one.episode, Some(one.version), now);
                match self.store.write(&[write]).await?.first() {
                    Some(Outcome::Done(version)) => one.version = *version,
                    Some(Outcome::Conflict | Outcome::Absent) | None => {
                        return Err(Error::Conflict { what: format!("the state of episode {id}") });
                    }
                }
                tracing::info!(
                    event.code = "detector.repaired", episode = %id,
                    "a transition that was cut short was finished"
                );
            }
            self.versions.insert(one.episode.id.clone(), one.version);
            self.own.resume(&one.episode);
            repaired.push(one);
        }
        Ok(repaired)
    }

    fn state_of(&self, episode: &Episode, seen: Option<elastic::Version>, now: Timestamp) -> Write {
        let known = self.setup.rules.iter().find(|rule| rule.id == episode.rule);
        let followed =
            || self.rules.iter().map(|rule| rule.watch.rule()).find(|rule| rule.id == episode.rule);
        // The document of a rule that is gone says what little is known of it.
        let rule = known.or_else(followed).unwrap_or_else(|| self.own.rule(&episode.rule));
        let tracking = serde_json::json!({"episode": episode});
        let mut document = state(&self.setup.site, rule, episode, (tracking, now));
        document["rule"]["id"] = serde_json::json!(episode.rule);
        state_write(&episode.id, document, seen)
    }

    /// Decides from where a rule learns and judges.
    fn begin(
        &mut self,
        rule: Rule,
        progress: Option<Progress>,
        start: StartAt,
        stored: &[StoredEpisode],
    ) -> Followed {
        let span = rule.span;
        let now = match start {
            StartAt::Now(now) => span.floor(now.checked_sub(self.setup.query_delay).unwrap_or(now)),
            StartAt::Past(from) => span.floor(from),
        };
        let fresh = || {
            let anchor = now.checked_sub(self.setup.history).unwrap_or(Timestamp::MIN);
            Mark { anchor: span.floor(anchor), begin: now }
        };
        let back = |by| now.checked_sub(by).unwrap_or(Timestamp::MIN);
        let (mark, watermark, write_from) = match progress {
            None => (fresh(), now, back(WRITTEN)),
            Some(Progress { watermark, mut mark, .. }) => {
                let watermark = Self::passed(&rule, watermark, now, start);
                let missed = now.duration_since(watermark);
                let begin =
                    if missed > MADE_UP_FOR { span.floor(back(MADE_UP_FOR)) } else { watermark };
                if missed >= SignedDuration::ZERO && missed > span_length(&rule) {
                    self.catching_up = match start {
                        StartAt::Now(_) => CatchingUp::Yes,
                        StartAt::Past(_) => CatchingUp::No,
                    };
                }
                if missed > MADE_UP_FOR {
                    mark.begin = begin;
                }
                if begin.duration_since(mark.anchor) > OLDEST_ANCHOR {
                    mark.anchor = fresh().anchor;
                }
                (mark, begin, watermark)
            }
        };
        let mut watch = Watch::new(rule, self.setup.site.zone.clone(), mark.anchor, mark.begin);
        watch.judged_until(watermark);
        let learn = Window { from: watch.settled(), to: watch.learns_until(watermark) };
        let mut pieces: Vec<Window> = learn.pieces(DAY).collect();
        pieces.reverse();
        let lessons = Lessons {
            pieces,
            write_from,
            held: held(stored, &watch.rule().id),
            episodes: by_group(stored, &watch.rule().id),
            stuck: None,
        };
        let version = progress.map(|progress| progress.version);
        let written = progress.map(|progress| progress.watermark);
        let groups = BTreeMap::new();
        let lessons = Some(lessons);
        Followed { watch, mark, version, written, groups, failing: None, lessons }
    }

    /// Nothing later than now can have been judged: a watermark of the future comes from a wrong clock, and would blind the
    /// rule until its time has come.
    fn passed(rule: &Rule, watermark: Timestamp, now: Timestamp, start: StartAt) -> Timestamp {
        let is_ahead = watermark.duration_since(now) > MOST_AHEAD;
        if matches!(start, StartAt::Past(_)) || !is_ahead {
            return watermark;
        }
        tracing::error!(
            event.code = "detector.watermark_ahead", rule = %rule.id, watermark = %watermark,
            "a rule was judged beyond the present, as by a wrong clock; it is judged on from now"
        );
        now
    }

    /// Follows no more the running episodes of rules that are gone; their watermarks stay.
    async fn part(&mut self, stored: &[StoredEpisode], now: Timestamp) -> Result<(), Error> {
        let followed = |id: &str| self.rules.iter().any(|rule| rule.watch.rule().id == id);
        let gone: Vec<Episode> = stored
            .iter()
            .map(|one| &one.episode)
            .filter(|episode| !episode.status.is_over())
            .filter(|episode| !followed(&episode.rule) && !self.own.is_own(&episode.rule))
            .map(|episode| Episode { status: Status::Untracked, course: None, ..episode.clone() })
            .collect();
        for episode in gone {
            let seen = self.versions.get(&episode.id).copied();
            let write = self.state_of(&episode, seen, now);
            if let Some(Outcome::Done(version)) = self.store.write(&[write]).await?.first() {
                self.versions.insert(episode.id.clone(), *version);
            }
        }
        Ok(())
    }
}

fn span_length(rule: &Rule) -> SignedDuration {
    SignedDuration::from_millis(rule.span.millis())
}

fn by_group(stored: &[StoredEpisode], rule: &str) -> BTreeMap<Group, Vec<Episode>> {
    let mut groups: BTreeMap<Group, Vec<Episode>> = BTreeMap::new();
    for one in stored.iter().filter(|one| one.episode.rule == rule) {
        groups.entry(one.episode.group.clone()).or_default().push(one.episode.clone());
    }
    groups
}

/// Returns the buckets of episodes that models did not learn.
fn held(stored: &[StoredEpisode], rule: &str) -> BTreeMap<Group, Vec<Held>> {
    let mut held: BTreeMap<Group, Vec<Held>> = BTreeMap::new();
    for StoredEpisode { episode, .. } in stored {
        if let (true, Trouble::Anomaly, Some(opened)) =
            (episode.rule == rule, episode.trouble, episode.opened)
        {
            let one = Held { from: episode.first, to: episode.ended, opened };
            held.entry(episode.group.clone()).or_default().push(one);
        }
    }
    held
}
