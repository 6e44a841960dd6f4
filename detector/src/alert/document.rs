//! The documents of an episode: one for each transition in the stream, one that holds its state.

use event::stamp;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::episode::{Action, Episode, Evaluation, Status, Trouble};
use super::message::{message, reason};
use super::{id, link};
use crate::rule::Rule;

/// What all documents of one detector share.
#[derive(Debug, Clone)]
pub struct Site {
    /// The detector's name.
    pub detector: String,
    /// Its version.
    pub version: String,
    /// The shop's zone.
    pub zone: TimeZone,
    /// Where people open Kibana, if they have one.
    pub kibana: Option<String>,
    /// The namespace of all streams.
    pub namespace: event::Namespace,
}

/// Returns an instant as documents hold it.
pub(crate) fn time(at: Timestamp) -> String {
    let mut text = Vec::with_capacity(24);
    stamp::write_millis(at.as_millisecond(), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Returns the document of a transition.
pub fn alert(
    site: &Site,
    rule: &Rule,
    episode: &Episode,
    (action, now): (Action, Timestamp),
) -> Value {
    let mut document = body(site, rule, episode, now);
    set(&mut document, "event.action", json!(action.as_str()));
    set(&mut document, "message", json!(message(rule, episode, action, &site.zone)));
    document
}

/// Returns the document that holds the state of an episode.
///
/// `tracking` is what only the detector reads: the whole episode, and effects that are not yet done.
pub fn state(
    site: &Site,
    rule: &Rule,
    episode: &Episode,
    (tracking, now): (Value, Timestamp),
) -> Value {
    let mut document = body(site, rule, episode, now);
    let effects = if tracking.get("effects").is_some() { "open" } else { "done" };
    set(&mut document, "store.alert.effects", json!(effects));
    set(&mut document, "store.alert.transition", json!(episode.number));
    set(&mut document, "store.alert.tracking", tracking);
    document
}

fn body(site: &Site, rule: &Rule, episode: &Episode, now: Timestamp) -> Value {
    let over = episode.status.is_over();
    let span = rule.span;
    let end = episode.ended.unwrap_or_else(|| span.offset(episode.last, 1));
    let lasted_ms = end.as_millisecond() - episode.first.as_millisecond();
    let key = episode.group.key();
    let mut document = json!({
        "@timestamp": time(now),
        "ecs": {"version": "8.11.0"},
        "event": {
            "kind": "alert",
            "category": rule.category,
            "type": [if over { "info" } else { "error" }],
            "outcome": if episode.status == Status::Recovered { "success" } else { "failure" },
            "severity": episode.severity.number(),
            "id": episode.id,
            "code": rule.id,
            "reason": reason(rule, episode),
            "sequence": episode.number,
            "start": time(episode.first),
            "duration": lasted_ms * 1_000_000,
            "created": time(now),
            "module": "store",
            "dataset": "store.alert",
            "provider": site.detector,
        },
        "rule": {
            "id": rule.id,
            "uuid": id::instance(&rule.id, &key),
            "name": rule.name,
            "description": rule.description,
            "category": rule.kind.as_str(),
            "ruleset": rule.ruleset.as_str(),
            "version": rule.version,
            "author": ["storewatch"],
        },
        "tags": rule.tags,
        "observer": {
            "name": site.detector, "product": "detector", "type": "detector",
            "vendor": "storewatch", "version": site.version,
        },
        "agent": {"name": site.detector, "type": "detector", "version": site.version},
        "data_stream": {
            "type": "logs", "dataset": "store.alert", "namespace": site.namespace.as_str(),
        },
        "store": {"alert": fields(rule, episode, (lasted_ms, &key))},
    });
    if over {
        set(&mut document, "event.end", json!(time(end)));
        set(&mut document, "store.alert.end", json!(time(end)));
    }
    if let Some(worst) = episode.worst {
        set(&mut document, "event.risk_score", json!(worst.score));
        set(&mut document, "event.risk_score_norm", json!(worst.score));
    }
    if let Some(reference) = &rule.reference {
        set(&mut document, "event.reference", json!(reference));
        set(&mut document, "rule.reference", json!(reference));
    }
    if let Some(kibana) = &site.kibana {
        let url = link::discover(kibana, rule, &episode.group, (episode.first, end));
        set(&mut document, "event.url", json!(url));
    }
    for (field, value) in rule.group_by.iter().zip(&episode.group.0) {
        let label = field.path().replace('.', "_");
        set(&mut document, &format!("labels.{label}"), json!(value));
        if is_shared(field.path()) {
            set(&mut document, field.path(), json!(value));
        }
    }
    for (path, value) in &episode.detail.shared {
        set(&mut document, path, value.clone());
    }
    document
}

/// Fields of a group that the alert itself may carry, since ECS gives them that meaning in any document.
fn is_shared(path: &str) -> bool {
    ["service.", "host.", "url."].iter().any(|root| path.starts_with(root))
}

fn fields(rule: &Rule, episode: &Episode, (lasted_ms, key): (i64, &str)) -> Value {
    let span = rule.span;
    let groups: Vec<Value> = rule
        .group_by
        .iter()
        .zip(&episode.group.0)
        .map(|(field, value)| json!({"field": field.path(), "value": value}))
        .collect();
    let top: Vec<String> = episode
        .detail
        .explain
        .iter()
        .map(|found| format!("{}={}", found.field, found.value))
        .collect();
    let mut alert = json!({
        "id": episode.id,
        "instance_id": id::instance(&rule.id, key),
        "group_key": key,
        "group": groups,
        "status": episode.status.as_str(),
        "severity": episode.severity.as_str(),
        "start": time(episode.first),
        "duration_us": lasted_ms * 1_000,
        "last_detected": time(episode.last),
        "workflow_status": if episode.status.is_over() { "closed" } else { "open" },
        "flapping": false,
        "window": {
            "from": time(episode.first),
            "to": time(span.offset(episode.latest_bucket.unwrap_or(episode.last), 1)),
            "span_ms": span.millis(),
        },
        "partial": episode.trouble == Trouble::Own,
        "rule_parameters": {
            "guard": rule.guard.to_string(),
            "for": format!("{} of {}", rule.patience.hits, rule.patience.of),
            "recover": rule.patience.recover.to_string(),
            "learned": rule.learned,
        },
        "query": rule.filter.to_query(),
        "explain": episode.detail.explain,
        "explain_top": top,
        "samples": episode.detail.samples,
    });
    if let Some(evaluation) = episode.worst.or(episode.latest) {
        alert["evaluation"] = self::evaluation(rule, &evaluation);
    }
    alert
}

fn evaluation(rule: &Rule, evaluation: &Evaluation) -> Value {
    let mut fields = Map::new();
    fields.insert("value".into(), json!(evaluation.value));
    fields.insert("expected".into(), json!(evaluation.expected));
    fields.extend(evaluation.lower.map(|lower| ("lower".into(), json!(lower))));
    fields.extend(evaluation.upper.map(|upper| ("upper".into(), json!(upper))));
    fields.insert("threshold".into(), json!(rule.model.threshold().0));
    fields.insert("score".into(), json!(evaluation.score));
    fields.insert("model".into(), json!(rule.model.name()));
    Value::Object(fields)
}

/// Sets a dotted path in a document, making objects on the way.
pub(crate) fn set(document: &mut Value, path: &str, value: Value) {
    let mut place = document;
    for part in path.split('.') {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[part];
    }
    *place = value;
}
