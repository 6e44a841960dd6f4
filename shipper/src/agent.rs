//! What the shipper says of itself: the frame of all documents in the pipeline's own stream, and how they are sent.

use std::sync::Arc;
use std::time::Duration;

use elastic::{BulkBuilder, Client};
use enricher::Context;
use event::{Dataset, Document, EventId, Field, Namespace, Stream};
use jiff::Timestamp;
use runtime::Clock;
use runtime::shutdown::Shutdown;

/// Who speaks.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Who we are.
    pub context: Context,
    /// The shop.
    pub store_id: String,
    /// Whose streams we write.
    pub namespace: Namespace,
}

impl Agent {
    /// Returns the stream that our own documents go to.
    pub fn stream(&self) -> String {
        self.stream_of(Dataset::Pipeline)
    }

    /// Returns the stream of a dataset.
    pub fn stream_of(&self, dataset: Dataset) -> String {
        Stream { dataset, namespace: self.namespace.clone() }.to_string()
    }

    /// Returns a document that says only who speaks and when.
    pub fn document(&self, action: &'static str, id: EventId, now: Timestamp) -> Document {
        let dataset = Dataset::Pipeline;
        let mut document = Document::new();
        document.set_time(Field::Timestamp, now);
        document.set_time(Field::EventCreated, now);
        document.set_static(Field::EcsVersion, "8.11.0");
        document.set_static(Field::EventKind, "state");
        document.set_static(Field::EventModule, "store");
        document.set_static(Field::EventAction, action);
        document.set_static(Field::EventDataset, dataset.as_str());
        document.set_static(Field::DataStreamType, dataset.stream_type());
        document.set_static(Field::DataStreamDataset, dataset.as_str());
        document.set_text(Field::DataStreamNamespace, self.namespace.as_str());
        document.set_text(Field::EventId, &id.to_string());
        document.set_text(Field::HostName, &self.context.host_name);
        document.set_text(Field::AgentId, &self.context.agent_id);
        document.set_text(Field::AgentType, &self.context.agent_type);
        document.set_text(Field::AgentVersion, &self.context.agent_version);
        document.set_text(Field::StoreId, &self.store_id);
        document
    }
}

/// Says the state of things time and again.
#[derive(Debug, Clone)]
pub struct Voice {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The cluster.
    pub client: Client,
    /// Who speaks.
    pub agent: Agent,
}

impl Voice {
    /// Sends the documents that `say` gives, for the first time after `first` and then each `every`, until the shutdown
    /// begins. What does not arrive is not sent again: the next ones say more.
    pub async fn repeat(
        &self,
        (first, every): (Duration, Duration),
        shutdown: &Shutdown,
        say: impl Fn(Timestamp) -> Vec<(EventId, Document)>,
    ) {
        let stream = self.agent.stream();
        let mut rest = first;
        loop {
            tokio::select! {
                // Both only wait.
                () = self.clock.sleep(rest) => {}
                () = shutdown.begun() => return,
            }
            rest = every;
            let documents = say(self.clock.now());
            if documents.is_empty() {
                continue;
            }
            let mut request = BulkBuilder::new();
            for (id, document) in &documents {
                push(&mut request, *id, document);
            }
            let request = request.finish();
            tokio::select! {
                // Whether they arrived or not, nothing is owed.
                reply = self.client.bulk(&stream, &request) => {
                    tracing::debug!(event.code = "state_told", ?reply, "the state of things was told");
                }
                () = shutdown.begun() => return,
            }
        }
    }
}

/// Adds a document to a request.
pub fn push(request: &mut BulkBuilder, id: EventId, document: &Document) {
    let mut json = Vec::new();
    document.write_json(&mut json);
    request.push(&id.to_string(), &json);
}
