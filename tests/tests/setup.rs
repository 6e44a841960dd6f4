//! `storewatch setup` on real servers: what it installs, that a second run changes nothing, what its keys may do.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, the failure of a step is its failure"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dev::{Access, Flavour};
use elastic::{Address, Body, Client, Cluster, Method};
use harness::{Ended, Program, block_on, client, elasticsearch, namespace, opensearch, shared};
use runtime::SystemClock;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_mins(1);

fn storewatch(access: &Access, arguments: &[&str]) -> Ended {
    let mut program =
        Program::new("storewatch").args(arguments).env("ELASTICSEARCH_URL", access.url.as_str());
    if let Some((username, password)) = access.basic() {
        program =
            program.env("ELASTICSEARCH_USERNAME", username).env("ELASTICSEARCH_PASSWORD", password);
    }
    program.run(LIMIT)
}

fn setup(access: &Access, namespace: &str, keys: &Path, more: &[&str]) -> (i32, Value) {
    let keys = keys.to_string_lossy();
    let mut arguments = vec!["setup", "--json", "--namespace", namespace, "--keys-dir", &keys];
    arguments.extend(more);
    let ended = storewatch(access, &arguments);
    let json = serde_json::from_str(&ended.output).unwrap_or_else(|_| panic!("{ended:#?}"));
    (ended.code.unwrap(), json)
}

fn changes<'a>(plan: &'a Value, change: &str) -> Vec<&'a str> {
    let steps = plan["steps"].as_array().unwrap().iter();
    steps
        .filter(|step| step["change"] == change)
        .map(|step| step["name"].as_str().unwrap())
        .collect()
}

/// A client that knows itself by the key in a file.
fn with_key(access: &Access, path: &Path) -> Client {
    let key = runtime::secret::read(path).unwrap();
    let address = Address::parse(&access.url).unwrap();
    let cluster = Cluster::try_new(vec![address], elastic::Credentials::ApiKey(key)).unwrap();
    Client::new(&cluster, Arc::new(SystemClock::new())).unwrap()
}

/// Asks with the least body that the call takes, so that only rights can stand in the way.
fn status(client: &Client, method: Method, path: &str) -> u16 {
    let body = match method {
        Method::Put => Body::json(&json!({"@timestamp": "2026-01-02T03:04:05Z"})),
        Method::Post => Body::json(&json!({"size": 0})),
        Method::Get | Method::Head | Method::Delete => Body::Empty,
    };
    block_on(client.send(method, path, &[], body)).unwrap().status
}

#[test]
fn a_second_setup_changes_nothing_and_a_dry_run_neither() {
    for access in [shared(Flavour::Elasticsearch), opensearch()] {
        let (namespace, keys) = (namespace(), tempfile::tempdir().unwrap());
        let (code, plan) = setup(access, &namespace, keys.path(), &["--dry-run"]);
        assert_eq!(code, 0, "{plan:#}");
        assert!(
            changes(&plan, "create").contains(&format!("storewatch-outbox-{namespace}").as_str())
        );

        let (code, first) = setup(access, &namespace, keys.path(), &[]);
        assert_eq!(code, 0, "{first:#}");
        // Templates and pipelines are shared: another test may have made some of them in between.
        let own = |names: Vec<&str>| -> Vec<String> {
            let own = names.into_iter().filter(|name| name.ends_with(&namespace));
            own.map(str::to_owned).collect()
        };
        assert_eq!(
            own(changes(&plan, "create")),
            own(changes(&first, "create")),
            "a dry run plans what a run does"
        );

        let (code, second) = setup(access, &namespace, keys.path(), &[]);
        assert_eq!(
            (code, changes(&second, "create"), changes(&second, "update")),
            (0, vec![], vec![])
        );
    }
}

#[test]
fn what_a_cluster_lacks_is_replaced_and_said() {
    let (namespace, keys) = (namespace(), tempfile::tempdir().unwrap());
    let (_, plan) = setup(shared(Flavour::Elasticsearch), &namespace, keys.path(), &["--dry-run"]);
    let text = plan.to_string();
    assert!(text.contains("no ingest processor set"), "{plan:#}");
    let (_, plan) = setup(opensearch(), &namespace, keys.path(), &["--dry-run"]);
    let text = plan.to_string();
    assert!(text.contains("gives out no API keys"), "{plan:#}");
}

#[test]
fn a_shippers_key_may_create_events_and_nothing_else() {
    let access = shared(Flavour::Elasticsearch);
    let (namespace, keys) = (namespace(), tempfile::tempdir().unwrap());
    let (code, plan) = setup(access, &namespace, keys.path(), &[]);
    assert_eq!(code, 0, "{plan:#}");
    let path = keys.path().join("shipper.key");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let key = with_key(access, &path);
    let orders = format!("logs-store.order-{namespace}");
    assert_eq!(status(&key, Method::Put, &format!("/{orders}/_create/one")), 201);

    let forbidden = [
        (Method::Post, format!("/{orders}/_search")),
        (Method::Get, format!("/{orders}/_doc/one")),
        (Method::Delete, format!("/{orders}/_doc/one")),
        (Method::Delete, format!("/{orders}")),
        (Method::Put, format!("/logs-store.alert-{namespace}/_create/one")),
        (Method::Put, format!("/metrics-store.series-{namespace}/_create/one")),
        (Method::Put, format!("/storewatch-silences-{namespace}/_doc/one")),
        (Method::Put, "/logs-store.order-another/_create/one".to_owned()),
        (Method::Delete, "/_component_template/storewatch-mine".to_owned()),
    ];
    for (method, path) in forbidden {
        assert_eq!(status(&key, method, &path), 403, "{method} {path}");
    }
}

#[test]
fn a_detectors_key_reads_events_writes_alerts_and_keeps_its_state() {
    let access = shared(Flavour::Elasticsearch);
    let (namespace, keys) = (namespace(), tempfile::tempdir().unwrap());
    setup(access, &namespace, keys.path(), &[]);
    let key = with_key(access, &keys.path().join("detector.key"));
    let event = json!({"@timestamp": "2026-01-02T03:04:05Z"});
    let orders = format!("logs-store.order-{namespace}");
    let made = block_on(client(access).send(
        Method::Put,
        &format!("/{orders}/_create/one"),
        &[],
        Body::json(&event),
    ));
    assert_eq!(made.unwrap().status, 201);
    assert_eq!(status(&key, Method::Post, &format!("/{orders}/_search")), 200);
    assert_eq!(
        status(&key, Method::Put, &format!("/logs-store.alert-{namespace}/_create/one")),
        201
    );
    assert_eq!(status(&key, Method::Put, &format!("/storewatch-outbox-{namespace}/_doc/one")), 201);
    assert_eq!(
        status(&key, Method::Delete, &format!("/storewatch-outbox-{namespace}/_doc/one")),
        200
    );
    assert_eq!(status(&key, Method::Put, &format!("/{orders}/_create/two")), 403);
}

#[test]
fn an_object_of_somebody_else_is_never_touched() {
    let access = elasticsearch();
    let client = client(access);
    let theirs = json!({"template": {}, "_meta": {"managed_by": "somebody"}});
    let body: Value = block_on(client.ask(Method::Get, "/_nodes/_local/http", &[], Body::Empty))
        .unwrap()
        .json()
        .unwrap();
    assert!(body.is_object());
    // A name of its own, since the templates themselves are shared by all tests.
    let asset = pipelines::assets::Asset {
        kind: pipelines::assets::AssetKind::ComponentTemplate,
        name: format!("storewatch-theirs-{}", namespace()),
        body: json!({"template": {}, "_meta": {"managed_by": "storewatch", "version": "0.1.0"}}),
    };
    let path = format!("/_component_template/{}", asset.name);
    block_on(client.ask(Method::Put, &path, &[], Body::json(&theirs))).unwrap();
    let survey = block_on(pipelines::survey::Survey::take(
        &client,
        std::slice::from_ref(&asset),
        &event::Namespace::default(),
    ))
    .unwrap();
    let steps =
        pipelines::plan::plan_assets(std::slice::from_ref(&asset), &survey.lacks, &survey.present);
    assert!(matches!(steps[0].change, pipelines::plan::Change::Refuse(_)), "{steps:#?}");
    let gone = pipelines::plan::plan_removal(&[asset], &survey.present);
    assert!(matches!(gone[0].change, pipelines::plan::Change::Leave(_)), "{gone:#?}");
    block_on(client.ask(Method::Delete, &path, &[], Body::Empty)).unwrap();
}

#[test]
fn an_ingest_pipeline_stamps_when_the_cluster_received_a_document() {
    let access = opensearch();
    let keys = tempfile::tempdir().unwrap();
    setup(access, &namespace(), keys.path(), &["--only", "pipelines"]);
    let body = json!({"docs": [{"_source": {"message": "x"}}]});
    let path = format!("/_ingest/pipeline/{}/_simulate", pipelines::assets::FINAL_PIPELINE);
    let answer: Value = block_on(client(access).ask(Method::Post, &path, &[], Body::json(&body)))
        .unwrap()
        .json()
        .unwrap();
    let stamped = answer["docs"][0]["doc"]["_source"]["event"]["ingested"].as_str();
    assert!(stamped.is_some_and(|time| time.contains('T')), "{answer:#}");
}

#[test]
fn a_cluster_that_does_not_answer_or_refuses_the_login_is_said_plainly() {
    let nobody = Program::new("storewatch")
        .args(["setup"])
        .env("ELASTICSEARCH_URL", "http://127.0.0.1:9")
        .run(LIMIT);
    assert_eq!(nobody.code, Some(69), "{nobody:#?}");
    assert!(nobody.errors.contains("does not answer"), "{}", nobody.errors);

    let wrong = Program::new("storewatch")
        .args(["setup", "--username", "nobody"])
        .env("ELASTICSEARCH_URL", shared(Flavour::Elasticsearch).url.as_str())
        .env("ELASTICSEARCH_PASSWORD", "wrong")
        .run(LIMIT);
    assert_eq!(wrong.code, Some(77), "{wrong:#?}");
    assert!(!wrong.errors.contains("wrong"), "a password is never printed: {}", wrong.errors);

    let unnamed = Program::new("storewatch").args(["setup"]).run(LIMIT);
    assert_eq!(unnamed.code, Some(64), "{unnamed:#?}");
}

#[test]
fn a_doctor_finds_what_setup_has_not_done_yet_and_is_content_after_it() {
    let access = shared(Flavour::Elasticsearch);
    let (namespace, keys) = (namespace(), tempfile::tempdir().unwrap());
    setup(access, &namespace, keys.path(), &[]);
    let ended = storewatch(access, &["doctor", "--json", "--namespace", &namespace]);
    let findings: Value = serde_json::from_str(&ended.output).unwrap();
    let level = |check: &str| {
        let all = findings["findings"].as_array().unwrap();
        all.iter().find(|finding| finding["check"] == check).unwrap()["level"].clone()
    };
    for check in ["reachable", "rights", "templates", "streams", "sample", "clock"] {
        assert_eq!(level(check), "fine", "{check}: {findings:#}");
    }
    assert_eq!(level("heartbeats"), "warning", "no shipper ever wrote here");
}

#[test]
fn a_doctor_with_a_key_that_may_not_look_says_so_and_a_detector_with_a_shippers_key_is_told_once() {
    let access = shared(Flavour::Elasticsearch);
    let (namespace, keys) = (namespace(), tempfile::tempdir().unwrap());
    setup(access, &namespace, keys.path(), &[]);
    let key = keys.path().join("shipper.key");
    let key = key.to_string_lossy();
    let arguments = ["doctor", "--namespace", &namespace, "--api-key-file", &key];
    let doctor = Program::new("storewatch")
        .args(arguments)
        .env("ELASTICSEARCH_URL", access.url.as_str())
        .run(LIMIT);
    assert_eq!(doctor.code, Some(77), "{doctor:#?}");
    assert!(doctor.output.contains("DENIED   templates"), "{}", doctor.output);

    let config = keys.path().join("detector.yml");
    let settings = json!({
        "cluster": {"addresses": [access.url], "api_key_file": key},
        "namespace": namespace, "admin": {"address": "127.0.0.1:0"},
    });
    std::fs::write(&config, settings.to_string()).unwrap();
    let config = config.to_string_lossy();
    let check = |arguments: &[&str]| Program::new("detector").args(arguments).run(LIMIT);
    let told = check(&["--config", &config, "check", "--connect"]);
    assert_eq!(told.code, Some(77), "{told:#?}");
    assert_eq!(told.output.lines().count(), 1, "once, not for each rule: {}", told.output);
    assert!(told.output.contains("lacks rights: "), "{}", told.output);
}
