//! The questions, one function each. A question that the cluster does not answer is a finding, not the end.

use elastic::{Body, Client, Error, Method};
use event::Namespace;
use jiff::Timestamp;
use pipelines::assets;
use pipelines::survey::Survey;
use runtime::chain;
use serde_json::{Value, json};

use super::{Finding, Level, judge};

pub(super) async fn all(client: &Client, namespace: &Namespace, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings
        .push(rights(client, namespace).await.unwrap_or_else(|error| unknown("rights", &error)));
    match Survey::take(client, &assets::all(), namespace).await {
        Ok(survey) => {
            let templates = judge::templates(&survey);
            // Without our templates it says nothing new that an order would be mapped otherwise.
            let worth_a_sample = templates.level != Level::Error;
            findings.push(templates);
            findings.push(judge::streams(&survey, namespace));
            if worth_a_sample {
                let sample = sample(client, namespace).await;
                findings.push(sample.unwrap_or_else(|error| unknown("sample", &error)));
            }
        }
        Err(error) => findings.push(unknown("templates", &error)),
    }
    match nodes(client).await {
        Ok(stats) => {
            findings.push(judge::clock(&stats, now));
            findings.push(judge::disk(&stats));
        }
        Err(error) => findings.push(unknown("clock", &error)),
    }
    findings.push(
        heartbeats(client, namespace, now)
            .await
            .unwrap_or_else(|error| unknown("heartbeats", &error)),
    );
    findings
}

fn unknown(check: &'static str, error: &Error) -> Finding {
    if error.is_permission() {
        let hint = "ask with a login that may run `storewatch setup`; the keys of shipper and detector may not look";
        return Finding::new(check, Level::Denied, chain(error), hint);
    }
    Finding::new(check, Level::Unknown, chain(error), "try again when the cluster answers")
}

async fn ask(client: &Client, method: Method, path: &str, body: Body) -> Result<Value, Error> {
    client.ask(method, path, &[], body).await?.json()
}

async fn rights(client: &Client, namespace: &Namespace) -> Result<Finding, Error> {
    let wanted = json!({
        "cluster": ["manage_index_templates", "manage_ingest_pipelines", "manage_own_api_key", "monitor"],
        "index": [{
            "names": [format!("logs-store.*-{namespace}"), format!("metrics-store.*-{namespace}"), "storewatch-*"],
            "privileges": ["all"],
        }],
    });
    let reply = client
        .send(Method::Post, "/_security/user/_has_privileges", &[], Body::json(&wanted))
        .await?;
    if matches!(reply.status, 400 | 404 | 405) {
        let hint = "keep it on loopback or behind a proxy that asks who is there";
        return Ok(Finding::new("rights", Level::Warning, "this cluster has no security", hint));
    }
    Ok(judge::rights(&reply.success()?.json()?))
}

async fn nodes(client: &Client) -> Result<Value, Error> {
    ask(client, Method::Get, "/_nodes/stats/fs", Body::Empty).await
}

/// Asks whether the templates as they are would map a sample document; nothing is written.
async fn sample(client: &Client, namespace: &Namespace) -> Result<Finding, Error> {
    let path = format!("/_index_template/_simulate_index/logs-store.order-{namespace}");
    Ok(judge::sample(&ask(client, Method::Post, &path, Body::Empty).await?))
}

async fn heartbeats(
    client: &Client,
    namespace: &Namespace,
    now: Timestamp,
) -> Result<Finding, Error> {
    let body = json!({
        "size": 0,
        "query": {"bool": {"filter": [
            {"term": {"event.action": "agent.heartbeat"}},
            {"range": {"@timestamp": {"gte": "now-1d"}}},
        ]}},
        "aggs": {"hosts": {
            "terms": {"field": "host.name", "size": 1000},
            "aggs": {"last": {"max": {"field": "@timestamp"}}},
        }},
    });
    let target = format!("logs-store.pipeline-{namespace}");
    match client.search(&target, &body).await {
        Ok(found) => Ok(judge::heartbeats(&found.aggregations, now)),
        Err(Error::NotFound { .. }) => Ok(judge::heartbeats(&Value::Null, now)),
        Err(error) => Err(error),
    }
}
