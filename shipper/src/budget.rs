//! How many bytes may be on their way at once. The log file is the queue: when the budget is used up, reading stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::watch::Bell;

/// The bytes on their way, in all and by input. Clones count the same bytes.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: u64,
    limit_each: u64,
    used: AtomicU64,
    used_by: Vec<AtomicU64>,
    bell: Bell,
}

/// Whether an input may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// It may.
    Some,
    /// It waits until something is acknowledged.
    None,
}

/// A part of the budget; it is given back when this is dropped.
#[derive(Debug)]
pub struct Reservation {
    shared: Arc<Shared>,
    input: usize,
    bytes: u64,
}

impl Budget {
    /// Returns a budget for so many inputs; the bell rings when room comes free.
    ///
    /// One input gets half of it at most when there are others: a stream that the cluster refuses must not stop them.
    pub fn new(limit: u64, inputs: usize, bell: Bell) -> Self {
        let limit_each = if inputs > 1 { limit / 2 } else { limit };
        let used_by = (0..inputs).map(|_| AtomicU64::new(0)).collect();
        Self {
            shared: Arc::new(Shared { limit, limit_each, used: AtomicU64::new(0), used_by, bell }),
        }
    }

    /// Tells whether an input may be read. A block that is read then may pass the limit by its own size, never more.
    pub fn room(&self, input: usize) -> Room {
        let shared = &self.shared;
        let by_input = shared.used_by.get(input).map_or(0, |used| used.load(Ordering::Relaxed));
        if self.used() < shared.limit && by_input < shared.limit_each {
            Room::Some
        } else {
            Room::None
        }
    }

    /// Returns the bytes on their way.
    pub fn used(&self) -> u64 {
        self.shared.used.load(Ordering::Relaxed)
    }

    /// Takes a part of the budget.
    pub fn reserve(&self, input: usize, bytes: u64) -> Reservation {
        self.shared.used.fetch_add(bytes, Ordering::Relaxed);
        if let Some(used) = self.shared.used_by.get(input) {
            used.fetch_add(bytes, Ordering::Relaxed);
        }
        Reservation { shared: Arc::clone(&self.shared), input, bytes }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let shared = &self.shared;
        let used = shared.used.fetch_sub(self.bytes, Ordering::Relaxed);
        let before = shared
            .used_by
            .get(self.input)
            .map_or(0, |used_by| used_by.fetch_sub(self.bytes, Ordering::Relaxed));
        if used >= shared.limit || before >= shared.limit_each {
            shared.bell.ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_stops_at_the_limit_and_goes_on_when_bytes_are_given_back() {
        let budget = Budget::new(100, 1, Bell::default());
        let first = budget.reserve(0, 60);
        assert_eq!(budget.room(0), Room::Some);
        let second = budget.reserve(0, 60);
        assert_eq!((budget.room(0), budget.used()), (Room::None, 120));
        drop(first);
        assert_eq!(budget.room(0), Room::Some);
        drop(second);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn an_input_that_cannot_get_rid_of_its_events_leaves_room_for_others() {
        let budget = Budget::new(100, 2, Bell::default());
        let _held = budget.reserve(0, 50);
        assert_eq!((budget.room(0), budget.room(1)), (Room::None, Room::Some));
    }
}
