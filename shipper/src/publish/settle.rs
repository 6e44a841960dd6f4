//! What becomes of a request when its answer is there: each event is acknowledged, sent again, helped or given up.

use std::sync::Arc;
use std::time::Duration;

use elastic::{BulkReply, Pace, Verdict};

use crate::keep::Refusal;
use crate::ledger::Outcome;

use super::lane::{Batch, Parcel};
use super::publisher::{Answer, Ending, Publisher};
use super::rescue::{Rescued, cut_message, move_field, only_envelope};
use super::tally::Tally;

/// How long a lane rests whose stream, key or right is missing.
const HOLD: Duration = Duration::from_secs(30);
/// Reasons of redirected documents that are remembered, so that each is told once.
const REASONS: usize = 64;

impl Publisher {
    pub(super) fn settle(&mut self, answer: Answer) {
        let Answer { lane, batch, ending, began, ended } = answer;
        let now = self.tools.clock.monotonic();
        let reply = match ending {
            // Its outcome does not matter any more: where we send to now, the same ids make a second sending safe.
            Ending::Recalled => {
                self.tools.metrics.bulk_request("recalled");
                return self.send_again(lane, batch.parcels, "recalled", now);
            }
            Ending::Replied(reply) => reply,
        };
        self.tools.metrics.bulk_seconds.observe(ended.saturating_sub(began).as_secs_f64());
        match reply {
            BulkReply::Items { took, verdicts } => {
                self.tools.metrics.bulk_request("200");
                self.answered();
                let bytes = batch.bytes;
                let tally = self.settle_items(lane, batch.parcels, verdicts, now);
                self.adapt(&tally, bytes, took, now);
                self.tell_tally(lane, &tally, now);
            }
            BulkReply::TooLarge => {
                self.tools.metrics.bulk_request("413");
                self.answered();
                self.settle_too_large(lane, batch, now);
            }
            BulkReply::Busy { status, retry_after } => {
                // Without a status nothing was sent: every address rested.
                if let Some(status) = status {
                    self.tools.metrics.bulk_request(&status.to_string());
                    self.throttle.busy(batch.bytes, 1.0);
                }
                self.failed(began, now, retry_after);
                self.send_again(lane, batch.parcels, "busy", self.paused_until);
            }
            BulkReply::Held { status, reason } => {
                self.tools.metrics.bulk_request(&status.to_string());
                self.answered();
                if matches!(status, 401 | 403) {
                    self.renew();
                }
                self.hold(lane, now + HOLD, &format!("answer {status}: {reason}"));
                self.send_again(lane, batch.parcels, "held", now + HOLD);
            }
            BulkReply::Unknown { reason } => {
                self.tools.metrics.bulk_request("unknown");
                self.failed(began, now, self.tools.client.rest());
                self.tell_unknown(&reason);
                self.send_again(lane, batch.parcels, "unknown", self.paused_until);
            }
        }
    }

    /// Learns from a reply how much, how fast and how large to send.
    fn adapt(&mut self, tally: &Tally, bytes: usize, took: Duration, now: Duration) {
        let refused = tally.share_refused_for_load();
        if refused > 0.0 {
            self.throttle.busy(bytes, refused);
        } else if tally.decided() > 0 {
            self.throttle.good(bytes, took);
        }
        let jitter = self.jitter();
        self.paused_until = now + self.throttle.pause(jitter);
    }

    fn settle_items(
        &mut self,
        lane: usize,
        parcels: Vec<Parcel>,
        verdicts: Vec<Verdict>,
        now: Duration,
    ) -> Tally {
        let mut tally = Tally::default();
        let jitter = self.jitter();
        let mut done = Vec::with_capacity(parcels.len());
        for (mut parcel, verdict) in parcels.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Stored => tally.stored += 1,
                Verdict::Duplicate => {
                    tally.duplicate += 1;
                    parcel.ended = Outcome::Duplicate;
                }
                Verdict::Redirected { reason } => {
                    tally.redirected += 1;
                    parcel.ended = Outcome::Redirected;
                    self.note_redirected(reason);
                }
                Verdict::Retry { reason, paced } => {
                    tally.retry(paced, reason);
                    let due = now + paced.delay(parcel.tries, jitter);
                    parcel.tries += 1;
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
        tally
    }

    /// Tells the watermarks how events ended; runs of one chunk are told at once.
    fn acknowledge(&mut self, done: &[Parcel], now: Duration) {
        if done.is_empty() {
            return;
        }
        self.last_acknowledged = now;
        let stored =
            |parcel: &&Parcel| matches!(parcel.ended, Outcome::Stored | Outcome::Duplicate);
        let keys = done
            .iter()
            .filter(stored)
            .filter_map(|parcel| parcel.item()?.acknowledged(parcel.chunk().file));
        self.tools.state.window().note(keys);
        let mut registry = self.tools.state.registry();
        for run in done.chunk_by(|one, two| Arc::ptr_eq(one.chunk(), two.chunk())) {
            if let Some(first) = run.first() {
                let chunk = first.chunk();
                let ended = run.iter().map(|parcel| (parcel.place(), parcel.ended.clone()));
                registry.settle(chunk.file, chunk.ticket, chunk.settle(ended));
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

    fn send_again(&mut self, lane: usize, parcels: Vec<Parcel>, reason: &str, due: Duration) {
        self.tools.metrics.retried(reason, parcels.len() as u64);
        self.push_again(lane, parcels, due);
    }

    fn push_again(
        &mut self,
        lane: usize,
        parcels: impl IntoIterator<Item = Parcel>,
        due: Duration,
    ) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.push_again(parcels, due);
        }
    }

    /// Tells of what most of a reply was refused for, and lets the lane rest where waiting is all that helps: fresh
    /// documents would be refused like those before them.
    fn tell_tally(&mut self, lane: usize, tally: &Tally, now: Duration) {
        if tally
            .retried()
            .iter()
            .any(|(pace, retried)| *pace == Pace::Credentials && retried.documents > 0)
        {
            self.renew();
        }
        match tally.holding() {
            Some((pace, retried)) => {
                let jitter = self.jitter();
                self.hold(lane, now + pace.delay(0, jitter), &retried.reason);
            }
            None => self.tell_items(lane, tally),
        }
    }

    fn note_redirected(&mut self, reason: String) {
        if self.redirected.len() < REASONS && !self.redirected.contains(&reason) {
            tracing::warn!(event.code = "redirected", reason = %reason,
                "the cluster put documents into its failure store");
            self.redirected.insert(reason);
        }
    }

    /// Reads the credentials again, once a reply: a key may have been renewed while we ran.
    fn renew(&self) {
        if let Some(cluster) = (self.tools.renew.0)() {
            self.tools.client.renew(&cluster);
        }
    }
}
