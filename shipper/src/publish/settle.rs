//! What becomes of a request when its answer is there: each event is acknowledged, sent again, helped or given up.

use std::sync::Arc;
use std::time::Duration;

use elastic::{BulkReply, Pace, Verdict};

use crate::keep::Refusal;
use crate::metrics::{Ended, Metrics};

use super::lane::{Batch, Parcel};
use super::publisher::{Answer, Publisher};
use super::rescue::{Rescued, cut_message, move_field, only_envelope};

/// How long a lane rests whose stream, key or right is missing.
const HOLD: Duration = Duration::from_secs(30);
/// Reasons of redirected documents that are remembered, so that each is told once.
const REASONS: usize = 64;

impl Publisher {
    pub(super) fn settle(&mut self, answer: Answer) {
        let Answer { lane, batch, reply, seconds } = answer;
        let now = self.tools.clock.monotonic();
        self.tools.metrics.bulk_seconds.observe(seconds);
        match reply {
            BulkReply::Items { took, verdicts } => {
                self.tools.metrics.bulk_request("200");
                self.failures = 0;
                self.paused_until = Duration::ZERO;
                self.tools.admin.ready("cluster");
                let bytes = batch.bytes;
                let busy = self.settle_items(lane, batch.parcels, verdicts, now);
                match busy {
                    Busy::Yes => self.throttle.busy(),
                    Busy::No => self.throttle.good(bytes, took),
                }
            }
            BulkReply::TooLarge => self.settle_too_large(lane, batch, now),
            BulkReply::Busy { retry_after } => {
                self.tools.metrics.bulk_request("busy");
                self.throttle.busy();
                self.pause(now, retry_after);
                self.send_again(lane, batch.parcels, "busy", self.paused_until);
            }
            BulkReply::Held { status, reason } => {
                self.tools.metrics.bulk_request(&status.to_string());
                self.hold(lane, now, &format!("answer {status}: {reason}"));
                if matches!(status, 401 | 403) {
                    self.renew();
                }
                self.send_again(lane, batch.parcels, "held", now + HOLD);
            }
            BulkReply::Unknown { reason } => {
                self.tools.metrics.bulk_request("unknown");
                self.pause(now, self.tools.client.rest());
                if self.failures > 1 {
                    self.tools.admin.not_ready("cluster", reason.clone());
                }
                tracing::warn!(event.code = "bulk_unknown", reason = %reason,
                    "a request has no known outcome; it is sent again with the same ids");
                self.send_again(lane, batch.parcels, "unknown", self.paused_until);
            }
        }
    }

    fn settle_items(
        &mut self,
        lane: usize,
        parcels: Vec<Parcel>,
        verdicts: Vec<Verdict>,
        now: Duration,
    ) -> Busy {
        let mut busy = Busy::No;
        let mut tally = Tally::default();
        let jitter = self.jitter();
        let mut done = Vec::with_capacity(parcels.len());
        for (mut parcel, verdict) in parcels.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Stored => tally.stored += 1,
                Verdict::Duplicate => tally.duplicate += 1,
                Verdict::Redirected { reason } => {
                    tally.redirected += 1;
                    self.note_redirected(reason);
                }
                Verdict::Retry { reason, paced } => {
                    busy = if paced == Pace::Backoff { Busy::Yes } else { busy };
                    tally.retried += 1;
                    let due = now + paced.delay(parcel.tries, jitter);
                    parcel.tries += 1;
                    self.note_retry(lane, paced, &reason);
                    self.push_again(lane, [parcel], due);
                    continue;
                }
                Verdict::Rejected { status, kind, reason, field } => {
                    tally.rejected += 1;
                    let why = format!("{kind}: {reason}");
                    self.rescue(lane, parcel, field.as_deref(), (status, why), now);
                    continue;
                }
            }
            done.push(parcel);
        }
        self.acknowledge(&done, now);
        tally.count(&self.tools.metrics);
        busy
    }

    /// Tells the watermarks; runs of one chunk are told at once.
    fn acknowledge(&mut self, done: &[Parcel], now: Duration) {
        if done.is_empty() {
            return;
        }
        self.last_acknowledged = now;
        let mut registry = self.tools.state.registry();
        for run in done.chunk_by(|one, two| Arc::ptr_eq(one.chunk(), two.chunk())) {
            if let Some(first) = run.first() {
                registry.settle(first.chunk().file, first.chunk().ticket, run.len());
            }
        }
    }

    /// Helps a refused document once; a second refusal is final.
    fn rescue(
        &mut self,
        lane: usize,
        mut parcel: Parcel,
        field: Option<&str>,
        (status, reason): (u16, String),
        now: Duration,
    ) {
        if parcel.rescued == Rescued::No {
            let moved = field.and_then(|field| move_field(parcel.document(), field));
            let helped = moved.or_else(|| {
                let original = self.redacted_line(&parcel);
                only_envelope(parcel.document(), &original)
            });
            if let Some(document) = helped {
                parcel.change(document, Rescued::Moved);
                self.tools.metrics.fields_moved.inc();
                self.push_again(lane, [parcel], now);
                return;
            }
        }
        self.give_up(&parcel, "rejected", status, reason);
    }

    fn redacted_line(&mut self, parcel: &Parcel) -> String {
        let now = self.tools.clock.now();
        let redactor = &mut self.tools.redactor;
        parcel.item().map(|item| redactor.line(parcel.chunk(), item, now)).unwrap_or_default()
    }

    fn give_up(&self, parcel: &Parcel, rule: &'static str, status: u16, reason: String) {
        tracing::warn!(event.code = "dead_letter", rule, status, reason = %reason,
            "an event is refused for good; it goes to the dead letters");
        let chunk = Arc::clone(parcel.chunk());
        self.tools.mailbox.put(Refusal { chunk, item: parcel.place(), rule, status, reason });
    }

    fn settle_too_large(&mut self, lane: usize, mut batch: Batch, now: Duration) {
        self.tools.metrics.bulk_request("413");
        if batch.parcels.len() > 1 {
            self.throttle.too_large(batch.bytes);
            self.send_again(lane, batch.parcels, "too_large", now);
            return;
        }
        let Some(mut parcel) = batch.parcels.pop() else { return };
        match cut_message(parcel.document()).filter(|_| parcel.rescued != Rescued::Cut) {
            Some(document) => {
                parcel.change(document, Rescued::Cut);
                self.push_again(lane, [parcel], now);
            }
            None => {
                self.give_up(&parcel, "too_large", 413, "the document alone is too large".into());
            }
        }
    }

    fn hold(&mut self, lane: usize, now: Duration, reason: &str) {
        let Some(lane) = self.lanes.get_mut(lane) else { return };
        lane.hold(now + HOLD);
        self.tools.admin.not_ready("cluster", format!("{}: {reason}", lane.stream));
        tracing::error!(event.code = "bulk_held", stream = %lane.stream, reason,
            "the cluster refuses everything for this stream; it is tried again every 30 s, nothing is dropped");
    }

    fn note_retry(&mut self, lane: usize, paced: Pace, reason: &str) {
        let name = match paced {
            Pace::Backoff => "busy_item",
            Pace::Flood => "flood_stage",
            Pace::Setup => "setup",
            Pace::Credentials => "credentials",
        };
        self.tools.metrics.retried(name, 1);
        if paced != Pace::Backoff {
            let stream = self.lanes.get(lane).map_or("", |lane| &lane.stream);
            self.tools.admin.not_ready("cluster", format!("{stream}: {reason}"));
            tracing::error!(
                event.code = "bulk_item_held",
                stream,
                reason,
                "documents are refused through no fault of theirs; they are tried again, nothing is dropped"
            );
        }
        if paced == Pace::Credentials {
            self.renew();
        }
    }

    fn note_redirected(&mut self, reason: String) {
        if self.redirected.len() < REASONS && !self.redirected.contains(&reason) {
            tracing::warn!(event.code = "redirected", reason = %reason,
                "the cluster put documents into its failure store");
            self.redirected.insert(reason);
        }
    }

    fn renew(&self) {
        if let Some(credentials) = (self.tools.renew.0)() {
            self.tools.client.use_credentials(&credentials);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Busy {
    Yes,
    No,
}

/// Verdicts of one reply.
#[derive(Debug, Default)]
struct Tally {
    stored: u64,
    duplicate: u64,
    redirected: u64,
    retried: u64,
    rejected: u64,
}

impl Tally {
    fn count(&self, metrics: &Metrics) {
        metrics.ended(Ended::Stored, self.stored);
        metrics.ended(Ended::Duplicate, self.duplicate);
        metrics.ended(Ended::Redirected, self.redirected);
        metrics.bulk_items("stored", self.stored);
        metrics.bulk_items("duplicate", self.duplicate);
        metrics.bulk_items("redirected", self.redirected);
        metrics.bulk_items("retry", self.retried);
        metrics.bulk_items("rejected", self.rejected);
    }
}
