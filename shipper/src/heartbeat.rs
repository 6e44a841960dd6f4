//! A sign of life every 30 seconds, so that a host that falls silent is noticed where people look.

use std::sync::Arc;
use std::time::Duration;

use elastic::{BulkBuilder, Client};
use enricher::Context;
use event::{Dataset, Document, EventId, Field, Namespace, Stream};
use jiff::Timestamp;
use runtime::Clock;
use runtime::shutdown::Shutdown;

/// Three missed ones make a silent host.
const EVERY: Duration = Duration::from_secs(30);

/// What beats, and where to.
#[derive(Debug)]
pub struct Heartbeat {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The cluster.
    pub client: Client,
    /// Who we are.
    pub context: Context,
    /// The shop.
    pub store_id: String,
    /// Whose streams we write.
    pub namespace: Namespace,
}

impl Heartbeat {
    /// Beats until the shutdown begins. A beat that does not arrive is not sent again: the next one says the same.
    pub async fn run(self, shutdown: Shutdown) {
        let stream =
            Stream { dataset: Dataset::Pipeline, namespace: self.namespace.clone() }.to_string();
        loop {
            tokio::select! {
                // Both only wait.
                () = self.clock.sleep(EVERY) => {}
                () = shutdown.begun() => return,
            }
            let now = self.clock.now();
            let mut json = Vec::new();
            self.document(now).write_json(&mut json);
            let mut request = BulkBuilder::new();
            request.push(&self.id(now).to_string(), &json);
            let reply = self.client.bulk(&stream, &request.finish()).await;
            tracing::debug!(event.code = "heartbeat", ?reply, "a heartbeat was sent");
        }
    }

    fn id(&self, now: Timestamp) -> EventId {
        let millis = now.as_millisecond().to_string();
        EventId::from_parts(&["agent.heartbeat", &self.context.agent_id, &millis])
    }

    fn document(&self, now: Timestamp) -> Document {
        let dataset = Dataset::Pipeline;
        let mut document = Document::new();
        document.set_time(Field::Timestamp, now);
        document.set_time(Field::EventCreated, now);
        document.set_static(Field::EcsVersion, "8.11.0");
        document.set_static(Field::EventKind, "state");
        document.set_static(Field::EventModule, "store");
        document.set_static(Field::EventAction, "agent.heartbeat");
        document.set_static(Field::EventDataset, dataset.as_str());
        document.set_static(Field::DataStreamType, dataset.stream_type());
        document.set_static(Field::DataStreamDataset, dataset.as_str());
        document.set_text(Field::DataStreamNamespace, self.namespace.as_str());
        document.set_text(Field::EventId, &self.id(now).to_string());
        document.set_text(Field::HostName, &self.context.host_name);
        document.set_text(Field::AgentId, &self.context.agent_id);
        document.set_text(Field::AgentType, &self.context.agent_type);
        document.set_text(Field::AgentVersion, &self.context.agent_version);
        document.set_text(Field::StoreId, &self.store_id);
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use elastic::{Address, Cluster, Credentials};
    use runtime::ManualClock;

    #[test]
    fn a_heartbeat_names_host_agent_and_shop_in_the_pipelines_own_stream() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(now));
        let address = Address::parse("http://127.0.0.1:9").unwrap();
        let cluster = Cluster::try_new(vec![address], Credentials::None).unwrap();
        let context = Context {
            host_name: "web-1".into(),
            agent_id: "a".into(),
            agent_type: "shipper".into(),
            agent_version: "0.1.0".into(),
        };
        let heartbeat = Heartbeat {
            client: Client::new(&cluster, Arc::clone(&clock)).unwrap(),
            clock,
            context,
            store_id: "my-shop".into(),
            namespace: Namespace::default(),
        };
        let document = heartbeat.document(now);
        assert_eq!(document.text(Field::EventAction), Some("agent.heartbeat"));
        assert_eq!(document.text(Field::HostName), Some("web-1"));
        assert_eq!(document.text(Field::DataStreamDataset), Some("store.pipeline"));
        assert_ne!(heartbeat.id(now), heartbeat.id(now + Duration::from_millis(1)));
    }
}
