//! The loop that sends: it waits for chunks, answers, timers and the end, and carries what the pure parts decide.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use elastic::{Backoff, BulkBuilder, BulkReply, BulkRequest, Client, Pace, Verdict};
use runtime::Clock;
use runtime::admin::AdminState;
use runtime::shutdown::Shutdown;
use tokio::task::JoinSet;
use xxhash_rust::xxh3::xxh3_64;

use crate::chunk::Chunk;
use crate::keep::{Mailbox, Refusal};
use crate::ledger::Outcome;
use crate::metrics::{Ended, Metrics};
use crate::queue::Receiver;
use crate::redactor::Redactor;
use crate::settings::BulkLimits;
use crate::state::State;

use super::lane::{Batch, Hurry, Lane, Parcel};
use super::rescue::{Rescued, cut_message, move_field, only_envelope};
use super::throttle::Throttle;

/// How long events may drain after the first signal.
const DRAIN: Duration = Duration::from_secs(30);
/// How long a lane rests whose stream, key or right is missing.
const HOLD: Duration = Duration::from_secs(30);
/// No timer is longer, so that the loop shows that it lives.
const LONGEST_ROUND: Duration = Duration::from_secs(5);
/// Red when nothing was acknowledged for this long although something waits.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_mins(1);
/// Reasons of redirected documents that are remembered, so that each is told once.
const REASONS: usize = 64;

/// What the publisher works with.
#[derive(Debug)]
pub struct Tools {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The cluster.
    pub client: Client,
    /// Limits of requests.
    pub limits: BulkLimits,
    /// What was acknowledged.
    pub state: Arc<State>,
    /// Where refused events go.
    pub mailbox: Mailbox,
    /// Makes lines fit to be sent alone.
    pub redactor: Redactor,
    /// What is counted.
    pub metrics: Metrics,
    /// Where trouble is shown.
    pub admin: AdminState,
    /// Reads the credentials again; a key may have been renewed while we ran.
    pub renew: Renew,
}

/// Reads the credentials of the cluster again, from where they were read at the start.
#[derive(Clone)]
pub struct Renew(pub Arc<dyn Fn() -> Option<elastic::Credentials> + Send + Sync>);

impl std::fmt::Debug for Renew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Renew")
    }
}

/// Sends chunks until there are no more.
#[derive(Debug)]
pub struct Publisher {
    tools: Tools,
    lanes: Vec<Lane>,
    /// The lane of each input.
    lane_of: Vec<usize>,
    next_lane: usize,
    throttle: Throttle,
    builder: BulkBuilder,
    requests: JoinSet<Answer>,
    /// Nothing is sent before this time: the cluster cannot be reached or asked for a pause.
    paused_until: Duration,
    failures: u32,
    last_acknowledged: Duration,
    redirected: HashSet<String>,
    draws: u64,
}

/// The end of one request.
#[derive(Debug)]
struct Answer {
    lane: usize,
    batch: Batch,
    reply: BulkReply,
    seconds: f64,
}

/// How publishing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// Every event was settled.
    All,
    /// Time ran out; the rest is read and sent again after the next start.
    NotAll,
}

impl Publisher {
    /// Returns a publisher for inputs whose events go to these streams.
    pub fn new(tools: Tools, streams: &[String]) -> Self {
        let mut lanes: Vec<Lane> = Vec::new();
        let lane_of = streams.iter().map(|stream| {
            lanes.iter().position(|lane| lane.stream == *stream).unwrap_or_else(|| {
                lanes.push(Lane::new(stream.clone()));
                lanes.len() - 1
            })
        });
        let lane_of = lane_of.collect();
        let last_acknowledged = tools.clock.monotonic();
        Self {
            throttle: Throttle::new(tools.limits.requests, tools.limits.bytes),
            tools,
            lanes,
            lane_of,
            next_lane: 0,
            builder: BulkBuilder::new(),
            requests: JoinSet::new(),
            paused_until: Duration::ZERO,
            failures: 0,
            last_acknowledged,
            redirected: HashSet::new(),
            draws: 0,
        }
    }

    /// Publishes until the channel is closed and everything is settled, or the time to drain is over.
    pub async fn run(mut self, receiver: Receiver<Chunk>, shutdown: Shutdown) -> Delivered {
        let clock = Arc::clone(&self.tools.clock);
        let mut open = Hurry::No;
        let mut give_up_at = Duration::MAX;
        loop {
            let now = clock.monotonic();
            if shutdown.has_begun() && give_up_at == Duration::MAX {
                give_up_at = now + DRAIN;
            }
            if now >= give_up_at {
                return Delivered::NotAll;
            }
            self.dispatch(now, open);
            if open == Hurry::Yes && self.is_done() {
                return Delivered::All;
            }
            self.show(now);
            let wait = self.next_due(now, open).min(give_up_at.saturating_sub(now));
            tokio::select! {
                // Chunks stay in the channel until `receive` returns one; so dropping it loses nothing.
                chunk = receiver.receive(), if open == Hurry::No => match chunk {
                    Some(chunk) => self.accept(chunk),
                    None => open = Hurry::Yes,
                },
                // An answer stays in the set until `join_next` returns it.
                Some(answer) = self.requests.join_next() => match answer {
                    Ok(answer) => self.settle(answer),
                    // A request that panicked is a bug, and its events are unaccounted for: only a restart is safe.
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                // Timers hold nothing.
                () = clock.sleep(wait) => {}
                () = shutdown.begun(), if give_up_at == Duration::MAX => {}
            }
        }
    }

    fn is_done(&self) -> bool {
        self.requests.is_empty() && self.lanes.iter().all(Lane::is_empty)
    }

    fn accept(&mut self, chunk: Chunk) {
        let Some(lane) = self.lane_of.get(chunk.input).and_then(|&lane| self.lanes.get_mut(lane))
        else {
            return;
        };
        lane.push(&Arc::new(chunk), self.tools.clock.monotonic());
    }

    /// Starts as many requests as are due and allowed.
    fn dispatch(&mut self, now: Duration, hurry: Hurry) {
        if now < self.paused_until {
            return;
        }
        let mut idle = 0;
        while self.requests.len() < self.throttle.concurrency() && idle < self.lanes.len() {
            let at = self.next_lane % self.lanes.len();
            self.next_lane = at + 1;
            let Some(lane) = self.lanes.get_mut(at) else { return };
            match lane.take(&self.tools.limits, self.throttle.bytes(), now, hurry) {
                None => idle += 1,
                Some(batch) => {
                    idle = 0;
                    batch.write(&mut self.builder);
                    let request = self.builder.finish();
                    let stream = lane.stream.clone();
                    self.start(at, stream, batch, request);
                }
            }
        }
    }

    fn start(&mut self, lane: usize, stream: String, batch: Batch, request: BulkRequest) {
        let tools = &self.tools;
        tools.metrics.bulk_bytes(request.raw_bytes() as u64, request.wire_bytes() as u64);
        let (client, clock) = (tools.client.clone(), Arc::clone(&tools.clock));
        self.requests.spawn(async move {
            let began = clock.monotonic();
            let reply = client.bulk(&stream, &request).await;
            let seconds = clock.monotonic().saturating_sub(began).as_secs_f64();
            Answer { lane, batch, reply, seconds }
        });
    }

    fn settle(&mut self, answer: Answer) {
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

    /// Tells the watermarks how events ended; runs of one chunk are told at once.
    fn acknowledge(&mut self, done: &[Parcel], now: Duration) {
        if done.is_empty() {
            return;
        }
        self.last_acknowledged = now;
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

    fn pause(&mut self, now: Duration, asked: Duration) {
        let jitter = self.jitter();
        let delay = Backoff::BULK.delay(self.failures, jitter).max(asked);
        self.failures = self.failures.saturating_add(1);
        self.paused_until = self.paused_until.max(now + delay);
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

    /// Returns a chance in 0..1; a fleet must not retry in step, and nothing more is asked of it.
    fn jitter(&mut self) -> f64 {
        self.draws += 1;
        let seed = (self.tools.clock.now().as_nanosecond(), self.draws);
        let hash = xxh3_64(format!("{seed:?}").as_bytes());
        (hash >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next_due(&self, now: Duration, hurry: Hurry) -> Duration {
        if self.requests.len() >= self.throttle.concurrency() {
            return LONGEST_ROUND;
        }
        let due = self
            .lanes
            .iter()
            .filter_map(|lane| lane.due(&self.tools.limits, self.throttle.bytes(), hurry))
            .min()
            .unwrap_or(Duration::MAX);
        due.max(self.paused_until).saturating_sub(now).min(LONGEST_ROUND)
    }

    fn show(&self, now: Duration) {
        let tools = &self.tools;
        tools.admin.beat();
        let level = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        tools.metrics.concurrency_limit.set(level(self.throttle.concurrency()));
        tools.metrics.batch_limit_bytes.set(level(self.throttle.bytes()));
        let waits = !self.is_done();
        if waits && now.saturating_sub(self.last_acknowledged) > ACKNOWLEDGED_WITHIN {
            tools.admin.not_ready("acknowledgement", "nothing was acknowledged for 60 s");
        } else {
            tools.admin.ready("acknowledgement");
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
