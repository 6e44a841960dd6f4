//! The deduplication window: keys of events that were acknowledged, for as long as somebody may deliver them again.
//!
//! The cluster answers 409 to an id that it has, but only within one backing index: after a rollover the same event would
//! stand twice. A payment provider may deliver again for a day, so a day's keys are kept here, in memory and on disk. Only
//! acknowledged keys are kept: a crash can never turn the only copy of an event into a duplicate.

mod store;
mod table;

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use enricher::Seen;
use event::{EventId, FileId, Origin};
use jiff::Timestamp;
use xxhash_rust::xxh3::Xxh3;

pub use store::{Error, Found, Store};

use table::{Slot, Table};

/// A bucket ends after this part of the window: keys leave by whole buckets.
const BUCKETS_OF_TIME: u32 = 52;
/// A bucket ends with this part of the keys that are kept. Together they stay below the 256 that a slot can name.
const BUCKETS_OF_KEYS: u64 = 64;
/// Keys that may wait for a disk that refuses; more are kept in memory only.
const MOST_PENDING: usize = 1 << 20;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For how long.
    pub window: Duration,
    /// How many; none switches it off.
    pub keys: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { window: Duration::from_hours(26), keys: 4_000_000 }
    }
}

/// Keys of events that were acknowledged. Reader, publisher and keeper share it.
#[derive(Debug)]
pub struct Window {
    table: Table,
    book: Mutex<Book>,
    evicted: AtomicU64,
}

/// What is being collected.
#[derive(Debug)]
struct Book {
    limits: Limits,
    /// The bucket that keys go to, and when it began.
    bucket: Bucket,
    pending: Vec<Slot>,
    /// Buckets that ended, the oldest first.
    ended: Vec<Bucket>,
}

/// Keys that leave together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bucket {
    number: u64,
    began: Timestamp,
    keys: u64,
}

/// An event that was acknowledged.
#[derive(Debug, Clone, Copy)]
pub struct Acknowledged {
    /// Its key.
    pub key: EventId,
    /// The hash of what it says.
    pub content: NonZeroU32,
    /// Where its line stood.
    pub place: Place,
}

/// Where a line stood, as 24 bits: enough to tell that a line is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(u32);

impl Place {
    /// Returns the place of an event of a line.
    pub fn of(file: FileId, start: event::ByteOffset, part: u16) -> Self {
        let mut hash = Xxh3::new();
        hash.update(file.as_bytes());
        hash.update(&start.get().to_le_bytes());
        hash.update(&part.to_le_bytes());
        let [low, middle, high, ..] = hash.digest().to_le_bytes();
        Self(u32::from_le_bytes([low, middle, high, 0]))
    }
}

impl Window {
    fn new(buckets: Vec<Bucket>, table: Table, now: Timestamp) -> Self {
        let mut ended = buckets;
        let bucket = ended.pop().unwrap_or(Bucket { number: 0, began: now, keys: 0 });
        let book = Book { limits: Limits::default(), bucket, pending: Vec::new(), ended };
        Self { table, book: Mutex::new(book), evicted: AtomicU64::new(0) }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Steps on the book do not panic half way: what the lock guards is whole.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes other limits. Without keys all are forgotten, and leave the disk when it is written to next.
    pub fn limit(&self, limits: Limits) {
        let mut book = self.book();
        book.limits = limits;
        if limits.keys == 0 {
            let known = book.ended.iter().chain([&book.bucket]);
            let known: Vec<u64> = known.map(|bucket| bucket.number).collect();
            self.table.forget(&known);
        }
    }

    /// Notes events that were acknowledged.
    pub fn note(&self, events: impl Iterator<Item = Acknowledged>) {
        let mut book = self.book();
        if book.limits.keys == 0 {
            return;
        }
        for event in events {
            let slot = Slot::new(event, book.bucket.number);
            // The first one counts: what comes under its key later is a duplicate or a conflict.
            if self.table.insert(slot) == table::Inserted::New {
                book.bucket.keys += 1;
                if book.pending.len() < MOST_PENDING {
                    book.pending.push(slot);
                }
            }
        }
    }

    /// Returns how many keys are known.
    pub fn len(&self) -> u64 {
        let book = self.book();
        book.bucket.keys + book.ended.iter().map(|bucket| bucket.keys).sum::<u64>()
    }

    /// Tells whether no key is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many keys left early since this was asked last: there were too many.
    pub fn take_evicted(&self) -> u64 {
        self.evicted.swap(0, Ordering::Relaxed)
    }

    /// Takes what is to be written, and begins another bucket where the last one is full or old.
    fn take_pending(&self, now: Timestamp) -> (Bucket, Vec<Slot>) {
        let mut book = self.book();
        let taken = (book.bucket, std::mem::take(&mut book.pending));
        let limits = book.limits;
        let age = now.duration_since(book.bucket.began).unsigned_abs();
        let is_full = book.bucket.keys * BUCKETS_OF_KEYS >= limits.keys.max(1);
        if book.bucket.keys > 0 && (is_full || age * BUCKETS_OF_TIME >= limits.window) {
            let next = Bucket { number: book.bucket.number + 1, began: now, keys: 0 };
            let ended = std::mem::replace(&mut book.bucket, next);
            book.ended.push(ended);
        }
        taken
    }

    /// Takes back what could not be written.
    fn give_back(&self, slots: Vec<Slot>) {
        let mut book = self.book();
        let mut pending = slots;
        pending.append(&mut book.pending);
        pending.truncate(MOST_PENDING);
        book.pending = pending;
    }

    /// Forgets buckets that are too old or too many, and returns their numbers.
    fn expire(&self, now: Timestamp) -> Vec<u64> {
        let mut gone = Vec::new();
        {
            let mut book = self.book();
            let limits = book.limits;
            let mut keys =
                book.bucket.keys + book.ended.iter().map(|bucket| bucket.keys).sum::<u64>();
            let mut evicted = 0;
            book.ended.retain(|bucket| {
                let is_old = now.duration_since(bucket.began).unsigned_abs() > limits.window
                    && now > bucket.began;
                let is_over = keys > limits.keys;
                if is_old || is_over {
                    keys -= bucket.keys;
                    evicted += if is_old { 0 } else { bucket.keys };
                    gone.push(bucket.number);
                    return false;
                }
                true
            });
            self.evicted.fetch_add(evicted, Ordering::Relaxed);
        }
        self.table.forget(&gone);
        gone
    }
}

impl enricher::Window for Window {
    fn seen(&self, key: EventId, content: NonZeroU32, origin: &Origin) -> Seen {
        match self.table.find(key) {
            None => Seen::Never,
            Some(slot) if slot.content() == content.get() => {
                let place = Place::of(origin.file, origin.span.start, origin.part);
                if slot.place() == place { Seen::Never } else { Seen::Same }
            }
            Some(slot) => {
                let place = Place::of(origin.file, origin.span.start, origin.part);
                if slot.place() == place { Seen::Never } else { Seen::Different }
            }
        }
    }
}

#[cfg(test)]
mod tests;
