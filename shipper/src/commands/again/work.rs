//! One file on its way: lines become events again, and go out in requests.

use std::time::Duration;

use elastic::{BulkBuilder, BulkReply, Verdict};
use enricher::{Outcome, Pipeline, RawLine};
use event::{Event, Origin};
use jiff::Timestamp;

use crate::frame::{Cut, Piece};
use crate::settings::Input;

use super::{Again, Effect, Replayed};

/// Tries of one request before what is left of it is given up.
const TRIES: u32 = 5;

/// One file on its way.
pub(super) struct Work<'a> {
    again: &'a Again<'a>,
    input: &'a Input,
    pipeline: Pipeline,
    events: Vec<Event>,
    waiting: Vec<(String, Vec<u8>)>,
    waiting_bytes: usize,
    done: Replayed,
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
        let Piece::Line { span, bytes, cut } = piece else { return };
        let wanted = &self.again.choice.bytes;
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted.contains(&span.start)) {
            return;
        }
        let origin = Origin { file: self.done.file, span, part: 0 };
        let truncated = cut == Cut::Truncated;
        let line = RawLine { bytes, origin, path: &self.done.path, truncated };
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
                self.waiting.push((event.id.to_string(), document));
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
        let limits = &self.again.shipper.bulk;
        let mut bytes = 0;
        let fits = |(_, document): &&(String, Vec<u8>)| {
            bytes += document.len();
            bytes <= limits.bytes
        };
        let fitting = self.waiting.iter().take(limits.documents).take_while(fits).count().max(1);
        let mut batch: Vec<_> = self.waiting.drain(..fitting.min(self.waiting.len())).collect();
        self.waiting_bytes = self.waiting.iter().map(|(_, document)| document.len()).sum();
        let stream = self.input.stream.to_string();
        for attempt in 0..TRIES {
            let mut request = BulkBuilder::new();
            for (id, document) in &batch {
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

    /// Counts what ended and returns what is to be sent again.
    fn settle(
        &mut self,
        batch: Vec<(String, Vec<u8>)>,
        verdicts: Vec<Verdict>,
    ) -> Vec<(String, Vec<u8>)> {
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
