//! Writes replies as Elasticsearch writes them.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::act::Outcome;
use super::http::Coding;

/// Replies that are shorter are not worth packing.
const PACKED_FROM: usize = 1 << 10;

/// Which members of an item are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// All: no `filter_path` was given.
    Full,
    /// Status, error and failure store.
    Filtered,
}

/// The answer to one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Created,
    Exists,
    Scripted(Outcome),
}

/// Writes the body of a bulk reply; `ids` are used where the whole item is asked for.
pub(super) fn bulk(
    answers: &[Answer],
    ids: impl Fn(usize) -> String,
    shape: Shape,
    took: Duration,
) -> Vec<u8> {
    let errors = answers.iter().any(|answer| match answer {
        Answer::Created => false,
        Answer::Exists => true,
        Answer::Scripted(outcome) => outcome.status >= 300,
    });
    let mut body =
        Vec::with_capacity(64 + answers.len() * if shape == Shape::Full { 220 } else { 28 });
    let head = format!("{{\"errors\":{errors},\"took\":{},\"items\":[", took.as_millis());
    body.extend_from_slice(head.as_bytes());
    for (index, answer) in answers.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        match (answer, shape) {
            (Answer::Created, Shape::Filtered) => {
                body.extend_from_slice(br#"{"create":{"status":201}}"#);
            }
            // Written by hand: a server that is slow to answer those who ask for everything would slow them down.
            (Answer::Created, Shape::Full) => {
                body.extend_from_slice(br#"{"create":{"_index":".ds-scripted-000001","_id":""#);
                body.extend_from_slice(ids(index).as_bytes());
                body.extend_from_slice(br#"","_version":1,"result":"created","_shards":{"total":2,"successful":1,"failed":0},"_seq_no":1,"_primary_term":1,"status":201}}"#);
            }
            (answer, shape) => {
                let id = ids(index);
                let item = json!({ "create": item(answer, &id, shape) }).to_string();
                body.extend_from_slice(item.as_bytes());
            }
        }
    }
    body.extend_from_slice(b"]}");
    body
}

fn item(answer: &Answer, id: &str, shape: Shape) -> serde_json::Value {
    let mut item = match answer {
        Answer::Created => json!({ "status": 201 }),
        Answer::Exists => {
            let reason =
                format!("[{id}]: version conflict, document already exists (current version [1])");
            let error = json!({ "type": "version_conflict_engine_exception", "reason": reason });
            json!({ "status": 409, "error": error })
        }
        Answer::Scripted(outcome) => scripted(outcome),
    };
    if shape == Shape::Full {
        item["_id"] = id.into();
        item["_index"] = ".ds-scripted-000001".into();
    }
    item
}

fn scripted(outcome: &Outcome) -> serde_json::Value {
    let mut item = json!({ "status": outcome.status });
    if !outcome.kind.is_empty() {
        item["error"] = json!({ "type": outcome.kind, "reason": outcome.reason });
    }
    if let Some(failure_store) = outcome.failure_store {
        item["failure_store"] = failure_store.into();
    }
    item
}

/// Returns the body of an error reply.
pub(super) fn error(status: u16, kind: &str, reason: &str) -> Vec<u8> {
    let error = json!({ "type": kind, "reason": reason });
    json!({ "error": error, "status": status }).to_string().into_bytes()
}

/// Returns a whole reply with its head, packed where the client takes that.
pub(super) fn whole(status: u16, headers: &str, body: &[u8], accepts: Coding) -> Vec<u8> {
    let mut packed = None;
    if accepts == Coding::Gzip && body.len() >= PACKED_FROM {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let written = encoder.write_all(body).and_then(|()| encoder.finish());
        packed = written.ok();
    }
    let encoding = if packed.is_some() { "content-encoding: gzip\r\n" } else { "" };
    let body = packed.as_deref().unwrap_or(body);
    let mut reply = format!(
        "HTTP/1.1 {status} Scripted\r\nX-elastic-product: Elasticsearch\r\ncontent-type: application/json\r\n{headers}{encoding}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    reply.extend_from_slice(body);
    reply
}
