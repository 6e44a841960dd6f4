//! What was stored, by stream and id.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};

use serde::Deserialize;

use super::Keep;
use super::bulk::Key;
use super::number::Numbers;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Bulk requests that arrived whole.
    pub requests: u64,
    /// Of them, those that were refused as a whole or whose connection was cut.
    pub failed_requests: u64,
    /// Documents in requests, every repetition counted.
    pub items: u64,
    /// Documents that are stored.
    pub documents: u64,
    /// Documents that were stored already when they came again.
    pub duplicates: u64,
    /// Bytes of bodies as they came over the wire.
    pub wire_bytes: u64,
    /// Bytes of bodies after decompression.
    pub raw_bytes: u64,
    /// Connections that were opened.
    pub connections: u64,
}

/// A document that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id, as it stood in the action.
    pub id: String,
    /// Its payload.
    pub json: Vec<u8>,
}

impl Document {
    /// Returns the payload as a value; panics when it is no JSON.
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_slice(&self.json).unwrap_or_else(|error| panic!("{}: {error}", self.id))
    }
}

/// Returns the digest of a message: the same in every process.
pub fn digest(message: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(message)
}

#[derive(Deserialize)]
struct Payload<'d> {
    #[serde(borrow, default)]
    message: Cow<'d, str>,
}

/// Returns the digest of the message of a payload; one without a message has the digest of an empty one.
fn digest_of(json: &[u8]) -> u64 {
    let payload = serde_json::from_slice::<Payload<'_>>(json);
    payload.map_or_else(|_| digest(""), |payload| digest(&payload.message))
}

/// Whether a document was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Created {
    New,
    Exists,
}

#[derive(Debug, Default)]
pub(super) struct Store {
    streams: BTreeMap<String, Stream>,
    pub(super) counted: Counts,
    pub(super) numbers: Numbers,
}

#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Of the backing index that is written now.
    ids: HashSet<Key, BuildHasherDefault<Mix>>,
    /// Documents in the backing indices before it.
    rolled: usize,
    /// Documents that came for it, every repetition counted.
    pub(super) items: u64,
    kept: Vec<Document>,
    digests: Vec<u64>,
    /// How many ids the server gave.
    given: Key,
}

impl Store {
    pub(super) fn counts(&self) -> Counts {
        let documents = self.streams.values().map(|stream| stream.len() as u64).sum();
        Counts { documents, ..self.counted }
    }

    pub(super) fn streams(&self) -> Vec<String> {
        self.streams.keys().cloned().collect()
    }

    pub(super) fn stored(&self, stream: &str) -> usize {
        self.streams.get(stream).map_or(0, Stream::len)
    }

    pub(super) fn items(&self, stream: &str) -> u64 {
        self.streams.get(stream).map_or(0, |stream| stream.items)
    }

    pub(super) fn documents(&self, stream: &str) -> Vec<Document> {
        self.streams.get(stream).map(|stream| stream.kept.clone()).unwrap_or_default()
    }

    pub(super) fn messages(&self, stream: &str) -> HashMap<u64, usize> {
        let mut times = HashMap::new();
        let Some(stream) = self.streams.get(stream) else { return times };
        let kept = stream.kept.iter().map(|document| digest_of(&document.json));
        for digest in stream.digests.iter().copied().chain(kept) {
            *times.entry(digest).or_default() += 1;
        }
        times
    }

    /// Starts a new backing index for each stream: an id is unique within one only.
    pub(super) fn roll_over(&mut self) {
        for stream in self.streams.values_mut() {
            stream.rolled += stream.ids.len();
            stream.ids.clear();
        }
    }

    pub(super) fn stream(&mut self, name: &str) -> &mut Stream {
        self.streams.entry(name.to_owned()).or_default()
    }
}

impl Stream {
    fn len(&self) -> usize {
        self.rolled + self.ids.len()
    }

    /// Stores a document unless its id is taken, and keeps of it what is to be kept.
    pub(super) fn create(
        &mut self,
        key: Option<Key>,
        keep: Keep,
        document: impl FnOnce() -> Document,
    ) -> Created {
        let key = key.unwrap_or_else(|| {
            self.given += 1;
            Key::MAX - self.given
        });
        if !self.ids.insert(key) {
            return Created::Exists;
        }
        match keep {
            Keep::Ids => {}
            Keep::Messages => self.digests.push(digest_of(&document().json)),
            Keep::Documents => self.kept.push(document()),
        }
        Created::New
    }
}

/// Ids are hashes already, or ascend; one multiplication spreads both well enough.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mixed = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = mixed ^ mixed >> 32;
        }
    }
}
