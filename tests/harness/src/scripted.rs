//! A scripted server for bulk requests: it answers as Elasticsearch does until its script says otherwise.
//!
//! It runs on threads of its own in the process of the test, listens on a free port of the loopback address, and is gone
//! when it is dropped. It knows what a shipper needs and no more: `create` in streams, `_id`s that exist already (409),
//! gzip both ways, `filter_path`, parameters that an old server does not know. It can do what real servers do rarely and
//! never on demand: cut connections before and after storing, answer half, forget a status, be slow or full.
//! The contract tests of `tests/contract.rs` run against it and against real servers, so that the script cannot lie.
//!
//! ```
//! use harness::scripted::{Act, Outcome, Scripted};
//!
//! let server = Scripted::start();
//! server.script([Act::Status(503), Act::Items(vec![Outcome::throttled()])]);
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! assert_eq!(server.counts().documents, 0);
//! ```

mod act;
mod bulk;
mod connection;
mod http;
mod number;
mod reply;
mod serve;
mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

pub use act::{Act, Outcome, Request};
pub use number::{Numbered, Numbering, mark, read as marked};
pub use serve::Options;
pub use store::{Counts, Document, digest};

use act::Script;
use serve::{Shared, Threads};

/// What is remembered of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// Their ids: enough to find duplicates and losses, at full speed.
    #[default]
    Ids,
    /// Ids and a digest of each message: what tells lost, doubled and changed lines apart among millions.
    Messages,
    /// Ids and payloads; each payload must be JSON, or it is refused as Elasticsearch refuses it.
    Documents,
}

/// Which query parameters are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Those of Elasticsearch 8.19.
    #[default]
    Elasticsearch,
    /// Those of OpenSearch 2: `require_data_stream` and `include_source_on_error` are refused.
    OpenSearch,
}

/// A running server.
#[derive(Debug)]
pub struct Scripted {
    shared: Arc<Shared>,
    threads: Threads,
}

/// A server that does not listen; it remembers what was stored.
#[derive(Debug)]
pub struct Stopped {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Scripted {
    /// Starts a server that remembers ids.
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    /// Starts a server that remembers documents too.
    pub fn keeping() -> Self {
        Self::with(Options { keep: Keep::Documents, ..Options::default() })
    }

    /// Starts a server that remembers ids and digests of messages.
    pub fn digesting() -> Self {
        Self::with(Options { keep: Keep::Messages, ..Options::default() })
    }

    /// Starts a server with these options.
    pub fn with(options: Options) -> Self {
        let free_port = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::listen(free_port, Arc::new(Shared::new(options)))
    }

    fn listen(address: SocketAddr, shared: Arc<Shared>) -> Self {
        let threads = Threads::start(address, &shared)
            .unwrap_or_else(|error| panic!("cannot listen on {address}: {error}"));
        Self { shared, threads }
    }

    /// Returns its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.threads.address())
    }

    /// Returns its port on the loopback address.
    pub fn port(&self) -> u16 {
        self.threads.address().port()
    }

    /// Adds acts to the script: one for each bulk request, in the order of their arrival. When none is left, all is served.
    pub fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.shared.script().add(acts);
    }

    /// Replaces the script by a rule that is asked about each bulk request.
    pub fn rule(&self, rule: impl FnMut(&Request<'_>) -> Act + Send + 'static) {
        *self.shared.script() = Script::Rule(Box::new(rule));
    }

    /// Replaces the script by nothing: from now on all is served.
    pub fn serve(&self) {
        *self.shared.script() = Script::default();
    }

    /// Rolls every stream over: from now on an id that is stored already is taken again, as Elasticsearch takes it.
    pub fn roll_over(&self) {
        self.shared.store().roll_over();
    }

    /// Returns how many acts of the script are still to come.
    pub fn acts_left(&self) -> usize {
        self.shared.script().left()
    }

    /// Returns what was counted so far.
    pub fn counts(&self) -> Counts {
        self.shared.store().counts()
    }

    /// Returns what became of numbered documents; only a server that looks at numbers knows.
    pub fn numbered(&self) -> Numbered {
        self.shared.store().numbers.numbered()
    }

    /// Returns the names of the streams that hold something, in order.
    pub fn streams(&self) -> Vec<String> {
        self.shared.store().streams()
    }

    /// Returns how many documents a stream holds.
    pub fn stored(&self, stream: &str) -> usize {
        self.shared.store().stored(stream)
    }

    /// Returns how many documents came for a stream, every repetition counted: what a shipper tells of itself goes to
    /// another one.
    pub fn items(&self, stream: &str) -> u64 {
        self.shared.store().items(stream)
    }

    /// Returns the documents of a stream in the order in which they were stored. Only a server that keeps them has any.
    pub fn documents(&self, stream: &str) -> Vec<Document> {
        self.shared.store().documents(stream)
    }

    /// Returns how often each message of a stream was stored, by its [`digest`]. A server that remembers ids alone knows
    /// none.
    pub fn messages(&self, stream: &str) -> HashMap<u64, usize> {
        self.shared.store().messages(stream)
    }

    /// Stops listening and cuts every connection; what was stored stays.
    pub fn stop(self) -> Stopped {
        let address = self.threads.address();
        Stopped { shared: self.shared, address }
    }
}

impl Stopped {
    /// Listens again on the same port.
    pub fn start(self) -> Scripted {
        Scripted::listen(self.address, self.shared)
    }
}
