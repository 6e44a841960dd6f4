//! `storewatch verify` against a real Elasticsearch: what was taken away and what was doubled is found, and nothing else.

use std::collections::BTreeSet;

use elastic::{Body, Method};
use harness::{Access, Ended, Flavour, Program, block_on, shared};
use serde_json::{Value, json};

use crate::desk::LIMIT;
use crate::real::{PATIENCE, Real};

fn verify(real: &Real, access: &Access, more: &[&str]) -> Ended {
    // A key that may only read cannot ask for this; a person would wait a second.
    let streams = format!("logs-store.*-{}", real.namespace);
    block_on(real.client.refresh(&streams)).unwrap();
    let key = real.desk.path("keys/verify.key");
    let mut program = Program::new("storewatch")
        .args(["verify", "--namespace", &real.namespace, "--api-key-file"])
        .args([&key])
        .args(more)
        .env("ELASTICSEARCH_URL", &access.url);
    if let Some(ca) = &access.ca_file {
        program = program.args(["--ca-file".as_ref(), ca.as_os_str()]);
    }
    program.run(PATIENCE)
}

fn found(ended: &Ended) -> Value {
    serde_json::from_str(&ended.output).unwrap_or_else(|_| panic!("{ended:#?}"))
}

fn ask(real: &Real, method: Method, path: &str, body: Body) -> Value {
    block_on(real.client.ask(method, path, &[], body)).unwrap().json().unwrap()
}

#[test]
fn three_documents_that_are_gone_and_one_that_stands_twice_are_found_and_mended() {
    let access = shared(Flavour::Elasticsearch);
    let real = Real::on(access);
    real.desk.lines("a.log", 0..2_000);
    real.desk.ship_once();
    let ended = verify(&real, access, &["--json"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let all = found(&ended);
    assert_eq!((&all["documents"], &all["summaries"]), (&2_000.into(), &1.into()));

    // Three lines are taken away behind the cluster's back, one is stored again after a rollover.
    let body = json!({"size": 2_000, "sort": [{"store.origin.offset": "asc"}]});
    let hits = real.search("app", &body)["hits"]["hits"].as_array().unwrap().clone();
    let stream = format!("logs-store.app-{}", real.namespace);
    let mut gone = BTreeSet::new();
    for place in [10, 11, 1_500] {
        let hit = &hits[place];
        let (index, id) = (hit["_index"].as_str().unwrap(), hit["_id"].as_str().unwrap());
        ask(&real, Method::Delete, &format!("/{index}/_doc/{id}"), Body::Empty);
        let origin = &hit["_source"]["store"]["origin"];
        gone.insert((origin["offset"].as_u64().unwrap(), origin["end"].as_u64().unwrap()));
    }
    ask(&real, Method::Post, &format!("/{stream}/_rollover"), Body::Empty);
    let twice = hits[700]["_id"].as_str().unwrap();
    let path = format!("/{stream}/_create/{twice}");
    ask(&real, Method::Put, &path, Body::json(&hits[700]["_source"]));

    let ended = verify(&real, access, &["--json"]);
    assert_eq!(ended.code, Some(65), "{ended:#?}");
    let all = found(&ended);
    assert_eq!(all["missing"], 3, "{all:#}");
    let bytes = |place: &Value| (place["start"].as_u64().unwrap(), place["end"].as_u64().unwrap());
    let gaps = all["gaps"].as_array().unwrap();
    let places: Vec<(u64, u64)> =
        gaps.iter().flat_map(|gap| gap["places"].as_array().unwrap().iter().map(bytes)).collect();
    // The first two are neighbours: one place.
    let gone: Vec<(u64, u64)> = gone.into_iter().collect();
    assert_eq!(places, [(gone[0].0, gone[1].1), gone[2]], "{all:#}");
    let doubles = all["doubles"].as_array().unwrap();
    assert_eq!(doubles.len(), 1, "{all:#}");
    assert_eq!(
        (&doubles[0]["id"], doubles[0]["copies"].as_array().unwrap().len()),
        (&twice.into(), 2)
    );

    mend(&real, access);
    let ended = verify(&real, access, &[]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let ended = verify(&real, access, &["--host", "nobody", "--since", "1h"]);
    assert!(ended.output.contains("nothing was compared"), "{ended:#?}");
}

#[test]
fn events_of_one_file_go_to_the_streams_of_what_happened_and_verify_knows_them_all() {
    let access = shared(Flavour::Elasticsearch);
    let mut real = Real::on(access);
    real.desk.inputs =
        "{ id: events, paths: [\"logs/*.ndjson\"], dataset: order, also: [payment, traffic] }"
            .to_owned();
    let actions = ["order.submitted", "payment.completed", "page.viewed", "stock.changed"];
    for (number, action) in actions.iter().cycle().take(400).enumerate() {
        let event = json!({"time": "2026-01-02T03:04:05Z", "action": action, "order": {"id": number.to_string()}});
        real.desk.append("a.ndjson", &format!("{event}\n"));
    }
    real.desk.ship_once();
    // What happened in the stock is of a dataset that this input does not name.
    for (dataset, stored) in [("order", 200), ("payment", 100), ("traffic", 100)] {
        let body = json!({"size": 1, "track_total_hits": true});
        let found = real.search(dataset, &body);
        assert_eq!(found["hits"]["total"]["value"], stored, "{dataset}: {found:#}");
        let document = &found["hits"]["hits"][0]["_source"];
        assert_eq!(document["event"]["dataset"], format!("store.{dataset}"));
    }
    let ended = verify(&real, access, &["--json"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(found(&ended)["documents"], 400);

    let body = json!({"size": 1, "sort": [{"store.origin.offset": "desc"}]});
    let hit = &real.search("payment", &body)["hits"]["hits"][0];
    let (index, id) = (hit["_index"].as_str().unwrap(), hit["_id"].as_str().unwrap());
    ask(&real, Method::Delete, &format!("/{index}/_doc/{id}"), Body::Empty);
    block_on(real.client.refresh(index)).unwrap();
    let all = found(&verify(&real, access, &["--json"]));
    assert_eq!(all["missing"], 1, "{all:#}");
    let place = &all["gaps"][0]["places"][0];
    assert_eq!(place["start"], hit["_source"]["store"]["origin"]["offset"], "{all:#}");
    mend(&real, access);
    let ended = verify(&real, access, &[]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
}

/// Does what `verify` says.
fn mend(real: &Real, access: &Access) {
    let ended = verify(real, access, &[]);
    assert_eq!(ended.code, Some(65), "{ended:#?}");
    for line in ended.output.lines() {
        if let Some((_, command)) = line.split_once("shipper replay ") {
            let words: Vec<&str> =
                command.split_whitespace().map(|word| word.trim_matches('\'')).collect();
            let replayed = real.desk.shipper(&[&["replay"], &words[..]].concat()).run(LIMIT);
            assert_eq!(replayed.code, Some(0), "{replayed:#?}");
            assert!(!replayed.output.contains(" 0 stored"), "{replayed:#?}");
        }
        if let Some((_, path)) = line.split_once("DELETE ") {
            ask(real, Method::Delete, path, Body::Empty);
        }
    }
}
