//! What the server does with a bulk request.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::bulk::Item;

/// What is done with one bulk request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// What Elasticsearch does.
    Serve,
    /// The whole request is refused with this status.
    Status(u16),
    /// 429, with `Retry-After` in seconds.
    Throttle(u64),
    /// The whole request is refused with this status and body.
    Refuse(u16, String),
    /// The first documents have these outcomes and are not stored; the others are served.
    Items(Vec<Outcome>),
    /// Each document that has an outcome is not stored; the others are served.
    Each(Vec<Option<Outcome>>),
    /// Every document has this outcome and none is stored.
    EveryItem(Outcome),
    /// The connection is cut before anything is stored.
    CutBefore,
    /// All is stored, and the connection is cut without a reply.
    CutAfter,
    /// All is stored, and the connection is cut in the middle of the reply.
    CutReply,
    /// All is stored, and the reply is not JSON.
    Garble,
    /// All is stored, and no item of the reply has a status.
    WithoutStatus,
    /// All is stored, and the last item is missing from the reply.
    OneItemLess,
    /// All is stored, and the reply is at least as long as this, in bytes.
    Pad(usize),
    /// Another act, later. The server's other connections go on.
    Late(Duration, Box<Act>),
}

/// The outcome of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The status of the item.
    pub status: u16,
    /// The type of its error.
    pub kind: String,
    /// The reason of its error.
    pub reason: String,
    /// What is said about the failure store.
    pub failure_store: Option<&'static str>,
}

impl Outcome {
    /// Returns an outcome with an error.
    pub fn error(status: u16, kind: &str, reason: &str) -> Self {
        Self { status, kind: kind.to_owned(), reason: reason.to_owned(), failure_store: None }
    }

    /// 429: the cluster has no room in its queues.
    pub fn throttled() -> Self {
        let reason =
            "rejected execution of coordinating operation [coordinating_and_primary_bytes=1]";
        Self::error(429, "es_rejected_execution_exception", reason)
    }

    /// A disk of the cluster is full.
    pub fn flooded() -> Self {
        let reason = "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];";
        Self::error(429, "cluster_block_exception", reason)
    }

    /// A field does not fit its mapping.
    pub fn unparsable(field: &str) -> Self {
        let reason = format!(
            "[1:1] failed to parse field [{field}] of type [long] in document with id 'x'. Preview of field's value: 'x'"
        );
        Self::error(400, "document_parsing_exception", &reason)
    }

    /// The stream's template names an ingest pipeline that is not there.
    pub fn without_pipeline(name: &str) -> Self {
        let reason = format!("pipeline with id [{name}] does not exist");
        Self::error(400, "illegal_argument_exception", &reason)
    }

    /// There is no such stream.
    pub fn without_stream(name: &str) -> Self {
        Self::error(404, "index_not_found_exception", &format!("no such index [{name}]"))
    }

    /// The key may not write there.
    pub fn forbidden() -> Self {
        Self::error(403, "security_exception", "action [indices:data/write/bulk] is unauthorized")
    }

    /// Kept unprocessed in the failure store.
    pub fn redirected() -> Self {
        Self {
            failure_store: Some("used"),
            ..Self::error(201, "illegal_argument_exception", "field [x] not present")
        }
    }
}

/// A bulk request, as a rule sees it.
#[derive(Debug)]
pub struct Request<'a> {
    /// How many bulk requests came before it.
    pub number: u64,
    /// Where it goes.
    pub stream: &'a str,
    /// Bytes before decompression.
    pub wire_bytes: usize,
    pub(super) body: &'a [u8],
    pub(super) items: &'a [Item],
}

impl Request<'_> {
    /// Returns how many documents are in it.
    pub fn documents(&self) -> usize {
        self.items.len()
    }

    /// Returns the payload of a document.
    pub fn document(&self, index: usize) -> &[u8] {
        &self.body[self.items[index].document.clone()]
    }
}

/// Where acts come from.
pub(super) enum Script {
    Queue(VecDeque<Act>),
    Rule(Box<dyn FnMut(&Request<'_>) -> Act + Send>),
}

impl Script {
    pub(super) fn add(&mut self, acts: impl IntoIterator<Item = Act>) {
        match self {
            Self::Queue(queue) => queue.extend(acts),
            Self::Rule(_) => *self = Self::Queue(acts.into_iter().collect()),
        }
    }

    pub(super) fn left(&self) -> usize {
        match self {
            Self::Queue(queue) => queue.len(),
            Self::Rule(_) => 0,
        }
    }

    pub(super) fn next(&mut self, request: &Request<'_>) -> Act {
        match self {
            Self::Queue(queue) => queue.pop_front().unwrap_or(Act::Serve),
            Self::Rule(rule) => rule(request),
        }
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::Queue(VecDeque::new())
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(queue) => f.debug_tuple("Queue").field(queue).finish(),
            Self::Rule(_) => f.write_str("Rule"),
        }
    }
}
