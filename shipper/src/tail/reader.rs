//! The reader's thread: finds files, reads one block of each in turn, and hands on chunks of documents.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use enricher::{Counters, Pipeline};
use event::{Event, Span};
use runtime::Clock;
use runtime::shutdown::Shutdown;

use crate::budget::{Budget, Room};
use crate::chunk::{Cargo, Chunk, Loader, Tally};
use crate::frame::{Blank, Piece};
use crate::identity::{HEAD_BYTES, MARKER_BYTES, Print};
use crate::metrics::Metrics;
use crate::queue::{Closed, Sender};
use crate::settings::{Input, Reading, StartAt};
use crate::state::State;
use crate::watch::{Bell, Matched, Names, News, Watches};

use super::{AtEnd, BLOCK_BYTES, Block, Discovery, Owes, Tail};

/// Between two scans that notifications ask for; and never more than a tenth of the time is spent on them.
const SCAN_PAUSE: Duration = Duration::from_millis(50);
/// How often files are looked at that nothing announces: drained, deleted, undecided ones.
const POLL: Duration = Duration::from_millis(500);

/// When the reader ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// When it is told to.
    Forever,
    /// When all files are read to their end, too.
    UntilIdle,
}

/// What the reader works with.
#[derive(Debug)]
pub struct Surroundings {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What is known of files.
    pub state: Arc<State>,
    /// Bytes that may be on their way.
    pub budget: Budget,
    /// Wakes the reader.
    pub bell: Bell,
    /// What is counted.
    pub metrics: Metrics,
    /// Begins when reading is to stop.
    pub shutdown: Shutdown,
}

/// Reads files until it is told to stop.
#[derive(Debug)]
pub struct Reader {
    around: Surroundings,
    reading: Reading,
    mode: Mode,
    sources: Vec<Source>,
    discovery: Discovery,
    watches: Watches,
    tails: Vec<Tail>,
    by_path: HashMap<Arc<Path>, usize>,
    buffer: Vec<u8>,
    events: Vec<Event>,
    next_scan: Duration,
    earliest_scan: Duration,
    wanted: Names,
    undecided: usize,
}

/// An input as the reader sees it.
#[derive(Debug)]
struct Source {
    id: String,
    parser: &'static str,
    pipeline: Pipeline,
    counted: Counters,
    /// What the last chunk took, so that the next one finds its room at once.
    last_size: (usize, usize, usize),
}

/// Whether a turn over all files found something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Busy,
    Blocked,
    Idle,
}

impl Reader {
    /// Returns a reader of these inputs, each with its pipeline.
    pub fn new(
        around: Surroundings,
        reading: Reading,
        inputs: &[Input],
        pipelines: Vec<Pipeline>,
        (mode, first): (Mode, StartAt),
    ) -> Self {
        let discovery = Discovery::new(
            inputs,
            reading,
            Arc::clone(&around.state),
            around.metrics.clone(),
            first,
        );
        let source = |(input, pipeline): (&Input, Pipeline)| Source {
            id: input.id.clone(),
            parser: input.pipeline.format.as_str(),
            pipeline,
            counted: Counters::default(),
            last_size: (0, 0, 0),
        };
        Self {
            watches: Watches::new(&around.bell),
            sources: inputs.iter().zip(pipelines).map(source).collect(),
            around,
            reading,
            mode,
            discovery,
            tails: Vec::new(),
            by_path: HashMap::new(),
            buffer: vec![0; BLOCK_BYTES + MARKER_BYTES],
            events: Vec::new(),
            next_scan: Duration::ZERO,
            earliest_scan: Duration::ZERO,
            wanted: Names::Unchanged,
            undecided: 0,
        }
    }

    /// Reads until it is told to stop, or until all is read. Its end closes the channel.
    pub fn run(mut self, sender: &Sender<Chunk>) {
        while !self.around.shutdown.has_begun() {
            let now = self.around.clock.monotonic();
            if now >= self.next_scan || (self.wanted == Names::Changed && now >= self.earliest_scan)
            {
                self.look();
            }
            let Ok(turn) = self.turn(sender) else { return };
            let wait = match turn {
                Turn::Busy => Duration::ZERO,
                // Acknowledged bytes ring the bell.
                Turn::Blocked => POLL,
                Turn::Idle => {
                    if self.mode == Mode::UntilIdle && self.is_all_read() {
                        return;
                    }
                    self.until_next()
                }
            };
            let news = self.around.bell.wait(wait);
            self.hear(news);
        }
    }

    fn look(&mut self) {
        let began = self.around.clock.monotonic();
        let now = self.around.clock.now();
        let roots = self.discovery.roots();
        let unwatched =
            self.watches.watch(roots.iter().map(|(folder, mode)| (folder.as_path(), *mode)));
        for (folder, error) in unwatched {
            tracing::warn!(event.code = "watch_failed", folder = %folder.display(), %error,
                "cannot watch a folder; the periodic scan finds its changes");
        }
        let opened = self.discovery.look(&mut self.tails, now, began);
        if opened.registered > 0 {
            // A file's id must be on disk before anything of the file is sent. A disk that is full must not stop us.
            self.around.state.save(now, self.around.clock.monotonic());
        }
        self.around.state.set_unreadable(&opened.failed);
        for failure in &opened.failed {
            tracing::warn!(event.code = "file_unreadable", path = %failure, "cannot read a file");
        }
        self.undecided = opened.undecided;
        self.tails.extend(opened.tails);
        self.index();
        let ended = self.around.clock.monotonic();
        let pause = if opened.undecided > 0 { POLL } else { self.reading.scan_interval };
        self.next_scan = ended + pause;
        self.earliest_scan = ended + SCAN_PAUSE.max((ended.saturating_sub(began)) * 10);
        self.wanted = Names::Unchanged;
    }

    fn index(&mut self) {
        let paths = self.tails.iter().enumerate().map(|(at, tail)| (Arc::clone(&tail.path), at));
        self.by_path = paths.collect();
        let open = i64::try_from(self.tails.len()).unwrap_or(i64::MAX);
        self.around.metrics.open_files.set(open);
    }

    fn hear(&mut self, news: News) {
        if news.names == Names::Changed {
            self.wanted = Names::Changed;
        }
        for path in news.changed {
            match self.by_path.get(path.as_path()).and_then(|&at| self.tails.get_mut(at)) {
                Some(tail) => tail.wake(),
                // A file without a complete line has no tail yet.
                None if self.discovery.wants(&path) == Matched::Yes => self.wanted = Names::Changed,
                None => {}
            }
        }
    }

    /// Gives every ready file one block: a busy file cannot starve a quiet one.
    fn turn(&mut self, sender: &Sender<Chunk>) -> Result<Turn, Closed> {
        let now = self.around.clock.monotonic();
        let mut outcome = Turn::Idle;
        let mut leaving = Vec::new();
        for at in 0..self.tails.len() {
            let Some(tail) = self.tails.get_mut(at) else { break };
            tail.wake_if_drained();
            tail.wake_if_due(now, &self.reading);
            if !tail.is_ready() {
                continue;
            }
            if self.around.budget.room(tail.input) == Room::None {
                outcome = if outcome == Turn::Idle { Turn::Blocked } else { outcome };
                continue;
            }
            match tail.read(&mut self.buffer, now) {
                Ok(Block::Bytes(bytes)) => {
                    outcome = Turn::Busy;
                    self.send_block(at, bytes, sender)?;
                }
                Ok(Block::End) => {
                    tail.rest();
                    if self.end(at, now, sender)? == AtEnd::Done {
                        leaving.push(at);
                    }
                }
                Ok(Block::CutAway) => {
                    tracing::info!(event.code = "file_truncated", path = %tail.path_text,
                        "a file was truncated; it is read from its start");
                    // The lines of an open group were read, and nobody may bring them again.
                    self.load(at, sender, |tail, _, give| tail.close(give))?;
                    let Some(tail) = self.tails.get(at) else { break };
                    self.discovery.cut_away(tail, self.around.clock.now(), now);
                    self.wanted = Names::Changed;
                    leaving.push(at);
                    outcome = Turn::Busy;
                }
                Err(error) => {
                    tail.rest();
                    tracing::warn!(event.code = "read_failed", path = %tail.path_text, %error,
                        "cannot read on; the next scan tries again");
                }
            }
        }
        if !leaving.is_empty() {
            for at in leaving.into_iter().rev() {
                self.tails.remove(at);
            }
            self.index();
        }
        Ok(outcome)
    }

    fn end(&mut self, at: usize, now: Duration, sender: &Sender<Chunk>) -> Result<AtEnd, Closed> {
        let Some(tail) = self.tails.get(at) else { return Ok(AtEnd::Wait) };
        match tail.at_end(now, &self.reading) {
            AtEnd::Wait => Ok(AtEnd::Wait),
            AtEnd::Close => {
                self.load(at, sender, |tail, _, give| tail.close(give))?;
                Ok(AtEnd::Close)
            }
            AtEnd::Flush => {
                if let Some((fault, lost)) = tail.fault() {
                    self.around.metrics.lost("compressed", lost);
                    tracing::error!(event.code = "compressed_file", path = %tail.path_text,
                        fault = %fault, lost_bytes = lost, "a compressed file cannot be read whole");
                    self.discovery.stopped(tail, fault);
                }
                self.load(at, sender, |tail, _, give| tail.flush(give))?;
                Ok(AtEnd::Flush)
            }
            // Until then the open descriptor is what keeps a deleted file's bytes readable.
            AtEnd::Done if !self.around.state.registry().is_settled(tail.id) => Ok(AtEnd::Wait),
            AtEnd::Done => {
                self.discovery.finished(tail);
                Ok(AtEnd::Done)
            }
        }
    }

    fn send_block(
        &mut self,
        at: usize,
        bytes: usize,
        sender: &Sender<Chunk>,
    ) -> Result<(), Closed> {
        self.load(at, sender, |tail, buffer, give| tail.cut(buffer, bytes, give))?;
        let Some(tail) = self.tails.get_mut(at) else { return Ok(()) };
        if (tail.head_bytes as usize) < HEAD_BYTES
            && tail.position().get() > u64::from(tail.head_bytes)
        {
            self.grow_head(at);
        }
        Ok(())
    }

    /// A file that was short at first sight is known better now.
    fn grow_head(&mut self, at: usize) {
        let Some(tail) = self.tails.get_mut(at) else { return };
        let Some(Ok(head)) = tail.read_head() else { return };
        let mut registry = self.around.state.registry();
        if registry.head(tail.id).fits(&head) {
            let print = Print::of(&head);
            tail.head_bytes = print.length;
            registry.grow_head(tail.id, print);
        }
    }

    /// Takes the pieces that `cut` gives, makes documents of them, and sends them as one chunk.
    fn load(
        &mut self,
        at: usize,
        sender: &Sender<Chunk>,
        cut: impl FnOnce(&mut Tail, &[u8], &mut dyn FnMut(Piece<'_>)) -> (Span, Print),
    ) -> Result<(), Closed> {
        let Some(tail) = self.tails.get_mut(at) else { return Ok(()) };
        let Some(source) = self.sources.get_mut(tail.input) else { return Ok(()) };
        let path = Arc::clone(&tail.path_text);
        let (documents, lines, items) = source.last_size;
        let mut loader = Loader {
            pipeline: &mut source.pipeline,
            events: &mut self.events,
            file: tail.id,
            path: &path,
            read_at: self.around.clock.now(),
            cargo: Cargo::sized_like(documents, lines, items),
            tally: Tally::default(),
        };
        let (span, before) = cut(tail, &self.buffer, &mut |piece| loader.load(piece));
        let Loader { cargo, tally, .. } = loader;
        // A report stands at a place and covers nothing.
        if span.is_empty() && cargo.items().is_empty() {
            return Ok(());
        }
        source.last_size = cargo.size();
        source.count(&self.around.metrics, tally, span.end - span.start);
        self.around.metrics.events_made.inc_by(cargo.items().len() as u64);
        let opened = self.around.state.registry().open(tail.id, &span, before, cargo.items().len());
        // Tail and watermark start at one place and go in step. Were they ever apart, lines would be lost in silence.
        let ticket = opened.expect("a tail hands on its file without gaps");
        if cargo.items().is_empty() {
            return Ok(());
        }
        let reservation = self.around.budget.reserve(tail.input, cargo.bytes() as u64);
        let (input, file, path) = (tail.input, tail.id, Arc::clone(&tail.path));
        sender.send(Chunk { input, file, path, ticket, cargo, reservation })
    }

    /// Looks once more; what is written while we look is read too.
    fn is_all_read(&mut self) -> bool {
        self.look();
        let is_open = |tail: &Tail| tail.is_ready() || tail.owes() == Owes::Something;
        self.undecided == 0 && !self.tails.iter().any(is_open)
    }

    fn until_next(&self) -> Duration {
        let now = self.around.clock.monotonic();
        let mut next = self.next_scan;
        if self.wanted == Names::Changed {
            next = next.min(self.earliest_scan);
        }
        if let Some(due) = self.tails.iter().filter_map(|tail| tail.due_at(&self.reading)).min() {
            // One that is due already waits for its acknowledgement.
            next = next.min(if due > now { due.min(now + POLL) } else { now + POLL });
        }
        next.saturating_sub(now)
    }
}

impl Source {
    fn count(&mut self, metrics: &Metrics, tally: Tally, bytes: u64) {
        metrics.read(&self.id, tally.lines + tally.empty + tally.over_long, bytes);
        metrics.truncated(&self.id, tally.truncated);
        let blanks = [
            (Blank::Empty, tally.empty),
            (Blank::Nul, tally.nul),
            (Blank::OverLong, tally.over_long),
        ];
        for (kind, lines) in blanks {
            if lines > 0 {
                metrics.filtered(kind.rule(), lines);
            }
        }
        let now = self.pipeline.counters();
        metrics.pipeline(self.parser, now, &self.counted);
        self.counted.clone_from(now);
    }
}
