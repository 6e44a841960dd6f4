//! One connection: requests in, replies out.

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use flate2::{Decompress, FlushDecompress, Status};
use serde::de::IgnoredAny;

use super::act::{Act, Outcome, Request};
use super::bulk::{self, Item};
use super::http::{Coding, Head, Inbox};
use super::number::{self, Numbering};
use super::reply::{self, Answer, Shape};
use super::serve::{End, Shared};
use super::store::{Created, Document};
use super::{Dialect, Keep};

/// Parameters that only newer servers know.
const NEWER: [&str; 2] = ["include_source_on_error", "require_data_stream"];

/// Nobody reads the ids that the server gives; they are as long as those of Elasticsearch.
const GIVEN_ID: &str = "given-by-the-cluster";

/// What a connection goes on with.
enum Next {
    Send(Vec<u8>),
    /// Sends these bytes and cuts the connection.
    Cut(Vec<u8>),
}

/// Buffers that are used for every request of a connection.
struct Work {
    raw: Vec<u8>,
    items: Vec<Item>,
}

/// A body that is not served.
struct Refused {
    status: u16,
    kind: &'static str,
    reason: String,
}

/// Serves a connection until either side has had enough.
pub(super) fn serve(mut socket: TcpStream, shared: &Shared, end: &End) {
    let mut inbox = Inbox::default();
    let mut work = Work { raw: Vec::new(), items: Vec::new() };
    // What a client sends wrongly ends its connection, as does a client that is gone.
    while let Ok(Some(head)) = inbox.head(&mut socket) {
        if head.waits && socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_err() {
            break;
        }
        let Ok(body) = inbox.body(&mut socket, &head) else { break };
        let sent = match answer(&head, body, &mut work, shared, end) {
            Next::Send(bytes) => socket.write_all(&bytes),
            Next::Cut(bytes) => {
                drop(socket.write_all(&bytes));
                break;
            }
        };
        if sent.is_err() {
            break;
        }
    }
    drop(socket.shutdown(Shutdown::Both));
}

fn answer(head: &Head, body: &[u8], work: &mut Work, shared: &Shared, end: &End) -> Next {
    if head.method == "POST" && head.path.ends_with("/_bulk") {
        let stream = head.path.trim_end_matches("/_bulk").trim_start_matches('/');
        return bulk_request(head, stream, body, work, shared, end);
    }
    let (status, text) = match (head.method.as_str(), head.path.as_str()) {
        ("GET" | "HEAD", "/") => (200, root(shared.options.dialect)),
        // Some clients send nothing before they were told this.
        ("GET", "/_cat/health" | "/_cluster/health") => (200, b"{\"status\":\"green\"}".to_vec()),
        _ => (405, reply::error(405, "method_not_allowed", "this server knows bulk requests only")),
    };
    Next::Send(reply::whole(status, "", &text, head.accepts))
}

fn root(dialect: Dialect) -> Vec<u8> {
    let version = match dialect {
        Dialect::Elasticsearch => serde_json::json!({ "number": "8.19.9" }),
        Dialect::OpenSearch => {
            serde_json::json!({ "number": "2.19.1", "distribution": "opensearch" })
        }
    };
    serde_json::json!({ "name": "scripted", "version": version }).to_string().into_bytes()
}

fn bulk_request(
    head: &Head,
    stream: &str,
    body: &[u8],
    work: &mut Work,
    shared: &Shared,
    end: &End,
) -> Next {
    let began = Instant::now();
    let number = {
        let counted = &mut shared.store().counted;
        counted.requests += 1;
        counted.wire_bytes += body.len() as u64;
        counted.requests - 1
    };
    let refused =
        unknown_parameter(head, shared).map_or_else(|| work.take(head, body, shared), Err);
    if let Err(Refused { status, kind, reason }) = refused {
        shared.store().counted.failed_requests += 1;
        let text = reply::error(status, kind, &reason);
        return Next::Send(reply::whole(status, "", &text, head.accepts));
    }
    let request =
        Request { number, stream, wire_bytes: body.len(), body: &work.raw, items: &work.items };
    let act = shared.script().next(&request);
    perform(act, &Bulk { head, request: &request, shared, end, began })
}

/// A bulk request that was read whole, and what is needed to answer it.
struct Bulk<'a> {
    head: &'a Head,
    request: &'a Request<'a>,
    shared: &'a Shared,
    end: &'a End,
    began: Instant,
}

fn perform(act: Act, bulk: &Bulk<'_>) -> Next {
    match act {
        Act::Serve => bulk.send(&bulk.store_all()),
        Act::Items(outcomes) => bulk.send(&bulk.store(|index| outcomes.get(index))),
        Act::Each(outcomes) => {
            bulk.send(&bulk.store(|index| outcomes.get(index).and_then(Option::as_ref)))
        }
        Act::EveryItem(outcome) => bulk.send(&bulk.store(|_| Some(&outcome))),
        Act::Status(status) => {
            bulk.refuse(status, "", &reply::error(status, "scripted", "by script"))
        }
        Act::Throttle(seconds) => {
            let text = reply::error(429, "es_rejected_execution_exception", "by script");
            bulk.refuse(429, &format!("retry-after: {seconds}\r\n"), &text)
        }
        Act::Refuse(status, text) => bulk.refuse(status, "", text.as_bytes()),
        Act::CutBefore => bulk.cut(Vec::new()),
        Act::CutAfter => {
            bulk.store_all();
            bulk.cut(Vec::new())
        }
        Act::CutReply => {
            let whole = bulk.whole(&bulk.store_all());
            bulk.cut(whole[..whole.len() / 2].to_vec())
        }
        Act::Garble => {
            bulk.store_all();
            bulk.packed(200, b"{\"took\":1,\"items\":[{\"create\":{\"status\":2")
        }
        Act::WithoutStatus => {
            let items = vec!["{\"create\":{}}"; bulk.store_all().len()].join(",");
            bulk.packed(200, format!("{{\"took\":1,\"items\":[{items}]}}").as_bytes())
        }
        Act::OneItemLess => {
            let mut answers = bulk.store_all();
            answers.pop();
            bulk.send(&answers)
        }
        Act::Pad(bytes) => {
            let mut text = bulk.text(&bulk.store_all());
            text.resize(text.len().max(bytes), b' ');
            bulk.packed(200, &text)
        }
        Act::Late(span, act) => {
            bulk.end.wait(span);
            perform(*act, bulk)
        }
    }
}

impl Bulk<'_> {
    fn store_all(&self) -> Vec<Answer> {
        self.store(|_| None)
    }

    /// Stores what has no scripted outcome, and counts.
    fn store<'o>(&self, outcome: impl Fn(usize) -> Option<&'o Outcome>) -> Vec<Answer> {
        let keep = self.shared.options.keep;
        let numbers = self.numbers();
        let mut store = self.shared.store();
        store.counted.items += self.request.items.len() as u64;
        let mut duplicates = 0;
        let mut stored = Vec::new();
        let first = self.request.items.first().and_then(|item| item.stream.as_deref());
        let mut name = first.unwrap_or(self.request.stream);
        let mut stream = store.stream(name);
        let mut answers = Vec::with_capacity(self.request.items.len());
        for (index, item) in self.request.items.iter().enumerate() {
            let own = item.stream.as_deref().unwrap_or(self.request.stream);
            if own != name {
                name = own;
                stream = store.stream(name);
            }
            stream.items += 1;
            if let Some(outcome) = outcome(index) {
                answers.push(Answer::Scripted(outcome.clone()));
                continue;
            }
            if let Some(fault) = self.fault(item, keep) {
                answers.push(Answer::Scripted(fault));
                continue;
            }
            match stream.create(item.key, keep, || self.document(item)) {
                Created::New => {
                    stored.extend(numbers.get(index).copied().flatten());
                    answers.push(Answer::Created);
                }
                Created::Exists => {
                    duplicates += 1;
                    answers.push(Answer::Exists);
                }
            }
        }
        store.counted.duplicates += duplicates;
        store.numbers.add(numbers.iter().flatten().count() as u64, &stored);
        answers
    }

    /// Reads the numbers of all documents, when they are asked for.
    fn numbers(&self) -> Vec<Option<u32>> {
        if self.shared.options.numbers == Numbering::Ignored {
            return Vec::new();
        }
        (0..self.request.items.len())
            .map(|index| number::read(self.request.document(index)))
            .collect()
    }

    fn fault(&self, item: &Item, keep: Keep) -> Option<Outcome> {
        let json = &self.request.body[item.document.clone()];
        let is_refused =
            keep == Keep::Documents && serde_json::from_slice::<IgnoredAny>(json).is_err();
        is_refused.then(|| Outcome::error(400, "document_parsing_exception", "failed to parse"))
    }

    fn document(&self, item: &Item) -> Document {
        Document { id: self.id(item), json: self.request.body[item.document.clone()].to_vec() }
    }

    fn id(&self, item: &Item) -> String {
        if item.key.is_none() {
            return GIVEN_ID.to_owned();
        }
        String::from_utf8_lossy(&self.request.body[item.id.clone()]).into_owned()
    }

    fn text(&self, answers: &[Answer]) -> Vec<u8> {
        let shape = if self.head.asks("filter_path") { Shape::Filtered } else { Shape::Full };
        let ids = |index: usize| self.id(&self.request.items[index]);
        reply::bulk(answers, ids, shape, self.began.elapsed())
    }

    fn whole(&self, answers: &[Answer]) -> Vec<u8> {
        reply::whole(200, "", &self.text(answers), self.head.accepts)
    }

    fn send(&self, answers: &[Answer]) -> Next {
        Next::Send(self.whole(answers))
    }

    fn packed(&self, status: u16, text: &[u8]) -> Next {
        Next::Send(reply::whole(status, "", text, self.head.accepts))
    }

    fn refuse(&self, status: u16, headers: &str, text: &[u8]) -> Next {
        self.shared.store().counted.failed_requests += 1;
        Next::Send(reply::whole(status, headers, text, self.head.accepts))
    }

    fn cut(&self, bytes: Vec<u8>) -> Next {
        self.shared.store().counted.failed_requests += 1;
        Next::Cut(bytes)
    }
}

impl Work {
    /// Unpacks a body and cuts it into documents.
    fn take(&mut self, head: &Head, body: &[u8], shared: &Shared) -> Result<(), Refused> {
        self.raw.clear();
        self.items.clear();
        let limit = shared.options.max_body_bytes;
        if head.body == Coding::Gzip {
            self.unpack(body, limit)?;
        } else {
            self.raw.extend_from_slice(body);
        }
        if self.raw.len() > limit {
            return Err(too_large(limit));
        }
        shared.store().counted.raw_bytes += self.raw.len() as u64;
        bulk::cut(&self.raw, &mut self.items).map_err(|malformed| Refused {
            status: 400,
            kind: "illegal_argument_exception",
            reason: malformed.to_string(),
        })
    }

    fn unpack(&mut self, body: &[u8], limit: usize) -> Result<(), Refused> {
        // A new one for each body: cheap beside the body, and nothing is left over from a body that was cut.
        let mut gzip = Decompress::new_gzip(15);
        loop {
            if self.raw.len() > limit {
                return Err(too_large(limit));
            }
            if self.raw.capacity() - self.raw.len() < 64 << 10 {
                self.raw.reserve((body.len() * 8).max(256 << 10));
            }
            let taken = usize::try_from(gzip.total_in()).unwrap_or(usize::MAX);
            let before = (taken, self.raw.len());
            let rest = body.get(taken..).unwrap_or_default();
            let status = gzip.decompress_vec(rest, &mut self.raw, FlushDecompress::None);
            let after = usize::try_from(gzip.total_in()).unwrap_or(usize::MAX);
            match status {
                Ok(Status::StreamEnd) => return Ok(()),
                Ok(Status::Ok | Status::BufError) if (after, self.raw.len()) != before => {}
                Ok(Status::Ok | Status::BufError) | Err(_) => return Err(no_gzip()),
            }
        }
    }
}

fn unknown_parameter(head: &Head, shared: &Shared) -> Option<Refused> {
    if shared.options.dialect == Dialect::Elasticsearch {
        return None;
    }
    let named: Vec<_> =
        NEWER.iter().filter(|name| head.asks(name)).map(|name| format!("[{name}]")).collect();
    let plural = if named.len() == 1 { "" } else { "s" };
    let reason = format!(
        "request [{}] contains unrecognized parameter{plural}: {}",
        head.path,
        named.join(", ")
    );
    (!named.is_empty()).then_some(Refused {
        status: 400,
        kind: "illegal_argument_exception",
        reason,
    })
}

fn too_large(limit: usize) -> Refused {
    let reason = format!("entity content is too long for the limit [{limit}]");
    Refused { status: 413, kind: "content_too_long_exception", reason }
}

fn no_gzip() -> Refused {
    let reason = io::Error::from(io::ErrorKind::InvalidData).to_string();
    Refused { status: 400, kind: "zip_exception", reason }
}
