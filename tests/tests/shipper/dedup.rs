//! The deduplication window: what is delivered again is stored once, also where the cluster cannot tell any more.

use elastic::{Body, Method};
use harness::{Flavour, block_on, shared};
use serde_json::{Value, json};

use crate::desk::{Desk, LIMIT};
use crate::real::Real;

fn payment(number: u32, status: &str) -> String {
    let event = json!({
        "time": "2026-01-02T03:04:05Z", "id": format!("evt-{number}"), "provider": "stripe",
        "action": "payment.completed", "payment": {"id": number.to_string(), "status": status},
    });
    format!("{event}\n")
}

fn inputs(desk: &mut Desk) {
    "{ id: hooks, paths: [\"logs/*.ndjson\"], dataset: payment }".clone_into(&mut desk.inputs);
}

fn counts(output: &str) -> Value {
    output.lines().find_map(|line| serde_json::from_str(line).ok()).unwrap_or_default()
}

fn ship(desk: &Desk) -> Value {
    let ended = desk.shipper(&["run", "--until-idle", "--json"]).run(LIMIT);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    counts(&ended.output)
}

#[test]
fn an_event_that_is_delivered_again_after_a_restart_and_a_rollover_stands_once() {
    let access = shared(Flavour::Elasticsearch);
    let mut real = Real::on(access);
    inputs(&mut real.desk);
    for number in 0..100 {
        real.desk.append("a.ndjson", &payment(number, "captured"));
    }
    let first = ship(&real.desk);
    assert_eq!((&first["stored"], &first["duplicates"]), (&100.into(), &0.into()), "{first}");
    let stream = format!("logs-store.payment-{}", real.namespace);
    let path = format!("/{stream}/_rollover");
    block_on(real.client.ask(Method::Post, &path, &[], Body::Empty)).unwrap();

    // The provider delivers half of them again, and one that says something else.
    for number in 0..50 {
        real.desk.append("b.ndjson", &payment(number, "captured"));
    }
    real.desk.append("b.ndjson", &payment(7, "failed"));
    let second = ship(&real.desk);
    assert_eq!((&second["stored"], &second["duplicates"]), (&1.into(), &50.into()), "{second}");
    let found = real.search("payment", &json!({"size": 0, "track_total_hits": true}));
    assert_eq!(found["hits"]["total"]["value"], 101, "{found:#}");
    let query = json!({"query": {"term": {"store.pipeline.flags": "key_conflict"}}});
    let conflicts = real.search("payment", &query);
    assert_eq!(conflicts["hits"]["total"]["value"], 1, "{conflicts:#}");
    assert_eq!(conflicts["hits"]["hits"][0]["_source"]["store"]["payment"]["status"], "failed");
}

#[test]
fn a_key_that_nobody_acknowledged_passes_and_no_keys_are_kept_where_none_are_wanted() {
    let mut desk = Desk::new();
    inputs(&mut desk);
    // Both are on their way at once: the cluster tells them apart.
    desk.append("a.ndjson", &payment(1, "captured").repeat(2));
    let ended = ship(&desk);
    assert_eq!((&ended["stored"], &ended["duplicates"]), (&1.into(), &1.into()), "{ended}");
    assert_eq!(desk.server.counts().duplicates, 1);

    // Files that begin alike would be taken for copies of one another.
    let again = |desk: &Desk, name: &str, first: u32| {
        desk.append(name, &(payment(first, "captured") + &payment(1, "captured")));
        ship(desk)
    };
    let ended = again(&desk, "b.ndjson", 10);
    assert_eq!((&ended["stored"], &ended["duplicates"]), (&1.into(), &1.into()), "{ended}");
    assert_eq!(desk.server.counts().duplicates, 1, "it was not sent at all");

    "dedup: { max_keys: 0 }".clone_into(&mut desk.more);
    let ended = again(&desk, "c.ndjson", 11);
    assert_eq!((&ended["stored"], &ended["duplicates"]), (&1.into(), &1.into()), "{ended}");
    assert_eq!(desk.server.counts().duplicates, 2, "without keys the cluster says so");
}
