//! What the cluster holds at the end: documents by stream, and alerts.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use elastic::{Body, Client, Method, Page};
use event::{Dataset, Namespace, Stream};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::judge::Alert;

fn alert_stream(namespace: &Namespace) -> String {
    Stream { dataset: Dataset::Alert, namespace: namespace.clone() }.to_string()
}

/// Returns how many documents the shipper's streams hold.
pub(super) async fn documents(client: &Client, namespace: &Namespace) -> Result<u64> {
    let shipped = Dataset::ALL
        .into_iter()
        .filter(|dataset| dataset.is_shippable() && *dataset != Dataset::Pipeline);
    let names: Vec<String> = shipped
        .map(|dataset| Stream { dataset, namespace: namespace.clone() }.to_string())
        .collect();
    let path = format!("/{}/_count", names.join(","));
    let query = [("ignore_unavailable", "true")];
    let answer: Value = client.ask(Method::Get, &path, &query, Body::Empty).await?.json()?;
    answer["count"].as_u64().context("the cluster does not count")
}

/// Makes all that was written visible to searches.
pub(super) async fn refresh(client: &Client, namespace: &Namespace) -> Result<()> {
    let path = format!("/logs-store.*-{namespace},metrics-store.*-{namespace}/_refresh");
    client
        .ask(
            Method::Post,
            &path,
            &[("ignore_unavailable", "true"), ("allow_no_indices", "true")],
            Body::Empty,
        )
        .await?;
    Ok(())
}

/// Returns all alerts that opened, in the order of their opening.
pub(super) async fn alerts(client: &Client, namespace: &Namespace) -> Result<Vec<Alert>> {
    let body = json!({
        "size": 500,
        "query": {"terms": {"event.action": ["open", "close"]}},
        "sort": [{"@timestamp": "asc"}, {"event.id": "asc"}],
    });
    let mut pages = client.pages(&alert_stream(namespace), body);
    let mut opened = Vec::new();
    let mut ends = BTreeMap::new();
    loop {
        match pages.next().await {
            Ok(Page::Items(hits)) => {
                for hit in hits {
                    let episode = text(&hit.source, "/event/id");
                    if text(&hit.source, "/event/action") == "open" {
                        opened.push((episode, of_document(&hit.source)?));
                    } else {
                        ends.insert(episode, time(&hit.source, "/event/end")?);
                    }
                }
            }
            // A stream that nobody wrote to may not be there at all.
            Ok(Page::End) | Err(elastic::Error::NotFound { .. }) => break,
            Ok(Page::Partial(why)) => bail!("the alerts cannot be read whole: {why}"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(opened
        .into_iter()
        .map(|(episode, alert)| Alert { end: ends.get(&episode).copied(), ..alert })
        .collect())
}

fn of_document(document: &Value) -> Result<Alert> {
    let strings = |path: &str| -> Vec<String> {
        let items = document.pointer(path).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    // The values themselves: the key of the group is percent-encoded, which no person wants to read.
    let values =
        document.pointer("/store/alert/group").and_then(Value::as_array).into_iter().flatten();
    let group: Vec<&str> = values.filter_map(|member| member["value"].as_str()).collect();
    Ok(Alert {
        rule: text(document, "/rule/id"),
        group: group.join(", "),
        severity: text(document, "/store/alert/severity"),
        score: document.pointer("/store/alert/evaluation/score").and_then(Value::as_f64),
        opened: time(document, "/@timestamp")?,
        start: time(document, "/event/start")?,
        end: None,
        span_ms: document
            .pointer("/store/alert/window/span_ms")
            .and_then(Value::as_i64)
            .unwrap_or(300_000),
        reason: text(document, "/event/reason"),
        explanation: strings("/store/alert/explain_top"),
        url: document.pointer("/event/url").and_then(Value::as_str).map(str::to_owned),
    })
}

fn text(document: &Value, path: &str) -> String {
    document.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn time(document: &Value, path: &str) -> Result<Timestamp> {
    let text = text(document, path);
    text.parse().with_context(|| format!("an alert has no time at {path}"))
}
