//! The loop that sends: it waits for chunks, answers, timers and the end, and carries what the pure parts decide.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use elastic::{BulkBuilder, BulkReply, BulkRequest};
use event::Dataset;
use runtime::shutdown::Shutdown;
use tokio::task::JoinSet;
use xxhash_rust::xxh3::xxh3_64;

use crate::chunk::Chunk;
use crate::queue::{Receiver, Sending};

use super::lane::{Batch, Hurry, Lane, Parcel};
use super::output::{Moved, NewOutput};
use super::throttle::Throttle;
use super::tools::Tools;

/// How long events may drain after the first signal.
const DRAIN: Duration = Duration::from_secs(30);
/// No timer is longer, so that the loop shows that it lives.
const LONGEST_ROUND: Duration = Duration::from_secs(5);

/// Sends chunks until there are no more.
#[derive(Debug)]
pub struct Publisher {
    pub(super) tools: Tools,
    pub(super) lanes: Vec<Lane>,
    /// The lane of each input, by its number.
    lane_of: Vec<usize>,
    /// The lanes of events that belong to another dataset than their input: number, dataset, lane.
    side_lanes: Vec<(usize, Dataset, usize)>,
    next_lane: usize,
    pub(super) throttle: Throttle,
    builder: BulkBuilder,
    requests: JoinSet<Answer>,
    /// Calls back what is under way to a cluster that is not sent to any more.
    recall: Shutdown,
    /// Nothing is sent before this time: the cluster cannot be reached or asked for a pause.
    pub(super) paused_until: Duration,
    /// Requests that failed as a whole, in a row.
    pub(super) failures: u32,
    pub(super) failed_at: Duration,
    /// Why no answer comes, as text for people.
    pub(super) unreachable: Option<String>,
    pub(super) last_acknowledged: Duration,
    /// When the end of the key is shown the next time.
    pub(super) next_key: Duration,
    pub(super) redirected: HashSet<String>,
    draws: u64,
}

/// The end of one request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) lane: usize,
    pub(super) batch: Batch,
    pub(super) ending: Ending,
    pub(super) began: Duration,
    pub(super) ended: Duration,
}

/// How a request ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// There is a reply, or it is known that there is none.
    Replied(BulkReply),
    /// It was called back: events go to another cluster now.
    Recalled,
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
    /// Returns a publisher that has nothing to send yet.
    pub fn new(tools: Tools) -> Self {
        let last_acknowledged = tools.clock.monotonic();
        Self {
            throttle: Throttle::new(tools.limits.requests, tools.limits.bytes),
            tools,
            lanes: Vec::new(),
            lane_of: Vec::new(),
            side_lanes: Vec::new(),
            next_lane: 0,
            builder: BulkBuilder::new(),
            requests: JoinSet::new(),
            recall: Shutdown::new(),
            paused_until: Duration::ZERO,
            failures: 0,
            failed_at: Duration::ZERO,
            unreachable: None,
            last_acknowledged,
            next_key: Duration::ZERO,
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
            self.tell_supervisor(now, &receiver);
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
                // Orders stay in their channel until `recv` returns one.
                Some(output) = self.tools.outputs.recv() => self.change(output),
                // Timers hold nothing.
                () = clock.sleep(wait) => {}
                () = shutdown.begun(), if give_up_at == Duration::MAX => {}
            }
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.requests.is_empty() && self.lanes.iter().all(Lane::is_empty)
    }

    fn accept(&mut self, chunk: Chunk) {
        let now = self.tools.clock.monotonic();
        let chunk = Arc::new(chunk);
        for (place, item) in chunk.cargo.items().iter().enumerate() {
            let lane = match item.dataset {
                None => self.lane_of(chunk.input),
                Some(dataset) => self.side_lane(chunk.input, dataset),
            };
            // An input gets its number before anything of it is read. Were an event dropped here, its line would be lost.
            let lane = lane.expect("a chunk comes from an input that has a number");
            if let Some(lane) = self.lanes.get_mut(lane) {
                lane.push(Parcel::new(Arc::clone(&chunk), place), now);
            }
        }
    }

    /// Returns the lane of those events of an input that are about something else.
    fn side_lane(&mut self, number: usize, dataset: Dataset) -> Option<usize> {
        let known =
            |(input, about, _): &&(usize, Dataset, usize)| (*input, *about) == (number, dataset);
        if let Some((_, _, lane)) = self.side_lanes.iter().find(known) {
            return Some(*lane);
        }
        let stream = self.tools.inputs.get(number)?.stream_of(Some(dataset));
        let lane = self.lane_to(stream.to_string());
        self.side_lanes.push((number, dataset, lane));
        Some(lane)
    }

    /// Returns the lane of a stream.
    fn lane_to(&mut self, stream: String) -> usize {
        let known = self.lanes.iter().position(|lane| lane.stream == stream);
        known.unwrap_or_else(|| {
            self.lanes.push(Lane::new(stream));
            self.lanes.len() - 1
        })
    }

    /// Returns the lane of an input; inputs that came since the last time get theirs.
    fn lane_of(&mut self, number: usize) -> Option<usize> {
        while self.lane_of.len() <= number {
            let stream = self.tools.inputs.get(self.lane_of.len())?.stream.to_string();
            let lane = self.lane_to(stream);
            self.lane_of.push(lane);
        }
        self.lane_of.get(number).copied()
    }

    /// Takes other limits; where events go to another cluster, what is under way is called back and sent there.
    fn change(&mut self, output: NewOutput) {
        let NewOutput { limits, moved } = output;
        self.tools.limits = limits;
        match moved {
            Moved::No => self.throttle.limit(limits.requests, limits.bytes),
            Moved::Yes => {
                self.recall.begin();
                self.recall = Shutdown::new();
                self.throttle = Throttle::new(limits.requests, limits.bytes);
                self.lanes.iter_mut().for_each(Lane::start_over);
                self.paused_until = Duration::ZERO;
                self.failures = 0;
                self.unreachable = None;
                self.tell();
            }
        }
    }

    /// Starts as many requests as are due and allowed.
    fn dispatch(&mut self, now: Duration, hurry: Hurry) {
        let mut idle = 0;
        while now >= self.paused_until
            && self.requests.len() < self.throttle.concurrency()
            && idle < self.lanes.len()
        {
            let at = self.next_lane % self.lanes.len();
            self.next_lane = at + 1;
            let Some(lane) = self.lanes.get_mut(at) else { return };
            match lane.take(&self.tools.limits, self.throttle.bytes(), now, hurry) {
                None => idle += 1,
                Some(batch) => {
                    idle = 0;
                    batch.write(&mut self.builder, self.tools.limits.ids);
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
        let recall = self.recall.clone();
        self.requests.spawn(async move {
            let began = clock.monotonic();
            let ending = tokio::select! {
                // A request that is dropped has arrived or not; it is sent again under the same ids.
                reply = client.bulk(&stream, &request) => Ending::Replied(reply),
                // A flag only waits.
                () = recall.begun() => Ending::Recalled,
            };
            Answer { lane, batch, ending, began, ended: clock.monotonic() }
        });
    }

    /// Returns a chance in 0..1; a fleet must not retry in step, and nothing more is asked of it.
    pub(super) fn jitter(&mut self) -> f64 {
        self.draws += 1;
        let seed = (self.tools.clock.now().as_nanosecond(), self.draws);
        let hash = xxh3_64(format!("{seed:?}").as_bytes());
        (hash >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next_due(&self, now: Duration, hurry: Hurry) -> Duration {
        let longest = LONGEST_ROUND.min(self.tools.supervisor.longest_silence());
        if self.requests.len() >= self.throttle.concurrency() {
            return longest;
        }
        let due = self
            .lanes
            .iter()
            .filter_map(|lane| lane.due(&self.tools.limits, self.throttle.bytes(), hurry))
            .min()
            .unwrap_or(Duration::MAX);
        due.max(self.paused_until).saturating_sub(now).min(longest)
    }

    /// Tells systemd that we live, as long as the reader lives too: waiting for room is life, silence is none.
    fn tell_supervisor(&mut self, now: Duration, receiver: &Receiver<Chunk>) {
        let reader = match receiver.sender() {
            Sending::Waits | Sending::Gone => now,
            Sending::Works => self.tools.reader.last(),
        };
        self.tools.supervisor.round(now, reader);
    }
}
