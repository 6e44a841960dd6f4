//! Where a check runs: a server, and a namespace in it that no other test has.

use elastic::{Body, BulkReply, BulkRequest, Client, Method, Verdict};
use harness::Access;
use harness::scripted::Scripted;
use serde_json::{Value, json};

/// A server and a namespace in it.
pub(crate) struct Place {
    pub(crate) client: Client,
    pub(crate) namespace: String,
    access: Access,
    scripted: Option<Scripted>,
}

impl Place {
    pub(crate) fn elasticsearch() -> Self {
        Self::on(harness::elasticsearch().clone(), None)
    }

    pub(crate) fn opensearch() -> Self {
        Self::on(harness::opensearch().clone(), None)
    }

    pub(crate) fn scripted() -> Self {
        let server = Scripted::keeping();
        let access =
            Access { url: server.url(), credentials: harness::Credentials::None {}, ca_file: None };
        Self::on(access, Some(server))
    }

    fn on(access: Access, scripted: Option<Scripted>) -> Self {
        let client = harness::client(&access);
        Self { client, namespace: harness::namespace(), access, scripted }
    }

    /// Returns the name of an index or stream of this place.
    pub(crate) fn name(&self, what: &str) -> String {
        format!("logs-store.{what}-{}", self.namespace)
    }

    /// Returns a stream for documents with a time, a number `n`, a word `k` and an object `o`; other fields are refused.
    pub(crate) async fn stream(&self) -> String {
        self.stream_with(json!({})).await
    }

    /// Returns such a stream whose indices have these settings.
    pub(crate) async fn stream_with(&self, settings: Value) -> String {
        let stream = self.name("order");
        if self.scripted.is_none() {
            let properties = json!({
                "@timestamp": { "type": "date" },
                "n": { "type": "long" },
                "k": { "type": "keyword" },
                "o": { "properties": { "a": { "type": "long" } } },
            });
            let template = json!({
                "index_patterns": [stream],
                "data_stream": {},
                "priority": 900,
                "template": {
                    "settings": settings,
                    "mappings": { "dynamic": "strict", "properties": properties },
                },
            });
            self.put(&format!("/_index_template/{}", self.namespace), &template).await;
        }
        stream
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) {
        self.client.ask(Method::Put, path, &[], Body::json(body)).await.unwrap();
    }

    /// Sends documents and returns their verdicts.
    pub(crate) async fn verdicts(&self, stream: &str, documents: &[(&str, &str)]) -> Vec<Verdict> {
        let reply = self.client.bulk(stream, &request(documents)).await;
        let BulkReply::Items { verdicts, .. } = reply else { panic!("{reply:?}") };
        verdicts
    }

    /// Returns how many documents a stream holds.
    pub(crate) async fn count(&self, stream: &str) -> u64 {
        if let Some(server) = &self.scripted {
            return server.stored(stream) as u64;
        }
        self.client.refresh(stream).await.unwrap();
        let body = json!({ "size": 0, "track_total_hits": true });
        self.client.search(stream, &body).await.unwrap().total.unwrap().get()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A template would outlive the test and slow down those that come after; streams are few and go with the server.
        // On failure too: the server is shared with other test processes.
        if self.scripted.is_none() {
            let (access, path) =
                (self.access.clone(), format!("/_index_template/{}", self.namespace));
            // A client of its own, on a thread of its own: the connections of the other one may belong to a runtime that
            // waits for this very drop.
            let remove = std::thread::spawn(move || {
                let client = harness::client(&access);
                harness::block_on(client.send(Method::Delete, &path, &[], Body::Empty)).map(drop)
            });
            drop(remove.join());
        }
    }
}

/// Returns a request of these documents.
pub(crate) fn request(documents: &[(&str, &str)]) -> BulkRequest {
    BulkRequest::of(documents.iter().map(|(id, json)| (*id, json.as_bytes())))
}

/// Returns a document with a number.
pub(crate) fn numbered(n: u64) -> String {
    json!({ "@timestamp": "2026-03-01T00:00:00Z", "n": n, "k": format!("k{:03}", n % 25) })
        .to_string()
}
