//! The events of one stream on their way: fresh ones, and those that have to be sent again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use elastic::BulkBuilder;

use crate::chunk::{Chunk, Item};
use crate::ledger::Outcome;
use crate::settings::{BulkLimits, Ids};

use super::rescue::Rescued;

/// One event that is not settled yet.
#[derive(Debug, Clone)]
pub struct Parcel {
    chunk: Arc<Chunk>,
    item: usize,
    /// What it says now, when it was changed to get through.
    changed: Option<Box<[u8]>>,
    /// How often it came back.
    pub tries: u32,
    /// What was done to get it through.
    pub rescued: Rescued,
    /// How it ended, once it did; nearly always so.
    pub ended: Outcome,
}

impl Parcel {
    /// Returns an event as it came.
    pub fn new(chunk: Arc<Chunk>, item: usize) -> Self {
        Self { chunk, item, changed: None, tries: 0, rescued: Rescued::No, ended: Outcome::Stored }
    }

    /// Returns its chunk.
    pub fn chunk(&self) -> &Arc<Chunk> {
        &self.chunk
    }

    /// Returns its place in the chunk.
    pub fn place(&self) -> usize {
        self.item
    }

    /// Returns the event. Places come from the chunk itself, so there is one.
    pub fn item(&self) -> Option<&Item> {
        self.chunk.cargo.items().get(self.item)
    }

    /// Returns its document.
    pub fn document(&self) -> &[u8] {
        match (&self.changed, self.item()) {
            (Some(changed), _) => changed,
            (None, Some(item)) => self.chunk.cargo.document(item),
            (None, None) => &[],
        }
    }

    /// Gives it another document, under its old id.
    pub fn change(&mut self, document: Vec<u8>, how: Rescued) {
        self.changed = Some(document.into());
        self.rescued = how;
    }

    /// Returns how many bytes it adds to a request.
    pub fn bytes(&self) -> usize {
        self.document().len() + OVERHEAD
    }
}

/// What an id and its action add to a document: ours are 22 characters long.
const OVERHEAD: usize = 50;

/// Events that go out together.
#[derive(Debug)]
pub struct Batch {
    /// The events, in the order of the request.
    pub parcels: Vec<Parcel>,
    /// Bytes before compression.
    pub bytes: usize,
}

impl Batch {
    /// Writes the events into a request.
    pub fn write(&self, builder: &mut BulkBuilder, ids: Ids) {
        for parcel in &self.parcels {
            match (parcel.item(), ids) {
                (Some(item), Ids::Origin) => {
                    let id = item.id.to_text();
                    builder.push(std::str::from_utf8(&id).unwrap_or_default(), parcel.document());
                }
                (Some(_), Ids::Auto) => builder.push_without_id(parcel.document()),
                (None, _) => {}
            }
        }
    }
}

/// Whether a batch may leave before it is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hurry {
    /// It waits for others, a while.
    No,
    /// Nothing more will come.
    Yes,
}

/// The events of one stream.
#[derive(Debug)]
pub struct Lane {
    /// The name of the stream.
    pub stream: String,
    fresh: VecDeque<Parcel>,
    fresh_bytes: usize,
    /// When the oldest fresh event came.
    since: Duration,
    again: VecDeque<(Duration, Parcel)>,
    held_until: Duration,
    /// Why the cluster takes nothing of this stream, as text for people.
    pub trouble: Option<String>,
}

impl Lane {
    /// Returns an empty lane.
    pub fn new(stream: String) -> Self {
        Self {
            stream,
            fresh: VecDeque::new(),
            fresh_bytes: 0,
            since: Duration::ZERO,
            again: VecDeque::new(),
            held_until: Duration::ZERO,
            trouble: None,
        }
    }

    /// Takes an event.
    pub fn push(&mut self, parcel: Parcel, now: Duration) {
        if self.fresh.is_empty() {
            self.since = now;
        }
        self.fresh_bytes += parcel.bytes();
        self.fresh.push_back(parcel);
    }

    /// Takes events back that are to be sent again at a time.
    pub fn push_again(&mut self, parcels: impl IntoIterator<Item = Parcel>, due: Duration) {
        for parcel in parcels {
            let at = self.again.partition_point(|(other, _)| *other <= due);
            self.again.insert(at, (due, parcel));
        }
    }

    /// Sends nothing until then: the stream or its key is not there.
    pub fn hold(&mut self, until: Duration) {
        self.held_until = self.held_until.max(until);
    }

    /// Forgets everything that was learned of a cluster that is not sent to any more: all may leave at once.
    pub fn start_over(&mut self) {
        self.held_until = Duration::ZERO;
        self.trouble = None;
        for (due, parcel) in &mut self.again {
            *due = Duration::ZERO;
            parcel.tries = 0;
        }
    }

    /// Tells whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.again.is_empty()
    }

    /// Returns the next batch, if one is due. Events that come again go first, then fresh ones fill it.
    pub fn take(
        &mut self,
        limits: &BulkLimits,
        bytes: usize,
        now: Duration,
        hurry: Hurry,
    ) -> Option<Batch> {
        if self.is_empty() || now < self.due(limits, bytes, hurry)? {
            return None;
        }
        let mut batch = Batch { parcels: Vec::new(), bytes: 0 };
        let fits = |batch: &Batch, parcel: &Parcel| {
            // One event goes alone, however large it is: the cluster decides.
            batch.parcels.is_empty()
                || (batch.parcels.len() < limits.documents && batch.bytes + parcel.bytes() <= bytes)
        };
        while let Some((_, parcel)) =
            self.again.pop_front_if(|(due, parcel)| *due <= now && fits(&batch, parcel))
        {
            batch.bytes += parcel.bytes();
            batch.parcels.push(parcel);
        }
        while let Some(parcel) = self.fresh.pop_front_if(|parcel| fits(&batch, parcel)) {
            self.fresh_bytes -= parcel.bytes();
            batch.bytes += parcel.bytes();
            batch.parcels.push(parcel);
        }
        // What is left is younger, but how much younger is not known; at worst it leaves a little early.
        Some(batch)
    }

    /// Returns when the next batch is due; `None` when there is nothing.
    pub fn due(&self, limits: &BulkLimits, bytes: usize, hurry: Hurry) -> Option<Duration> {
        let fresh = (!self.fresh.is_empty()).then(|| {
            let full = self.fresh_bytes >= bytes || self.fresh.len() >= limits.documents;
            if full || hurry == Hurry::Yes { Duration::ZERO } else { self.since + limits.wait }
        });
        let again = self.again.front().map(|(due, _)| *due);
        let due = match (fresh, again) {
            (Some(fresh), Some(again)) => fresh.min(again),
            (fresh, again) => fresh.or(again)?,
        };
        Some(due.max(self.held_until))
    }
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
