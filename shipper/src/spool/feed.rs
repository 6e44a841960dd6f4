//! The thread that reads spools: each turn one block of each, made into a chunk of documents, as with files.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use enricher::{Counters, Pipeline, Provenance};
use event::{ByteOffset, Datasets, Event, FileId, Span};
use runtime::shutdown::Shutdown;
use runtime::{Clock, Disk};

use crate::budget::{Budget, Room};
use crate::chunk::{Cargo, Chunk, Loader, Tally};
use crate::frame::{Cut, Piece};
use crate::identity::Print;
use crate::ledger::Load;
use crate::metrics::Metrics;
use crate::queue::{Closed, Sender};
use crate::segment::{self, Step};
use crate::state::State;

use super::board::{Spools, Writers};

/// Bytes read at a time; a record that is longer is read whole.
const BLOCK_BYTES: usize = 256 << 10;
/// Acknowledged bytes give room without telling us, so it is looked for this often.
const LOOK: Duration = Duration::from_millis(200);

/// What the feed works with.
#[derive(Debug)]
pub struct FeedTools {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where spools lie.
    pub disk: Arc<dyn Disk>,
    /// What was acknowledged.
    pub state: Arc<State>,
    /// Bytes that may be on their way.
    pub budget: Budget,
    /// What may be read.
    pub spools: Spools,
    /// What is counted.
    pub metrics: Metrics,
    /// Begins when reading is to stop.
    pub shutdown: Shutdown,
    /// Longer rows are cut.
    pub max_line: usize,
}

/// One spool as the feed sees it.
#[derive(Debug)]
pub struct FeedSource {
    /// Name of its poll in metrics.
    pub id: String,
    /// Its number among all inputs.
    pub input: usize,
    /// Names the stream of its records.
    pub file: FileId,
    /// What stands for a path in documents.
    pub path: Arc<Path>,
    /// Name of the parser, for metrics.
    pub parser: &'static str,
    /// What its events are about.
    pub datasets: Datasets,
    /// Makes events of rows.
    pub pipeline: Pipeline,
    /// Where to read on.
    pub offset: ByteOffset,
}

/// Reads spools until they are read to their ends and nothing more comes, or until it is told to stop.
#[derive(Debug)]
pub struct Feed {
    tools: FeedTools,
    sources: Vec<Source>,
    events: Vec<Event>,
}

#[derive(Debug)]
struct Source {
    given: FeedSource,
    counted: Counters,
    /// Rows so far: one of many is timed.
    turn: u32,
}

/// Bytes of a spool that hold whole records.
#[derive(Debug)]
struct Block {
    bytes: Vec<u8>,
    used: usize,
    /// Bytes behind those used that cannot be read any more.
    lost: u64,
}

impl Feed {
    /// Returns a feed of these spools, in the order of the board.
    pub fn new(tools: FeedTools, sources: Vec<FeedSource>) -> Self {
        let source = |given| Source { given, counted: Counters::default(), turn: 0 };
        Self { tools, sources: sources.into_iter().map(source).collect(), events: Vec::new() }
    }

    /// Feeds the publisher. Its end drops the sender.
    pub fn run(mut self, sender: &Sender<Chunk>) {
        let mut seen = 0;
        while !self.tools.shutdown.has_begun() {
            // Asked before reading: what came before the last writer went is then seen below.
            let writers = self.tools.spools.writers();
            match self.turn(sender) {
                Err(Closed) => return,
                Ok(Turn::Busy) => {}
                Ok(Turn::Idle) if writers == Writers::Gone => return,
                Ok(Turn::Idle | Turn::Blocked) => seen = self.tools.spools.wait(seen, LOOK),
            }
        }
    }

    fn turn(&mut self, sender: &Sender<Chunk>) -> Result<Turn, Closed> {
        let mut outcome = Turn::Idle;
        for at in 0..self.sources.len() {
            let Some(source) = self.sources.get(at) else { break };
            let offset = source.given.offset;
            let view = self.tools.spools.view(at);
            let Some((segment, end)) = view.find(offset) else { continue };
            if self.tools.budget.room(source.given.input) == Room::None {
                outcome = outcome.or(Turn::Blocked);
                continue;
            }
            let from = offset - segment.start;
            match block(&*self.tools.disk, &segment.path, from, end - offset) {
                Ok(block) => {
                    outcome = Turn::Busy;
                    self.send(at, &block, sender)?;
                }
                Err(error) => {
                    outcome = outcome.or(Turn::Blocked);
                    tracing::error!(event.code = "spool_unreadable", %error, path = %segment.path.display(),
                        "cannot read rows back from the spool; it is tried again");
                }
            }
        }
        Ok(outcome)
    }

    fn send(&mut self, at: usize, block: &Block, sender: &Sender<Chunk>) -> Result<(), Closed> {
        let Some(source) = self.sources.get_mut(at) else { return Ok(()) };
        let given = &mut source.given;
        let path = given.path.to_string_lossy().into_owned();
        let start = given.offset;
        let mut loader = Loader {
            pipeline: &mut given.pipeline,
            events: &mut self.events,
            file: given.file,
            path: &path,
            read_at: self.tools.clock.now(),
            cargo: Cargo::default(),
            tally: Tally::default(),
            filtered: Vec::new(),
            clock: &*self.tools.clock,
            turn: &mut source.turn,
            shedding: None,
        };
        let mut lost = block.lost;
        for step in segment::read(block.bytes.get(..block.used).unwrap_or_default()) {
            match step {
                Step::Record(place, row) => {
                    let span = start + place.start as u64..start + place.end as u64;
                    loader.load(line(span, row, self.tools.max_line));
                }
                Step::Damaged(place) | Step::Torn(place) => lost += place.len() as u64,
            }
        }
        let Loader { mut cargo, tally, filtered, .. } = loader;
        cargo.fit();
        let span: Span = start..start + block.used as u64 + block.lost;
        given.offset = span.end;
        if lost > 0 {
            self.tools.metrics.lost("spool_damaged", lost);
            tracing::error!(
                event.code = "spool_damaged",
                source = given.id,
                lost_bytes = lost,
                "rows in the spool are damaged; their segment is set aside"
            );
        }
        self.tools.metrics.read(&given.id, tally.lines, span.end - span.start);
        let now = given.pipeline.counters();
        self.tools.metrics.pipeline(given.parser, now, &source.counted);
        source.counted.clone_from(now);
        let events = cargo.items().len();
        self.tools.metrics.events_made.inc_by(events as u64);
        let load = (given.datasets, Load { events, filtered });
        let opened = self.tools.state.registry().open(given.file, &span, Print::EMPTY, load);
        // Feed and watermark start at one place and go in step. Were they ever apart, rows would be lost in silence.
        let ticket = opened.expect("a feed hands on its spool without gaps");
        if events == 0 {
            return Ok(());
        }
        let reservation = self.tools.budget.reserve(given.input, cargo.bytes() as u64);
        let (input, file, path) = (given.input, given.file, Arc::clone(&given.path));
        sender.send(Chunk { input, file, path, ticket, cargo, reservation })
    }
}

/// Whether a turn over all spools found something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Busy,
    Blocked,
    Idle,
}

impl Turn {
    /// Returns the busier of two.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Busy, _) | (_, Self::Busy) => Self::Busy,
            (Self::Blocked, _) | (_, Self::Blocked) => Self::Blocked,
            (Self::Idle, Self::Idle) => Self::Idle,
        }
    }
}

/// Reads whole records from a place in a segment, of which so many bytes are synced.
fn block(disk: &dyn Disk, path: &Path, from: u64, synced: u64) -> std::io::Result<Block> {
    let mut length = BLOCK_BYTES;
    loop {
        let wanted = usize::try_from(synced).unwrap_or(usize::MAX).min(length);
        let bytes = disk.read_at(path, from, wanted)?;
        let used = match segment::read(&bytes).last() {
            Some(Step::Torn(place)) => place.start,
            Some(Step::Record(..) | Step::Damaged(_)) | None => bytes.len(),
        };
        let is_all = bytes.len() < wanted || wanted as u64 == synced;
        if is_all {
            // Everything that is synced ends with a whole record: a torn one here is damage up to the segment's end.
            let lost = synced - used as u64;
            return Ok(Block { bytes, used, lost });
        }
        if used > 0 {
            return Ok(Block { bytes, used, lost: 0 });
        }
        length *= 2;
    }
}

fn line(span: Span, row: &[u8], max_line: usize) -> Piece<'_> {
    // An API sends JSON, which is UTF-8: nothing is done to a row but this.
    let provenance = Provenance::default();
    if row.len() <= max_line {
        return Piece::Line { span, bytes: row, cut: Cut::Whole, provenance };
    }
    let is_inside = |at: usize| row.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
    let end = (0..=max_line).rev().find(|&at| !is_inside(at)).unwrap_or(0);
    let bytes = row.get(..end).unwrap_or(row);
    Piece::Line { span, bytes, cut: Cut::Truncated, provenance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::FaultyDisk;

    fn records(rows: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for row in rows {
            segment::write(row, &mut out);
        }
        out
    }

    #[test]
    fn a_row_longer_than_a_block_is_read_whole() {
        let disk = FaultyDisk::new();
        let long = vec![b'x'; 3 * BLOCK_BYTES];
        let bytes = records(&[&long, b"next"]);
        disk.plant(Path::new("/a"), &bytes);
        let block = block(&disk, Path::new("/a"), 0, bytes.len() as u64).unwrap();
        assert!(block.used >= long.len() + 8, "{}", block.used);
        assert_eq!(block.lost, 0);
    }

    #[test]
    fn a_damaged_length_at_the_end_costs_the_rest_of_its_segment_and_nothing_else() {
        let disk = FaultyDisk::new();
        let mut bytes = records(&[b"one", b"two"]);
        bytes[11] = 0xFF;
        disk.plant(Path::new("/a"), &bytes);
        let block = block(&disk, Path::new("/a"), 0, bytes.len() as u64).unwrap();
        assert_eq!((block.used, block.lost), (11, bytes.len() as u64 - 11));
    }

    #[test]
    fn an_over_long_row_is_cut_at_a_character() {
        let row = "1234567京都".as_bytes();
        let Piece::Line { bytes, cut, .. } = line(ByteOffset::ZERO..ByteOffset::new(9), row, 8)
        else {
            panic!("a row is a line")
        };
        assert_eq!((bytes, cut), (&b"1234567"[..], Cut::Truncated));
    }
}
