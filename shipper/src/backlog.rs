//! Tells the cluster of each input that is far behind, every 30 seconds for as long as it is: who looks at events that are
//! there sees that others are still to come.

use std::time::Duration;

use event::{Document, EventId, Field};
use jiff::Timestamp;
use runtime::shutdown::Shutdown;

use crate::agent::Voice;
use crate::inputs::Inputs;
use crate::metrics::Metrics;
use crate::status::size;
use crate::tail::Lag;

const EVERY: Duration = Duration::from_secs(30);
/// The first look comes soon: a shipper that was stopped for long has its backlog at once.
const FIRST: Duration = Duration::from_secs(10);
/// What is behind by less is on its way.
const FAR: Duration = Duration::from_mins(1);

/// Looks how far inputs are behind, and tells of those that are far.
#[derive(Debug)]
pub struct Backlog {
    /// By what it is told.
    pub voice: Voice,
    /// What is read.
    pub inputs: Inputs,
    /// Where their lag stands.
    pub metrics: Metrics,
}

impl Backlog {
    /// Looks and tells until the shutdown begins.
    pub async fn run(self, shutdown: Shutdown) {
        let tell = |now| {
            let far = self.far().into_iter();
            far.map(|(input, lag)| (self.id(&input, now), self.document(&input, &lag, now)))
                .collect()
        };
        self.voice.repeat((FIRST, EVERY), &shutdown, tell).await;
    }

    /// Returns the inputs that are far behind, each with its lag.
    fn far(&self) -> Vec<(String, Lag)> {
        let active = self.inputs.active().into_iter();
        let lag = |id: &str| {
            let (age, drain) = self.metrics.lag_seconds_of(id);
            let time = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
            Lag { bytes: self.metrics.lag_of(id), age: time(age), drain: time(drain) }
        };
        active
            .map(|(_, input)| (input.id.clone(), lag(&input.id)))
            .filter(|(_, lag)| lag.age > FAR)
            .collect()
    }

    fn id(&self, input: &str, now: Timestamp) -> EventId {
        let millis = now.as_millisecond().to_string();
        EventId::from_parts(&["agent.backlog", &self.voice.agent.context.agent_id, input, &millis])
    }

    fn document(&self, input: &str, lag: &Lag, now: Timestamp) -> Document {
        let mut document = self.voice.agent.document("agent.backlog", self.id(input, now), now);
        // The oldest line that is not there yet is late by so much, and all of them take so long to come.
        let late = i64::try_from(lag.age.as_millis()).unwrap_or(i64::MAX);
        document.set_long(Field::StorePipelineLateMs, late);
        let drain = i64::try_from(lag.drain.as_nanos()).unwrap_or(i64::MAX);
        document.set_long(Field::EventDuration, drain);
        let is_shedding = self.metrics.is_shedding(input);
        let mut labels = serde_json::json!({ "input": input, "lag_bytes": lag.bytes.to_string() });
        if is_shedding {
            labels["shed"] = "true".into();
        }
        if let Ok(labels) = serde_json::value::to_raw_value(&labels) {
            document.set_json(Field::Labels, &labels);
        }
        document.set_format(
            Field::Message,
            format_args!(
                "input {input} is {} behind; the oldest of it waits for {:.0} s, and all of it takes {:.0} s to send{}",
                size(lag.bytes),
                lag.age.as_secs_f64(),
                lag.drain.as_secs_f64(),
                if is_shedding { "; until then lines are left out" } else { "" },
            ),
        );
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Agent;
    use crate::settings::Shipper;
    use elastic::{Address, Client, Cluster, Credentials};
    use enricher::Context;
    use event::Namespace;
    use expect_test::expect;
    use runtime::settings::Settings;
    use runtime::{Clock, ManualClock};
    use std::sync::Arc;

    fn backlog() -> Backlog {
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
        let settings = "cluster: { addresses: [\"http://127.0.0.1:9\"] }\nstore: { id: my-shop }\ninputs:\n  - { id: access, paths: [/a], dataset: traffic }\n  - { id: app, paths: [/b], dataset: app }\n";
        let settings = Settings::of_text("shipper.yml", settings).unwrap();
        Backlog {
            voice: Voice {
                client: Client::new(&cluster, Arc::clone(&clock)).unwrap(),
                clock,
                agent: Agent {
                    context,
                    store_id: "my-shop".into(),
                    namespace: Namespace::default(),
                },
            },
            inputs: Inputs::new(&Shipper::check(&settings).unwrap()),
            metrics: Metrics::new(),
        }
    }

    #[test]
    fn only_an_input_that_is_more_than_a_minute_behind_is_told_of() {
        let backlog = backlog();
        let lag = |seconds| Lag {
            bytes: 10,
            age: Duration::from_secs(seconds),
            drain: Duration::from_secs(7),
        };
        assert_eq!(backlog.far(), []);
        backlog.metrics.lag("access", &lag(60));
        assert_eq!(backlog.far(), [], "a minute is not more than a minute");
        backlog.metrics.lag("app", &lag(61));
        assert_eq!(backlog.far(), [("app".to_owned(), lag(61))]);
    }

    #[test]
    fn a_backlog_is_told_in_bytes_and_seconds_with_the_time_to_drain() {
        let backlog = backlog();
        let lag = Lag {
            bytes: 12_897_485,
            age: Duration::from_millis(75_500),
            drain: Duration::from_mins(3),
        };
        let mut json = Vec::new();
        backlog.document("access", &lag, backlog.voice.clock.now()).write_json(&mut json);
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let value = serde_json::to_string_pretty(&value).unwrap();
        expect![[r#"
            {
              "@timestamp": "2026-01-02T03:04:05.000Z",
              "agent": {
                "id": "a",
                "type": "shipper",
                "version": "0.1.0"
              },
              "data_stream": {
                "dataset": "store.pipeline",
                "namespace": "default",
                "type": "logs"
              },
              "ecs": {
                "version": "8.11.0"
              },
              "event": {
                "action": "agent.backlog",
                "created": "2026-01-02T03:04:05.000Z",
                "dataset": "store.pipeline",
                "duration": 180000000000,
                "id": "NKSbg5qF786cxtfp10S36w",
                "kind": "state",
                "module": "store"
              },
              "host": {
                "name": "web-1"
              },
              "labels": {
                "input": "access",
                "lag_bytes": "12897485"
              },
              "message": "input access is 12.3 MiB behind; the oldest of it waits for 76 s, and all of it takes 180 s to send",
              "store": {
                "id": "my-shop",
                "pipeline": {
                  "late_ms": 75500
                }
              }
            }"#]].assert_eq(&value);
        let now = backlog.voice.clock.now();
        assert_ne!(backlog.id("access", now), backlog.id("app", now));
    }
}
