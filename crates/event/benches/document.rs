//! Why a document is one buffer with slots: the same access-log document built and written in three ways.
#![allow(missing_docs, reason = "a bench")]

use std::collections::BTreeMap;

use divan::{Bencher, black_box};
use event::{Document, Field};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

const TEXTS: [(Field, &str); 22] = [
    (Field::AgentId, "4f1c7d0e"),
    (Field::AgentVersion, "0.1.0"),
    (Field::EcsVersion, "8.11.0"),
    (Field::EventDataset, "store.traffic"),
    (Field::EventId, "8OHSw7SllocAAAAAAAAAAA"),
    (Field::EventKind, "event"),
    (Field::EventOutcome, "success"),
    (Field::HostName, "shop-web-1"),
    (Field::HttpRequestMethod, "GET"),
    (Field::HttpRequestReferrer, "https://shop.example/category/lamps?page=2"),
    (Field::HttpVersion, "1.1"),
    (Field::LogFilePath, "/var/log/nginx/access.log"),
    (Field::Message, "GET /product/12345 200"),
    (Field::SourceAddress, "203.0.113.0"),
    (Field::SourceIp, "203.0.113.0"),
    (Field::StoreId, "shop-1"),
    (Field::StoreOriginFileId, "MDEyMzQ1Njc4OWFiY2RlZg"),
    (Field::StorePipelineParser, "combined"),
    (Field::StoreRoute, "/product/{id}"),
    (Field::UrlOriginal, "/product/12345"),
    (Field::UrlPath, "/product/12345"),
    (
        Field::UserAgentOriginal,
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    ),
];

const NUMBERS: [(Field, i64); 5] = [
    (Field::EventDuration, 123_000_000),
    (Field::HttpResponseBodyBytes, 20_316),
    (Field::HttpResponseStatusCode, 200),
    (Field::StoreOriginEnd, 1_234_760),
    (Field::StoreOriginOffset, 1_234_567),
];

#[divan::bench]
fn slots_reused(bencher: Bencher<'_, '_>) {
    let mut document = Document::new();
    let mut out = Vec::new();
    bencher.bench_local(|| {
        document.clear();
        out.clear();
        for (field, text) in black_box(TEXTS) {
            document.set_text(field, text);
        }
        for (field, number) in black_box(NUMBERS) {
            document.set_long(field, number);
        }
        document.write_json(&mut out);
        out.len()
    });
}

#[divan::bench]
fn tree_of_json_values(bencher: Bencher<'_, '_>) {
    let mut out = Vec::new();
    bencher.bench_local(|| {
        out.clear();
        let mut document = json!({});
        let mut set = |field: Field, value: Value| {
            let mut at = &mut document;
            for segment in field.path().split('.') {
                at = &mut at[segment];
            }
            *at = value;
        };
        for (field, text) in black_box(TEXTS) {
            set(field, Value::from(text));
        }
        for (field, number) in black_box(NUMBERS) {
            set(field, Value::from(number));
        }
        serde_json::to_writer(&mut out, &document).unwrap_or_default();
        out.len()
    });
}

#[divan::bench]
fn flat_map_of_owned_values(bencher: Bencher<'_, '_>) {
    let mut out = Vec::new();
    bencher.bench_local(|| {
        out.clear();
        let mut document: BTreeMap<&'static str, Value> = BTreeMap::new();
        for (field, text) in black_box(TEXTS) {
            document.insert(field.path(), Value::from(text));
        }
        for (field, number) in black_box(NUMBERS) {
            document.insert(field.path(), Value::from(number));
        }
        serde_json::to_writer(&mut out, &document).unwrap_or_default();
        out.len()
    });
}
