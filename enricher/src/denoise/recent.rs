//! What was seen lately, in bounded room.

use std::collections::HashMap;

/// Keys that are remembered, at most twice as many.
const MOST_KEYS: usize = 32_768;

/// Values by the hash of a key. When there are too many, those that nobody asked for since the last time are forgotten.
#[derive(Debug)]
pub(super) struct Recent<V> {
    young: HashMap<u64, V>,
    old: HashMap<u64, V>,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<V> Recent<V> {
    /// Returns what is known of a key.
    pub(super) fn get(&mut self, key: u64) -> Option<&mut V> {
        if let Some(value) = self.old.remove(&key) {
            self.put(key, value);
        }
        self.young.get_mut(&key)
    }

    /// Remembers a value; what was known of its key is forgotten.
    pub(super) fn put(&mut self, key: u64, value: V) {
        self.old.remove(&key);
        if self.young.len() >= MOST_KEYS && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_what_is_not_goes_in_time() {
        let mut recent = Recent::default();
        recent.put(1, "asked");
        recent.put(2, "not asked");
        for key in 3..200_000 {
            recent.put(key, "other");
            assert_eq!(recent.get(1).copied(), Some("asked"));
            assert!(recent.young.len() + recent.old.len() <= 2 * MOST_KEYS);
        }
        assert_eq!(recent.get(2), None);
    }
}
