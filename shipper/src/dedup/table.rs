//! The keys in memory: 16 bytes each, in many small tables, so that none is ever copied as a whole.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use event::EventId;

use super::{Acknowledged, Place};

/// So many tables that each is just not full at four million keys: a table has a power of two of places, of which seven in
/// eight are used, and 4,000,000 / 73 = 54,795 of 57,344.
const TABLES: u64 = 73;
/// Bytes of a slot on disk.
pub(super) const SLOT_BYTES: usize = 16;

/// One key.
///
/// The key is cut to 64 bits and the hash of the content to 32: one event is taken for another when both are equal by
/// chance, which is one in 2^96 for each pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    key: u64,
    content: u32,
    /// Place in the upper 24 bits, bucket in the lower 8.
    rest: u32,
}

impl Slot {
    pub(super) fn new(event: Acknowledged, bucket: u64) -> Self {
        let Acknowledged { key, content, place } = event;
        let rest = place.0 << 8 | u32::from(short(bucket));
        Self { key: head(key), content: content.get(), rest }
    }

    pub(super) fn content(self) -> u32 {
        self.content
    }

    pub(super) fn place(self) -> Place {
        Place(self.rest >> 8)
    }

    /// Writes it, little-endian.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key.to_le_bytes());
        out.extend_from_slice(&self.content.to_le_bytes());
        out.extend_from_slice(&self.rest.to_le_bytes());
    }

    /// Reads what [`Slot::write`] wrote.
    pub(super) fn read(bytes: [u8; SLOT_BYTES]) -> Self {
        let word = u128::from_le_bytes(bytes);
        let part = |at: u32| u32::try_from(word >> at & u128::from(u32::MAX)).unwrap_or_default();
        let key = u64::from(part(0)) | u64::from(part(32)) << 32;
        Self { key, content: part(64), rest: part(96) }
    }
}

/// Returns the bucket of what is known of a key.
fn bucket(rest: u32) -> u8 {
    rest.to_le_bytes()[0]
}

/// Ids of keys are hashes already.
fn head(key: EventId) -> u64 {
    key.as_bytes().first_chunk().map_or(0, |head| u64::from_be_bytes(*head))
}

/// Takes a key as its own hash.
#[derive(Debug, Clone, Copy, Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Keys are 64 bits and come by `write_u64`.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// What a slot says of the number of its bucket: there are never 256 at a time.
fn short(bucket: u64) -> u8 {
    bucket.to_le_bytes()[0]
}

/// Whether a key was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inserted {
    New,
    Known,
}

/// Keys with what is known of each: content, place and bucket.
type Part = HashMap<u64, (u32, u32), BuildHasherDefault<Itself>>;

/// All keys.
#[derive(Debug)]
pub(super) struct Table {
    tables: Vec<Mutex<Part>>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self { tables: (0..TABLES).map(|_| Mutex::default()).collect() }
    }

    fn of(&self, key: u64) -> Option<MutexGuard<'_, Part>> {
        // Other bits than those by which a table finds its places.
        let at = usize::try_from((key >> 20 & 0xFFFF_FFFF) % TABLES).unwrap_or_default();
        let table = self.tables.get(at)?;
        Some(table.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a key, unless it is known.
    pub(super) fn insert(&self, slot: Slot) -> Inserted {
        let Some(mut table) = self.of(slot.key) else { return Inserted::Known };
        match table.entry(slot.key) {
            Entry::Occupied(_) => Inserted::Known,
            Entry::Vacant(place) => {
                place.insert((slot.content, slot.rest));
                Inserted::New
            }
        }
    }

    /// Returns what is known of a key.
    pub(super) fn find(&self, key: EventId) -> Option<Slot> {
        let key = head(key);
        let (content, rest) = self.of(key)?.get(&key).copied()?;
        Some(Slot { key, content, rest })
    }

    /// Forgets all keys of these buckets.
    pub(super) fn forget(&self, buckets: &[u64]) {
        if buckets.is_empty() {
            return;
        }
        let mut is_gone = [false; 256];
        for bucket in buckets {
            if let Some(place) = is_gone.get_mut(usize::from(short(*bucket))) {
                *place = true;
            }
        }
        for table in &self.tables {
            let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
            table.retain(|_, (_, rest)| {
                !is_gone.get(usize::from(bucket(*rest))).copied().unwrap_or_default()
            });
            if table.len() * 4 < table.capacity() {
                table.shrink_to_fit();
            }
        }
    }
}
