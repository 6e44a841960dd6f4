//! A sign of life every 30 seconds, so that a host that falls silent is noticed where people look.

use std::time::Duration;

use event::{Document, EventId};
use jiff::Timestamp;
use runtime::shutdown::Shutdown;

use crate::agent::Voice;

/// Three missed ones make a silent host.
const EVERY: Duration = Duration::from_secs(30);
/// The first comes soon, so that who has just installed a shipper sees it at once; a program that ends by then tells
/// nothing.
const FIRST: Duration = Duration::from_secs(5);

/// What beats.
#[derive(Debug)]
pub struct Heartbeat {
    /// By what it is heard.
    pub voice: Voice,
}

impl Heartbeat {
    /// Beats until the shutdown begins.
    pub async fn run(self, shutdown: Shutdown) {
        let beat = |now| vec![(self.id(now), self.document(now))];
        self.voice.repeat((FIRST, EVERY), &shutdown, beat).await;
    }

    fn id(&self, now: Timestamp) -> EventId {
        let millis = now.as_millisecond().to_string();
        EventId::from_parts(&["agent.heartbeat", &self.voice.agent.context.agent_id, &millis])
    }

    fn document(&self, now: Timestamp) -> Document {
        self.voice.agent.document("agent.heartbeat", self.id(now), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Agent;
    use elastic::{Address, Client, Cluster, Credentials};
    use enricher::Context;
    use event::{Field, Namespace};
    use runtime::{Clock, ManualClock};
    use std::sync::Arc;

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
        let voice = Voice {
            client: Client::new(&cluster, Arc::clone(&clock)).unwrap(),
            clock,
            agent: Agent { context, store_id: "my-shop".into(), namespace: Namespace::default() },
        };
        let heartbeat = Heartbeat { voice };
        let document = heartbeat.document(now);
        assert_eq!(document.text(Field::EventAction), Some("agent.heartbeat"));
        assert_eq!(document.text(Field::HostName), Some("web-1"));
        assert_eq!(document.text(Field::DataStreamDataset), Some("store.pipeline"));
        assert_ne!(heartbeat.id(now), heartbeat.id(now + Duration::from_millis(1)));
    }
}
