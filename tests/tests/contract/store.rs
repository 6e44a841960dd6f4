//! Single documents under conditions.

use elastic::{Condition, Error, Removed, Version, Written};
use serde_json::json;

use crate::on;
use crate::place::Place;

on!(elasticsearch, opensearch: {
    a_document_is_made_once
    a_write_on_an_old_version_is_a_conflict
    a_document_is_removed_once
    ids_may_hold_slashes
    a_missing_document_is_told_from_a_missing_index
});

fn done(written: Written) -> Version {
    let Written::Done(version) = written else { panic!("{written:?}") };
    version
}

async fn a_document_is_made_once(place: &Place) {
    let (client, index) = (&place.client, &place.namespace);
    let version =
        done(client.put(index, "a", &json!({ "n": 1 }), Condition::Absent).await.unwrap());
    let again = client.put(index, "a", &json!({ "n": 2 }), Condition::Absent).await.unwrap();
    assert_eq!(again, Written::Conflict);
    let stored = client.get(index, "a").await.unwrap().unwrap();
    assert_eq!((stored.source, stored.version), (json!({ "n": 1 }), version));
}

async fn a_write_on_an_old_version_is_a_conflict(place: &Place) {
    let (client, index) = (&place.client, &place.namespace);
    let write = async |n: u64, condition| {
        client.put(index, "a", &json!({ "n": n }), condition).await.unwrap()
    };
    let first = done(write(1, Condition::Any).await);
    let second = done(write(2, Condition::Unchanged(first)).await);
    assert_ne!(first, second);
    assert_eq!(write(3, Condition::Unchanged(first)).await, Written::Conflict);
    assert_eq!(client.get(index, "a").await.unwrap().unwrap().source, json!({ "n": 2 }));
    done(write(4, Condition::Any).await);
}

async fn a_document_is_removed_once(place: &Place) {
    let (client, index) = (&place.client, &place.namespace);
    let first = done(client.put(index, "a", &json!({}), Condition::Any).await.unwrap());
    let second = done(client.put(index, "a", &json!({}), Condition::Any).await.unwrap());
    let remove = async |condition| client.delete(index, "a", condition).await.unwrap();
    assert_eq!(remove(Condition::Unchanged(first)).await, Removed::Conflict);
    assert_eq!(remove(Condition::Unchanged(second)).await, Removed::Done);
    assert_eq!(remove(Condition::Any).await, Removed::Absent);
    assert_eq!(client.get(index, "a").await.unwrap(), None);
}

async fn ids_may_hold_slashes(place: &Place) {
    let (client, index) = (&place.client, &place.namespace);
    for id in ["order-rate/shop-1", "a?b=c#d", "ä %2F", "x..y"] {
        done(client.put(index, id, &json!({ "id": id }), Condition::Absent).await.unwrap());
        assert_eq!(client.get(index, id).await.unwrap().unwrap().source, json!({ "id": id }));
    }
}

async fn a_missing_document_is_told_from_a_missing_index(place: &Place) {
    let (client, index) = (&place.client, &place.namespace);
    let missing = client.get(index, "a").await;
    assert!(matches!(missing, Err(Error::NotFound { .. })), "{missing:?}");
    client.put(index, "a", &json!({}), Condition::Any).await.unwrap();
    assert_eq!(client.get(index, "b").await.unwrap(), None);
}
