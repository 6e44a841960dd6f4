//! Builds the body of a bulk request: NDJSON, gzip, documents counted.

use bytes::Bytes;
use memchr::memchr;

use crate::gzip::Gzip;

/// Uncompressed bytes that are gathered before the compressor sees them: large enough for long matches and few calls,
/// small enough to stay in the processor's cache.
const CHUNK: usize = 64 << 10;

/// Gathers documents, each with its id, and makes a [`BulkRequest`] of them. It is reused: buffers and compressor stay.
///
/// Bytes are compressed while they are gathered, on the thread that pushes. So the runtime's threads never compress, and a
/// full batch of 5 MiB is held in its compressed form alone.
#[derive(Debug)]
pub struct BulkBuilder {
    raw: Vec<u8>,
    gzip: Gzip,
    documents: usize,
    raw_bytes: usize,
}

impl BulkBuilder {
    /// Returns an empty one.
    pub fn new() -> Self {
        Self { raw: Vec::with_capacity(CHUNK * 2), gzip: Gzip::new(), documents: 0, raw_bytes: 0 }
    }

    /// Appends a document under this `_id`: the action `create`, and the JSON as it is.
    ///
    /// The JSON must come from a serialiser. Should it hold line feeds (a pretty-printed document), they become spaces:
    /// between tokens both mean the same, and inside a string JSON allows none.
    pub fn push(&mut self, id: &str, document: &[u8]) {
        let before = self.raw.len();
        push_action(&mut self.raw, id);
        self.push_document(document, before);
    }

    /// Appends a document whose id the cluster gives. A resend of it stores it twice: no id tells that it is the same.
    pub fn push_without_id(&mut self, document: &[u8]) {
        let before = self.raw.len();
        self.raw.extend_from_slice(ACTION_WITHOUT_ID);
        self.push_document(document, before);
    }

    fn push_document(&mut self, document: &[u8], before: usize) {
        let start = self.raw.len();
        self.raw.extend_from_slice(document);
        if memchr(b'\n', document).is_some() {
            for byte in &mut self.raw[start..] {
                if *byte == b'\n' {
                    *byte = b' ';
                }
            }
        }
        self.raw.push(b'\n');
        self.documents += 1;
        self.raw_bytes += self.raw.len() - before;
        if self.raw.len() >= CHUNK {
            self.gzip.write(&self.raw);
            self.raw.clear();
        }
    }

    /// Returns how many documents are in it.
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// Returns how many bytes the request has before compression.
    pub fn raw_bytes(&self) -> usize {
        self.raw_bytes
    }

    /// Tells whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.documents == 0
    }

    /// Returns what an action line and a line feed add to a document under such an id, when the id needs no escapes.
    pub fn overhead(id: &str) -> usize {
        ACTION_START.len() + id.len() + ACTION_END.len() + 1
    }

    /// Returns the request and starts over.
    pub fn finish(&mut self) -> BulkRequest {
        self.gzip.write(&self.raw);
        let request = BulkRequest {
            body: self.gzip.finish(),
            documents: self.documents,
            raw_bytes: self.raw_bytes,
        };
        self.raw.clear();
        self.documents = 0;
        self.raw_bytes = 0;
        request
    }
}

impl Default for BulkBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// A prepared request: its body is compressed and can be sent any number of times without a copy.
#[derive(Debug, Clone)]
pub struct BulkRequest {
    body: Bytes,
    documents: usize,
    raw_bytes: usize,
}

impl BulkRequest {
    /// Returns a request of these documents.
    pub fn of<'a>(documents: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut builder = BulkBuilder::new();
        for (id, document) in documents {
            builder.push(id, document);
        }
        builder.finish()
    }

    /// Returns the compressed body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns how many documents are in it.
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// Returns its size before compression.
    pub fn raw_bytes(&self) -> usize {
        self.raw_bytes
    }

    /// Returns its size on the wire.
    pub fn wire_bytes(&self) -> usize {
        self.body.len()
    }
}

const ACTION_START: &[u8] = br#"{"create":{"_id":""#;
const ACTION_END: &[u8] = b"\"}}\n";
const ACTION_WITHOUT_ID: &[u8] = b"{\"create\":{}}\n";

fn push_action(raw: &mut Vec<u8>, id: &str) {
    raw.extend_from_slice(ACTION_START);
    if id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-'))
    {
        // Our own ids are base64url: nothing in them needs an escape.
        raw.extend_from_slice(id.as_bytes());
    } else {
        let quoted = serde_json::Value::from(id).to_string();
        raw.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
    }
    raw.extend_from_slice(ACTION_END);
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use expect_test::{Expect, expect};
    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn unpacked(request: &BulkRequest) -> String {
        let mut text = String::new();
        GzDecoder::new(&request.body()[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text.len(), request.raw_bytes());
        text
    }

    fn check(documents: &[(&str, &str)], want: &Expect) {
        let request = BulkRequest::of(documents.iter().map(|(id, json)| (*id, json.as_bytes())));
        assert_eq!(request.documents(), documents.len());
        want.assert_eq(&unpacked(&request));
    }

    #[test]
    fn each_document_is_created_under_its_id() {
        check(
            &[("i2LDeA-b1D0OvgdweixGsg", r#"{"a":1}"#), ("b_2", r#"{"b":"x"}"#)],
            &expect![[r#"
                {"create":{"_id":"i2LDeA-b1D0OvgdweixGsg"}}
                {"a":1}
                {"create":{"_id":"b_2"}}
                {"b":"x"}
            "#]],
        );
    }

    #[test]
    fn a_document_without_an_id_leaves_it_to_the_cluster() {
        let mut builder = BulkBuilder::new();
        builder.push_without_id(br#"{"a":1}"#);
        builder.push("b", b"{}");
        let want = "{\"create\":{}}\n{\"a\":1}\n{\"create\":{\"_id\":\"b\"}}\n{}\n";
        assert_eq!(unpacked(&builder.finish()), want);
    }

    #[test]
    fn an_id_cannot_break_out_of_its_quotes() {
        check(
            &[("\"}}\n{\"delete\":{\"_id\":\"1", "{}")],
            &expect![[r#"
                {"create":{"_id":"\"}}\n{\"delete\":{\"_id\":\"1"}}
                {}
            "#]],
        );
    }

    #[test]
    fn a_pretty_document_becomes_one_line() {
        check(
            &[("a", "{\n  \"a\": 1\n}")],
            &expect![[r#"
                {"create":{"_id":"a"}}
                {   "a": 1 }
            "#]],
        );
    }

    #[test]
    fn a_builder_starts_over_after_each_request() {
        let mut builder = BulkBuilder::new();
        builder.push("a", b"{}");
        let first = builder.finish();
        assert!(builder.is_empty());
        builder.push("b", b"{}");
        let second = builder.finish();
        assert_eq!(unpacked(&first), "{\"create\":{\"_id\":\"a\"}}\n{}\n");
        assert_eq!(unpacked(&second), "{\"create\":{\"_id\":\"b\"}}\n{}\n");
    }

    #[test]
    fn the_overhead_of_an_id_is_what_it_adds() {
        let request = BulkRequest::of([("i2LDeA-b1D0OvgdweixGsg", &b"{}"[..])]);
        assert_eq!(request.raw_bytes(), BulkBuilder::overhead("i2LDeA-b1D0OvgdweixGsg") + 2);
    }

    proptest! {
        #[test]
        fn what_was_pushed_is_what_arrives(
            documents in proptest::collection::vec((".{0,40}", ".{0,3000}"), 0..80),
        ) {
            let documents: Vec<_> = documents
                .into_iter()
                .map(|(id, text)| (id, serde_json::json!({ "message": text }).to_string()))
                .collect();
            let request =
                BulkRequest::of(documents.iter().map(|(id, json)| (id.as_str(), json.as_bytes())));
            let text = unpacked(&request);
            let mut lines = text.split_terminator('\n');
            for (id, json) in &documents {
                let action: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
                prop_assert_eq!(action["create"]["_id"].as_str(), Some(id.as_str()));
                prop_assert_eq!(lines.next(), Some(json.as_str()));
            }
            prop_assert_eq!(lines.next(), None);
        }
    }
}
