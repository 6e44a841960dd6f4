//! The text of an alert: what was seen, what was expected, where, when and why.

use std::fmt::Write as _;

use event::dictionary::Unit;
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
    let measure = rule.quantity.clone().unwrap_or_else(|| rule.measure.describe());
    let side = if evaluation.low { "low" } else { "high" };
    plain(&format!(
        "{measure} too {side}: {} where {} was expected{}",
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

/// Returns a figure as a person reads it: a share in percent, a time in milliseconds or seconds.
fn figure(rule: &Rule, value: f64) -> String {
    if matches!(rule.measure, Measure::Ratio { .. }) {
        return format!("{:.1} %", value * 100.0);
    }
    match rule.measure.unit() {
        Unit::Nanoseconds => duration(value / 1e6),
        Unit::Microseconds => duration(value / 1e3),
        Unit::Milliseconds => duration(value),
        Unit::None | Unit::Bytes | Unit::MinorUnits | Unit::MicroUnits | Unit::Pieces => {
            number(value)
        }
    }
}

fn duration(milliseconds: f64) -> String {
    if milliseconds.abs() >= 1_000.0 {
        format!("{:.2} s", milliseconds / 1_000.0)
    } else {
        format!("{milliseconds:.0} ms")
    }
}

/// Returns a number with as many digits as say something.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Status, Trouble};
    use crate::explain::Explained;
    use crate::rule::RuleSet;
    use crate::source::Group;
    use expect_test::{Expect, expect};

    fn check(rule: &str, group: &[&str], (value, expected, bound): (f64, f64, f64), want: &Expect) {
        let set = RuleSet::load(None, "Asia/Shanghai").unwrap();
        let rule = set.get(rule).unwrap();
        let group = Group(group.iter().map(ToString::to_string).collect());
        let first = "2026-03-02T10:00:00Z".parse().unwrap();
        let mut episode = Episode::begin(rule, &group, Trouble::Anomaly, first);
        let (lower, upper) = (Some(bound), Some(bound));
        let low = value < expected;
        episode.weigh(Evaluation { value, expected, lower, upper, grade: 6.0, score: 60.0, low });
        episode.detail.explain.push(Explained {
            field: "store.payment.failure_code".into(),
            value: "gateway\u{1b}_error".into(),
            fg: 36.0,
            bg: 2.0,
            share: 0.83,
            lift: 7.25,
            p: 1e-9,
        });
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let opened = message(rule, &episode, Action::Open, &zone);
        episode.status = Status::Recovered;
        episode.ended = Some(rule.span.offset(first, 4));
        let closed = message(rule, &episode, Action::Close, &zone);
        want.assert_eq(&format!("{opened}\n{closed}"));
    }

    #[test]
    fn a_message_says_value_bound_group_time_and_why() {
        check(
            "payment-failures",
            &["north pay"],
            (0.4, 0.041, 0.11),
            &expect![[r"
                Payment failures opened for north pay: share of failed payments too high: 40.0 % where 4.1 % was expected (bound 11.0 %). 2026-03-02 18:00 CST to 2026-03-02 18:05 CST. store.payment.failure_code=gateway_error explains 83 % (7.2 × as common as before).
                Payment failures recovered for north pay: share of failed payments too high: 40.0 % where 4.1 % was expected (bound 11.0 %). 2026-03-02 18:00 CST to 2026-03-02 18:20 CST. store.payment.failure_code=gateway_error explains 83 % (7.2 × as common as before)."]],
        );
    }

    #[test]
    fn times_are_read_as_times_and_counts_as_they_are() {
        check(
            "latency",
            &["/checkout"],
            (1_045_400_000.0, 282_200_833.0, 564_401_667.0),
            &expect![[r"
                Slow answers opened for /checkout: time of the slowest 5 % of requests (p95) too high: 1.05 s where 282 ms was expected (bound 564 ms). 2026-03-02 18:00 CST to 2026-03-02 18:05 CST. store.payment.failure_code=gateway_error explains 83 % (7.2 × as common as before).
                Slow answers recovered for /checkout: time of the slowest 5 % of requests (p95) too high: 1.05 s where 282 ms was expected (bound 564 ms). 2026-03-02 18:00 CST to 2026-03-02 18:20 CST. store.payment.failure_code=gateway_error explains 83 % (7.2 × as common as before)."]],
        );
        check(
            "order-rate",
            &[],
            (0.0, 28.5, 8.0),
            &expect![[r"
                Order rate opened: orders too low: 0 where 28.5 was expected (bound 8). 2026-03-02 18:00 CST to 2026-03-02 18:05 CST. store.payment.failure_code=gateway_error explains 83 % (7.2 × as common as before).
                Order rate recovered: orders too low: 0 where 28.5 was expected (bound 8). 2026-03-02 18:00 CST to 2026-03-02 18:20 CST. store.payment.failure_code=gateway_error explains 83 % (7.2 × as common as before)."]],
        );
    }
}
