//! Whose turn it is among files that have something to do.

use std::collections::{BTreeSet, VecDeque};

use crate::settings::Order;

use super::catalogue::Slot;

/// Files in the order in which they come to their turn. The caller sees to it that none is in it twice.
#[derive(Debug)]
pub(crate) struct Turns {
    line: Line,
}

#[derive(Debug)]
enum Line {
    /// One block of each: who had a turn goes to the end.
    Fair(VecDeque<Slot>),
    /// The oldest until it is read.
    OldestFirst(BTreeSet<(u64, Slot)>),
}

impl Turns {
    /// Returns an empty line with this order.
    pub(crate) fn new(order: Order) -> Self {
        let line = match order {
            Order::Fair => Line::Fair(VecDeque::new()),
            Order::OldestFirst => Line::OldestFirst(BTreeSet::new()),
        };
        Self { line }
    }

    /// Adds a file that was born at this time, in nanoseconds since the epoch.
    pub(crate) fn push(&mut self, slot: Slot, born_ns: u64) {
        match &mut self.line {
            Line::Fair(line) => line.push_back(slot),
            Line::OldestFirst(line) => {
                line.insert((born_ns, slot));
            }
        }
    }

    /// Takes the file whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<Slot> {
        match &mut self.line {
            Line::Fair(line) => line.pop_front(),
            Line::OldestFirst(line) => line.pop_first().map(|(_, slot)| slot),
        }
    }

    /// Returns how many files wait.
    pub(crate) fn len(&self) -> usize {
        match &self.line {
            Line::Fair(line) => line.len(),
            Line::OldestFirst(line) => line.len(),
        }
    }

    /// Tells whether none waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(order: Order) -> Vec<Slot> {
        let mut turns = Turns::new(order);
        let (busy, quiet, old) = (Slot::test(1), Slot::test(2), Slot::test(3));
        turns.push(busy, 20);
        turns.push(quiet, 30);
        turns.push(old, 10);
        let mut got = Vec::new();
        for blocks_left in [2, 1, 1, 0, 0, 0] {
            let Some(slot) = turns.pop() else { break };
            got.push(slot);
            if blocks_left > 0 {
                turns.push(
                    slot,
                    if slot == busy {
                        20
                    } else if slot == quiet {
                        30
                    } else {
                        10
                    },
                );
            }
        }
        got
    }

    /// D7
    #[test]
    fn each_file_gets_its_turn_before_any_gets_a_second_one() {
        let (busy, quiet, old) = (Slot::test(1), Slot::test(2), Slot::test(3));
        assert_eq!(order(Order::Fair), [busy, quiet, old, busy, quiet, old]);
    }

    /// D7
    #[test]
    fn the_oldest_file_is_read_to_its_end_first() {
        let (busy, quiet, old) = (Slot::test(1), Slot::test(2), Slot::test(3));
        assert_eq!(order(Order::OldestFirst), [old, old, old, old, busy, quiet]);
    }
}
