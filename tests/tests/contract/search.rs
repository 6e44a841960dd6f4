//! Searches: what was found, page after page, and when an answer is not the whole.

use std::collections::BTreeSet;

use elastic::{Page, Pages, Total};
use serde_json::{Value, json};

use crate::on;
use crate::place::{Place, numbered};

on!(elasticsearch, opensearch: {
    hits_come_in_order_with_their_total
    pages_go_through_all_documents_once
    a_point_in_time_does_not_see_what_comes_later
    groups_go_through_all_keys
    more_groups_than_allowed_are_partial_and_not_cut
    a_search_of_which_a_shard_failed_is_partial
    a_pattern_without_indices_finds_nothing
});

const DOCUMENTS: u64 = 250;

/// Returns a stream with documents in it.
async fn filled(place: &Place) -> String {
    let stream = place.stream().await;
    add(place, &stream, 0).await;
    stream
}

async fn add(place: &Place, stream: &str, from: u64) {
    let documents: Vec<(String, String)> =
        (from..from + DOCUMENTS).map(|n| (format!("id-{n}"), numbered(n))).collect();
    let documents: Vec<_> =
        documents.iter().map(|(id, json)| (id.as_str(), json.as_str())).collect();
    place.verdicts(stream, &documents).await;
    place.client.refresh(stream).await.unwrap();
}

fn by_number(size: u64) -> Value {
    json!({ "size": size, "sort": [{ "n": "asc" }] })
}

/// Reads all pages and returns the numbers, in the order in which they came.
async fn walk(pages: &mut Pages<'_>) -> Vec<u64> {
    let mut numbers = Vec::new();
    loop {
        match pages.next().await.unwrap() {
            Page::Items(hits) => {
                numbers.extend(hits.iter().map(|hit| hit.source["n"].as_u64().unwrap()));
            }
            Page::Partial(reason) => panic!("{reason}"),
            Page::End => return numbers,
        }
    }
}

async fn hits_come_in_order_with_their_total(place: &Place) {
    let stream = filled(place).await;
    let mut body = by_number(2);
    body["track_total_hits"] = json!(true);
    body["aggs"] = json!({ "most": { "max": { "field": "n" } } });
    let search = place.client.search(&stream, &body).await.unwrap();
    assert_eq!(search.total, Some(Total::Exactly(DOCUMENTS)));
    assert_eq!(search.partial, None);
    let ids: Vec<_> = search.hits.iter().map(|hit| hit.id.as_str()).collect();
    assert_eq!(ids, ["id-0", "id-1"]);
    assert_eq!(search.aggregations["most"]["value"], json!(249.0));
}

async fn pages_go_through_all_documents_once(place: &Place) {
    let stream = filled(place).await;
    let numbers = walk(&mut place.client.pages(&stream, by_number(100))).await;
    assert_eq!(numbers, (0..DOCUMENTS).collect::<Vec<_>>());
}

async fn a_point_in_time_does_not_see_what_comes_later(place: &Place) {
    let stream = filled(place).await;
    let flavour = place.client.server().await.unwrap().flavour;
    let point = place.client.open_point(flavour, &stream).await.unwrap();
    let mut pages = place.client.pages_at(point, by_number(100));
    let Page::Items(first) = pages.next().await.unwrap() else { panic!("no first page") };
    add(place, &stream, DOCUMENTS).await;
    let rest = walk(&mut pages).await;
    assert_eq!((first.len() + rest.len()) as u64, DOCUMENTS);
    let point = pages.into_point().unwrap();
    place.client.close_point(point.clone()).await.unwrap();
    place.client.close_point(point).await.unwrap(); // it is gone: no error
}

fn by_key() -> Value {
    let sources = json!([{ "k": { "terms": { "field": "k" } } }]);
    json!({ "aggs": { "keys": { "composite": { "size": 10, "sources": sources } } } })
}

async fn groups_go_through_all_keys(place: &Place) {
    let stream = filled(place).await;
    let groups =
        place.client.groups(&stream, by_key(), "keys", 1_000).all().await.unwrap().unwrap();
    let keys: BTreeSet<_> = groups.iter().map(|group| group["key"]["k"].to_string()).collect();
    assert_eq!((groups.len(), keys.len()), (25, 25));
    assert!(groups.iter().all(|group| group["doc_count"] == json!(10)));
}

async fn more_groups_than_allowed_are_partial_and_not_cut(place: &Place) {
    let stream = filled(place).await;
    let mut groups = place.client.groups(&stream, by_key(), "keys", 20);
    assert!(matches!(groups.next().await.unwrap(), Page::Items(_)));
    assert!(matches!(groups.next().await.unwrap(), Page::Items(_)));
    assert!(matches!(groups.next().await.unwrap(), Page::Partial(_)));
    assert!(matches!(groups.next().await.unwrap(), Page::Partial(_)));
}

async fn a_search_of_which_a_shard_failed_is_partial(place: &Place) {
    // The same field as a word in one index and as text in the other: the second cannot group by it.
    let (words, texts) = (format!("{}-a", place.namespace), format!("{}-b", place.namespace));
    for (index, kind) in [(&words, "keyword"), (&texts, "text")] {
        let mappings = json!({ "properties": { "k": { "type": kind } } });
        place.put(&format!("/{index}"), &json!({ "mappings": mappings })).await;
        place.put(&format!("/{index}/_doc/1?refresh=true"), &json!({ "k": "x" })).await;
    }
    let both = format!("{}-*", place.namespace);
    let body = json!({ "size": 0, "aggs": { "k": { "terms": { "field": "k" } } } });
    let search = place.client.search(&both, &body).await.unwrap();
    let reason = search.partial.unwrap();
    assert!(reason.starts_with("1 of 2 shards failed: "), "{reason}");
    let whole = place.client.search(&words, &body).await.unwrap();
    assert_eq!(whole.partial, None);
    let walked = place.client.groups(&both, by_key(), "keys", 1_000).all().await.unwrap();
    assert!(walked.unwrap_err().starts_with("1 of 2 shards failed"));
}

async fn a_pattern_without_indices_finds_nothing(place: &Place) {
    let pattern = format!("logs-store.*-{}", place.namespace);
    let search = place.client.search(&pattern, &by_number(1)).await.unwrap();
    assert_eq!((search.hits.len(), search.shards), (0, 0));
    let groups = place.client.groups(&pattern, by_key(), "keys", 10).all().await.unwrap();
    assert_eq!(groups, Ok(vec![]));
}
