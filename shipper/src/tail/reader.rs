//! The reader's thread: finds files, reads one block of each in turn, and hands on chunks of documents.
//!
//! A file goes through lines: it waits to be *looked into*, to be *opened*, to be *read*, or for *room* in the budget of
//! its input, and is in one of them at a time or rests. A turn does a little of each, so that neither a hundred thousand
//! new files nor one that is written without end keeps the others waiting.

mod assigning;
mod change;
mod entering;
mod lagging;
mod load;
mod opening;
mod pace;
mod rest;
mod scanning;
mod sealing;
mod source;
mod tending;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use enricher::Pipeline;
use event::{Event, FileId};
use runtime::Clock;
use runtime::shutdown::Shutdown;

use crate::budget::{Budget, Room};
use crate::chunk::Chunk;
use crate::identity::MARKER_BYTES;
use crate::inbox::Inbox;
use crate::lines::gzip::Fault;
use crate::metrics::Metrics;
use crate::pulse::Pulse;
use crate::queue::{Closed, Sender};
use crate::settings::{Input, Reading};
use crate::state::{Start, State};
use crate::watch::{Bell, Matched, Missed, Names, News, Own, Rhythm, Watches};

pub use assigning::{Assigned, Assignment};

use super::catalogue::{Catalogue, Line, Slot, Standing};
use super::discover::{Discovery, Orphans};
use super::lag::{Growth, Rate};
use super::turns::Turns;
use super::{AtEnd, BLOCK_BYTES, Block};
use pace::Pace;
use sealing::Ending;
use source::Source;

/// Between two scans that notifications ask for; and never more than a tenth of the time is spent on them.
const SCAN_PAUSE: Duration = Duration::from_millis(50);
/// How often files are looked at that nothing announces: drained, deleted, undecided ones.
const POLL: Duration = Duration::from_millis(500);
/// Files that are looked into in one turn.
const LOOKS: usize = 64;
/// Files that are opened in one turn.
const OPENS: usize = 16;
/// Blocks that are read in one turn, before news are heard again.
const BLOCKS: usize = 64;

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
    /// Where a changed configuration comes from.
    pub assignments: Inbox<Assignment>,
    /// Says that the reader lives.
    pub pulse: Pulse,
}

/// Reads files until it is told to stop.
#[derive(Debug)]
pub struct Reader {
    around: Surroundings,
    reading: Reading,
    mode: Mode,
    sources: Vec<Source>,
    own: Own,
    discovery: Discovery,
    watches: Watches,
    missed: Missed<Slot>,
    rhythm: Rhythm,
    catalogue: Catalogue,
    lines: Lines,
    /// Files that are entered and whose ids are not on disk yet.
    unsaved: Vec<Slot>,
    /// Files whose open event is ended once the checkpoint says where.
    sealing: Vec<(Slot, Ending)>,
    /// Open files in the order in which they were opened.
    opened: VecDeque<Slot>,
    open_files: usize,
    open_limit: usize,
    /// Open files to which no watched name leads, or another than before: nothing announces what is written to them.
    drained: HashSet<Slot>,
    /// Files at their end that are to be deleted once they are acknowledged.
    leaving: HashSet<Slot>,
    /// Open files that will give something away by themselves: a quiet group, the end of a compressed file.
    due: HashSet<Slot>,
    suspects: Vec<Slot>,
    /// Files that hold what another one holds, and take over when that one loses its place.
    copies: HashSet<Slot>,
    /// Files that cannot be read, and why.
    failures: BTreeMap<Slot, String>,
    /// Folders that the last scan could not look into, and why.
    unseen: Vec<String>,
    behind: HashMap<Slot, (Option<FileId>, Growth)>,
    rates: Vec<Rate>,
    /// A block, and before it what the file had before that place.
    pub(super) buffer: Vec<u8>,
    events: Vec<Event>,
    pace: Pace,
    wanted: Names,
    earliest_scan: Duration,
    earliest_save: Duration,
    next_tending: Duration,
    next_lag: Duration,
    last_lag: Duration,
    next_sweep: Duration,
    held_lost_bytes: u64,
}

/// The lines in which files wait.
#[derive(Debug)]
struct Lines {
    look: VecDeque<Slot>,
    open: Turns,
    read: Turns,
    /// By input.
    room: Vec<Vec<Slot>>,
}

/// Whether a turn found something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
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
        (mode, start): (Mode, Start),
    ) -> Self {
        let source = |(number, (input, pipeline)): (usize, (&Input, Pipeline))| {
            Source::new(number, input, pipeline)
        };
        let state = Arc::clone(&around.state);
        let lines = Lines {
            look: VecDeque::new(),
            open: Turns::new(reading.order),
            read: Turns::new(reading.order),
            room: vec![Vec::new(); inputs.len()],
        };
        Self {
            watches: Watches::new(&around.bell),
            own: Own::of(state.folder()),
            discovery: Discovery::new(state, reading.rotate_wait, start, reading.start_at),
            sources: inputs.iter().zip(pipelines).enumerate().map(source).collect(),
            rhythm: Rhythm::new(reading.scan_interval, inputs.len()),
            rates: vec![Rate::default(); inputs.len()],
            open_limit: opening::limit(reading.max_open_files),
            around,
            reading,
            mode,
            missed: Missed::new(),
            catalogue: Catalogue::new(),
            lines,
            unsaved: Vec::new(),
            sealing: Vec::new(),
            opened: VecDeque::new(),
            open_files: 0,
            drained: HashSet::new(),
            leaving: HashSet::new(),
            due: HashSet::new(),
            suspects: Vec::new(),
            copies: HashSet::new(),
            failures: BTreeMap::new(),
            unseen: Vec::new(),
            behind: HashMap::new(),
            buffer: vec![0; BLOCK_BYTES + MARKER_BYTES],
            events: Vec::new(),
            pace: Pace::default(),
            wanted: Names::Unchanged,
            earliest_scan: Duration::ZERO,
            earliest_save: Duration::ZERO,
            next_tending: Duration::ZERO,
            next_lag: Duration::ZERO,
            last_lag: Duration::ZERO,
            next_sweep: Duration::ZERO,
            held_lost_bytes: 0,
        }
    }

    /// Reads until it is told to stop, or until all is read. Its end closes the channel.
    pub fn run(mut self, sender: &Sender<Chunk>) {
        while !self.around.shutdown.has_begun() {
            let Ok(turn) = self.round(sender) else { return };
            let wait = match turn {
                Turn::Busy => Duration::ZERO,
                // Acknowledged bytes ring the bell.
                Turn::Blocked => POLL,
                Turn::Idle => {
                    if self.mode == Mode::UntilIdle && self.is_all_read() {
                        break;
                    }
                    self.until_next()
                }
            };
            let rest = self.pace.rest(self.around.clock.monotonic());
            let news = self.around.bell.wait(rest, wait);
            if !news.is_quiet() {
                self.pace.heard(self.around.clock.monotonic());
            }
            self.hear(news);
        }
        self.tell_what_is_given_up();
    }

    /// Comes round once: scans what is due, does a little of everything that waits, and never waits itself but for room
    /// in the channel.
    pub(super) fn round(&mut self, sender: &Sender<Chunk>) -> Result<Turn, Closed> {
        self.around.pulse.beat(self.around.clock.monotonic());
        if let Some(assignment) = self.around.assignments.take() {
            self.assign(assignment);
        }
        self.scan_in_turn();
        let turn = self.turn(sender)?;
        self.tend();
        Ok(turn)
    }

    /// Takes news in.
    pub(super) fn hear(&mut self, news: News) {
        if news.names == Names::Changed {
            self.wanted = Names::Changed;
            self.missed.names_announced();
        }
        if let Some(lost) = &news.lost {
            self.lose_notifications(lost);
        }
        news.left.iter().for_each(|path| self.watches.forget(path));
        for path in news.changed {
            match self.catalogue.at_path(&path) {
                Some(slot) => {
                    self.catalogue.announce(slot);
                    self.missed.announced(slot);
                    self.wake(slot);
                }
                None if self.wants(&path) == Matched::Yes => self.wanted = Names::Changed,
                None => {}
            }
        }
    }

    /// Puts a file into the line where it is to wait, unless it waits already.
    fn wake(&mut self, slot: Slot) {
        let Some(item) = self.catalogue.get_mut(slot).filter(|item| item.line == Line::None) else {
            return;
        };
        let born_ns = item.born_ns();
        item.line = match &mut item.standing {
            Standing::Fresh | Standing::Passed { .. } => Line::Look,
            Standing::Closed { .. } => Line::Open,
            Standing::Open(open) => {
                open.tail.wake();
                Line::Read
            }
            // It goes on once its id is on disk.
            Standing::Unsaved(_) => return,
        };
        match item.line {
            // After a restart with very many files, those that have something new must not wait for the others.
            Line::Look if self.around.state.registry().has_unread(&item.node, item.stamp.size) => {
                self.lines.look.push_front(slot);
            }
            Line::Look => self.lines.look.push_back(slot),
            Line::Open => self.lines.open.push(slot, born_ns),
            Line::Read => self.lines.read.push(slot, born_ns),
            Line::Room | Line::Seal | Line::None => {}
        }
    }

    /// Does a little of everything that waits.
    fn turn(&mut self, sender: &Sender<Chunk>) -> Result<Turn, Closed> {
        let now = self.around.clock.monotonic();
        self.find_room();
        let mut busy = self.look_into_some(now);
        self.offer_copies();
        self.save_entered(now);
        busy |= self.send_sealed(now, sender)?;
        busy |= self.open_some(now);
        for _ in 0..self.lines.read.len().min(BLOCKS) {
            let Some(slot) = self.lines.read.pop() else { break };
            self.read_one(slot, now, sender)?;
            busy = true;
        }
        Ok(if busy {
            Turn::Busy
        } else if self.lines.room.iter().any(|line| !line.is_empty()) {
            Turn::Blocked
        } else {
            Turn::Idle
        })
    }

    fn find_room(&mut self) {
        for input in 0..self.lines.room.len() {
            let Some(line) = self.lines.room.get_mut(input).filter(|line| !line.is_empty()) else {
                continue;
            };
            let number = self.sources.get(input).map_or(input, |source| source.number);
            if self.around.budget.room(number) == Room::None {
                continue;
            }
            for slot in std::mem::take(line) {
                self.leave_line(slot);
                self.wake(slot);
            }
        }
    }

    /// Looks into copies again when a file has lost its place: one of them may hold what was not read of it.
    fn offer_copies(&mut self) {
        if self.discovery.take_orphans() == Orphans::Some {
            for slot in std::mem::take(&mut self.copies) {
                self.wake(slot);
            }
        }
    }

    fn leave_line(&mut self, slot: Slot) {
        if let Some(item) = self.catalogue.get_mut(slot) {
            item.line = Line::None;
        }
    }

    fn read_one(
        &mut self,
        slot: Slot,
        now: Duration,
        sender: &Sender<Chunk>,
    ) -> Result<(), Closed> {
        self.leave_line(slot);
        let Some(item) = self.catalogue.get_mut(slot) else { return Ok(()) };
        let number = self.sources.get(item.input).map_or(item.input, |source| source.number);
        if self.around.budget.room(number) == Room::None {
            if let Some(line) = self.lines.room.get_mut(item.input) {
                line.push(slot);
                item.line = Line::Room;
            }
            return Ok(());
        }
        let Standing::Open(open) = &mut item.standing else { return Ok(()) };
        match open.tail.read(&mut self.buffer, now) {
            Ok(Block::Bytes(bytes)) => {
                open.last_read = now;
                open.blocks = open.blocks.saturating_add(1);
                open.settled_since = None;
                self.pace.looked(bytes);
                let came_to_end = open.tail.came_to_end();
                self.send_block(slot, bytes, sender)?;
                if came_to_end {
                    self.end(slot, now, sender)?;
                } else {
                    self.wake(slot);
                }
            }
            Ok(Block::End) => self.end(slot, now, sender)?,
            Ok(Block::CutAway) => {
                // The lines of an open group were read, and nobody may bring them again.
                if self.catalogue.open_mut(slot).is_some_and(|open| open.tail.holds_group()) {
                    self.seal(slot, Ending::Group);
                    self.earliest_save = Duration::ZERO;
                    self.send_sealed(now, sender)?;
                    self.leave_line(slot);
                }
                self.cut_away(slot, now);
            }
            Err(error) => {
                open.tail.rest();
                tracing::warn!(event.code = "read_failed", path = %open.tail.path_text, %error,
                    "cannot read on; the next scan tries again");
            }
        }
        Ok(())
    }

    fn end(&mut self, slot: Slot, now: Duration, sender: &Sender<Chunk>) -> Result<(), Closed> {
        let Some(item) = self.catalogue.get_mut(slot) else { return Ok(()) };
        let Standing::Open(open) = &mut item.standing else { return Ok(()) };
        open.tail.rest();
        match open.tail.at_end(now, &self.reading) {
            AtEnd::Wait => {}
            AtEnd::Close => {
                open.settled_since = None;
                self.seal(slot, Ending::Group);
            }
            AtEnd::Flush => {
                open.settled_since = None;
                let holds = open.tail.position() > open.tail.unsent();
                if let Some((fault, lost)) = open.tail.fault() {
                    self.around.metrics.lost("compressed", lost);
                    tracing::error!(event.code = "compressed_file", path = %open.tail.path_text,
                        fault = %fault, lost_bytes = lost, "a compressed file cannot be read whole");
                    if fault == Fault::Bomb {
                        let text = format!("{}: {fault}; it is not read on", open.tail.path_text);
                        self.failures.insert(slot, text);
                        self.show_failures();
                    }
                }
                if holds {
                    self.seal(slot, Ending::All);
                } else {
                    self.load(slot, sender, |tail, _, give| tail.flush(give))?;
                }
            }
            // Until then the open descriptor is what keeps a deleted file's bytes readable.
            AtEnd::Done if !self.around.state.registry().is_settled(open.tail.id) => {
                open.settled_since = None;
            }
            AtEnd::Done => {
                // A late writer gets as long after the acknowledgement as after the last byte.
                let since = *open.settled_since.get_or_insert(now);
                if now.saturating_sub(since) >= self.reading.rotate_wait {
                    self.finish(slot);
                }
            }
        }
        let reading = &self.reading;
        if self.catalogue.open_mut(slot).is_some_and(|open| open.tail.due_at(reading).is_some()) {
            self.due.insert(slot);
        } else {
            self.due.remove(&slot);
        }
        self.leave_when_acknowledged(slot);
        Ok(())
    }

    fn wants(&self, path: &std::path::Path) -> Matched {
        let wanted = self.sources.iter().any(|source| source.globs.matches(path) == Matched::Yes);
        if wanted { Matched::Yes } else { Matched::No }
    }
}
