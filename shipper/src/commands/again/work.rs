//! One file on its way: lines become events again, and go out in requests.

use std::time::Duration;

use elastic::{BulkBuilder, BulkReply, Verdict};
use enricher::{Outcome, Pipeline, RawLine};
use event::{Dataset, Event, Origin};
use jiff::Timestamp;

use crate::frame::{Cut, Piece};
use crate::settings::{Input, Source};

use super::{Again, Effect, Replayed};

/// Tries of one request before what is left of it is given up.
const TRIES: u32 = 5;

/// One file on its way.
pub(super) struct Work<'a> {
    again: &'a Again<'a>,
    input: &'a Input,
    pipeline: Pipeline,
    events: Vec<Event>,
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    done: Replayed,
}

/// One event that is to be sent.
struct Waiting {
    dataset: Option<Dataset>,
    id: String,
    document: Vec<u8>,
}

impl<'a> Work<'a> {
    pub(super) fn new(again: &'a Again<'a>, input: &'a Input, done: Replayed) -> Self {
        let pipeline = Pipeline::new(&again.shipper.store, &input.pipeline, &again.context);
        let (events, waiting) = (Vec::new(), Vec::new());
        Self { again, input, pipeline, events, waiting, waiting_bytes: 0, done }
    }

    /// Returns what became of the events so far.
    pub(super) fn done(&self) -> &Replayed {
        &self.done
    }

    /// Sends what still waits.
    pub(super) async fn finish(mut self) -> Replayed {
        while !self.waiting.is_empty() {
            self.send().await;
        }
        self.done
    }

    pub(super) fn take(&mut self, piece: Piece<'_>, read_at: Timestamp) {
        let Piece::Line { span, bytes, cut, provenance } = piece else { return };
        let wanted = &self.again.choice.bytes;
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted.contains(&span.start)) {
            return;
        }
        let origin = Origin { file: self.done.file, span, part: 0 };
        let truncated = cut == Cut::Truncated;
        let line = RawLine { bytes, origin, path: &self.done.path, truncated, provenance };
        if let Outcome::Drop(_) = self.pipeline.process(&line, read_at, &mut self.events) {
            self.done.filtered += 1;
            return;
        }
        for event in &self.events {
            if self.again.choice.since.is_some_and(|since| event.time < since) {
                self.done.older += 1;
                continue;
            }
            self.done.events += 1;
            if self.again.effect == Effect::Send {
                let mut document = Vec::new();
                event.document.write_json(&mut document);
                self.waiting_bytes += document.len();
                let (dataset, id) = (event.dataset, event.id.to_string());
                self.waiting.push(Waiting { dataset, id, document });
            }
        }
        self.pipeline.recycle(&mut self.events);
    }

    pub(super) fn is_full(&self) -> bool {
        let limits = &self.again.shipper.bulk;
        self.waiting.len() >= limits.documents || self.waiting_bytes >= limits.bytes
    }

    /// Sends one request, and what is to be retried of it a few times more.
    pub(super) async fn send(&mut self) {
        let Some(dataset) = self.waiting.first().map(|first| first.dataset) else { return };
        let mut batch = self.batch(dataset);
        let stream = Source::of(self.input).stream_of(dataset).to_string();
        for attempt in 0..TRIES {
            let mut request = BulkBuilder::new();
            for Waiting { id, document, .. } in &batch {
                request.push(id, document);
            }
            let reply = self.again.client.bulk(&stream, &request.finish()).await;
            if let BulkReply::Items { verdicts, .. } = reply {
                batch = self.settle(batch, verdicts);
            } else {
                tracing::warn!(
                    event.code = "replay_waits",
                    ?reply,
                    "the cluster did not take the events"
                );
            }
            if batch.is_empty() {
                return;
            }
            self.again.clock.sleep(Duration::from_secs(1 << attempt)).await;
        }
        self.done.left += batch.len() as u64;
    }

    /// Takes as many events of one stream as a request may hold, at least one.
    fn batch(&mut self, dataset: Option<Dataset>) -> Vec<Waiting> {
        let limits = &self.again.shipper.bulk;
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for event in std::mem::take(&mut self.waiting) {
            let size = event.document.len();
            let has_room = batch.len() < limits.documents && bytes + size <= limits.bytes;
            if event.dataset == dataset && (batch.is_empty() || has_room) {
                bytes += size;
                batch.push(event);
            } else {
                self.waiting.push(event);
            }
        }
        self.waiting_bytes -= bytes;
        batch
    }

    /// Counts what ended and returns what is to be sent again.
    fn settle(&mut self, batch: Vec<Waiting>, verdicts: Vec<Verdict>) -> Vec<Waiting> {
        let mut again = Vec::new();
        for (event, verdict) in batch.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Stored | Verdict::Redirected { .. } => self.done.stored += 1,
                Verdict::Duplicate => self.done.duplicates += 1,
                Verdict::Rejected { .. } => self.done.refused += 1,
                Verdict::Retry { .. } => again.push(event),
            }
        }
        again
    }
}
