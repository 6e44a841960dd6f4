//! Helps a document that the cluster refuses: the field at fault moves aside, once, under the same id.

use serde_json::{Map, Value, json};

/// What was done to get a document through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rescued {
    /// Nothing.
    No,
    /// A field was moved to `store.extra`, or only the envelope was kept.
    Moved,
    /// `message` was cut, because the document was too large.
    Cut,
}

/// Keeps so much of a message when the cluster cannot take it whole.
const MESSAGE_BYTES: usize = 8 << 10;

/// Moves the named field to `store.extra`. `None` when the document has no such field.
pub fn move_field(document: &[u8], field: &str) -> Option<Vec<u8>> {
    let mut root: Value = serde_json::from_slice(document).ok()?;
    let (found, value) = take(&mut root, field)?;
    let extra = entry(entry(&mut root, "store")?, "extra")?;
    // A value that is no leaf could bring new conflicts along: it goes as text.
    let value = if value.is_object() || value.is_array() {
        Value::String(value.to_string())
    } else {
        value
    };
    extra.as_object_mut()?.insert(found, value);
    flag(&mut root);
    serde_json::to_vec(&root).ok()
}

/// Keeps only what names and places the event, and its redacted line.
pub fn only_envelope(document: &[u8], line: &str) -> Option<Vec<u8>> {
    let root: Value = serde_json::from_slice(document).ok()?;
    let mut kept = json!({});
    for path in [
        "@timestamp",
        "agent",
        "data_stream",
        "ecs",
        "event.created",
        "event.dataset",
        "event.id",
        "event.kind",
        "event.module",
        "host",
        "log.file",
        "store.id",
        "store.origin",
        "store.pipeline.key_kind",
        "store.pipeline.parser",
    ] {
        let mut parts = path.split('.').peekable();
        let (mut from, mut to) = (&root, &mut kept);
        while let Some(part) = parts.next() {
            let Some(value) = from.get(part) else { break };
            if parts.peek().is_none() {
                to.as_object_mut()?.insert(part.to_owned(), value.clone());
            } else {
                (from, to) = (value, entry(to, part)?);
            }
        }
    }
    entry(&mut kept, "event")?.as_object_mut()?.insert("original".to_owned(), line.into());
    let pipeline = entry(entry(&mut kept, "store")?, "pipeline")?;
    pipeline.as_object_mut()?.insert("parse_status".to_owned(), "failed".into());
    flag(&mut kept);
    serde_json::to_vec(&kept).ok()
}

/// Cuts `message` and drops `event.original`. `None` when there is nothing to cut.
pub fn cut_message(document: &[u8]) -> Option<Vec<u8>> {
    let mut root: Value = serde_json::from_slice(document).ok()?;
    let original = take(&mut root, "event.original");
    let message = root.get_mut("message").and_then(|message| match message {
        Value::String(text) if text.len() > MESSAGE_BYTES => Some(text),
        Value::String(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_) => None,
    });
    match (message, original) {
        (None, None) => return None,
        (None, Some(_)) => {}
        (Some(text), _) => {
            let mut end = MESSAGE_BYTES;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
        }
    }
    let pipeline = entry(entry(&mut root, "store")?, "pipeline")?;
    pipeline.as_object_mut()?.insert("truncated".to_owned(), true.into());
    serde_json::to_vec(&root).ok()
}

/// Takes the field out of the tree, or the longest part of its path that holds a value; returns its path and value.
fn take(root: &mut Value, field: &str) -> Option<(String, Value)> {
    let mut at = root.as_object_mut()?;
    let mut path = String::new();
    let mut parts = field.split('.');
    loop {
        let part = parts.next()?;
        path.push_str(part);
        match at.get(part)? {
            Value::Object(_) if parts.clone().next().is_some() => {}
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => return Some((path, at.remove(part)?)),
        }
        path.push('.');
        at = at.get_mut(part)?.as_object_mut()?;
    }
}

fn entry<'a>(parent: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let object = parent.as_object_mut()?;
    Some(object.entry(name).or_insert_with(|| Value::Object(Map::new())))
}

fn flag(root: &mut Value) {
    let pipeline = entry(root, "store").and_then(|store| entry(store, "pipeline"));
    if let Some(Value::Object(pipeline)) = pipeline {
        let flags = pipeline.entry("flags").or_insert_with(|| json!([]));
        if let Value::Array(flags) = flags {
            flags.push("field_moved".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(rescued: Option<Vec<u8>>, want: &Expect) {
        want.assert_eq(&String::from_utf8(rescued.unwrap_or_default()).unwrap());
    }

    #[test]
    fn the_field_at_fault_moves_aside_and_the_rest_stays() {
        let document = br#"{"message":"m","store":{"order":{"id":"1","placed_at":"never"},"pipeline":{"flags":["tz_assumed"]}}}"#;
        check(
            move_field(document, "store.order.placed_at"),
            &expect![[
                r#"{"message":"m","store":{"extra":{"store.order.placed_at":"never"},"order":{"id":"1"},"pipeline":{"flags":["tz_assumed","field_moved"]}}}"#
            ]],
        );
    }

    #[test]
    fn a_field_inside_a_value_takes_the_value_along_as_text() {
        let document = br#"{"store":{"order":{"items":[{"sku":"a"}]}}}"#;
        check(
            move_field(document, "store.order.items.sku"),
            &expect![[
                r#"{"store":{"extra":{"store.order.items":"[{\"sku\":\"a\"}]"},"order":{},"pipeline":{"flags":["field_moved"]}}}"#
            ]],
        );
    }

    #[test]
    fn a_field_that_is_not_there_cannot_be_moved() {
        assert_eq!(move_field(br#"{"a":{"b":1}}"#, "a.c"), None);
        assert_eq!(move_field(b"no json", "a"), None);
    }

    #[test]
    fn the_envelope_keeps_what_names_and_places_the_event() {
        let document = br#"{"@timestamp":"t","message":"m","event":{"id":"i","action":"x"},"store":{"id":"s","origin":{"offset":7},"order":{"id":1}}}"#;
        check(
            only_envelope(document, "the line"),
            &expect![[
                r#"{"@timestamp":"t","event":{"id":"i","original":"the line"},"store":{"id":"s","origin":{"offset":7},"pipeline":{"flags":["field_moved"],"parse_status":"failed"}}}"#
            ]],
        );
    }

    #[test]
    fn a_document_that_is_too_large_loses_the_end_of_its_message() {
        let document =
            json!({"message": "京".repeat(5_000), "event": {"original": "o", "id": "i"}});
        let cut = cut_message(document.to_string().as_bytes()).unwrap();
        let cut: Value = serde_json::from_slice(&cut).unwrap();
        assert_eq!(cut["message"].as_str().unwrap().len(), MESSAGE_BYTES / 3 * 3);
        assert_eq!(cut["event"], json!({"id": "i"}));
        assert_eq!(cut["store"]["pipeline"]["truncated"], true);
        assert_eq!(cut_message(br#"{"message":"short"}"#), None);
    }
}
