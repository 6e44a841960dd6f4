//! Cuts the body of a bulk request into its documents. It must be much faster than what it tests.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;
use serde::Deserialize;

/// An id in 128 bits: ids of 22 characters of base64url are decoded, others are hashed.
pub(super) type Key = u128;

/// One document and where its bytes lie in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// None where the action leaves the id to the server.
    pub(super) key: Option<Key>,
    /// As it stands in the action; escapes included.
    pub(super) id: Range<usize>,
    pub(super) document: Range<usize>,
    /// The stream, where the action names one of its own.
    pub(super) stream: Option<Arc<str>>,
}

/// The body is no bulk request of `create` actions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Malformed action/metadata line [{line}], expected a create action")]
pub(super) struct Malformed {
    line: usize,
}

#[derive(Deserialize)]
struct RawAction {
    create: RawTarget,
}

#[derive(Deserialize)]
struct RawTarget {
    #[serde(rename = "_id")]
    id: Option<String>,
    #[serde(rename = "_index")]
    index: Option<String>,
}

const START: &[u8] = br#"{"create":{"_id":""#;
const END: &[u8] = br#""}}"#;

/// Appends the documents of a body.
pub(super) fn cut(body: &[u8], items: &mut Vec<Item>) -> Result<(), Malformed> {
    let mut at = 0;
    // Clients that leave ids to the server write one and the same action again and again.
    let mut last: Option<(Range<usize>, Option<Arc<str>>)> = None;
    while at < body.len() {
        let action = line(body, at);
        let document = line(body, action.end + 1);
        let malformed = Malformed { line: items.len() * 2 + 1 };
        if document.is_empty() {
            return Err(malformed);
        }
        at = document.end + 1;
        if let Some((same, stream)) = &last
            && body[same.clone()] == body[action.clone()]
        {
            items.push(Item { key: None, id: 0..0, document, stream: stream.clone() });
            continue;
        }
        let item = item(body, action.clone(), document).ok_or(malformed)?;
        last = item.key.is_none().then(|| (action, item.stream.clone()));
        items.push(item);
    }
    Ok(())
}

fn line(body: &[u8], start: usize) -> Range<usize> {
    let start = start.min(body.len());
    let length = memchr(b'\n', &body[start..]).unwrap_or(body.len() - start);
    start..start + length
}

fn item(body: &[u8], action: Range<usize>, document: Range<usize>) -> Option<Item> {
    let text = &body[action.clone()];
    if let Some(id) = text.strip_prefix(START).and_then(|rest| rest.strip_suffix(END))
        && let Some(key) = decode(id)
    {
        let id = action.start + START.len()..action.end - END.len();
        return Some(Item { key: Some(key), id, document, stream: None });
    }
    let RawAction { create } = serde_json::from_slice(text).ok()?;
    let Some(name) = create.id else {
        return Some(Item { key: None, id: 0..0, document, stream: create.index.map(Arc::from) });
    };
    let id = memchr::memmem::find(text, b"\"_id\"").map_or(0, |at| at + 4);
    let start = memchr(b'"', &text[id + 1..]).map_or(0, |at| id + 1 + at + 1);
    let end = start + end_of_text(&text[start..]);
    Some(Item {
        key: Some(decode(name.as_bytes()).unwrap_or_else(|| hashed(&name))),
        id: action.start + start..action.start + end,
        document,
        stream: create.index.map(Arc::from),
    })
}

/// Returns where the JSON string ends whose first quote was just passed.
fn end_of_text(text: &[u8]) -> usize {
    let mut escaped = false;
    text.iter()
        .position(|&byte| {
            let is_end = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            is_end
        })
        .unwrap_or(text.len())
}

/// Reads 22 characters of base64url as 128 bits.
fn decode(id: &[u8]) -> Option<Key> {
    if id.len() != 22 {
        return None;
    }
    let mut bits: Key = 0;
    let mut foreign = 0;
    for &byte in &id[..21] {
        let value = DIGITS[usize::from(byte)];
        foreign |= value;
        bits = bits << 6 | Key::from(value);
    }
    let last = DIGITS[usize::from(id[21])];
    // The last character holds two bits; an id in which it holds more was made by nobody of ours.
    ((foreign | last) & NO_DIGIT == 0 && last.trailing_zeros() >= 4)
        .then_some(bits << 2 | Key::from(last >> 4))
}

fn hashed(id: &str) -> Key {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    Key::from(hasher.hash_one((1, id))) << 64 | Key::from(hasher.hash_one((2, id)))
}

const NO_DIGIT: u8 = 0x80;

const DIGITS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 64 {
        digits[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str) -> Result<Vec<(String, String)>, Malformed> {
        let mut items = Vec::new();
        cut(body.as_bytes(), &mut items)?;
        let text = |range: &Range<usize>| body.get(range.clone()).unwrap().to_owned();
        Ok(items.iter().map(|item| (text(&item.id), text(&item.document))).collect())
    }

    #[test]
    fn a_body_is_cut_into_ids_and_documents() {
        let body = "{\"create\":{\"_id\":\"8OHSw7SllocAAAAAAAAAAA\"}}\n{\"a\":1}\n{\"create\":{\"_id\":\"x\\\"y\"}}\n{\"b\":2}\n";
        let pair = |id: &str, document: &str| (id.to_owned(), document.to_owned());
        assert_eq!(
            ids(body).unwrap(),
            [pair("8OHSw7SllocAAAAAAAAAAA", "{\"a\":1}"), pair("x\\\"y", "{\"b\":2}")]
        );
    }

    #[test]
    fn an_action_may_name_its_stream() {
        let mut items = Vec::new();
        let body = b"{ \"create\" : {\"_index\":\"logs-a-b\", \"_id\":\"1\"} }\n{}\n";
        cut(body, &mut items).unwrap();
        assert_eq!(items[0].stream.as_deref(), Some("logs-a-b"));
        assert_eq!(&body[items[0].id.clone()], b"1");
    }

    #[test]
    fn ids_are_told_apart() {
        let key = |id: &str| decode(id.as_bytes()).unwrap_or_else(|| hashed(id));
        assert_eq!(key("AAAAAAAAAAAAAAAAAAAAAQ"), 1);
        let ids = [
            "AAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAABA",
            "AAAAAAAAAAAAAAAAAAAAAB",
            "a",
            "b",
            "",
        ];
        for (index, id) in ids.iter().enumerate() {
            for other in &ids[..index] {
                assert_ne!(key(id), key(other), "{id} {other}");
            }
        }
    }

    #[test]
    fn an_action_may_leave_the_id_to_the_server() {
        let mut items = Vec::new();
        let body = b"{\"create\":{}}\n{\"a\":1}\n{\"create\":{}}\n{\"b\":2}\n{\"create\":{\"_index\":\"x\"}}\n{}\n";
        cut(body, &mut items).unwrap();
        let found: Vec<_> = items.iter().map(|item| (item.key, item.stream.as_deref())).collect();
        assert_eq!(found, [(None, None), (None, None), (None, Some("x"))]);
        assert_eq!(&body[items[1].document.clone()], b"{\"b\":2}");
    }

    #[test]
    fn other_actions_are_refused() {
        assert_eq!(ids("{\"index\":{\"_id\":\"1\"}}\n{}\n"), Err(Malformed { line: 1 }));
        assert_eq!(ids("{\"create\":[]}\n{}\n"), Err(Malformed { line: 1 }));
        assert_eq!(ids("{\"create\":{\"_id\":\"1\"}}\n{}\nx\n{}\n"), Err(Malformed { line: 3 }));
        assert_eq!(ids("{\"create\":{\"_id\":\"1\"}}\n"), Err(Malformed { line: 1 }));
    }
}
