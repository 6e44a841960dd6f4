//! What the publisher tells of the cluster: which stream is held and why, and whether anything is acknowledged at all.

use std::time::Duration;

use elastic::{Backoff, Pace};

use super::publisher::Publisher;
use super::tally::Tally;

/// Red when nothing was acknowledged for this long although something waits.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_mins(1);

/// How often the time is shown that the key of the cluster has left.
const KEY_EVERY: Duration = Duration::from_secs(5);

impl Publisher {
    /// Notes that the cluster answers.
    pub(super) fn answered(&mut self) {
        self.failures = 0;
        if self.unreachable.take().is_some() {
            self.tell();
        }
    }

    /// Notes that a request failed as a whole, and pauses: longer with each failure in a row, and at least as asked.
    pub(super) fn failed(&mut self, began: Duration, now: Duration, asked: Duration) {
        if self.failures > 0 && began < self.failed_at {
            // Requests that were under way together fail together: that is one failure, not eight in a row.
            self.paused_until = self.paused_until.max(now + asked);
            return;
        }
        let jitter = self.jitter();
        // The first failure of one address is none of the others: when one is free, it is tried at once.
        let is_first_of_many = self.failures == 0 && asked.is_zero();
        let own = Backoff::BULK.delay(self.failures, jitter);
        let delay = if is_first_of_many { Duration::ZERO } else { own.max(asked) };
        self.failures = self.failures.saturating_add(1);
        self.failed_at = now;
        self.paused_until = self.paused_until.max(now + delay);
    }

    /// Tells that a request has no known outcome; once it happens again, that is trouble.
    pub(super) fn tell_unknown(&mut self, reason: &str) {
        tracing::warn!(
            event.code = "bulk_unknown",
            reason,
            "a request has no known outcome; it is sent again with the same ids"
        );
        if self.failures > 1 {
            self.unreachable = Some(reason.to_owned());
            self.tell();
        }
    }

    /// Lets a lane rest, and tells why.
    pub(super) fn hold(&mut self, lane: usize, until: Duration, reason: &str) {
        let Some(lane) = self.lanes.get_mut(lane) else { return };
        lane.hold(until);
        lane.trouble = Some(reason.to_owned());
        tracing::error!(event.code = "bulk_held", stream = %lane.stream, reason,
            "the cluster refuses everything for this stream; it is tried again every 30 s, nothing is dropped");
        self.tell();
    }

    /// Tells of documents that are refused through no fault of theirs, while others of their stream get through.
    pub(super) fn tell_items(&mut self, lane: usize, tally: &Tally) {
        let Some(lane) = self.lanes.get_mut(lane) else { return };
        let held = tally.retried().into_iter().filter(|(pace, _)| *pace != Pace::Backoff);
        let held = held.map(|(_, retried)| retried).find(|retried| retried.documents > 0);
        if let Some(retried) = held {
            tracing::error!(event.code = "bulk_item_held", stream = %lane.stream,
                documents = retried.documents, reason = %retried.reason,
                "documents are refused through no fault of theirs; they are tried again, nothing is dropped");
        }
        let trouble = held.map(|retried| retried.reason.clone());
        if trouble.is_some() || (tally.decided() > 0 && lane.trouble.is_some()) {
            lane.trouble = trouble;
            self.tell();
        }
    }

    /// Shows the trouble that there is: one stream that is well does not make another one well.
    pub(super) fn tell(&self) {
        let held = self.lanes.iter().filter_map(|lane| Some((lane, lane.trouble.as_ref()?)));
        let held: Vec<String> =
            held.map(|(lane, reason)| format!("{}: {reason}", lane.stream)).collect();
        match (&self.unreachable, held.as_slice()) {
            (None, []) => self.tools.admin.ready("cluster"),
            (Some(reason), _) => self.tools.admin.not_ready("cluster", reason.clone()),
            (None, [only]) => self.tools.admin.not_ready("cluster", only.clone()),
            (None, [first, more @ ..]) => {
                let more = more.len();
                self.tools.admin.not_ready("cluster", format!("{first}; and {more} more streams"));
            }
        }
    }

    /// Shows how long the key is good, every few seconds.
    fn show_key(&mut self, now: Duration) {
        if now >= self.next_key {
            self.next_key = now + KEY_EVERY;
            let tools = &self.tools;
            let today = tools.clock.now();
            let left = tools.client.key_expires().map(|end| end.as_second() - today.as_second());
            tools.metrics.key_expires_in(left);
        }
    }

    /// Shows how much is sent at once and whether anything is acknowledged.
    pub(super) fn show(&mut self, now: Duration) {
        let waits = !self.is_done();
        if !waits {
            self.last_acknowledged = now;
        }
        self.show_key(now);
        let tools = &self.tools;
        tools.admin.beat();
        let level = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        tools.metrics.concurrency_limit.set(level(self.throttle.concurrency()));
        tools.metrics.batch_limit_bytes.set(level(self.throttle.bytes()));
        if now.saturating_sub(self.last_acknowledged) > ACKNOWLEDGED_WITHIN {
            tools.admin.not_ready("acknowledgement", "nothing was acknowledged for 60 s");
        } else {
            tools.admin.ready("acknowledgement");
        }
    }
}
