//! A sign of life every 30 seconds, so that a host that falls silent is noticed where people look.

use std::sync::Arc;
use std::time::Duration;

use elastic::{BulkBuilder, Client};
use event::{Document, EventId};
use jiff::Timestamp;
use runtime::Clock;
use runtime::shutdown::Shutdown;

use crate::agent::{Agent, push};

/// Three missed ones make a silent host.
const EVERY: Duration = Duration::from_secs(30);
/// The first comes soon, so that who has just installed a shipper sees it at once; a program that ends by then tells
/// nothing.
const FIRST: Duration = Duration::from_secs(5);

/// What beats, and where to.
#[derive(Debug)]
pub struct Heartbeat {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The cluster.
    pub client: Client,
    /// Who speaks.
    pub agent: Agent,
}

impl Heartbeat {
    /// Beats until the shutdown begins. A beat that does not arrive is not sent again: the next one says the same.
    pub async fn run(self, shutdown: Shutdown) {
        let stream = self.agent.stream();
        let mut rest = FIRST;
        loop {
            tokio::select! {
                // Both only wait.
                () = self.clock.sleep(rest) => {}
                () = shutdown.begun() => return,
            }
            rest = EVERY;
            let now = self.clock.now();
            let mut request = BulkBuilder::new();
            push(&mut request, self.id(now), &self.document(now));
            let reply = self.client.bulk(&stream, &request.finish()).await;
            tracing::debug!(event.code = "heartbeat", ?reply, "a heartbeat was sent");
        }
    }

    fn id(&self, now: Timestamp) -> EventId {
        let millis = now.as_millisecond().to_string();
        EventId::from_parts(&["agent.heartbeat", &self.agent.context.agent_id, &millis])
    }

    fn document(&self, now: Timestamp) -> Document {
        self.agent.document("agent.heartbeat", self.id(now), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use elastic::{Address, Cluster, Credentials};
    use enricher::Context;
    use event::{Field, Namespace};
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
            agent: Agent { context, store_id: "my-shop".into(), namespace: Namespace::default() },
        };
        let document = heartbeat.document(now);
        assert_eq!(document.text(Field::EventAction), Some("agent.heartbeat"));
        assert_eq!(document.text(Field::HostName), Some("web-1"));
        assert_eq!(document.text(Field::DataStreamDataset), Some("store.pipeline"));
        assert_ne!(heartbeat.id(now), heartbeat.id(now + Duration::from_millis(1)));
    }
}
