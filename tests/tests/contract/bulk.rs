//! The bulk contract.

use elastic::{Body, Method, Pace, Verdict};
use serde_json::json;

use crate::on;
use crate::place::{Place, numbered, request};

const STORED: Verdict = Verdict::Stored;
const DUPLICATE: Verdict = Verdict::Duplicate;

on!(elasticsearch, opensearch, scripted: {
    a_document_is_stored_once_under_its_id
    verdicts_stand_in_the_order_of_the_documents
    an_id_that_comes_twice_in_one_request_is_stored_once
    ids_may_hold_any_character
    a_document_over_several_lines_is_one_document
    a_document_that_is_no_json_is_refused_alone
    a_large_request_is_answered_in_full
});

async fn a_document_is_stored_once_under_its_id(place: &Place) {
    let stream = place.stream().await;
    let id = "8OHSw7SllocAAAAAAAAAAA";
    assert_eq!(place.verdicts(&stream, &[(id, &numbered(1))]).await, [STORED]);
    assert_eq!(place.verdicts(&stream, &[(id, &numbered(2))]).await, [DUPLICATE]);
    assert_eq!(place.count(&stream).await, 1);
}

async fn verdicts_stand_in_the_order_of_the_documents(place: &Place) {
    let stream = place.stream().await;
    let document = numbered(1);
    place.verdicts(&stream, &[("b", &document), ("d", &document)]).await;
    let ids = ["a", "b", "c", "d", "e"].map(|id| (id, document.as_str()));
    let want = [STORED, DUPLICATE, STORED, DUPLICATE, STORED];
    assert_eq!(place.verdicts(&stream, &ids).await, want);
}

async fn an_id_that_comes_twice_in_one_request_is_stored_once(place: &Place) {
    let stream = place.stream().await;
    let documents = [("a", &*numbered(1)), ("a", &*numbered(2))];
    assert_eq!(place.verdicts(&stream, &documents).await, [STORED, DUPLICATE]);
    assert_eq!(place.count(&stream).await, 1);
}

async fn ids_may_hold_any_character(place: &Place) {
    let stream = place.stream().await;
    let document = numbered(1);
    let ids = ["\"", "\\", "\"}}\n{\"delete\":{\"_id\":\"x", "ä 通知", "a/b?c#d", "\u{1}\t"];
    let documents = ids.map(|id| (id, document.as_str()));
    assert_eq!(place.verdicts(&stream, &documents).await, [STORED; 6]);
    assert_eq!(place.verdicts(&stream, &documents).await, [DUPLICATE; 6]);
    assert_eq!(place.count(&stream).await, 6);
}

async fn a_document_over_several_lines_is_one_document(place: &Place) {
    let stream = place.stream().await;
    let pretty = "{\n  \"@timestamp\": \"2026-03-01T00:00:00Z\",\n  \"n\": 1\n}";
    assert_eq!(place.verdicts(&stream, &[("a", pretty), ("b", pretty)]).await, [STORED, STORED]);
}

async fn a_document_that_is_no_json_is_refused_alone(place: &Place) {
    let stream = place.stream().await;
    let documents = [("a", &*numbered(1)), ("b", "{\"n\":"), ("c", &*numbered(3))];
    let verdicts = place.verdicts(&stream, &documents).await;
    assert!(matches!(verdicts[1], Verdict::Rejected { status: 400, .. }), "{verdicts:?}");
    assert_eq!((&verdicts[0], &verdicts[2]), (&STORED, &STORED));
}

async fn a_large_request_is_answered_in_full(place: &Place) {
    let stream = place.stream().await;
    let documents: Vec<(String, String)> = (0..2_000)
        .map(|n| {
            let word = format!("{n:x}").repeat(250);
            let document = json!({ "@timestamp": "2026-03-01T00:00:00Z", "n": n, "k": word });
            (format!("id-{n}"), document.to_string())
        })
        .collect();
    let documents: Vec<_> =
        documents.iter().map(|(id, json)| (id.as_str(), json.as_str())).collect();
    assert!(request(&documents).raw_bytes() > 1 << 20);
    assert_eq!(place.verdicts(&stream, &documents).await, vec![STORED; 2_000]);
    // All conflicts: the reply is long, and packed.
    assert_eq!(place.verdicts(&stream, &documents).await, vec![DUPLICATE; 2_000]);
}

// What only a server with mappings, pipelines and blocks can answer.
mod real {
    use super::*;

    on!(elasticsearch, opensearch: {
        a_field_that_does_not_fit_is_named
        a_missing_pipeline_is_not_the_documents_fault
        a_write_block_passes
        a_full_disk_is_told_from_other_blocks
    });

    async fn a_field_that_does_not_fit_is_named(place: &Place) {
        let stream = place.stream().await;
        let time = r#""@timestamp":"2026-03-01T00:00:00Z""#;
        let check = async |rest: &str, want: Option<&str>| {
            let document = format!("{{{time},{rest}}}");
            let verdicts = place.verdicts(&stream, &[("a", &document)]).await;
            let Verdict::Rejected { status: 400, field, .. } = &verdicts[0] else {
                panic!("{rest}: {verdicts:?}");
            };
            assert_eq!(field.as_deref(), want, "{rest}");
        };
        check(r#""n":"x""#, Some("n")).await;
        check(r#""o":"x""#, Some("o")).await;
        check(r#""o":{"a":"x"}"#, Some("o.a")).await;
        check(r#""o":{"b":1}"#, Some("o.b")).await;
        check(r#""colour":"red""#, Some("colour")).await;
        check(r#""n":"#, None).await;
        let verdicts = place.verdicts(&stream, &[("a", r#"{"n":1}"#)]).await;
        assert!(matches!(verdicts[0], Verdict::Rejected { status: 400, .. }), "{verdicts:?}");
    }

    async fn a_missing_pipeline_is_not_the_documents_fault(place: &Place) {
        let stream = place.stream_with(json!({ "index.default_pipeline": "not-there" })).await;
        paced(place, &stream, Pace::Setup).await;
    }

    async fn a_write_block_passes(place: &Place) {
        blocked(place, json!({ "index.blocks.write": true }), Pace::Backoff).await;
    }

    async fn a_full_disk_is_told_from_other_blocks(place: &Place) {
        blocked(place, json!({ "index.blocks.read_only_allow_delete": true }), Pace::Flood).await;
    }

    async fn blocked(place: &Place, settings: serde_json::Value, want: Pace) {
        let stream = place.stream().await;
        place.verdicts(&stream, &[("first", &numbered(1))]).await;
        place.put(&format!("/{stream}/_settings"), &settings).await;
        paced(place, &stream, want).await;
    }

    /// Sends a document, which must be told to wait at this pace; returns why.
    pub(super) async fn paced(place: &Place, stream: &str, want: Pace) -> String {
        let mut verdicts = place.verdicts(stream, &[("a", &numbered(1))]).await;
        match verdicts.pop() {
            Some(Verdict::Retry { reason, paced }) if paced == want => reason,
            other => panic!("{other:?}"),
        }
    }
}

// Where the engines differ: OpenSearch has no way to insist on a data stream and makes an index of that name (engines.md,
// section 2); and it closes no index that a stream writes to.
mod insisting {
    use super::*;

    on!(elasticsearch: {
        a_stream_without_template_is_not_made_up
        a_closed_index_of_a_stream_is_not_the_documents_fault
    });

    async fn a_stream_without_template_is_not_made_up(place: &Place) {
        real::paced(place, &place.name("unknown"), Pace::Setup).await;
    }

    async fn a_closed_index_of_a_stream_is_not_the_documents_fault(place: &Place) {
        let stream = place.stream().await;
        place.verdicts(&stream, &[("first", &numbered(1))]).await;
        place.client.refresh(&stream).await.unwrap();
        let hit = place.client.search(&stream, &json!({})).await.unwrap().hits.remove(0);
        let path = format!("/{}/_close", hit.index);
        place.client.ask(Method::Post, &path, &[], Body::Empty).await.unwrap();
        let reason = real::paced(place, &stream, Pace::Setup).await;
        assert_eq!(reason, "closed");
    }
}

mod lenient {
    use super::*;

    on!(opensearch: {
        a_closed_index_is_not_the_documents_fault
    });

    async fn a_closed_index_is_not_the_documents_fault(place: &Place) {
        let index = format!("{}-closed", place.namespace);
        place.put(&format!("/{index}"), &json!({})).await;
        let path = format!("/{index}/_close");
        place.client.ask(Method::Post, &path, &[], Body::Empty).await.unwrap();
        let reason = real::paced(place, &index, Pace::Setup).await;
        assert_eq!(reason, "closed");
    }
}
