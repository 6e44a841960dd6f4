//! Reads answers of Elasticsearch. Whatever is not whole is partial, with its reason.

use jiff::Timestamp;
use serde_json::Value;

use super::{Ask, Group, Page, Readings};
use crate::model::Reading;
use crate::rule::Measure;

/// Adds one answer to the readings and returns where the next page begins, if there may be one.
///
/// # Errors
/// Tells why the answer is partial.
pub(super) fn add(
    ask: &Ask<'_>,
    answer: &Value,
    readings: &mut Readings,
) -> Result<Option<Page>, String> {
    complete(answer)?;
    if answer["_shards"]["total"].as_u64() == Some(0) {
        return Ok(None); // no stream of that name yet: nobody has written to it
    }
    let aggregation = &answer["aggregations"]["buckets"];
    let buckets = aggregation["buckets"].as_array().ok_or("the answer holds no buckets")?;
    if ask.rule.group_by.is_empty() {
        let expected = ask.window.buckets(ask.rule.span).count();
        if buckets.len() != expected {
            return Err(format!("{} of {expected} buckets came back", buckets.len()));
        }
        for bucket in buckets {
            if count(bucket) > 0.0 {
                let readings = readings.entry(Group::WHOLE).or_default();
                readings.insert(start(&bucket["key"])?, reading(&ask.rule.measure, bucket));
            }
        }
        return Ok(None);
    }
    for bucket in buckets {
        let values =
            (0..ask.rule.group_by.len()).map(|number| text(&bucket["key"][format!("g{number}")]));
        let group = Group(values.collect());
        let bucket_start = start(&bucket["key"]["bucket"])?;
        let reading = reading(&ask.rule.measure, bucket);
        readings.entry(group).or_default().insert(bucket_start, reading);
    }
    let full = buckets.len() >= super::query::PAGE_SIZE;
    Ok(aggregation.get("after_key").filter(|_| full).cloned().map(Page))
}

/// Tells whether every shard answered in time.
pub(super) fn complete(answer: &Value) -> Result<(), String> {
    if let Some(error) = answer.get("error") {
        let reason = error["root_cause"][0]["reason"].as_str().or(error["reason"].as_str());
        return Err(format!("the search failed: {}", reason.unwrap_or("no reason given")));
    }
    if answer["timed_out"].as_bool() == Some(true) {
        return Err("the search reached its time limit".into());
    }
    if answer["terminated_early"].as_bool() == Some(true) {
        return Err("the search was cut".into());
    }
    match answer["_shards"]["failed"].as_u64() {
        Some(0) => Ok(()),
        Some(failed) => Err(format!("{failed} shards failed")),
        None => Err("the answer does not say whether shards failed".into()),
    }
}

fn start(millis: &Value) -> Result<Timestamp, String> {
    let millis = millis.as_i64().ok_or("a bucket has no start")?;
    Timestamp::from_millisecond(millis).map_err(|error| error.to_string())
}

fn count(bucket: &Value) -> f64 {
    bucket["doc_count"].as_f64().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn reading(measure: &Measure, bucket: &Value) -> Reading {
    let documents = count(bucket);
    let figure = |path: &Value| path.as_f64();
    let with_n = |value: Option<f64>, n: f64| match value {
        Some(value) => Reading::Value { value, n },
        None => Reading::Unknown,
    };
    match measure {
        Measure::Count => Reading::Value { value: documents, n: documents },
        Measure::Sum(_) | Measure::Distinct(_) => with_n(figure(&bucket["m"]["value"]), documents),
        Measure::Mean(_) | Measure::Min(_) | Measure::Max(_) => {
            with_n(figure(&bucket["m"]["value"]), figure(&bucket["n"]["value"]).unwrap_or_default())
        }
        Measure::Percentile { .. } => with_n(
            figure(&bucket["m"]["values"][0]["value"]),
            figure(&bucket["n"]["value"]).unwrap_or_default(),
        ),
        Measure::Ratio { .. } => {
            let whole = count(&bucket["whole"]);
            Reading::Share { part: count(&bucket["part"]), whole }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{RuleSet, Window};
    use serde_json::json;
    use std::time::Duration;

    const SPLIT: &str = "
id: split
name: Split
description: d
type: percentage
datasets: [payment]
span: 5m
measure: {ratio: {part: [{field: event.action, equals: payment.failed}]}}
group_by: [store.payment.provider]
at_least: 0.5
severity: low
runbook: r
";
    const WHOLE: &str = "
id: whole
name: Whole
description: d
type: frequency
datasets: [order]
span: 5m
measure: {sum: store.order.amount_minor}
at_least: 10
severity: low
runbook: r
";

    fn check(rule: &str, answer: &Value) -> Result<(Option<Page>, Readings), String> {
        let set = RuleSet::of_texts(&[("r.yml", rule)], "UTC").unwrap();
        let rule = set.iter().next().unwrap();
        let from = "2026-03-02T10:00:00Z".parse().unwrap();
        let window = Window { from, to: rule.span.offset(from, 2) };
        let ask = Ask { rule, window, time_limit: Duration::from_secs(1) };
        let mut readings = Readings::new();
        add(&ask, answer, &mut readings).map(|page| (page, readings))
    }

    fn whole(buckets: &Value) -> Value {
        json!({
            "timed_out": false, "_shards": {"total": 1, "failed": 0},
            "aggregations": {"buckets": {"buckets": buckets}},
        })
    }

    #[test]
    fn buckets_without_documents_are_left_out_for_the_measure_to_judge() {
        let buckets = json!([
            {"key": 1_772_445_600_000_i64, "doc_count": 2, "m": {"value": 30.0}},
            {"key": 1_772_445_900_000_i64, "doc_count": 0, "m": {"value": 0.0}},
        ]);
        let (page, readings) = check(WHOLE, &whole(&buckets)).unwrap();
        assert_eq!(page, None);
        let series = &readings[&Group::WHOLE];
        assert_eq!(series.len(), 1);
        assert_eq!(
            series[&"2026-03-02T10:00:00Z".parse().unwrap()],
            Reading::Value { value: 30.0, n: 2.0 }
        );
    }

    #[test]
    fn a_share_keeps_its_part_and_its_whole() {
        let buckets = json!([{
            "key": {"g0": "northpay", "bucket": 1_772_445_600_000_i64}, "doc_count": 40,
            "part": {"doc_count": 3}, "whole": {"doc_count": 40},
        }]);
        let (page, readings) = check(SPLIT, &whole(&buckets)).unwrap();
        assert_eq!(page, None);
        let series = &readings[&Group(vec!["northpay".into()])];
        assert_eq!(series.values().next(), Some(&Reading::Share { part: 3.0, whole: 40.0 }));
    }

    #[test]
    fn whatever_is_not_whole_is_partial_and_says_why() {
        let reason = |answer: Value| check(WHOLE, &answer).unwrap_err();
        let mut late = whole(&json!([]));
        late["timed_out"] = json!(true);
        assert_eq!(reason(late), "the search reached its time limit");
        let mut failed = whole(&json!([]));
        failed["_shards"]["failed"] = json!(2);
        assert_eq!(reason(failed), "2 shards failed");
        assert_eq!(reason(whole(&json!([]))), "0 of 2 buckets came back");
        assert_eq!(
            reason(json!({"error": {"root_cause": [{"reason": "no such field"}]}})),
            "the search failed: no such field"
        );
        assert_eq!(reason(json!({})), "the answer does not say whether shards failed");
    }

    #[test]
    fn a_stream_that_does_not_exist_yet_holds_nothing() {
        let answer = json!({"timed_out": false, "_shards": {"total": 0, "failed": 0}});
        assert_eq!(check(WHOLE, &answer).unwrap().1, Readings::new());
    }
}
