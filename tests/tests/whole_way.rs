//! The whole way once, as the demo goes it: a shop's logs, the real shipper, a real Elasticsearch, the real detector.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, the failure of a step is its failure"
)]

use std::time::Duration;

use dev::Flavour;
use elastic::Client;
use harness::{Program, block_on, client, shared};
use kibana::aggregation::of_lens;
use kibana::data_view::DataView;
use serde_json::Value;

/// The programs under test are not optimised, and other tests run beside this one.
const LIMIT: Duration = Duration::from_mins(25);

fn demo() -> Value {
    let access = shared(Flavour::Elasticsearch);
    let (username, password) = access.basic().expect("the server that dev starts has users");
    let ended = Program::new("storewatch")
        .args(["demo", "--exit", "--json", "--documents", "keep", "--seed", "7"])
        .env("ELASTICSEARCH_URL", &access.url)
        .env("ELASTICSEARCH_USERNAME", username)
        .env("ELASTICSEARCH_PASSWORD", password)
        .run(LIMIT);
    let last = ended.output.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|_| panic!("{ended:#?}"))
}

#[test]
fn planted_incidents_are_found_nothing_else_is_and_no_panel_is_empty() {
    let summary = demo();
    let number = |key: &str| summary[key].as_u64().unwrap_or_else(|| panic!("{key}: {summary:#}"));
    assert!(number("lines_written") <= 1_000_000);
    let ends = ["documents_stored", "duplicates", "filtered", "dead_lettered"].map(number);
    assert_eq!(number("events"), ends.iter().sum::<u64>(), "every event ends in one class");
    assert_eq!(
        (number("found"), number("missed"), number("false_alerts")),
        (3, 0, 0),
        "{summary:#}"
    );

    let namespace = summary["namespace"].as_str().unwrap();
    let client = client(shared(Flavour::Elasticsearch));
    let empty = empty_panels(&client, namespace);
    assert!(empty.is_empty(), "empty panels: {empty:#?}");
    let linked = summary["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|alert| alert["url"].is_string())
        .count();
    assert_eq!(linked, summary["alerts"].as_array().unwrap().len(), "each alert leads to Discover");
}

/// Asks the engine what Kibana would ask for each panel, in this namespace alone.
fn empty_panels(client: &Client, namespace: &str) -> Vec<String> {
    let mut empty = Vec::new();
    for board in kibana::boards::all() {
        let object = board.to_object();
        let panels: Vec<Value> =
            serde_json::from_str(object.attributes["panelsJSON"].as_str().unwrap()).unwrap();
        for panel in panels.iter().filter(|panel| panel["type"] == "lens") {
            for query in of_lens(&panel["embeddableConfig"]["attributes"]).unwrap() {
                let found = search(client, &query.view, namespace, &query.body);
                let shows = found
                    .as_ref()
                    .is_ok_and(|aggregations| has_value(aggregations, &query.metrics));
                if !shows {
                    empty.push(format!("{}: {}: {found:?}", board.title, panel["title"]));
                }
            }
        }
    }
    empty
}

/// Runs a panel's question against its data view's patterns, each narrowed to one namespace.
fn search(client: &Client, view: &str, namespace: &str, body: &Value) -> Result<Value, String> {
    let pattern = DataView::from_id(view).unwrap().pattern();
    let narrowed: Vec<String> = pattern
        .split(',')
        .map(|part| match part.strip_suffix("-*") {
            Some(head) if !part.starts_with('-') => format!("{head}-{namespace}"),
            _ => part.to_owned(),
        })
        .collect();
    block_on(client.search(&narrowed.join(","), body))
        .map(|found| found.aggregations)
        .map_err(|error| error.to_string())
}

/// Tells whether one of the metrics has a value somewhere: a count above zero, a number, or a newest document.
fn has_value(aggregations: &Value, metrics: &[String]) -> bool {
    let Some(members) = aggregations.as_object() else { return false };
    members.iter().any(|(name, found)| {
        let buckets = found["buckets"].as_array().into_iter().flatten();
        let inside = buckets.into_iter().any(|bucket| has_value(bucket, metrics));
        inside || (metrics.contains(name) && is_some(found, name))
    })
}

fn is_some(found: &Value, name: &str) -> bool {
    let inner = &found[format!("{name}-inner").as_str()];
    let found = if inner.is_null() { found } else { inner };
    found["doc_count"].as_u64().is_some_and(|count| count > 0)
        || found["value"].as_f64().is_some_and(|value| value != 0.0)
        || found["values"].as_object().is_some_and(|values| values.values().any(Value::is_number))
        || found["hits"]["hits"].as_array().is_some_and(|hits| !hits.is_empty())
}
