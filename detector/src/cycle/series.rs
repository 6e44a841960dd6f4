//! Findings as documents of the series stream: what charts draw.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::alert::{id, time};
use crate::engine::Finding;
use crate::model::{Judgement, Reading};
use crate::rule::Rule;
use crate::store::{Index, Write};

/// Returns the documents of what was found by one rule.
pub(super) fn writes(
    (rule, namespace): (&Rule, &str),
    findings: &[Finding],
    now: Timestamp,
) -> Vec<Write> {
    let write = |finding: &Finding| {
        let key = finding.group.key();
        let document = document((rule, namespace), finding, (&key, now))?;
        let id = id::series(&rule.id, &key, finding.bucket, finding.revision);
        Some(Write::Create { index: Index::Series, id, document })
    };
    findings.iter().filter_map(write).collect()
}

/// Returns the document of one judged bucket; an unknown one is a gap in the chart, not a document.
fn document(
    (rule, namespace): (&Rule, &str),
    finding: &Finding,
    (key, now): (&str, Timestamp),
) -> Option<Value> {
    let value = finding.reading.value()?;
    let n = match finding.reading {
        Reading::Unknown => return None,
        Reading::Value { n, .. } => n,
        Reading::Share { whole, .. } => whole,
    };
    let mut series = Map::new();
    series.insert("rule".into(), json!(rule.id));
    series.insert("group_key".into(), json!(key));
    series.insert("span_ms".into(), json!(rule.span.millis()));
    series.insert("value".into(), json!(value));
    series.insert("n".into(), json!(n));
    series.insert("model".into(), json!(rule.model.name()));
    series.insert("revision".into(), json!(finding.revision));
    if let Judgement::Judged(judged) = &finding.judgement {
        let finite = |bound: f64| bound.is_finite().then(|| json!(bound));
        series.extend(finite(judged.expected).map(|expected| ("expected".into(), expected)));
        series.extend(finite(judged.lower).map(|lower| ("lower".into(), lower)));
        series.extend(finite(judged.upper).map(|upper| ("upper".into(), upper)));
        series.insert("score".into(), json!(judged.grade.score()));
    }
    Some(json!({
        "@timestamp": time(finding.bucket),
        "ecs": {"version": "8.11.0"},
        "event": {
            "kind": "metric", "module": "store", "dataset": "store.series", "created": time(now),
        },
        "data_stream": {"type": "metrics", "dataset": "store.series", "namespace": namespace},
        "store": {"series": series},
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Evidence, Grade, Judged, Parts, Side};
    use crate::rule::RuleSet;
    use crate::source::Group;
    use expect_test::expect;

    #[test]
    fn a_bound_that_does_not_exist_is_left_out() {
        let set = RuleSet::load(None, "UTC").unwrap();
        let rule = set.get("refunds").unwrap();
        let bucket = "2026-03-02T10:00:00Z".parse().unwrap();
        let judged = Judged {
            value: 0.25,
            expected: 0.04,
            lower: f64::NEG_INFINITY,
            upper: 0.1,
            evidence: Evidence(6.0),
            grade: Grade(6.0),
            side: Side::High,
            parts: Parts::new([]),
        };
        let finding = Finding {
            group: Group::WHOLE,
            bucket,
            reading: Reading::Share { part: 10.0, whole: 40.0 },
            judgement: Judgement::Judged(judged),
            mark: None,
            revision: 0,
        };
        let shown = document((rule, "default"), &finding, ("-", bucket)).unwrap();
        expect![[r#"{"expected":0.04,"group_key":"-","model":"ratio","n":40.0,"revision":0,"rule":"refunds","score":60.0,"span_ms":3600000,"upper":0.1,"value":0.25}"#]].assert_eq(&shown["store"]["series"].to_string());
        let unknown = Finding { reading: Reading::Unknown, ..finding };
        assert_eq!(document((rule, "default"), &unknown, ("-", bucket)), None);
    }
}
