//! Keys and values of unknown things that are too long for the cluster.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use enricher::{Format, Outcome, RawRedact};
use serde_json::Value;

/// What Lucene refuses as one term.
const MOST_OF_A_TERM: usize = 32_766;

fn read(line: &str) -> (Value, u64) {
    let mut pipeline =
        support::pipeline(&support::input(Format::Ndjson, "app"), &RawRedact::default());
    let mut events = Vec::new();
    let outcome = pipeline.process(
        &support::line(line.as_bytes(), 0),
        "2026-01-02T03:04:06Z".parse().unwrap(),
        &mut events,
    );
    assert_eq!(outcome, Outcome::Keep);
    (serde_json::from_str(&events[0].document.to_json()).unwrap(), pipeline.counters().partial)
}

/// Returns the one member of an object.
fn only(object: &Value) -> (&str, &str) {
    let members = object.as_object().unwrap();
    assert_eq!(members.len(), 1);
    let (key, value) = members.iter().next().unwrap();
    (key, value.as_str().unwrap())
}

#[test]
fn a_key_is_cut_at_a_character_and_the_event_is_partial() {
    let key = "\u{4eac}".repeat(1_000);
    for (name, path) in [(key.clone(), "/store/extra"), (format!("labels.{key}"), "/labels")] {
        let line = format!(r#"{{"time":"2026-01-02T03:04:05Z","{name}":"x"}}"#);
        let (document, partial) = read(&line);
        let (kept, value) = only(document.pointer(path).unwrap());
        assert_eq!((kept, value), ("\u{4eac}".repeat(85).as_str(), "x"));
        assert_eq!(
            (&document["store"]["pipeline"]["parse_status"], partial),
            (&"partial".into(), 1)
        );
    }
}

#[test]
fn two_keys_that_are_cut_to_one_are_written_once() {
    let key = "k".repeat(300);
    let line = format!(r#"{{"time":"2026-01-02T03:04:05Z","{key}a":"1","{key}b":"2"}}"#);
    assert_eq!(only(&read(&line).0["store"]["extra"]).1, "2");
}

#[test]
fn a_value_of_100_kib_makes_no_term_that_the_cluster_refuses() {
    let long = "x\u{4eac} ".repeat(20 * 1_024);
    let list = format!("[{}1]", "1,".repeat(50_000));
    for (name, path, value) in [
        ("note", "/store/extra", format!("\"{long}\"")),
        ("labels.note", "/labels", format!("\"{long}\"")),
        ("note", "/store/extra", list),
    ] {
        let line = format!(r#"{{"time":"2026-01-02T03:04:05Z","{name}":{value}}}"#);
        let (document, partial) = read(&line);
        let (key, text) = only(document.pointer(path).unwrap());
        assert!("store.extra.".len() + key.len() + 1 + text.len() < MOST_OF_A_TERM, "{name}");
        assert!(text.len() > 31_000, "{name}");
        assert_eq!(partial, 1, "{name}");
    }
}

#[test]
fn a_secret_at_the_cut_does_not_pass_by_half() {
    let before = "x ".repeat(15_995);
    let line =
        format!(r#"{{"time":"2026-01-02T03:04:05Z","note":"{before}4111111111111111 {before}"}}"#);
    let text = read(&line).0["store"]["extra"]["note"].as_str().unwrap().to_owned();
    assert!(!text.contains("4111111"));
}
