//! The cycle: what is closed is read, judged, written and told, in an order that a crash cannot break.
//!
//! 1. Readings come in and findings go to the series stream.
//! 2. Each transition: state document with its effects, then the transition document and the outbox rows, then the state
//!    document without effects (`effects`).
//! 3. The watermarks move.
//! 4. Rows are sent (`outbox`).
//!
//! All ids are deterministic; a start first finishes effects that were left open (`start`).

mod effects;
mod lessons;
mod outbox;
mod own;
mod report;
mod series;
mod start;
mod watermark;

use std::collections::BTreeMap;
use std::time::Duration;

use elastic::Version;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::Error;
use crate::alert::Site;
use crate::engine::{Change, Watch};
use crate::notify::Channels;
use crate::rule::Rule;
use crate::source::{Answer, Ask, Cluster, Readings, SeriesSource};
use crate::store::{Index, Mark, Store, Tenure, Write};

use effects::Telling;
use lessons::Lessons;
use outbox::Outbox;
use own::{Own, OwnFault};
pub use report::{CycleReport, RuleStatus, Told};
pub use start::StartAt;

/// What the cycles of one detector have in common.
#[derive(Debug)]
pub struct Setup {
    /// The rules it follows.
    pub rules: Vec<Rule>,
    /// What its documents share.
    pub site: Site,
    /// How long after its end a bucket is closed.
    pub query_delay: SignedDuration,
    /// How long a search may take.
    pub query_time_limit: Duration,
    /// How much history is learned at first.
    pub history: SignedDuration,
    /// Where messages go.
    pub channels: Channels,
}

/// One rule with what is stored about it.
#[derive(Debug)]
struct Followed {
    watch: Watch,
    mark: Mark,
    /// The version of its watermark, if it was ever written.
    version: Option<Version>,
    /// The watermark as it was last written.
    written: Option<Timestamp>,
    /// Groups whose documents are up to date, with their last bucket as written.
    groups: BTreeMap<String, Timestamp>,
    /// Why it could not be judged, and in how many cycles in a row.
    failing: Option<(String, u32)>,
    /// What it must learn before it can judge.
    lessons: Option<Lessons>,
}

/// A detector that judges.
#[derive(Debug)]
pub struct Detector {
    setup: Setup,
    source: Cluster,
    store: Store,
    tenure: Tenure,
    rules: Vec<Followed>,
    own: Own,
    /// Versions of state documents, by episode.
    versions: BTreeMap<String, Version>,
    outbox: Outbox,
    /// Whether messages wait for a digest: what is being judged lies in the past.
    catching_up: CatchingUp,
}

/// Whether the detector makes up for a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CatchingUp {
    No,
    Yes,
}

impl Detector {
    /// Judges everything that is closed at `now`, tells people, and moves the watermarks.
    ///
    /// # Errors
    /// After an error the detector must be started again from what is stored; nothing is lost or doubled by that.
    pub async fn cycle(&mut self, now: Timestamp) -> Result<CycleReport, Error> {
        self.tenure.beat().await?;
        self.learn(1, now).await?;
        let mut report = CycleReport::default();
        let due: Vec<(usize, Timestamp)> = self.due(now);
        let answers = self.ask(&due).await;
        let mut telling = Telling::default();
        let mut findings = Vec::new();
        for ((number, closed), answer) in due.into_iter().zip(answers) {
            let judged = self.judge(number, closed, answer, &mut telling)?;
            report.judged += judged.len();
            let rule = self.rules[number].watch.rule();
            let namespace = self.setup.site.namespace.as_str();
            findings.extend(series::writes((rule, namespace), &judged, now));
            report.rules_judged += 1;
        }
        self.tenure.beat().await?;
        self.store.write_later(&findings).await?;
        report.told = self.tell(telling, now).await?;
        self.move_watermarks(now).await?;
        self.tenure.beat().await?;
        if self.catching_up == CatchingUp::No {
            report.sent = self.outbox.deliver(&self.store, &self.setup.channels, now).await?;
        }
        Ok(report)
    }

    /// Returns the rules that have a closed bucket to judge, with where closed buckets end.
    fn due(&self, now: Timestamp) -> Vec<(usize, Timestamp)> {
        let until = now.checked_sub(self.setup.query_delay).unwrap_or(Timestamp::MIN);
        let closed = |followed: &Followed| followed.watch.rule().span.floor(until);
        self.rules
            .iter()
            .enumerate()
            .map(|(number, followed)| (number, closed(followed)))
            .filter(|(number, closed)| *closed > self.rules[*number].watch.watermark())
            .collect()
    }

    /// Returns the first moment after `now` at which a bucket is closed.
    pub fn next_close(&self, now: Timestamp) -> Option<Timestamp> {
        let until = now.checked_sub(self.setup.query_delay).unwrap_or(Timestamp::MIN);
        let next = self.rules.iter().map(|followed| {
            let span = followed.watch.rule().span;
            span.offset(span.floor(until), 1).saturating_add(self.setup.query_delay)
        });
        next.filter_map(Result::ok).min()
    }

    /// Returns the earliest watermark: everything before it is judged by all rules.
    pub fn watermark(&self) -> Option<Timestamp> {
        self.rules.iter().map(|followed| followed.watch.watermark()).min()
    }

    /// Returns the answers of the rules that are due; one that is still to learn gets a partial one.
    async fn ask(&self, due: &[(usize, Timestamp)]) -> Vec<Answer> {
        let learned = |number: &usize| self.rules[*number].lessons.is_none();
        let asks: Vec<Ask<'_>> = due
            .iter()
            .filter(|(number, _)| learned(number))
            .map(|(number, closed)| {
                let watch = &self.rules[*number].watch;
                let time_limit = self.setup.query_time_limit;
                Ask { rule: watch.rule(), window: watch.window(*closed), time_limit }
            })
            .collect();
        let mut answers = self.source.read(&asks).await.into_iter();
        let answer = |(number, _): &(usize, Timestamp)| {
            let answer = if learned(number) { answers.next() } else { None };
            answer.unwrap_or_else(|| {
                let lessons = self.rules[*number].lessons.as_ref();
                let reason = lessons.and_then(|lessons| lessons.stuck.clone());
                Answer::Partial { reason: reason.unwrap_or_else(|| "no answer".to_owned()) }
            })
        };
        due.iter().map(answer).collect()
    }

    /// Judges the answer of one rule. A partial one moves nothing but the rule's own alert.
    fn judge(
        &mut self,
        number: usize,
        closed: Timestamp,
        answer: Answer,
        telling: &mut Telling,
    ) -> Result<Vec<crate::engine::Finding>, Error> {
        let followed = &mut self.rules[number];
        let id = followed.watch.rule().id.clone();
        let (readings, capped): (Readings, Option<String>) = match answer {
            Answer::Whole(readings) => (readings, None),
            Answer::Capped(readings) => {
                let cap = followed.watch.rule().group_cap;
                (
                    readings,
                    Some(format!("rule {id} has more than {cap} groups; the rest is not judged")),
                )
            }
            Answer::Partial { reason } => {
                let cycles = followed.failing.take().map_or(1, |(_, cycles)| cycles + 1);
                tracing::warn!(
                    event.code = "detector.query_partial",
                    rule = %id, reason = %reason, cycles,
                    "a rule got no whole answer; its buckets stay unknown"
                );
                telling.own(self.own.step(&id, closed, OwnFault::Query(Some(reason.clone()))));
                followed.failing = Some((reason, cycles));
                return Ok(Vec::new());
            }
        };
        followed.failing = None;
        telling.own(self.own.step(&id, closed, OwnFault::Query(None)));
        telling.own(self.own.step(&id, closed, OwnFault::Groups(capped)));
        let outcome = followed
            .watch
            .judge(closed, &readings)
            .map_err(|source| Error::Model { rule: id, source })?;
        telling.of_rule(number, outcome.changes);
        Ok(outcome.findings)
    }

    /// Says that what was missed has been judged: messages that waited become one digest, or are sent.
    ///
    /// # Errors
    /// As [`Detector::cycle`].
    pub async fn caught_up(&mut self, now: Timestamp) -> Result<(), Error> {
        if self.catching_up == CatchingUp::Yes {
            self.catching_up = CatchingUp::No;
            let open: Vec<String> = self
                .rules
                .iter()
                .flat_map(|followed| followed.watch.open_episodes())
                .map(|episode| episode.id.clone())
                .collect();
            self.outbox.digest(&self.store, &open, now).await?;
        }
        Ok(())
    }

    /// Gives the lease back at an orderly end.
    ///
    /// # Errors
    /// When the cluster cannot be told.
    pub async fn end(self) -> Result<(), Error> {
        self.tenure.end().await
    }
}

/// Returns the rule a change belongs to, by number.
#[derive(Debug)]
enum Whose {
    Rule(usize),
    Own,
}

/// One state document on its way.
fn state_write(id: &str, document: Value, seen: Option<Version>) -> Write {
    Write::over(Index::State, id, document, seen)
}

/// Returns the id of a change's episode.
fn id_of(change: &Change) -> &str {
    &change.episode().id
}
