//! Searches: what a rule asks of Elasticsearch for a stretch of buckets.
//!
//! Without groups it is one `date_histogram`; with groups a `composite` that is paged to its end, never a top-N list, so
//! that the last group is seen as well as the first.

use serde_json::{Value, json};

use super::{Ask, Page};
use crate::rule::Rule;

/// Groups and buckets on one page of a composite.
pub const PAGE_SIZE: usize = 1_000;

/// Returns the body of the search that answers `ask`, from `page` on.
pub fn body(ask: &Ask<'_>, page: Option<&Page>) -> Value {
    let rule = ask.rule;
    let buckets = if rule.group_by.is_empty() { histogram(ask) } else { composite(rule, page) };
    json!({
        "size": 0,
        "track_total_hits": false,
        "timeout": format!("{}ms", ask.time_limit.as_millis()),
        "query": {"bool": {"filter": conditions(ask)}},
        "aggs": {"buckets": buckets},
    })
}

/// Returns the conditions of a rule within a window, as entries of a `bool.filter`.
pub fn conditions(ask: &Ask<'_>) -> Vec<Value> {
    let mut conditions = vec![json!({"range": {"@timestamp": {
        "gte": ask.window.from.as_millisecond(),
        "lt": ask.window.to.as_millisecond(),
        "format": "epoch_millis",
    }}})];
    ask.rule.filter.push_queries(&mut conditions);
    conditions
}

fn histogram(ask: &Ask<'_>) -> Value {
    let mut histogram = json!({"date_histogram": {
        "field": "@timestamp",
        "fixed_interval": ask.rule.span.interval(),
        "min_doc_count": 0,
        "extended_bounds": {
            "min": ask.window.from.as_millisecond(),
            "max": ask.window.to.as_millisecond() - ask.rule.span.millis(),
        },
    }});
    add_measure(&mut histogram, ask.rule);
    histogram
}

fn composite(rule: &Rule, page: Option<&Page>) -> Value {
    let groups =
        rule.group_by.iter().enumerate().map(
            |(number, field)| json!({format!("g{number}"): {"terms": {"field": field.path()}}}),
        );
    let time = json!({"bucket": {"date_histogram": {
        "field": "@timestamp",
        "fixed_interval": rule.span.interval(),
    }}});
    let sources: Vec<Value> = groups.chain([time]).collect();
    let mut composite = json!({"composite": {"size": PAGE_SIZE, "sources": sources}});
    if let Some(Page(after)) = page {
        composite["composite"]["after"] = after.clone();
    }
    add_measure(&mut composite, rule);
    composite
}

fn add_measure(body: &mut Value, rule: &Rule) {
    let aggregations = rule.measure.aggregations();
    if aggregations.as_object().is_some_and(|named| !named.is_empty()) {
        body["aggs"] = aggregations;
    }
}
