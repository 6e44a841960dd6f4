//! The arithmetic of what is safe to forget: one watermark per file, over the gap-free acknowledged prefix only.
//!
//! The reader opens a *stretch* for each block of lines that it sends; the publisher settles its events one by one, in
//! any order. The watermark passes a stretch when nothing of it is open and nothing before it is.

use std::collections::VecDeque;

use event::{ByteOffset, Span};
use serde::{Deserialize, Serialize};

use crate::identity::Print;

/// A place in a file together with what stands before it, so that the place can be found again or found changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The place.
    pub offset: ByteOffset,
    /// Print of up to 64 bytes before it.
    pub before: Print,
}

impl Mark {
    /// The start of any file.
    pub const START: Self = Self { offset: ByteOffset::ZERO, before: Print::EMPTY };
}

/// Names a stretch of one file, in the order of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// A stretch does not start where the one before it ended: a bug that would lose lines if it were let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stretch starts at {start}, but the one before it ends at {end}")]
pub struct NotJoined {
    /// Where it should have started.
    pub end: ByteOffset,
    /// Where it starts.
    pub start: ByteOffset,
}

#[derive(Debug)]
struct Stretch {
    end: Mark,
    open: usize,
}

/// How far one file is acknowledged, and what is open behind that place.
#[derive(Debug)]
pub struct Watermark {
    committed: Mark,
    stretches: VecDeque<Stretch>,
    first: u64,
}

impl Watermark {
    /// Returns a watermark that stands at `committed`, with nothing open.
    pub fn new(committed: Mark) -> Self {
        Self { committed, stretches: VecDeque::new(), first: 0 }
    }

    /// Returns the place up to which everything is acknowledged.
    pub fn committed(&self) -> Mark {
        self.committed
    }

    /// Returns the place up to which everything has been sent on its way.
    pub fn sent(&self) -> ByteOffset {
        self.stretches.back().map_or(self.committed.offset, |last| last.end.offset)
    }

    /// Returns the places up to which the file was sent and is not acknowledged yet, the newest first.
    pub fn sent_marks(&self) -> impl Iterator<Item = Mark> + '_ {
        self.stretches.iter().rev().map(|stretch| stretch.end)
    }

    /// Tells whether nothing is open.
    pub fn is_settled(&self) -> bool {
        self.stretches.is_empty()
    }

    /// Opens the next stretch with its number of events; one without events settles by itself.
    pub fn open(&mut self, span: &Span, before: Print, events: usize) -> Result<Ticket, NotJoined> {
        if span.start != self.sent() {
            return Err(NotJoined { end: self.sent(), start: span.start });
        }
        let ticket = Ticket(self.first + self.stretches.len() as u64);
        self.stretches.push_back(Stretch { end: Mark { offset: span.end, before }, open: events });
        self.advance();
        Ok(ticket)
    }

    /// Settles events of a stretch: stored, duplicate, filtered or dead-lettered for good. Tells whether the watermark moved.
    pub fn settle(&mut self, ticket: Ticket, events: usize) -> Moved {
        let at = ticket.0.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        if let Some(stretch) = at.and_then(|at| self.stretches.get_mut(at)) {
            debug_assert!(stretch.open >= events, "more events settled than were opened");
            stretch.open = stretch.open.saturating_sub(events);
        }
        self.advance()
    }

    fn advance(&mut self) -> Moved {
        let mut moved = Moved::No;
        while let Some(stretch) = self.stretches.pop_front_if(|stretch| stretch.open == 0) {
            self.committed = stretch.end;
            self.first += 1;
            moved = Moved::Yes;
        }
        moved
    }
}

/// Whether a watermark moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It did: the checkpoint is behind.
    Yes,
    /// It did not.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(start: u64, end: u64) -> Span {
        ByteOffset::new(start)..ByteOffset::new(end)
    }

    fn open(watermark: &mut Watermark, start: u64, end: u64, events: usize) -> Ticket {
        watermark.open(&span(start, end), Print::EMPTY, events).unwrap()
    }

    #[test]
    fn a_later_stretch_waits_for_an_earlier_one() {
        let mut watermark = Watermark::new(Mark::START);
        let first = open(&mut watermark, 0, 10, 2);
        let second = open(&mut watermark, 10, 25, 1);
        assert_eq!(watermark.settle(second, 1), Moved::No);
        assert_eq!(watermark.settle(first, 1), Moved::No);
        assert_eq!(watermark.committed().offset, ByteOffset::ZERO);
        assert_eq!(watermark.settle(first, 1), Moved::Yes);
        assert_eq!(watermark.committed().offset, ByteOffset::new(25));
        assert!(watermark.is_settled());
    }

    #[test]
    fn a_stretch_of_filtered_lines_passes_when_it_is_its_turn() {
        let mut watermark = Watermark::new(Mark::START);
        open(&mut watermark, 0, 10, 0);
        assert_eq!(watermark.committed().offset, ByteOffset::new(10));
        let events = open(&mut watermark, 10, 20, 1);
        open(&mut watermark, 20, 30, 0);
        assert_eq!(watermark.committed().offset, ByteOffset::new(10));
        watermark.settle(events, 1);
        assert_eq!(watermark.committed().offset, ByteOffset::new(30));
    }

    #[test]
    fn a_step_that_does_not_join_is_refused() {
        let mut watermark = Watermark::new(Mark::START);
        open(&mut watermark, 0, 10, 1);
        let error = watermark.open(&span(11, 12), Print::EMPTY, 1).unwrap_err();
        assert_eq!(error.to_string(), "a stretch starts at 11, but the one before it ends at 10");
        assert_eq!(watermark.sent(), ByteOffset::new(10));
    }

    proptest! {
        #[test]
        fn the_watermark_never_passes_an_unacknowledged_byte(
            sizes in proptest::collection::vec((1_u64..50, 0_usize..4), 1..30),
            order in proptest::collection::vec(any::<prop::sample::Index>(), 0..120),
        ) {
            let mut watermark = Watermark::new(Mark::START);
            let mut stretches = Vec::new();
            let mut at = 0;
            for (size, events) in sizes {
                let ticket = open(&mut watermark, at, at + size, events);
                stretches.push((ticket, at, events));
                at += size;
            }
            for pick in order {
                let stretch = pick.index(stretches.len());
                if stretches[stretch].2 > 0 {
                    stretches[stretch].2 -= 1;
                    watermark.settle(stretches[stretch].0, 1);
                }
                let first_open = stretches.iter().find(|(_, _, open)| *open > 0).map_or(at, |(_, start, _)| *start);
                prop_assert_eq!(watermark.committed().offset, ByteOffset::new(first_open));
            }
        }
    }
}
