//! What shippers told.

use anyhow::Result;
use elastic::{Client, Error, Page};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{explain, partial};
use crate::cli::VerifyArgs;

/// Summaries read at a time.
const PAGE: usize = 1_000;

/// One summary of a part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) host: String,
    pub(super) file: String,
    pub(super) path: String,
    /// Where its documents stand.
    pub(super) streams: Vec<String>,
    pub(super) parts: Vec<Part>,
    pub(super) documents: u64,
    /// Lines that left no document: filtered, redirected, dead-lettered.
    pub(super) without_document: u64,
    pub(super) keyed: u64,
    pub(super) unrecorded_bytes: u64,
    pub(super) lost_bytes: u64,
}

/// A part of a file with the number of documents that must stand under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) documents: u64,
}

/// Reads the summaries of a window of time.
pub(super) async fn read(
    client: &Client,
    args: &VerifyArgs,
    since: Timestamp,
) -> Result<Vec<Told>> {
    let target = format!("logs-store.pipeline-{}", args.connection.namespace);
    let mut filter = vec![
        json!({"term": {"event.action": "agent.ledger"}}),
        json!({"range": {"@timestamp": {"gte": since.to_string()}}}),
    ];
    filter.extend(args.host.iter().map(|host| json!({"term": {"host.name": host}})));
    let dataset = args.dataset.iter().map(|dataset| format!("store.{dataset}"));
    filter.extend(dataset.map(|name| json!({"term": {"store.pipeline.ledger.dataset": name}})));
    let body = json!({
        "size": PAGE,
        "track_total_hits": false,
        "query": {"bool": {"filter": filter}},
        "sort": [{"@timestamp": "asc"}, {"event.id": "asc"}],
    });
    let mut pages = client.pages(&target, body);
    let mut all = Vec::new();
    loop {
        match pages.next().await {
            Ok(Page::Items(hits)) => all.extend(hits.iter().filter_map(|hit| parse(&hit.source))),
            Ok(Page::Partial(reason)) => return Err(partial(&reason)),
            Ok(Page::End) | Err(Error::NotFound { .. }) => return Ok(all),
            Err(error) => return Err(explain(error)),
        }
    }
}

/// One stream, or all of an input whose events are about several things.
#[derive(Deserialize)]
#[serde(untagged)]
enum Streams {
    One(String),
    More(Vec<String>),
}

impl From<Streams> for Vec<String> {
    fn from(streams: Streams) -> Self {
        match streams {
            Streams::One(stream) => vec![stream],
            Streams::More(streams) => streams,
        }
    }
}

#[derive(Deserialize)]
struct Ledger {
    stream: Streams,
    #[serde(default)]
    steps: String,
    #[serde(default)]
    documents: u64,
    #[serde(default)]
    keyed: u64,
    #[serde(default)]
    filtered: u64,
    #[serde(default)]
    redirected: u64,
    #[serde(default)]
    dead_lettered: u64,
    #[serde(default)]
    unrecorded_bytes: u64,
    #[serde(default)]
    lost_bytes: u64,
}

fn parse(source: &Value) -> Option<Told> {
    let text = |path: &str| source.pointer(path)?.as_str().map(str::to_owned);
    let ledger = Ledger::deserialize(source.pointer("/store/pipeline/ledger")?).ok()?;
    let start = source.pointer("/store/origin/offset")?.as_u64()?;
    Some(Told {
        host: text("/host/name").unwrap_or_default(),
        file: text("/store/origin/file_id")?,
        path: text("/log/file/path").unwrap_or_default(),
        parts: parts(start, &ledger.steps)?,
        documents: ledger.documents,
        without_document: ledger.filtered + ledger.redirected + ledger.dead_lettered,
        keyed: ledger.keyed,
        unrecorded_bytes: ledger.unrecorded_bytes,
        lost_bytes: ledger.lost_bytes,
        streams: ledger.stream.into(),
    })
}

/// Reads `END:DOCUMENTS END:DOCUMENTS ..`.
fn parts(start: u64, steps: &str) -> Option<Vec<Part>> {
    let mut start = start;
    let mut parts = Vec::new();
    for step in steps.split_whitespace() {
        let (end, documents) = step.split_once(':')?;
        let (end, documents) = (end.parse().ok()?, documents.parse().ok()?);
        parts.push(Part { start, end, documents });
        start = end;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_read_with_its_parts() {
        let told = parse(&json!({
            "host": {"name": "web-1"},
            "log": {"file": {"path": "/var/log/a.log"}},
            "store": {
                "origin": {"file_id": "f", "offset": 100, "end": 300},
                "pipeline": {"ledger": {
                    "stream": "logs-store.app-default", "steps": "150:3 300:4", "documents": 7,
                    "filtered": 2, "dead_lettered": 1,
                }},
            },
        }));
        let told = told.unwrap();
        let part = |start, end, documents| Part { start, end, documents };
        assert_eq!(told.parts, [part(100, 150, 3), part(150, 300, 4)]);
        assert_eq!((told.documents, told.without_document), (7, 3));
        assert_eq!(parse(&json!({"store": {}})), None, "another document");
    }
}
