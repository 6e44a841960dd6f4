//! What was planted against what was found.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shop::Truth;

/// One alert that opened, as the cluster holds it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Alert {
    pub(super) rule: String,
    pub(super) group: String,
    pub(super) severity: String,
    pub(super) score: Option<f64>,
    /// When people heard of it.
    pub(super) opened: Timestamp,
    /// Start of its first anomalous bucket.
    pub(super) start: Timestamp,
    /// End of the episode; none while it lasts.
    pub(super) end: Option<Timestamp>,
    pub(super) span_ms: i64,
    pub(super) reason: String,
    pub(super) explanation: Vec<String>,
    pub(super) url: Option<String>,
}

/// One planted incident and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Planted {
    #[serde(flatten)]
    pub(super) truth: Truth,
    pub(super) found: Found,
    /// Rules that spoke, first one first.
    pub(super) rules: Vec<String>,
    /// From its start to the last alert that was owed, in minutes.
    pub(super) late_minutes: Option<i64>,
}

/// Whether everything that was owed came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Found {
    /// All of it.
    Yes,
    /// Not all of it.
    No,
}

/// What a demo comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Verdict {
    pub(super) planted: Vec<Planted>,
    pub(super) found: usize,
    pub(super) missed: usize,
    pub(super) false_alerts: usize,
}

/// An alert is still that of an incident when it lies within so many buckets of it.
const GRACE_BUCKETS: i64 = 2;

fn overlaps(alert: &Alert, truth: &Truth) -> bool {
    let grace = SignedDuration::from_millis(alert.span_ms * GRACE_BUCKETS);
    let lasts_until = alert.end.unwrap_or(Timestamp::MAX).max(alert.start);
    alert.start < truth.end + grace && lasts_until >= truth.start - grace
}

/// Judges alerts against the truth. An alert that overlaps no planted incident, widened by two buckets, is false.
pub(super) fn judge(truths: &[Truth], alerts: &[Alert]) -> Verdict {
    let planted: Vec<Planted> = truths.iter().map(|truth| one(truth, alerts)).collect();
    let found = planted.iter().filter(|planted| planted.found == Found::Yes).count();
    Verdict {
        missed: planted.len() - found,
        found,
        planted,
        false_alerts: alerts.iter().filter(|alert| is_false(alert, truths)).count(),
    }
}

/// Tells whether an alert belongs to nothing that was planted.
pub(super) fn is_false(alert: &Alert, truths: &[Truth]) -> bool {
    !truths.iter().any(|truth| overlaps(alert, truth))
}

fn one(truth: &Truth, alerts: &[Alert]) -> Planted {
    let mut of_it: Vec<&Alert> = alerts.iter().filter(|alert| overlaps(alert, truth)).collect();
    of_it.sort_by_key(|alert| alert.opened);
    let mut rules: Vec<String> = Vec::new();
    for alert in &of_it {
        if !rules.contains(&alert.rule) {
            rules.push(alert.rule.clone());
        }
    }
    // Of each group of rules one is owed; an incident counts as found when the last of them has spoken.
    let first_of = |group: &Vec<String>| {
        of_it.iter().find(|alert| group.contains(&alert.rule)).map(|alert| alert.opened)
    };
    let complete: Option<Vec<Timestamp>> = truth.owed.iter().map(first_of).collect();
    let last = complete.as_ref().and_then(|times| times.iter().max());
    Planted {
        found: if complete.is_some() { Found::Yes } else { Found::No },
        late_minutes: last.map(|last| last.duration_since(truth.start).as_secs() / 60),
        rules,
        truth: truth.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    fn truth(owed: &[&[&str]]) -> Truth {
        let names = |rules: &&[&str]| rules.iter().map(|&rule| rule.to_owned()).collect();
        Truth {
            store_id: None,
            announced: None,
            scenario: "S1".into(),
            title: "t".into(),
            start: minute(100),
            end: minute(120),
            intensity: 1.0,
            dimension: Vec::new(),
            owed: owed.iter().map(names).collect(),
            may: Vec::new(),
            explanation: Vec::new(),
        }
    }

    fn alert(rule: &str, start: i64, end: i64) -> Alert {
        Alert {
            rule: rule.into(),
            group: "-".into(),
            severity: "high".into(),
            score: None,
            opened: minute(start + 6),
            start: minute(start),
            end: Some(minute(end)),
            span_ms: 300_000,
            reason: String::new(),
            explanation: Vec::new(),
            url: None,
        }
    }

    fn check(owed: &[&[&str]], alerts: &[Alert], want: (usize, usize, Option<i64>)) {
        let verdict = judge(&[truth(owed)], alerts);
        assert_eq!((verdict.found, verdict.false_alerts, verdict.planted[0].late_minutes), want);
    }

    #[test]
    fn an_incident_is_found_when_one_rule_of_each_group_spoke() {
        check(&[&["a", "b"]], &[alert("b", 105, 110)], (1, 0, Some(11)));
        check(&[&["a"], &["b"]], &[alert("a", 100, 110), alert("b", 110, 120)], (1, 0, Some(16)));
        check(&[&["a"], &["b"]], &[alert("a", 100, 110)], (0, 0, None));
        check(&[&["a"]], &[alert("c", 100, 110)], (0, 0, None));
    }

    #[test]
    fn an_alert_near_an_incident_belongs_to_it_and_one_far_away_is_false() {
        check(&[&["a"]], &[alert("a", 129, 140)], (1, 0, Some(35)));
        check(&[&["a"]], &[alert("a", 130, 140)], (0, 1, None));
        check(&[&["a"]], &[alert("a", 80, 90)], (1, 0, Some(-14)));
        check(&[&["a"]], &[alert("a", 80, 89)], (0, 1, None));
    }

    #[test]
    fn an_episode_that_lasts_overlaps_what_comes_after_its_start() {
        let lasting = Alert { end: None, ..alert("a", 60, 60) };
        check(&[&["a"]], &[lasting], (1, 0, Some(-34)));
    }
}
