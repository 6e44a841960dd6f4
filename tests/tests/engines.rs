//! The real servers: they start, answer, survive a kill with their data, and are shared.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, the failure of a step is the failure of the test"
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use elastic::{Body, Client, Condition, Error, Method};
use harness::{Access, Credentials, Engine, Flavour, Lease, Program, Transport};
use harness::{block_on, client, eventually, namespace, private_engine, sharing};
use serde_json::{Value, json};

const START_LIMIT: Duration = Duration::from_mins(6);

fn ask(client: &Client, method: Method, path: &str, body: Body) -> Result<Value, Error> {
    block_on(async { client.ask(method, path, &[], body).await?.json() })
}

fn key_made_by(client: &Client, index: &str, privileges: &[&str]) -> String {
    let body = json!({
        "name": index,
        "role_descriptors": { "test": { "indices": [{ "names": [index], "privileges": privileges }] } },
    });
    let made = ask(client, Method::Post, "/_security/api_key", Body::json(&body)).unwrap();
    made["encoded"].as_str().unwrap().to_owned()
}

#[test]
fn elasticsearch_starts_and_is_the_one_that_the_documents_name() {
    let access = harness::shared(Flavour::Elasticsearch);
    let server = block_on(client(access).server()).unwrap();
    assert_eq!(server.flavour, elastic::Flavour::Elasticsearch);
    assert_eq!(server.release.unwrap().to_string(), Flavour::Elasticsearch.version());
}

#[test]
fn opensearch_starts_and_has_ingest_processors() {
    let server = block_on(client(harness::opensearch()).server()).unwrap();
    assert_eq!(server.flavour, elastic::Flavour::OpenSearch);
    assert_eq!(server.release.unwrap().to_string(), Flavour::OpenSearch.version());
    for name in ["set", "date", "rename", "user_agent", "script"] {
        assert!(server.has_processor(name), "{name}");
    }
}

#[test]
fn an_api_key_may_do_what_it_says_and_nothing_else() {
    let access = harness::elasticsearch();
    let index = namespace();
    let encoded = key_made_by(&client(access), &index, &["create_doc", "auto_configure"]);
    let keyed =
        client(&Access { credentials: Credentials::ApiKey { api_key: encoded }, ..access.clone() });
    let create = format!("/{index}/_create/1");
    ask(&keyed, Method::Put, &create, Body::json(&json!({ "word": "value" }))).unwrap();
    let read = ask(&keyed, Method::Get, &format!("/{index}/_doc/1"), Body::Empty);
    assert!(matches!(read, Err(Error::Forbidden { .. })), "{read:?}");
    let removed = ask(&keyed, Method::Delete, &format!("/{index}/_doc/1"), Body::Empty);
    assert!(matches!(removed, Err(Error::Forbidden { .. })), "{removed:?}");
    let rights = json!({ "index": [{ "names": [index], "privileges": ["create_doc", "read"] }] });
    let answer =
        ask(&keyed, Method::Post, "/_security/user/_has_privileges", Body::json(&rights)).unwrap();
    assert_eq!(answer["index"][&index], json!({ "create_doc": true, "read": false }));
}

#[test]
fn without_credentials_elasticsearch_answers_nothing() {
    let nobody = Access { credentials: Credentials::None {}, ..harness::elasticsearch().clone() };
    let answer = ask(&client(&nobody), Method::Get, "/_cluster/health", Body::Empty);
    assert!(matches!(answer, Err(Error::Unauthorized { .. })), "{answer:?}");
}

#[test]
fn all_who_ask_share_one_server() {
    let first = Lease::get(Flavour::OpenSearch, &sharing()).unwrap();
    let second = Lease::get(Flavour::OpenSearch, &sharing()).unwrap();
    assert_eq!(first.access(), second.access());
    assert_eq!(first.access(), harness::opensearch());
}

fn a_killed_server_comes_back(flavour: Flavour) {
    let mut engine = private_engine(flavour, &harness::engine_options());
    let before = engine.access().clone();
    let client = client(&before);
    let (index, document) = (namespace(), json!({ "word": "value" }));
    block_on(client.put(&index, "1", &document, Condition::Absent)).unwrap();
    engine.kill().unwrap();
    assert!(block_on(client.get(&index, "1")).is_err());
    engine.restart().unwrap();
    assert_eq!(engine.access(), &before);
    // The server answers before it has opened every shard again.
    eventually(Duration::from_secs(30), || block_on(client.get(&index, "1")).is_ok());
    assert_eq!(block_on(client.get(&index, "1")).unwrap().unwrap().source, document);
}

#[test]
fn a_killed_elasticsearch_comes_back_with_its_data_at_the_same_address() {
    a_killed_server_comes_back(Flavour::Elasticsearch);
}

#[test]
fn a_killed_opensearch_comes_back_with_its_data_at_the_same_address() {
    a_killed_server_comes_back(Flavour::OpenSearch);
}

#[test]
fn over_tls_only_those_who_trust_its_authority_talk_to_it() {
    let mut options = harness::engine_options();
    options.transport = Transport::Tls;
    let engine: Engine = private_engine(Flavour::Elasticsearch, &options);
    let trusting = engine.access();
    assert!(trusting.url.starts_with("https://"));
    assert!(block_on(client(trusting).server()).is_ok());
    let stranger = Access { ca_file: None, ..trusting.clone() };
    let refused = block_on(client(&stranger).server());
    assert!(matches!(refused, Err(Error::Unreachable { .. })), "{refused:?}");
}

#[test]
fn a_server_by_hand_is_told_in_sentences_and_ends_with_ctrl_c() {
    let mut running = Program::new("dev").args(["opensearch"]).start();
    let line = running.wait_for_line(START_LIMIT);
    assert!(line.starts_with("opensearch 2.19.1 answers at http://127.0.0.1:"), "{line}");
    running.signal(harness::Signal::INT);
    assert_eq!(running.wait(Duration::from_secs(30)).code, Some(0));
}

/// Runs a server by hand on a folder of data, does something with it and ends it as a person would.
fn by_hand_on<T>(folder: &Path, act: impl FnOnce(&Client) -> T) -> T {
    let words = ["opensearch", "--json", "--heap", "512", "--data"];
    let mut running = Program::new("dev").args(words).args([folder]).start();
    let access: Access = serde_json::from_str(&running.wait_for_line(START_LIMIT)).unwrap();
    let done = act(&client(&access));
    assert_eq!(running.terminate(Duration::from_secs(30)).code, Some(0));
    done
}

#[test]
fn data_that_are_to_be_kept_are_there_the_next_time() {
    let kept = tempfile::tempdir().unwrap();
    // The user that runs the server must reach its data.
    fs::set_permissions(kept.path(), Permissions::from_mode(0o755)).unwrap();
    let folder = kept.path().join("documents");
    let document = json!({ "word": "value" });
    by_hand_on(&folder, |client| {
        block_on(client.put("kept", "1", &document, Condition::Absent)).unwrap()
    });
    let found = by_hand_on(&folder, |client| {
        eventually(Duration::from_secs(30), || block_on(client.get("kept", "1")).is_ok());
        block_on(client.get("kept", "1")).unwrap().unwrap()
    });
    assert_eq!(found.source, document);
}

#[test]
fn without_java_or_maven_the_two_ways_are_named() {
    let empty = tempfile::tempdir().unwrap();
    let ended = Program::new("dev")
        .args(["elasticsearch"])
        .env("PATH", empty.path())
        .env("JAVA_HOME", empty.path())
        .run(Duration::from_secs(20));
    assert_eq!(ended.code, Some(69));
    for word in ["javac", "install", "Maven", "ELASTICSEARCH_URL"] {
        assert!(ended.errors.contains(word), "{word} is not in: {}", ended.errors);
    }
}
