//! The arithmetic of what is safe to forget: one watermark per file, over the gap-free acknowledged prefix only.
//!
//! The reader opens a *stretch* for each block of lines that it sends; the publisher settles its events one by one, in
//! any order. The watermark passes a stretch when nothing of it is open and nothing before it is, and gives it away: to the
//! ledger, which holds what became of every byte that was passed.

use std::collections::VecDeque;

use event::{ByteOffset, Span};
use serde::{Deserialize, Serialize};

use crate::identity::Print;
use crate::ledger::{Exception, Load, Settled, Stretch};

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
struct Open {
    end: Mark,
    events: usize,
    load: Load,
    keyed_duplicates: u64,
    exceptions: Vec<Exception>,
}

/// How far one file is acknowledged, and what is open behind that place.
#[derive(Debug)]
pub struct Watermark {
    committed: Mark,
    stretches: VecDeque<Open>,
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

    /// Opens the next stretch; one without events settles by itself. What is passed thereby is given away.
    pub fn open(
        &mut self,
        span: &Span,
        before: Print,
        load: Load,
        give: &mut dyn FnMut(Stretch),
    ) -> Result<Ticket, NotJoined> {
        if span.start != self.sent() {
            return Err(NotJoined { end: self.sent(), start: span.start });
        }
        let ticket = Ticket(self.first + self.stretches.len() as u64);
        let end = Mark { offset: span.end, before };
        let events = load.events;
        let open = Open { end, events, load, keyed_duplicates: 0, exceptions: Vec::new() };
        self.stretches.push_back(open);
        self.advance(give);
        Ok(ticket)
    }

    /// Settles events of a stretch for good. Tells whether the watermark moved; what it passed is given away.
    pub fn settle(
        &mut self,
        ticket: Ticket,
        settled: Settled,
        give: &mut dyn FnMut(Stretch),
    ) -> Moved {
        let at = ticket.0.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        if let Some(stretch) = at.and_then(|at| self.stretches.get_mut(at)) {
            debug_assert!(stretch.events >= settled.events, "more events settled than were opened");
            stretch.events = stretch.events.saturating_sub(settled.events);
            stretch.keyed_duplicates += settled.keyed_duplicates;
            stretch.exceptions.extend(settled.exceptions);
        }
        self.advance(give)
    }

    fn advance(&mut self, give: &mut dyn FnMut(Stretch)) -> Moved {
        let mut moved = Moved::No;
        while let Some(passed) = self.stretches.pop_front_if(|stretch| stretch.events == 0) {
            give(Stretch {
                span: self.committed.offset..passed.end.offset,
                load: passed.load,
                keyed_duplicates: passed.keyed_duplicates,
                exceptions: passed.exceptions,
            });
            self.committed = passed.end;
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
    use crate::ledger::Outcome;
    use proptest::prelude::*;

    fn span(start: u64, end: u64) -> Span {
        ByteOffset::new(start)..ByteOffset::new(end)
    }

    fn open(watermark: &mut Watermark, start: u64, end: u64, events: usize) -> Ticket {
        let load = Load { events, filtered: Vec::new() };
        watermark.open(&span(start, end), Print::EMPTY, load, &mut |_| {}).unwrap()
    }

    fn settle(watermark: &mut Watermark, ticket: Ticket) -> Moved {
        let settled = Settled { events: 1, ..Settled::default() };
        watermark.settle(ticket, settled, &mut |_| {})
    }

    #[test]
    fn a_later_stretch_waits_for_an_earlier_one() {
        let mut watermark = Watermark::new(Mark::START);
        let first = open(&mut watermark, 0, 10, 2);
        let second = open(&mut watermark, 10, 25, 1);
        assert_eq!(settle(&mut watermark, second), Moved::No);
        assert_eq!(settle(&mut watermark, first), Moved::No);
        assert_eq!(watermark.committed().offset, ByteOffset::ZERO);
        assert_eq!(settle(&mut watermark, first), Moved::Yes);
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
        settle(&mut watermark, events);
        assert_eq!(watermark.committed().offset, ByteOffset::new(30));
    }

    #[test]
    fn a_step_that_does_not_join_is_refused() {
        let mut watermark = Watermark::new(Mark::START);
        open(&mut watermark, 0, 10, 1);
        let load = Load { events: 1, filtered: Vec::new() };
        let error = watermark.open(&span(11, 12), Print::EMPTY, load, &mut |_| {}).unwrap_err();
        assert_eq!(error.to_string(), "a stretch starts at 11, but the one before it ends at 10");
        assert_eq!(watermark.sent(), ByteOffset::new(10));
    }

    #[test]
    fn what_is_passed_is_given_away_in_the_order_of_the_file() {
        let mut watermark = Watermark::new(Mark::START);
        let first = open(&mut watermark, 0, 10, 1);
        let second = open(&mut watermark, 10, 25, 1);
        settle(&mut watermark, second);
        let mut passed = Vec::new();
        let exceptions =
            vec![Exception { span: span(0, 10), events: 1, outcome: Outcome::Duplicate }];
        let settled = Settled { events: 1, keyed_duplicates: 1, exceptions };
        watermark.settle(first, settled, &mut |stretch| passed.push(stretch));
        let spans: Vec<Span> = passed.iter().map(|stretch| stretch.span.clone()).collect();
        assert_eq!(spans, [span(0, 10), span(10, 25)]);
        assert_eq!((passed[0].keyed_duplicates, passed[0].exceptions.len()), (1, 1));
        assert_eq!(passed[1].stored(), 1);
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
                    settle(&mut watermark, stretches[stretch].0);
                }
                let first_open = stretches.iter().find(|(_, _, open)| *open > 0).map_or(at, |(_, start, _)| *start);
                prop_assert_eq!(watermark.committed().offset, ByteOffset::new(first_open));
            }
        }
    }
}
