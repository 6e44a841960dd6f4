//! The text of an alert: what was seen, what was expected, where, when and why.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use runtime::plain;

use super::episode::{Action, Episode, Evaluation, Trouble};
use crate::rule::{Measure, Rule};

/// Returns the cause in one line, for `event.reason`.
pub fn reason(rule: &Rule, episode: &Episode) -> String {
    if let Some(reason) = &episode.reason {
        return plain(reason).into_owned();
    }
    let evaluation = episode.worst.or(episode.latest);
    let Some(evaluation) = evaluation else { return rule.description.clone() };
    let measure = rule.measure.describe();
    let side = if evaluation.low { "low" } else { "high" };
    plain(&format!(
        "{measure} is {side}: {} where {} was expected{}",
        figure(rule, evaluation.value),
        figure(rule, evaluation.expected),
        bound(rule, &evaluation),
    ))
    .into_owned()
}

/// Returns the message of a transition.
pub fn message(rule: &Rule, episode: &Episode, action: Action, zone: &TimeZone) -> String {
    let head = match (action, episode.trouble) {
        (Action::Open, _) => "opened",
        (Action::Update, _) => "became worse",
        (Action::Close, _) => "recovered",
        (Action::NoData, _) if episode.ended.is_some() => "has data again",
        (Action::NoData, _) => "has no data",
    };
    let mut text = format!("{} {head}", rule.name);
    if !episode.group.0.is_empty() {
        push(&mut text, format_args!(" for {}", episode.group.0.join(", ")));
    }
    push(&mut text, format_args!(": {}.", reason(rule, episode)));
    let span = rule.span;
    let until = episode.ended.unwrap_or_else(|| span.offset(episode.last, 1));
    push(&mut text, format_args!(" {} to {}.", local(episode.first, zone), local(until, zone)));
    if episode.trouble == Trouble::Anomaly {
        for found in &episode.detail.explain {
            push(
                &mut text,
                format_args!(
                    " {}={} explains {:.0} % ({:.1} × as common as before).",
                    found.field,
                    found.value,
                    found.share * 100.0,
                    found.lift
                ),
            );
        }
    }
    plain(&text).into_owned()
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(more);
    debug_assert!(written.is_ok(), "writing to a String does not fail");
}

fn bound(rule: &Rule, evaluation: &Evaluation) -> String {
    let bound = if evaluation.low { evaluation.lower } else { evaluation.upper };
    bound.map_or_else(String::new, |bound| format!(" (bound {})", figure(rule, bound)))
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// Returns a figure as a person reads it: a share in percent, all else with as many digits as say something.
fn figure(rule: &Rule, value: f64) -> String {
    if matches!(rule.measure, Measure::Ratio { .. }) {
        return format!("{:.1} %", value * 100.0);
    }
    match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}
