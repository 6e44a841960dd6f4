//! Changes that the scan found and that nothing announced.
//!
//! A change and its announcement take different ways to us: the scan may see bytes whose notification is still under
//! way. So an unannounced change is held for a moment; when its announcement comes, all was well.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// Announcements come within milliseconds; a machine under load gets this long.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was not announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A name came.
    Name,
    /// Bytes came.
    Bytes,
}

/// Changes that wait for their announcement, by the file that changed.
#[derive(Debug)]
pub struct Missed<K> {
    waiting: HashMap<K, Waiting>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    input: usize,
    change: Change,
    since: Duration,
}

impl<K: Copy + Eq + Hash> Missed<K> {
    /// Returns a list of nothing.
    pub fn new() -> Self {
        Self { waiting: HashMap::new() }
    }

    /// Notes a change of a file of an input that a scan found and nothing has announced so far.
    pub fn suspect(&mut self, file: K, input: usize, change: Change, now: Duration) {
        self.waiting.entry(file).or_insert(Waiting { input, change, since: now });
    }

    /// Notes that the bytes of a file were announced after all.
    pub fn announced(&mut self, file: K) {
        self.waiting.remove(&file);
    }

    /// Notes that names were announced after all.
    pub fn names_announced(&mut self) {
        self.waiting.retain(|_, waiting| waiting.change != Change::Name);
    }

    /// Notes that everything that is waiting may have been announced.
    pub fn all_announced(&mut self) {
        self.waiting.clear();
    }

    /// Takes the changes that were announced neither before nor since: the input of each.
    pub fn take(&mut self, now: Duration) -> Vec<usize> {
        let mut missed = Vec::new();
        self.waiting.retain(|_, waiting| {
            let is_over = now.saturating_sub(waiting.since) >= PATIENCE;
            if is_over {
                missed.push(waiting.input);
            }
            !is_over
        });
        missed
    }

    /// Returns when the next change will have waited for long enough.
    pub fn next(&self) -> Option<Duration> {
        self.waiting.values().map(|waiting| waiting.since + PATIENCE).min()
    }
}

impl<K: Copy + Eq + Hash> Default for Missed<K> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// D5
    #[test]
    fn a_change_that_nothing_announces_is_missed_once() {
        let mut missed = Missed::new();
        missed.suspect('a', 7, Change::Bytes, at(10));
        missed.suspect('a', 7, Change::Bytes, at(11));
        assert_eq!((missed.take(at(11)), missed.next()), (vec![], Some(at(12))));
        assert_eq!(missed.take(at(12)), [7]);
        assert_eq!((missed.take(at(99)), missed.next()), (vec![], None));
    }

    /// D5
    #[test]
    fn an_announcement_that_comes_after_the_scan_was_not_missed() {
        let mut missed = Missed::new();
        missed.suspect('a', 0, Change::Bytes, at(10));
        missed.suspect('b', 0, Change::Name, at(10));
        missed.suspect('c', 1, Change::Bytes, at(10));
        missed.announced('a');
        missed.names_announced();
        assert_eq!(missed.take(at(20)), [1]);
    }
}
