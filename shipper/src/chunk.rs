//! Lines of one file on their way: documents ready to be sent, and what is needed to answer for each of them.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use enricher::{Failure, Outcome, Pipeline, Provenance, RawLine};
use event::{Event, EventId, FileId, Origin, Span};
use jiff::Timestamp;
use runtime::Clock;

use crate::acknowledge::Ticket;
use crate::budget::Reservation;
use crate::frame::{Blank, Cut, Piece};
use crate::ledger::{Exception, Filtered, Outcome as End, Settled};
use crate::shed::{self, Shedding};

/// The events of one stretch of a file.
#[derive(Debug)]
pub struct Chunk {
    /// The input that read it.
    pub input: usize,
    /// The file.
    pub file: FileId,
    /// Its path.
    pub path: Arc<Path>,
    /// The stretch that waits for these events.
    pub ticket: Ticket,
    /// The events.
    pub cargo: Cargo,
    /// Their part of the budget, given back when the last of them is settled.
    pub reservation: Reservation,
}

impl Chunk {
    /// Returns the bytes that it takes in memory.
    pub fn bytes(&self) -> usize {
        self.cargo.bytes()
    }

    /// Returns what the watermark and the ledger are told when these of its events ended. Neighbours that ended one way
    /// are one exception, and what was stored is none.
    pub fn settle(&self, ended: impl IntoIterator<Item = (usize, End)>) -> Settled {
        let mut settled = Settled::default();
        let mut last = None;
        for (place, outcome) in ended {
            settled.events += 1;
            let is_next = last.replace(place).is_some_and(|last| last + 1 == place);
            if outcome == End::Stored {
                continue;
            }
            let Some(item) = self.cargo.items.get(place) else { continue };
            if outcome == End::Duplicate && !item.has_id_of_place(self.file) {
                settled.keyed_duplicates += 1;
            }
            match settled.exceptions.last_mut() {
                Some(run) if is_next && run.outcome == outcome => {
                    run.span.end = run.span.end.max(item.span.end);
                    run.events += 1;
                }
                Some(_) | None => {
                    let span = item.span.clone();
                    settled.exceptions.push(Exception { span, events: 1, outcome });
                }
            }
        }
        settled
    }
}

/// Documents, the lines that they came from, and where each stands.
#[derive(Debug, Default)]
pub struct Cargo {
    documents: Vec<u8>,
    lines: Vec<u8>,
    items: Vec<Item>,
}

/// One event of a chunk.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its `_id`.
    pub id: EventId,
    /// Where its line stood.
    pub span: Span,
    /// Which of the line's events it is.
    pub part: u16,
    document: Range<u32>,
    line: Range<u32>,
}

impl Item {
    /// Tells whether its id was made from its place in the file, and not from a key.
    fn has_id_of_place(&self, file: FileId) -> bool {
        self.id == EventId::from_origin(file, self.span.start, self.part)
    }
}

/// What framing dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines that were handed on.
    pub lines: u64,
    /// Empty lines.
    pub empty: u64,
    /// Runs of NUL.
    pub nul: u64,
    /// Lines over the limit that were dropped.
    pub over_long: u64,
    /// Lines and groups over a limit that lost their end.
    pub truncated: u64,
    /// Lines that were left out because the input is far behind.
    pub shed: u64,
}

impl Cargo {
    /// Returns an empty cargo with room for somewhat more than another one took.
    pub fn sized_like((documents, lines, items): (usize, usize, usize)) -> Self {
        let roomy = |size: usize| size + size / 16;
        Self {
            documents: Vec::with_capacity(roomy(documents)),
            lines: Vec::with_capacity(roomy(lines)),
            items: Vec::with_capacity(roomy(items)),
        }
    }

    /// Gives back the room that was not used: a full cargo may wait for as long as the cluster is away.
    pub fn fit(&mut self) {
        self.documents.shrink_to_fit();
        self.lines.shrink_to_fit();
        self.items.shrink_to_fit();
    }

    /// Adds an event whose document is its line.
    #[cfg(test)]
    pub(crate) fn add(&mut self, id: EventId, document: &[u8]) {
        let line = append(&mut self.lines, |out| out.extend_from_slice(document));
        let document = append(&mut self.documents, |out| out.extend_from_slice(document));
        let span = event::ByteOffset::ZERO..event::ByteOffset::new(1);
        self.items.push(Item { id, span, part: 0, document, line });
    }

    /// Returns how much it holds: bytes of documents, bytes of lines, events.
    pub fn size(&self) -> (usize, usize, usize) {
        (self.documents.len(), self.lines.len(), self.items.len())
    }

    /// Returns the bytes that it takes in memory.
    pub fn bytes(&self) -> usize {
        self.documents.capacity()
            + self.lines.capacity()
            + self.items.capacity() * size_of::<Item>()
    }

    /// Returns the events.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Returns an event's document as JSON.
    pub fn document(&self, item: &Item) -> &[u8] {
        slice(&self.documents, &item.document)
    }

    /// Returns an event's line as it stood in the file.
    pub fn line(&self, item: &Item) -> &[u8] {
        slice(&self.lines, &item.line)
    }
}

fn slice<'a>(bytes: &'a [u8], range: &Range<u32>) -> &'a [u8] {
    bytes.get(range.start as usize..range.end as usize).unwrap_or_default()
}

/// Fills a cargo with the pieces of one file.
#[derive(Debug)]
pub struct Loader<'a> {
    /// The pipeline of the input.
    pub pipeline: &'a mut Pipeline,
    /// Buffers for events, used again and again.
    pub events: &'a mut Vec<Event>,
    /// The file.
    pub file: FileId,
    /// Its path as text.
    pub path: &'a str,
    /// When the block was read.
    pub read_at: Timestamp,
    /// What is filled.
    pub cargo: Cargo,
    /// What was handed on and dropped.
    pub tally: Tally,
    /// Times a sample of the lines.
    pub clock: &'a dyn Clock,
    /// How many lines went this way.
    pub turn: &'a mut u32,
    /// What was dropped, with its place.
    pub filtered: Vec<Filtered>,
    /// What is left out while the input is far behind.
    pub shedding: Option<Shedding>,
}

/// One line of so many is timed, step by step: what it costs is then a thousandth of what it measures.
pub const TIMED_LINES: u32 = 1_024;

impl Loader<'_> {
    /// Takes the next piece.
    pub fn load(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Blank { span, kind } => {
                match kind {
                    Blank::Empty => self.tally.empty += 1,
                    Blank::Nul => self.tally.nul += 1,
                    Blank::OverLong => self.tally.over_long += 1,
                }
                Filtered::append(&mut self.filtered, &span, kind.rule());
            }
            Piece::Line { span, bytes, cut, provenance } => {
                self.tally.lines += u64::from(provenance.lines);
                self.tally.truncated += u64::from(cut == Cut::Truncated);
                let line = RawLine {
                    bytes,
                    origin: Origin { file: self.file, span, part: 0 },
                    path: self.path,
                    truncated: cut == Cut::Truncated,
                    provenance,
                };
                *self.turn = self.turn.wrapping_add(1);
                self.process(&line);
            }
            Piece::Fault { at, report } => {
                // The last part of a line is one that no line has: the line that may once stand here keeps its id.
                let origin = Origin { file: self.file, span: at..at, part: u16::MAX };
                let fault = Some(Failure::Compressed);
                let line = RawLine {
                    bytes: report.as_bytes(),
                    origin,
                    path: self.path,
                    truncated: false,
                    provenance: Provenance { fault, ..Provenance::default() },
                };
                self.process(&line);
            }
        }
    }

    fn process(&mut self, line: &RawLine<'_>) {
        let outcome = if self.turn.is_multiple_of(TIMED_LINES) {
            let clock = || self.clock.monotonic();
            self.pipeline.process_timed(line, self.read_at, &clock, self.events)
        } else {
            self.pipeline.process(line, self.read_at, self.events)
        };
        match outcome {
            Outcome::Keep
                if self.shedding.is_some_and(|shedding| shedding.leaves_out(self.events)) =>
            {
                self.tally.shed += 1;
                Filtered::append(&mut self.filtered, &line.origin.span, shed::RULE);
                self.pipeline.recycle(self.events);
            }
            Outcome::Keep => self.stow(line.bytes),
            // The pipeline counts what its rules drop.
            Outcome::Drop(rule) => {
                Filtered::append(&mut self.filtered, &line.origin.span, rule.as_str());
            }
        }
    }

    fn stow(&mut self, bytes: &[u8]) {
        let cargo = &mut self.cargo;
        let line = append(&mut cargo.lines, |out| out.extend_from_slice(bytes));
        for event in &*self.events {
            let document = append(&mut cargo.documents, |out| event.document.write_json(out));
            cargo.items.push(Item {
                id: event.id,
                span: event.origin.span.clone(),
                part: event.origin.part,
                document,
                line: line.clone(),
            });
        }
        self.pipeline.recycle(self.events);
    }
}

/// Places are 32 bits wide: a chunk comes from one block and lines that are cut at their limit.
fn append(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Range<u32> {
    let start = out.len();
    write(out);
    u32::try_from(start).unwrap_or(u32::MAX)..u32::try_from(out.len()).unwrap_or(u32::MAX)
}
