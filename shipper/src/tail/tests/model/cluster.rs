//! A pretended cluster, and an output that sends to it: batches side by side, replies that are lost, events sent again.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use event::EventId;

use crate::chunk::Chunk;
use crate::ledger::Outcome;
use crate::state::State;

use super::step::Reply;

/// Batches that are under way at once.
const BATCHES: usize = 4;

/// Answers `create` as a cluster does: what is there is not changed.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    documents: HashMap<EventId, Vec<u8>>,
    /// How many documents hold a line.
    pub(super) copies: HashMap<Vec<u8>, usize>,
}

impl Cluster {
    fn create(&mut self, id: EventId, line: &[u8]) -> Result<Outcome, String> {
        match self.documents.get(&id) {
            None => {
                self.documents.insert(id, line.to_vec());
                *self.copies.entry(line.to_vec()).or_default() += 1;
                Ok(Outcome::Stored)
            }
            Some(stored) if stored == line => Ok(Outcome::Duplicate),
            Some(stored) => Err(format!(
                "one _id for two lines: {} is stored, {} is sent",
                stored.escape_ascii(),
                line.escape_ascii()
            )),
        }
    }

    pub(super) fn has(&self, line: &[u8]) -> bool {
        self.copies.contains_key(line)
    }
}

/// An event that is not settled.
type Parcel = (Arc<Chunk>, usize);

/// Events on their way.
#[derive(Debug, Default)]
pub(super) struct Output {
    waiting: VecDeque<Parcel>,
    batches: Vec<Vec<Parcel>>,
}

impl Output {
    pub(super) fn take(&mut self, chunk: Chunk) {
        let chunk = Arc::new(chunk);
        let places = 0..chunk.cargo.items().len();
        self.waiting.extend(places.map(|place| (Arc::clone(&chunk), place)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.batches.is_empty()
    }

    pub(super) fn send(&mut self, events: usize) {
        if self.batches.len() < BATCHES && !self.waiting.is_empty() {
            let events = events.min(self.waiting.len());
            self.batches.push(self.waiting.drain(..events).collect());
        }
    }

    /// Lets the cluster answer one of the batches under way.
    pub(super) fn answer(
        &mut self,
        batch: usize,
        reply: Reply,
        (cluster, state): (&mut Cluster, &State),
    ) -> Result<(), String> {
        if self.batches.is_empty() {
            return Ok(());
        }
        let batch = self.batches.remove(batch % self.batches.len());
        let (mut settled, mut again) = (Vec::new(), Vec::new());
        for (turn, (chunk, place)) in batch.into_iter().enumerate() {
            let item = &chunk.cargo.items()[place];
            let is_refused = reply == Reply::Refused || (reply == Reply::Half && turn % 2 == 1);
            if is_refused {
                again.push((chunk, place));
                continue;
            }
            let outcome = cluster.create(item.id, chunk.cargo.line(item))?;
            if reply == Reply::Lost {
                again.push((chunk, place));
            } else {
                settled.push((chunk, place, outcome));
            }
        }
        // What comes back goes behind what is fresh: nothing arrives in order.
        self.waiting.extend(again);
        let mut registry = state.registry();
        for run in settled.chunk_by(|one, two| Arc::ptr_eq(&one.0, &two.0)) {
            let chunk = &run[0].0;
            let ended = run.iter().map(|(_, place, outcome)| (*place, outcome.clone()));
            registry.settle(chunk.file, chunk.ticket, chunk.settle(ended));
        }
        Ok(())
    }

    /// Delivers everything.
    pub(super) fn deliver(&mut self, to: (&mut Cluster, &State)) -> Result<(), String> {
        let (cluster, state) = to;
        while !self.is_empty() {
            self.send(usize::MAX);
            self.answer(0, Reply::Taken, (cluster, state))?;
        }
        Ok(())
    }
}
