//! `test RULE`: the engine of `run` over a past stretch, without writing anything.

use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::Style;
use crate::Error;
use crate::alert::{Action, time};
use crate::cycle::Setup;
use crate::engine::{Change, Watch};
use crate::rule::{Rule, Window};
use crate::run::Past;
use crate::source::{Answer, Ask, Cluster, Readings, SeriesSource, Table};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What a rule would have done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// The rule.
    pub rule: String,
    /// How long after its end a bucket is closed.
    pub query_delay_ms: i64,
    /// The length of a bucket.
    pub span_ms: i64,
    /// What was learned, then what was judged.
    pub learned: [String; 2],
    /// What was judged.
    pub judged: [String; 2],
    /// Groups that were seen.
    pub groups: usize,
    /// Buckets with a judgement.
    pub buckets: usize,
    /// What would have been told.
    pub transitions: Vec<Transition>,
}

/// One transition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transition {
    /// When it would have been told.
    pub at: String,
    /// The episode.
    pub episode: String,
    /// open, update, close, no-data.
    pub action: &'static str,
    /// The group, as its key.
    pub group: String,
    /// The first bucket.
    pub start: String,
    /// What was seen at its worst.
    pub value: Option<f64>,
    /// What was expected then.
    pub expected: Option<f64>,
    /// 0 to 100.
    pub score: Option<f64>,
}

/// Tries a rule on a cluster.
///
/// # Errors
/// When the cluster cannot be asked.
pub async fn try_rule(
    setup: &Setup,
    source: &Cluster,
    (rule, past): (&Rule, Past),
) -> Result<Tried, Error> {
    run(setup, source, (rule, past)).await
}

/// Tries a rule on figures of a file.
///
/// # Errors
/// When a model cannot be built.
pub async fn try_table(
    setup: &Setup,
    source: &Table,
    (rule, past): (&Rule, Past),
) -> Result<Tried, Error> {
    run(setup, source, (rule, past)).await
}

async fn run<S: SeriesSource>(
    setup: &Setup,
    source: &S,
    (rule, Past { from, until }): (&Rule, Past),
) -> Result<Tried, Error> {
    let span = rule.span;
    let (from, until) = (span.floor(from), span.floor(until));
    let anchor = span.floor(from.checked_sub(setup.history).unwrap_or(Timestamp::MIN));
    let mut watch = Watch::new(rule.clone(), setup.site.zone.clone(), anchor, from);
    let failed = |source| Error::Model { rule: rule.id.clone(), source };
    let learned = Window { from: anchor, to: watch.learns_until(from) };
    for window in learned.pieces(DAY) {
        let readings = ask(setup, source, (rule, window)).await?;
        watch
            .learn(window, &readings, &std::collections::BTreeMap::new(), until)
            .map_err(failed)?;
    }
    let mut tried = Tried {
        rule: rule.id.clone(),
        query_delay_ms: i64::try_from(setup.query_delay.as_millis()).unwrap_or(i64::MAX),
        span_ms: span.millis(),
        learned: [learned.from, learned.to].map(time),
        judged: [from, until].map(time),
        groups: 0,
        buckets: 0,
        transitions: Vec::new(),
    };
    for bucket in (Window { from, to: until }).buckets(span) {
        let closed = span.offset(bucket, 1);
        let readings = ask(setup, source, (rule, watch.window(closed))).await?;
        let outcome = watch.judge(closed, &readings).map_err(failed)?;
        tried.buckets += outcome.findings.len();
        let now = closed.saturating_add(setup.query_delay).unwrap_or(Timestamp::MAX);
        tried
            .transitions
            .extend(outcome.changes.iter().filter_map(|change| transition(change, now)));
    }
    tried.groups = watch.groups();
    Ok(tried)
}

async fn ask<S: SeriesSource>(
    setup: &Setup,
    source: &S,
    (rule, window): (&Rule, Window),
) -> Result<Readings, Error> {
    let ask = Ask { rule, window, time_limit: setup.query_time_limit };
    match source.read(&[ask]).await.pop() {
        Some(Answer::Whole(readings) | Answer::Capped(readings)) => Ok(readings),
        Some(Answer::Partial { reason }) => Err(Error::History { rule: rule.id.clone(), reason }),
        None => Err(Error::History { rule: rule.id.clone(), reason: "no answer".into() }),
    }
}

fn transition(change: &Change, now: Timestamp) -> Option<Transition> {
    let Change::Tell(episode, action) = change else { return None };
    Some(Transition {
        at: time(now),
        episode: episode.id.clone(),
        action: Action::as_str(*action),
        group: episode.group.key(),
        start: time(episode.first),
        value: episode.worst.map(|worst| worst.value),
        expected: episode.worst.map(|worst| worst.expected),
        score: episode.worst.map(|worst| worst.score),
    })
}

/// Writes what a rule would have done.
///
/// # Errors
/// When the output cannot be written.
pub fn write(tried: &Tried, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style == Style::Json {
        return writeln!(out, "{}", json!(tried));
    }
    let Tried { rule, learned, judged, groups, buckets, .. } = tried;
    writeln!(out, "rule {rule}: learned {} to {}", learned[0], learned[1])?;
    writeln!(
        out,
        "judged {} to {}: {buckets} buckets of {} s, {groups} groups, each {} s after its end",
        judged[0],
        judged[1],
        tried.span_ms / 1_000,
        tried.query_delay_ms / 1_000,
    )?;
    for seen in &tried.transitions {
        let figure =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
        writeln!(
            out,
            "{}  {:<8} {}  since {}  value {} expected {} score {}",
            seen.at,
            seen.action,
            seen.group,
            seen.start,
            figure(seen.value),
            figure(seen.expected),
            figure(seen.score),
        )?;
    }
    writeln!(out, "{} transitions", tried.transitions.len())
}
