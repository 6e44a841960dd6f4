//! What holds for every schema that ships, over the lines of its golden case, with a key for pseudonyms.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "its files are its own")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;

use enricher::RawRedact;
use serde_json::Value;

/// What can happen in a shop. `order.changed` is what a platform says when a row has changed and no more.
const ACTIONS: &[&str] = &[
    "app.error",
    "cart.item_added",
    "cart.item_removed",
    "cart.viewed",
    "chargeback.opened",
    "checkout.started",
    "checkout.step",
    "coupon.applied",
    "coupon.rejected",
    "fulfilment.created",
    "login.succeeded",
    "order.cancelled",
    "order.changed",
    "order.completed",
    "order.confirmed",
    "order.held",
    "order.line",
    "order.submitted",
    "page.viewed",
    "parse.failed",
    "payment.attempted",
    "payment.authorised",
    "payment.completed",
    "payment.failed",
    "payment.notified",
    "payment.timeout",
    "price.changed",
    "product.published",
    "product.unpublished",
    "product.viewed",
    "refund.completed",
    "refund.requested",
    "return.requested",
    "review.posted",
    "search.performed",
    "session.started",
    "shipment.delivered",
    "shipment.dispatched",
    "shipment.exception",
    "shipment.out_for_delivery",
    "shipment.returned",
    "shipment.scan",
    "stock.snapshot",
];

/// Persons and secrets that stand in the lines.
const PLANTED: &[&str] = &[
    "Ada",
    "ada@",
    "ada**",
    "Weg 1",
    "4915112345678",
    "13800138000",
    "13900139000",
    "西湖路",
    "张三",
    "李四",
    "\"u-7\"",
    "77001",
    "oAda",
    "2088000000000017",
    "信用卡0403",
    "YT000200030004",
    "EA000200030CN",
    "ch_secret",
    "JJD0009000001",
    "LX000100020CN",
    "trk-7",
    "WINTER",
    "c2ln",
    "c2VjcmV0",
    "secret-key",
    "4111111111111111",
    "203.0.113.7\"",
];

/// Returns the documents of all lines, by schema.
fn documents() -> BTreeMap<String, Vec<Value>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "0123456789abcdef").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let redact = RawRedact { key_file: Some(path), key_id: Some("1".to_owned()) };
    let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
    let mut documents: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut events = Vec::new();
    let mut start = 0;
    for (schema, format, line) in support::lines_of_schemas() {
        let mut pipeline = support::shipped(&schema, format, &redact);
        pipeline.process(&support::line(line.as_bytes(), start), read_at, &mut events);
        start += line.len() as u64 + 1;
        let json = |event: event::Event| serde_json::from_str(&event.document.to_json()).unwrap();
        documents.entry(schema).or_default().extend(events.drain(..).map(json));
    }
    documents
}

fn text<'d>(document: &'d Value, pointer: &str) -> &'d str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn no_person_and_no_secret_leaves_under_any_schema() {
    for (schema, documents) in documents() {
        for document in documents {
            let text = document.to_string();
            let found: Vec<&&str> = PLANTED.iter().filter(|word| text.contains(**word)).collect();
            assert_eq!(found, Vec::<&&str>::new(), "{schema}: {text}");
        }
    }
}

#[test]
fn what_happened_is_one_of_the_things_that_happen_in_shops() {
    for (schema, documents) in documents() {
        for document in documents {
            let action = text(&document, "/event/action");
            // What Segment's schema does not know is kept as it came.
            assert!(
                ACTIONS.contains(&action) || (schema == "segment" && action.is_empty()),
                "{schema}: {document}"
            );
        }
    }
}

#[test]
fn a_status_has_its_own_name_beside_the_one_that_was_written() {
    // A plug-in of WooCommerce and Taobao itself may have more.
    let unknown = ["lay-away", "TRADE_FROZEN"];
    for (schema, documents) in documents() {
        for document in documents {
            for status in ["order", "shipment"] {
                let raw = text(&document, &format!("/store/{status}/status_raw"));
                let ours = text(&document, &format!("/store/{status}/status"));
                let is_known = !raw.is_empty() && !unknown.contains(&raw);
                assert_eq!(!ours.is_empty(), is_known, "{schema}: {document}");
            }
        }
    }
}

#[test]
fn a_scan_that_comes_again_is_the_same_event() {
    let documents = documents();
    for (schema, scans, different) in [("kuaidi100", 11, 9), ("tracking51", 4, 4)] {
        let is_scan = |document: &&Value| text(document, "/store/shipment/status_raw") != "abort";
        let of_parcel = documents[schema].iter().filter(is_scan);
        let of_parcel =
            of_parcel.filter(|document| text(document, "/store/shipment/status_raw") != "expired");
        let ids: Vec<&str> = of_parcel.map(|document| text(document, "/event/id")).collect();
        assert_eq!(ids.len(), scans, "{schema}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), different, "{schema}");
    }
}

#[test]
fn every_schema_has_a_row_in_the_documentation() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schemas.md"));
    let page = page.unwrap();
    for schema in documents().keys() {
        assert!(page.contains(&format!("\n| `{schema}` |")), "{schema}");
    }
}

#[test]
fn each_format_has_a_row_in_the_docs_and_a_golden_case() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("../docs/formats.md")).unwrap();
    let cases: String = std::fs::read_dir(root.join("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for format in enricher::Format::ALL {
        let name = format.as_str();
        assert!(docs.contains(&format!("`{name}`")), "{name} is not in docs/formats.md");
        let in_case = cases.contains(&format!("format: {name}\n"));
        assert!(in_case, "{name} has no golden case");
    }
}
