//! The loop that sends: it waits for chunks, answers, timers and the end, and carries what the pure parts decide.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use elastic::{Backoff, BulkBuilder, BulkReply, BulkRequest};
use runtime::shutdown::Shutdown;
use tokio::task::JoinSet;
use xxhash_rust::xxh3::xxh3_64;

use crate::chunk::Chunk;
use crate::queue::Receiver;

use super::lane::{Batch, Hurry, Lane, Parcel};
use super::throttle::Throttle;
use super::tools::Tools;

/// How long events may drain after the first signal.
const DRAIN: Duration = Duration::from_secs(30);
/// No timer is longer, so that the loop shows that it lives.
const LONGEST_ROUND: Duration = Duration::from_secs(5);
/// Red when nothing was acknowledged for this long although something waits.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_mins(1);

/// Sends chunks until there are no more.
#[derive(Debug)]
pub struct Publisher {
    pub(super) tools: Tools,
    pub(super) lanes: Vec<Lane>,
    /// The lane of each input.
    pub(super) lane_of: Vec<usize>,
    pub(super) next_lane: usize,
    pub(super) throttle: Throttle,
    pub(super) builder: BulkBuilder,
    pub(super) requests: JoinSet<Answer>,
    /// Nothing is sent before this time: the cluster cannot be reached or asked for a pause.
    pub(super) paused_until: Duration,
    pub(super) failures: u32,
    pub(super) last_acknowledged: Duration,
    pub(super) redirected: HashSet<String>,
    pub(super) draws: u64,
}

/// The end of one request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) lane: usize,
    pub(super) batch: Batch,
    pub(super) reply: BulkReply,
    pub(super) seconds: f64,
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

    pub(super) fn send_again(
        &mut self,
        lane: usize,
        parcels: Vec<Parcel>,
        reason: &str,
        due: Duration,
    ) {
        self.tools.metrics.retried(reason, parcels.len() as u64);
        self.push_again(lane, parcels, due);
    }

    pub(super) fn push_again(
        &mut self,
        lane: usize,
        parcels: impl IntoIterator<Item = Parcel>,
        due: Duration,
    ) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.push_again(parcels, due);
        }
    }

    pub(super) fn pause(&mut self, now: Duration, asked: Duration) {
        let jitter = self.jitter();
        let delay = Backoff::BULK.delay(self.failures, jitter).max(asked);
        self.failures = self.failures.saturating_add(1);
        self.paused_until = self.paused_until.max(now + delay);
    }

    /// Returns a chance in 0..1; a fleet must not retry in step, and nothing more is asked of it.
    pub(super) fn jitter(&mut self) -> f64 {
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
