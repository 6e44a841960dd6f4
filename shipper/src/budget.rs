//! How many bytes may be on their way at once. The log file is the queue: when the budget is used up, reading stops.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::watch::Bell;

/// The bytes on their way, in all and by input. Clones count the same bytes.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: AtomicU64,
    /// How many inputs are read.
    inputs: AtomicUsize,
    used: AtomicU64,
    /// By the number of the input; it grows as inputs are used.
    used_by: RwLock<Vec<Arc<AtomicU64>>>,
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
    used_by: Arc<AtomicU64>,
    bytes: u64,
}

impl Budget {
    /// Returns a budget for so many inputs; the bell rings when room comes free.
    ///
    /// One input gets half of it at most when there are others: a stream that the cluster refuses must not stop them.
    pub fn new(limit: u64, inputs: usize, bell: Bell) -> Self {
        let shared = Shared {
            limit: AtomicU64::new(limit),
            inputs: AtomicUsize::new(inputs),
            used: AtomicU64::new(0),
            used_by: RwLock::default(),
            bell,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Takes another limit and number of inputs; what is on its way stays.
    pub fn change(&self, limit: u64, inputs: usize) {
        self.shared.limit.store(limit, Ordering::Relaxed);
        self.shared.inputs.store(inputs, Ordering::Relaxed);
        self.shared.bell.ring();
    }

    /// Tells whether an input may be read. A block that is read then may pass the limit by its own size, never more.
    pub fn room(&self, input: usize) -> Room {
        let shared = &self.shared;
        let used_by = shared.used_by.read().unwrap_or_else(PoisonError::into_inner);
        let by_input = used_by.get(input).map_or(0, |used| used.load(Ordering::Relaxed));
        let limit = shared.limit.load(Ordering::Relaxed);
        if self.used() < limit && by_input < shared.limit_each(limit) {
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
        let used_by = self.shared.used_by(input);
        self.shared.used.fetch_add(bytes, Ordering::Relaxed);
        used_by.fetch_add(bytes, Ordering::Relaxed);
        Reservation { shared: Arc::clone(&self.shared), used_by, bytes }
    }
}

impl Shared {
    fn limit_each(&self, limit: u64) -> u64 {
        if self.inputs.load(Ordering::Relaxed) > 1 { limit / 2 } else { limit }
    }

    fn used_by(&self, input: usize) -> Arc<AtomicU64> {
        let known = self.used_by.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = known.get(input) {
            return Arc::clone(used);
        }
        drop(known);
        let mut all = self.used_by.write().unwrap_or_else(PoisonError::into_inner);
        let length = all.len().max(input + 1);
        all.resize_with(length, Arc::default);
        all.get(input).map(Arc::clone).unwrap_or_default()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let shared = &self.shared;
        let limit = shared.limit.load(Ordering::Relaxed);
        let used = shared.used.fetch_sub(self.bytes, Ordering::Relaxed);
        let before = self.used_by.fetch_sub(self.bytes, Ordering::Relaxed);
        if used >= limit || before >= shared.limit_each(limit) {
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
    fn a_limit_may_change_while_bytes_are_on_their_way() {
        let budget = Budget::new(100, 1, Bell::default());
        let held = budget.reserve(0, 100);
        assert_eq!(budget.room(0), Room::None);
        budget.change(400, 2);
        assert_eq!((budget.room(0), budget.room(1)), (Room::Some, Room::Some));
        let more = budget.reserve(7, 250);
        assert_eq!((budget.room(7), budget.room(1)), (Room::None, Room::Some));
        drop((held, more));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn an_input_that_cannot_get_rid_of_its_events_leaves_room_for_others() {
        let budget = Budget::new(100, 2, Bell::default());
        let _held = budget.reserve(0, 50);
        assert_eq!((budget.room(0), budget.room(1)), (Room::None, Room::Some));
    }
}
