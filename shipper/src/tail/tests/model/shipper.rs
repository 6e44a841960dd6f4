//! The shipper under test: the real reader, state, budget and channel, moved by hand.

use std::collections::HashSet;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use enricher::Pipeline;
use runtime::admin::AdminState;
use runtime::settings::Settings;
use runtime::shutdown::Shutdown;
use runtime::{Clock, ManualClock, RealDisk};

use crate::budget::Budget;
use crate::chunk::Chunk;
use crate::identity::MARKER_BYTES;
use crate::inbox::Inbox;
use crate::metrics::Metrics;
use crate::pulse::Pulse;
use crate::queue::{self, Receiver, Sender};
use crate::settings::Shipper as Configuration;
use crate::state::{Moment, Start, State};
use crate::tail::reader::Turn;
use crate::tail::{Mode, Reader, Surroundings};
use crate::watch::{Bell, Names, News};

use super::step::Rules;

/// What stays the same from start to start.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) configuration: Configuration,
    pub(super) rules: Rules,
    clock: ManualClock,
    metrics: Metrics,
}

/// A shipper that runs.
#[derive(Debug)]
pub(super) struct Shipper {
    pub(super) state: Arc<State>,
    pub(super) budget: Budget,
    pub(super) start: Start,
    clock: ManualClock,
    reader: Reader,
    shutdown: Shutdown,
    sender: Sender<Chunk>,
    receiver: Receiver<Chunk>,
}

impl Plan {
    pub(super) fn new(root: &Path, rules: Rules, clock: &ManualClock) -> Self {
        let (root, files) = (root.display(), rules.open_files);
        let text = format!(
            "cluster: {{ addresses: [\"http://127.0.0.1:9\"] }}\nstore: {{ id: s }}\nstate_dir: {root}/state\n\
             inputs: [{{ id: logs, paths: [\"{root}/logs/*.log*\"], dataset: app }}]\n\
             read: {{ max_open_files: {files} }}\n"
        );
        let settings = Settings::of_text("shipper.yml", &text).unwrap();
        let configuration = Configuration::check(&settings).unwrap();
        Self { configuration, rules, clock: clock.clone(), metrics: Metrics::new() }
    }

    pub(super) fn start(&self) -> Shipper {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let shown = (AdminState::new(Arc::clone(&clock)), self.metrics.clone());
        let folder = &self.configuration.state_dir;
        let (state, start) = State::open(folder, Arc::new(RealDisk), clock.now(), shown).unwrap();
        let bell = Bell::default();
        let budget = Budget::new(self.rules.budget_bytes, 1, bell.clone());
        let shutdown = Shutdown::new();
        let around = Surroundings {
            clock,
            state: Arc::clone(&state),
            budget: budget.clone(),
            bell,
            metrics: self.metrics.clone(),
            shutdown: shutdown.clone(),
            assignments: Inbox::default(),
            pulse: Pulse::default(),
        };
        let (store, inputs) = (&self.configuration.store, &self.configuration.inputs);
        let pipeline = Pipeline::new(store, &inputs[0].pipeline, &enricher::Context::default());
        let mode = (Mode::Forever, start);
        let reading = self.configuration.reading;
        let mut reader = Reader::new(around, reading, inputs, vec![pipeline], mode);
        reader.buffer.truncate(self.rules.block_bytes + MARKER_BYTES);
        // The budget alone holds the reader back here: a full channel would wait for a thread that is not there.
        let (sender, receiver) = queue::channel(usize::MAX, Chunk::bytes);
        let clock = self.clock.clone();
        Shipper { state, budget, start, clock, reader, shutdown, sender, receiver }
    }

    /// Returns the bytes that were counted as lost, from what a scrape would see.
    pub(super) fn lost_bytes(&self) -> u64 {
        let mut registry = prometheus_client::registry::Registry::default();
        self.metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let lost = text.lines().filter(|line| line.starts_with("shipper_lost_bytes_total"));
        lost.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }
}

impl Shipper {
    /// Lets the reader come round once. It hears of nothing by itself: notifications come when the test says so.
    pub(super) fn round(&mut self) -> Turn {
        self.reader.round(&self.sender).expect("the receiver is there")
    }

    /// Announces that names changed, and bytes in these files.
    pub(super) fn hear(&mut self, changed: HashSet<PathBuf>) {
        let mut news = News::default();
        (news.names, news.changed) = (Names::Changed, changed);
        self.reader.hear(news);
    }

    /// Takes what the reader has handed over.
    pub(super) fn receive(&self) -> Option<Chunk> {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(self.receiver.receive()).poll(&mut context) {
            Poll::Ready(chunk) => chunk,
            Poll::Pending => None,
        }
    }

    pub(super) fn keep(&self) {
        let moment = || Moment { at: self.clock.monotonic(), used: Duration::ZERO };
        self.state.save_in_turn(self.clock.now(), moment);
    }

    /// Ends reading as a signal does; what was handed over is still to be delivered.
    pub(super) fn stop_reading(self) -> Arc<State> {
        let Self { state, reader, shutdown, sender, .. } = self;
        shutdown.begin();
        reader.run(&sender);
        state
    }
}
