//! A very small shop, written straight into its streams, and the detector that watches it.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use elastic::{Body, Client, Method};
use harness::{Access, Ended, Program, block_on};
use jiff::{SignedDuration, Timestamp};
use pipelines::install::{Part, carry_out, plan};
use pipelines::{assets, survey::Survey};
use serde_json::{Value, json};

/// What one run of the detector may take on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_mins(4);

/// Where the history of all tests begins: a Monday, midnight.
const BEGIN: &str = "2026-03-02T00:00:00Z";

const RULES: [(&str, &str); 2] = [("orders.yml", ORDERS), ("payments.yml", PAYMENTS)];

const ORDERS: &str = r"
id: orders
name: Orders
description: Orders in an hour.
type: anomaly
datasets: [order]
span: 1h
filter: [{field: event.action, equals: order.submitted}]
measure: {distinct: store.order.id}
model: {seasonal_count: {threshold: 4, guard: 20, floors: {low: {relative: 0.4}, high: {relative: 2}}}}
for: {hits: 2, of: 2}
recover: 2
severity: high
category: [web]
explain: [store.channel]
runbook: look
";

const PAYMENTS: &str = r"
id: payments
name: Payments
description: Failing payments.
type: anomaly
datasets: [payment, support]
span: 1h
filter: [{field: event.action, any: [payment.completed, payment.failed]}]
measure: {ratio: {part: [{field: event.action, equals: payment.failed}]}}
group_by: [store.payment.provider]
guard: 10
model: {ratio: {threshold: 4, sides: high, floors: {high: {relative: 1, absolute: 0.05}}}}
for: {hits: 2, of: 3}
recover: 2
severity: by_score
category: [web]
explain: [store.payment.failure_code, store.channel]
runbook: look
";

/// A shop in a namespace of its own.
pub(crate) struct Shop {
    pub(crate) client: Client,
    pub(crate) namespace: String,
    folder: tempfile::TempDir,
    access: Access,
}

/// Returns the instant so many hours after the begin of the history.
pub(crate) fn hour(number: i64) -> Timestamp {
    let begin: Timestamp = BEGIN.parse().unwrap();
    begin + SignedDuration::from_hours(number)
}

impl Shop {
    /// Returns a shop without events.
    pub(crate) fn new() -> Self {
        let access = harness::elasticsearch().clone();
        let client = harness::client(&access);
        let namespace = harness::namespace();
        block_on(async {
            let name = namespace.parse().unwrap();
            let survey = Survey::take(&client, &assets::all(), &name).await.unwrap();
            for step in plan(&survey, &name, &[Part::Templates, Part::Streams]) {
                carry_out(&client, &step).await.unwrap();
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let shop = Self { client, namespace, folder, access };
        shop.configure();
        shop
    }

    fn configure(&self) {
        let rules = self.folder.path().join("rules.d");
        fs::create_dir(&rules).unwrap();
        for (name, text) in RULES {
            fs::write(rules.join(name), text).unwrap();
        }
        let mut text = format!("cluster:\n  addresses: [{}]\n", self.access.url);
        match &self.access.credentials {
            harness::Credentials::Basic { username, password } => {
                let secret = self.folder.path().join("secret");
                fs::write(&secret, password).unwrap();
                write!(text, "  username: {username}\n  password_file: {}\n", secret.display())
                    .unwrap();
            }
            harness::Credentials::ApiKey { api_key } => {
                let secret = self.folder.path().join("secret");
                fs::write(&secret, api_key).unwrap();
                writeln!(text, "  api_key_file: {}", secret.display()).unwrap();
            }
            harness::Credentials::None {} => {}
        }
        if let Some(ca) = &self.access.ca_file {
            writeln!(text, "  ca_file: {}", ca.display()).unwrap();
        }
        let shipped: Vec<&str> = detector::rule::shipped()
            .map(|(name, _)| name.rsplit('/').next().unwrap().trim_end_matches(".yml"))
            .collect();
        write!(
            text,
            "namespace: {}\ntimezone: UTC\nrules_dir: {}\ndisabled_rules: [{}]\nhistory: 21d\n\
             lease: {{ttl: 1s}}\nchannels: {{ops: {{log: {{}}}}}}\nkibana_url: https://kibana.example\n",
            self.namespace,
            rules.display(),
            shipped.join(", "),
        )
        .unwrap();
        fs::write(self.config(), text).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("detector.yml")
    }

    /// Writes the events of these hours: so many orders, and so many payments that fail.
    pub(crate) fn trade(&self, hours: std::ops::Range<i64>, events: impl Fn(i64) -> (u32, u32)) {
        let mut lines = String::new();
        for number in hours {
            let (orders, failing) = events(number);
            for order in 0..orders {
                self.add(
                    &mut lines,
                    "order",
                    (number, order, 60),
                    &json!({
                        "event": {"action": "order.submitted"},
                        "store": {"order": {"id": format!("{number}-{order}")}, "channel": "web"},
                    }),
                );
            }
            for payment in 0..40 {
                let failed = payment < failing;
                let mut document = json!({
                    "event": {"action": if failed { "payment.failed" } else { "payment.completed" }},
                    "store": {"channel": "web", "payment": {"provider": "northpay"}},
                });
                if failed {
                    let code = if failing > 5 { "gateway_error" } else { "declined" };
                    document["store"]["payment"]["failure_code"] = json!(code);
                }
                self.add(&mut lines, "payment", (number, payment, 60), &document);
            }
            if lines.len() > 4_000_000 {
                self.send(std::mem::take(&mut lines));
            }
        }
        self.send(lines);
    }

    /// Puts an index in the place of the stream of support tickets whose shards fail when payments are asked for.
    pub(crate) fn break_support(&self) {
        let stream = format!("logs-store.support-{}", self.namespace);
        let template = json!({
            "index_patterns": [stream], "priority": 900,
            "template": {"mappings": {"properties": {
                "@timestamp": {"type": "date"},
                "store": {"properties": {"payment": {"properties": {"provider": {"type": "text"}}}}},
            }}},
        });
        self.ask(Method::Put, &format!("/_index_template/{stream}"), Body::json(&template));
        let document =
            json!({"@timestamp": hour(0).to_string(), "event": {"action": "ticket.opened"}});
        self.send(format!("{}\n{document}\n", json!({"create": {"_index": stream}})));
    }

    /// Takes the broken index away.
    pub(crate) fn mend_support(&self) {
        let stream = format!("logs-store.support-{}", self.namespace);
        self.ask(Method::Delete, &format!("/{stream}"), Body::Empty);
        self.ask(Method::Delete, &format!("/_index_template/{stream}"), Body::Empty);
    }

    fn add(
        &self,
        lines: &mut String,
        dataset: &str,
        (number, place, of): (i64, u32, u32),
        document: &Value,
    ) {
        let at = hour(number) + SignedDuration::from_secs(i64::from(place * 3_600 / of % 3_600));
        let mut document = document.clone();
        document["@timestamp"] = json!(at.to_string());
        document["event"]["dataset"] = json!(format!("store.{dataset}"));
        let stream = format!("logs-store.{dataset}-{}", self.namespace);
        writeln!(lines, "{}\n{document}", json!({"create": {"_index": stream}})).unwrap();
    }

    fn send(&self, lines: String) {
        if !lines.is_empty() {
            let answer = self.ask(Method::Post, "/_bulk?refresh=true", Body::Lines(lines.into()));
            assert_eq!(answer["errors"], json!(false), "{answer}");
        }
    }

    /// Asks the cluster; an error is the end of the test.
    pub(crate) fn ask(&self, method: Method, path: &str, body: Body) -> Value {
        block_on(async { self.client.ask(method, path, &[], body).await?.json() })
            .unwrap_or_else(|error: elastic::Error| panic!("{path}: {error}"))
    }

    /// Returns the detector with these arguments.
    pub(crate) fn detector(&self, arguments: &[&str]) -> Program {
        let config = self.config();
        Program::new("detector").args(["--config", config.to_str().unwrap()]).args(arguments)
    }

    /// Judges a stretch of hours and returns the summary.
    pub(crate) fn judge(&self, from: i64, until: i64) -> Value {
        let (from, until) = (hour(from).to_string(), hour(until).to_string());
        let ended =
            self.detector(&["run", "--from", &from, "--until", &until, "--json"]).run(LIMIT);
        summary(&ended)
    }

    /// Tries a rule and returns what it would have done.
    pub(crate) fn try_rule(&self, rule: &str, from: i64, to: i64) -> Value {
        let (from, to) = (hour(from).to_string(), hour(to).to_string());
        summary(&self.detector(&["test", rule, "--from", &from, "--to", &to, "--json"]).run(LIMIT))
    }

    /// Returns the documents of a stream or index, in the order of their times.
    pub(crate) fn documents(&self, index: &str) -> Vec<Value> {
        let target = format!("{index}-{}", self.namespace);
        self.ask(Method::Post, &format!("/{target}/_refresh"), Body::Empty);
        let body = json!({"size": 5_000, "sort": [{"@timestamp": "asc"}, {"event.sequence": {"order": "asc", "unmapped_type": "long"}}]});
        let answer = self.ask(Method::Post, &format!("/{target}/_search"), Body::json(&body));
        answer["hits"]["hits"].as_array().unwrap().clone()
    }

    /// Returns `rule action group` of each alert document, with its `_id`.
    pub(crate) fn alerts(&self) -> Vec<(String, String)> {
        let told = |hit: &Value| {
            let source = &hit["_source"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let line = format!(
                "{} {} {} {} {}",
                text(&source["@timestamp"]),
                text(&source["rule"]["id"]),
                text(&source["store"]["alert"]["group_key"]),
                text(&source["event"]["action"]),
                text(&source["event"]["start"]),
            );
            (line, text(&hit["_id"]))
        };
        self.documents("logs-store.alert").iter().map(told).collect()
    }
}

#[track_caller]
fn summary(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.output, ended.errors);
    serde_json::from_str(ended.output.trim()).unwrap()
}
