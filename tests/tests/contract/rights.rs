//! Keys, users and what they may not do, on a server with security.

use std::time::Duration;

use elastic::{Body, BulkReply, Client, Condition, Error, Flavour, Method, Pace, Verdict};
use harness::{Access, Credentials, block_on, client, eventually, shared};
use serde_json::{Value, json};

use crate::place::{Place, numbered, request};

/// These tests make keys, so they need the server whose user may: never one that the environment names.
fn access() -> &'static Access {
    shared(harness::Flavour::Elasticsearch)
}

fn with(credentials: Credentials) -> Client {
    client(&Access { credentials, ..access().clone() })
}

/// Returns a client with a new key for these indices.
async fn keyed(indices: Value, expiration: Option<&str>) -> Client {
    let mut body = json!({
        "name": "contract",
        "role_descriptors": { "contract": { "cluster": [], "indices": indices } },
    });
    if let Some(expiration) = expiration {
        body["expiration"] = json!(expiration);
    }
    let made = client(access())
        .ask(Method::Post, "/_security/api_key", &[], Body::json(&body))
        .await
        .unwrap();
    let made: Value = made.json().unwrap();
    with(Credentials::ApiKey { api_key: made["encoded"].as_str().unwrap().to_owned() })
}

#[test]
fn a_key_that_may_only_add_can_neither_read_nor_remove_nor_replace() {
    block_on(async {
        let place = Place::elasticsearch();
        let stream = place.stream().await;
        let rights = json!([{ "names": [stream], "privileges": ["create_doc", "auto_configure"] }]);
        let key = keyed(rights, None).await;
        let reply = key.bulk(&stream, &request(&[("a", &numbered(1))])).await;
        let BulkReply::Items { verdicts, .. } = reply else { panic!("{reply:?}") };
        assert_eq!(verdicts, [Verdict::Stored]);
        let replaced = key.put(&stream, "a", &json!({}), Condition::Any).await;
        assert!(matches!(replaced, Err(Error::Refused { .. })), "{replaced:?}");
        let forbidden = [
            key.search(&stream, &json!({})).await.map(drop),
            key.get(&stream, "a").await.map(drop),
            key.delete(&stream, "a", Condition::Any).await.map(drop),
            key.refresh(&stream).await,
        ];
        for outcome in forbidden {
            assert!(matches!(outcome, Err(Error::Forbidden { .. })), "{outcome:?}");
        }
    });
}

#[test]
fn a_stream_outside_of_a_keys_rights_waits_for_better_rights() {
    block_on(async {
        let place = Place::elasticsearch();
        let stream = place.stream().await;
        let rights = json!([{ "names": ["elsewhere"], "privileges": ["create_doc"] }]);
        let reply = keyed(rights, None).await.bulk(&stream, &request(&[("a", &numbered(1))])).await;
        let BulkReply::Items { verdicts, .. } = &reply else { panic!("{reply:?}") };
        let waits = matches!(&verdicts[..], [Verdict::Retry { paced: Pace::Credentials, .. }]);
        assert!(waits, "{verdicts:?}");
    });
}

#[test]
fn a_wrong_password_holds_the_request_and_is_not_shown() {
    block_on(async {
        let password = "wrong-and-secret".to_owned();
        let wrong = with(Credentials::Basic { username: "elastic".to_owned(), password });
        let reply = wrong.bulk("logs-store.order-x", &request(&[("a", &numbered(1))])).await;
        assert!(matches!(reply, BulkReply::Held { status: 401, .. }), "{reply:?}");
        let error = wrong.server().await.unwrap_err();
        assert!(matches!(error, Error::Unauthorized { .. }), "{error:?}");
        assert!(!format!("{error} {error:?} {wrong:?}").contains("secret"));
    });
}

#[test]
fn a_key_that_expires_holds_the_request_until_another_is_used() {
    let place = Place::elasticsearch();
    let stream = block_on(place.stream());
    let rights = || json!([{ "names": [stream], "privileges": ["create_doc", "auto_configure"] }]);
    let key = block_on(keyed(rights(), Some("1s")));
    let documents = request(&[("a", &numbered(1))]);
    eventually(Duration::from_secs(30), || {
        matches!(block_on(key.bulk(&stream, &documents)), BulkReply::Held { status: 401, .. })
    });
    let (username, password) = access().basic().unwrap();
    key.use_credentials(&elastic::Credentials::basic(username, password));
    let reply = block_on(key.bulk(&stream, &documents));
    let BulkReply::Items { verdicts, .. } = &reply else { panic!("{reply:?}") };
    assert!(matches!(verdicts[0], Verdict::Stored | Verdict::Duplicate), "{verdicts:?}");
}

#[test]
fn a_key_without_rights_still_learns_whose_server_it_is() {
    let rights = json!([{ "names": ["elsewhere"], "privileges": ["create_doc"] }]);
    let server = block_on(async { keyed(rights, None).await.server().await }).unwrap();
    assert_eq!(server.flavour, Flavour::Elasticsearch);
    assert_eq!((server.release, server.processors), (None, None));
}
