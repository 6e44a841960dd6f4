//! The shipper against a real Elasticsearch: real input, kills on both sides, keys and certificates that are wrong.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use elastic::{Body, Client, Method};
use harness::{
    Access, Engine, Flavour, Options, Program, Transport, block_on, client, data_folder,
    engine_options, eventually, namespace, private_engine, shared,
};
use serde_json::{Value, json};

use crate::desk::{Desk, LIMIT, line};

/// A full server needs longer than a scripted one.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// A desk that ships to a real server with the key that `storewatch setup` made.
pub(crate) struct Real {
    /// The desk; its keys lie in `keys/`.
    pub(crate) desk: Desk,
    /// The server, asked as a user with all rights.
    pub(crate) client: Client,
    /// The namespace of its streams.
    pub(crate) namespace: String,
}

impl Real {
    pub(crate) fn on(access: &Access) -> Self {
        let (mut desk, namespace) = (Desk::new(), namespace());
        let keys = desk.path("keys");
        let (username, password) = access.basic().unwrap();
        let mut setup = Program::new("storewatch")
            .args(["setup", "--namespace", &namespace, "--keys-dir"])
            .args([&keys])
            .env("ELASTICSEARCH_URL", &access.url)
            .env("ELASTICSEARCH_USERNAME", username)
            .env("ELASTICSEARCH_PASSWORD", password);
        if let Some(ca) = &access.ca_file {
            setup = setup.args(["--ca-file".as_ref(), ca.as_os_str()]);
        }
        let ended = setup.run(PATIENCE);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        desk.cluster = Some(block(access, &keys.join("shipper.key")));
        desk.store = format!("{{ id: my-shop, namespace: {namespace}, timezone: UTC }}");
        Self { desk, client: client(access), namespace }
    }

    pub(crate) fn search(&self, dataset: &str, body: &Value) -> Value {
        let kind = if dataset == "poll" { "metrics" } else { "logs" };
        let stream = format!("{kind}-store.{dataset}-{}", self.namespace);
        block_on(self.client.refresh(&stream)).unwrap();
        let path = format!("/{stream}/_search");
        block_on(self.client.ask(Method::Post, &path, &[], Body::json(body)))
            .unwrap()
            .json()
            .unwrap()
    }

    pub(crate) fn count(&self, dataset: &str, query: &Value) -> u64 {
        let body = json!({ "size": 0, "track_total_hits": true, "query": query });
        self.search(dataset, &body)["hits"]["total"]["value"].as_u64().unwrap()
    }

    /// Waits until so many lines are stored; before the first of them there is no stream.
    fn wait_for(&self, lines: u64) {
        let stream = format!("logs-store.app-{}", self.namespace);
        eventually(PATIENCE, || {
            block_on(self.client.refresh(&stream)).is_ok()
                && self.count("app", &json!({ "match_all": {} })) >= lines
        });
    }

    /// Checks that exactly these lines are stored, each once and whole.
    fn holds(&self, lines: std::ops::Range<u32>) {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let mut after = json!(null);
        loop {
            let mut body = json!({
                "size": 10_000, "_source": ["message"], "track_total_hits": false,
                "sort": [{ "event.id": "asc" }],
            });
            if !after.is_null() {
                body["search_after"] = after;
            }
            let page = self.search("app", &body);
            let hits = page["hits"]["hits"].as_array().unwrap();
            let Some(last) = hits.last() else { break };
            after = last["sort"].clone();
            for hit in hits {
                *seen.entry(hit["_source"]["message"].as_str().unwrap().to_owned()).or_default() +=
                    1;
            }
        }
        let lost = lines.clone().filter(|&number| !seen.contains_key(&line(number))).count();
        let doubled = seen.values().filter(|&&count| count > 1).count();
        assert_eq!((lost, doubled, seen.len()), (0, 0, lines.len()), "lost, doubled, stored");
    }
}

/// Returns the block `cluster:` that reaches a server with a key.
fn block(access: &Access, key: &Path) -> String {
    let ca = access.ca_file.as_ref().map(|ca| format!(", ca_file: \"{}\"", ca.display()));
    format!(
        "{{ addresses: [\"{}\"], api_key_file: \"{}\"{} }}",
        access.url,
        key.display(),
        ca.unwrap_or_default()
    )
}

#[test]
fn a_real_access_log_arrives_line_by_line_and_once() {
    let Some(data) = data_folder("a_real_access_log_arrives_line_by_line_and_once") else { return };
    let mut real = Real::on(shared(Flavour::Elasticsearch));
    let input = "{ id: access, paths: [\"logs/*.log*\"], dataset: traffic, format: combined }";
    real.desk.inputs = input.to_owned();
    std::fs::copy(data.join("access/apache_combined.log"), real.desk.log("access.log")).unwrap();
    for _ in 0..2 {
        real.desk.ship_once();
        assert_eq!(real.count("traffic", &json!({ "match_all": {} })), 10_000);
    }
    let status = |status: &str| json!({ "term": { "store.pipeline.parse_status": status } });
    assert_eq!(real.count("traffic", &status("ok")), 9_999);
    let partial = real.search("traffic", &json!({ "query": status("partial") }));
    let partial = &partial["hits"]["hits"].as_array().unwrap()[..];
    assert_eq!(partial.len(), 1);
    let document = &partial[0]["_source"];
    for field in ["/@timestamp", "/http/response/status_code", "/url/path"] {
        assert!(document.pointer(field).is_some(), "{field} is missing in {document}");
    }
}

#[test]
fn a_shipper_killed_over_a_real_server_loses_nothing_and_doubles_nothing() {
    let real = Real::on(shared(Flavour::Elasticsearch));
    crate::kills::kill_while_writing(&real.desk);
    real.desk.shipper(&["run", "--until-idle"]).run(PATIENCE);
    real.holds(0..crate::kills::ALL);
}

#[test]
fn a_server_killed_under_load_and_a_wrong_certificate_or_key_cost_nothing() {
    let options = Options { transport: Transport::Tls, ..engine_options() };
    let mut engine = private_engine(Flavour::Elasticsearch, &options);
    let mut real = Real::on(engine.access());
    check_what_is_wrong(&mut real, engine.access());
    let shipper = real.desk.start();
    let mut all = 0;
    for _ in 0..server_kills() {
        real.desk.lines("a.log", all..all + 40_000);
        real.wait_for(u64::from(all) + 5_000);
        kill_and_restart(&mut engine, &real.desk, all + 40_000);
        real.client = client(engine.access());
        all += 80_000;
        real.wait_for(u64::from(all));
    }
    assert_eq!(shipper.terminate(PATIENCE).code, Some(0));
    real.holds(0..all);
}

/// The server is killed once, or as often as `STOREWATCH_SERVER_KILLS` says.
fn server_kills() -> u32 {
    std::env::var("STOREWATCH_SERVER_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(1)
}

/// Kills the server while 40,000 more lines are written, and starts it again.
fn kill_and_restart(engine: &mut Engine, desk: &Desk, from: u32) {
    std::thread::scope(|scope| {
        // Two seconds of writing; the server needs longer than that to come back.
        scope.spawn(move || {
            for first in (from..from + 40_000).step_by(1_000) {
                desk.lines("a.log", first..first + 1_000);
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        engine.kill().unwrap();
        engine.restart().unwrap();
    });
}

/// A wrong certificate and a wrong key are told by `check --connect`, each with its exit code.
fn check_what_is_wrong(real: &mut Real, access: &Access) {
    let right = real.desk.cluster.clone();
    let check = |desk: &Desk| desk.shipper(&["check", "--connect"]).run(LIMIT);
    let ended = check(&real.desk);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let key = real.desk.path("keys/shipper.key");
    let stranger = Access { ca_file: None, ..access.clone() };
    real.desk.cluster = Some(block(&stranger, &key));
    let ended = check(&real.desk);
    assert_eq!(ended.code, Some(69), "{ended:#?}");
    assert!(ended.output.contains("certificate"), "{ended:#?}");
    let wrong = real.desk.path("wrong.key");
    std::fs::write(&wrong, "bm9ib2R5Om5vdGhpbmc=").unwrap();
    real.desk.cluster = Some(block(access, &wrong));
    let ended = check(&real.desk);
    assert_eq!(ended.code, Some(77), "{ended:#?}");
    assert!(ended.output.contains("401"), "{ended:#?}");
    real.desk.cluster = right;
}
