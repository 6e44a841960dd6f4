//! Schemas of one's own: forms, texts within texts, translated words, events that are not wanted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "its files are its own")]

mod support;

use enricher::{Format, Outcome, Pipeline, RawParse, RawPipeline, RawRedact, Rule};
use serde_json::Value;

const SCHEMA: &str = r"
version: 1
name: mine
about: a payment provider of a test
rest: drop
inside: { body: json, query: form }
keys: { trade_no: payment.id, state: payment.status, total: payment.amount, note: labels.note, gmt: time }
values: { payment.status: { OK: captured } }
actions:
  - { when: { state: [OK, TRADE_*] }, action: payment.completed }
  - { action: drop }
";

fn pipeline(folder: &tempfile::TempDir, format: Format) -> Pipeline {
    let path = folder.path().join("mine.yml");
    std::fs::write(&path, SCHEMA).unwrap();
    let schema = Some(path.to_str().unwrap().to_owned());
    let parse = RawParse { schema, ..RawParse::default() };
    let input = RawPipeline { parse, ..support::input(format, "payment") };
    support::pipeline(&input, &RawRedact::default())
}

fn read(format: Format, line: &str) -> (Outcome, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let mut events = Vec::new();
    let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
    let mut pipeline = pipeline(&folder, format);
    let outcome = pipeline.process(&support::line(line.as_bytes(), 0), read_at, &mut events);
    let json = |event: &event::Event| serde_json::from_str(&event.document.to_json()).unwrap();
    (outcome, events.iter().map(json).collect())
}

#[test]
fn a_form_and_what_stands_within_its_texts_are_one_event() {
    let line = "trade_no=9&state=OK&total=12.50&currency=CNY&stranger=x&charset=gbk\
                &body=%7B%22note%22%3A%22%C4%E3%22%2C%22query%22%3A%22gmt%3D2026-01-02T03%3A00%3A00Z%22%7D";
    let (outcome, documents) = read(Format::Form, line);
    assert_eq!((outcome, documents.len()), (Outcome::Keep, 1));
    let document = &documents[0];
    assert_eq!(document["@timestamp"], "2026-01-02T03:00:00.000Z");
    assert_eq!(document["event"]["action"], "payment.completed");
    assert_eq!(document["store"]["payment"]["id"], "9");
    assert_eq!(document["store"]["payment"]["status"], "captured");
    assert_eq!(document["labels"]["note"], "\u{4f60}");
    assert!(document["store"]["extra"]["stranger"].is_null(), "{document}");
    assert_eq!(document["store"]["pipeline"]["parser"], "mine");
}

#[test]
fn what_the_schema_does_not_want_is_dropped_by_a_rule_with_a_name() {
    assert_eq!(
        read(Format::Form, "trade_no=9&state=WAIT"),
        (Outcome::Drop(Rule::NotWanted), vec![])
    );
    let (outcome, documents) = read(Format::Form, "no form at all");
    assert_eq!(outcome, Outcome::Keep);
    assert_eq!(documents[0]["message"], "no form at all");
}

#[test]
fn a_text_that_comes_again_and_again_is_read_a_few_times_only() {
    let notes: Vec<String> =
        (0..100).map(|n| format!(r#""body":"{{\"note\":\"{n}\"}}""#)).collect();
    let line = format!(r#"{{"state":"TRADE_SUCCESS",{}}}"#, notes.join(","));
    let (outcome, documents) = read(Format::Ndjson, &line);
    assert_eq!(outcome, Outcome::Keep);
    assert_eq!(documents[0]["labels"]["note"], "7", "the eighth");
}
