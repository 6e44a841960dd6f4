//! Rows that are in the spool already: overlapping windows and repeated passes give them again.
//!
//! This only saves sends. A row that is forgotten here goes through once more and meets 409, since its key makes its id.

use std::collections::{HashSet, VecDeque};

use xxhash_rust::xxh3::xxh3_128;

/// Keys that are remembered of one poll, 16 bytes each.
const MOST: usize = 100_000;

/// Keys of rows whose place in the spool is confirmed.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    known: HashSet<u128>,
    order: VecDeque<u128>,
}

/// A key, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RowKey(u128);

impl RowKey {
    /// Returns the key of a row. The whole row counts too: a row that changed without a new modified time must not be
    /// passed over here, whatever its id does later.
    pub(crate) fn new(id: &str, modified: &str, row: &[u8]) -> Self {
        let mut input = Vec::with_capacity(id.len() + modified.len() + row.len() + 2);
        for part in [id.as_bytes(), modified.as_bytes(), row] {
            input.extend_from_slice(&(part.len() as u64).to_le_bytes());
            input.extend_from_slice(part);
        }
        Self(xxh3_128(&input))
    }
}

impl Recent {
    /// Tells whether a row is known.
    pub(crate) fn knows(&self, key: RowKey) -> bool {
        self.known.contains(&key.0)
    }

    /// Remembers a row; the oldest one leaves when there are too many.
    pub(crate) fn add(&mut self, key: RowKey) {
        if self.known.insert(key.0) {
            self.order.push_back(key.0);
        }
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_known_by_key_and_content_and_the_oldest_leave() {
        let mut recent = Recent::default();
        let first = RowKey::new("1", "a", b"x");
        recent.add(first);
        recent.add(first);
        assert!(recent.knows(first));
        assert!(!recent.knows(RowKey::new("1", "b", b"x")));
        assert!(!recent.knows(RowKey::new("1", "a", b"y")));
        assert!(!recent.knows(RowKey::new("1a", "", b"x")), "parts do not run into one another");
        for number in 0..MOST {
            recent.add(RowKey::new(&number.to_string(), "", b""));
        }
        assert!(!recent.knows(first));
        assert_eq!((recent.known.len(), recent.order.len()), (MOST, MOST));
    }
}
