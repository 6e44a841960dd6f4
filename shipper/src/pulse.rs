//! The sign of life of a thread: when it last came round.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// When a thread last came round, on the monotonic clock, in milliseconds. Clones are the same sign.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    last: Arc<AtomicU64>,
}

impl Pulse {
    /// Says that the thread comes round now.
    pub fn beat(&self, now: Duration) {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    /// Returns when it last came round.
    pub fn last(&self) -> Duration {
        Duration::from_millis(self.last.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_round_is_seen_by_clones() {
        let pulse = Pulse::default();
        let seen = pulse.clone();
        assert_eq!(seen.last(), Duration::ZERO);
        pulse.beat(Duration::from_millis(1_500));
        assert_eq!(seen.last(), Duration::from_millis(1_500));
    }
}
