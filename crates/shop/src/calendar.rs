//! What is going to happen, in the order of time.
//!
//! A shop decides much ahead: a parcel arrives weeks after its order. What lies in later minutes waits unsorted; only the
//! minute at hand is kept in order.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use crate::moment::{Minute, Moment};

/// Things with their moments.
#[derive(Debug)]
pub(crate) struct Calendar<T> {
    from: Moment,
    until: Moment,
    minute: Minute,
    now: BinaryHeap<Entry<T>>,
    later: BTreeMap<Minute, Vec<Entry<T>>>,
    serial: u64,
}

/// A thing that is due.
#[derive(Debug)]
pub(crate) struct Entry<T> {
    pub(crate) at: Moment,
    /// Tells things of the same moment apart, in the order in which they were noted.
    pub(crate) serial: u64,
    /// Boxed, since entries are moved about many times until they are due.
    pub(crate) thing: Box<T>,
}

impl<T> Calendar<T> {
    /// Returns a calendar of a span; what lies outside it, `until` included, is not kept.
    pub(crate) fn new(from: Moment, until: Moment) -> Self {
        let (now, later) = (BinaryHeap::new(), BTreeMap::new());
        Self { from, until, minute: from.minute(), now, later, serial: 0 }
    }

    /// Notes a thing. It must not lie before the minute at hand.
    pub(crate) fn note(&mut self, at: Moment, thing: T) {
        self.serial += 1;
        if at < self.from || at >= self.until {
            return;
        }
        let entry = Entry { at, serial: self.serial, thing: Box::new(thing) };
        if at.minute() <= self.minute {
            self.now.push(entry);
        } else {
            self.later.entry(at.minute()).or_default().push(entry);
        }
    }

    /// Takes the next thing of the minute at hand.
    pub(crate) fn take(&mut self) -> Option<Entry<T>> {
        self.now.pop()
    }

    /// Goes on to the next minute and returns it, or nothing at the end.
    pub(crate) fn turn(&mut self) -> Option<Minute> {
        self.minute = self.minute.next();
        self.now = self.later.remove(&self.minute).unwrap_or_default().into();
        (self.minute.start() < self.until).then_some(self.minute)
    }
}

// A binary heap gives its greatest entry first, and the greatest here is the earliest.
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.serial).cmp(&(self.at, self.serial))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Entry<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(calendar: &mut Calendar<i64>) -> Vec<i64> {
        let mut things = Vec::new();
        loop {
            while let Some(entry) = calendar.take() {
                things.push(*entry.thing);
            }
            if calendar.turn().is_none() {
                return things;
            }
        }
    }

    fn start() -> Moment {
        Moment::of("2026-03-02T12:00:00Z".parse().unwrap())
    }

    proptest! {
        #[test]
        fn things_come_in_the_order_of_time_whatever_the_order_of_noting(distances in prop::collection::vec(0_i64..600_000, 0..200)) {
            let mut calendar = Calendar::new(start(), start().plus_ms(600_000));
            for &distance in &distances {
                calendar.note(start().plus_ms(distance), distance);
            }
            let mut sorted = distances;
            sorted.sort_unstable();
            prop_assert_eq!(all(&mut calendar), sorted);
        }
    }

    #[test]
    fn what_lies_outside_the_span_is_not_kept() {
        let mut calendar = Calendar::new(start(), start().plus_ms(90_000));
        for distance in [-1, 0, 89_999, 90_000, 1_000_000] {
            calendar.note(start().plus_ms(distance), distance);
        }
        assert_eq!(all(&mut calendar), [0, 89_999]);
    }

    #[test]
    fn things_of_one_moment_come_in_the_order_of_noting() {
        let mut calendar = Calendar::new(start(), start().plus_ms(90_000));
        for thing in [3, 1, 2] {
            calendar.note(start(), thing);
        }
        assert_eq!(all(&mut calendar), [3, 1, 2]);
    }
}
