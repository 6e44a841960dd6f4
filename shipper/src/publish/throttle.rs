//! How many requests go side by side, and how large they are: more while it goes well, half at the first complaint.

use std::time::Duration;

/// Smallest limit to a request: below this, its overhead is more than its content.
const LEAST_BYTES: usize = 64 << 10;

/// Adapts concurrency and size to what the cluster says.
#[derive(Debug, Clone)]
pub struct Throttle {
    concurrency: usize,
    most: usize,
    good: usize,
    bytes: usize,
    ceiling: usize,
    last_rate: f64,
}

impl Throttle {
    /// Returns a throttle that starts with two requests of full size.
    pub fn new(most: usize, bytes: usize) -> Self {
        Self { concurrency: most.min(2), most, good: 0, bytes, ceiling: bytes, last_rate: 0.0 }
    }

    /// Returns how many requests may be under way.
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Returns how many bytes a request may hold.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Notes a request that went well: how large it was, and how long the cluster worked on it.
    pub fn good(&mut self, bytes: usize, took: Duration) {
        self.good += 1;
        // A round is as many good answers as requests go side by side.
        if self.good >= self.concurrency {
            self.good = 0;
            self.concurrency = (self.concurrency + 1).min(self.most);
        }
        let rate = bytes as f64 / took.as_secs_f64().max(0.001);
        if rate > self.last_rate {
            self.bytes = (self.bytes + self.bytes / 10).min(self.ceiling);
        } else if rate < self.last_rate / 2.0 && bytes > self.bytes / 2 {
            self.bytes = (self.bytes - self.bytes / 10).max(LEAST_BYTES.min(self.ceiling));
        }
        // An average over a few requests: one slow merge is no trend.
        self.last_rate =
            if self.last_rate == 0.0 { rate } else { self.last_rate * 0.8 + rate * 0.2 };
    }

    /// Notes that the cluster asked for less.
    pub fn busy(&mut self) {
        self.good = 0;
        self.concurrency = (self.concurrency / 2).max(1);
        self.bytes = (self.bytes - self.bytes / 4).max(LEAST_BYTES.min(self.ceiling));
    }

    /// Notes that a request of this size was too large; none will be again.
    pub fn too_large(&mut self, bytes: usize) {
        self.ceiling = (bytes / 2).clamp(1, self.ceiling);
        self.bytes = self.bytes.min(self.ceiling);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Duration = Duration::from_millis(10);

    #[test]
    fn concurrency_grows_by_one_a_round_and_halves_at_once() {
        let mut throttle = Throttle::new(8, 1 << 20);
        let mut seen = vec![throttle.concurrency()];
        for _ in 0..9 {
            throttle.good(1 << 20, FAST);
            seen.push(throttle.concurrency());
        }
        assert_eq!(seen, [2, 2, 3, 3, 3, 4, 4, 4, 4, 5]);
        throttle.busy();
        assert_eq!(throttle.concurrency(), 2);
        throttle.busy();
        throttle.busy();
        assert_eq!(throttle.concurrency(), 1);
        for _ in 0..1_000 {
            throttle.good(1 << 20, FAST);
        }
        assert_eq!(throttle.concurrency(), 8);
    }

    #[test]
    fn size_shrinks_when_asked_and_grows_again_while_it_pays() {
        let mut throttle = Throttle::new(8, 1 << 20);
        throttle.busy();
        assert_eq!(throttle.bytes(), (1 << 20) / 4 * 3);
        for step in 1..20 {
            throttle.good(1_000 * step * step, FAST);
        }
        assert_eq!(throttle.bytes(), 1 << 20);
        for _ in 0..100 {
            throttle.busy();
        }
        assert_eq!(throttle.bytes(), LEAST_BYTES);
    }

    #[test]
    fn a_ceiling_that_was_hit_is_remembered() {
        let mut throttle = Throttle::new(8, 1 << 20);
        throttle.too_large(600_000);
        assert_eq!(throttle.bytes(), 300_000);
        for step in 1..100 {
            throttle.good(1_000 * step * step, FAST);
        }
        assert_eq!(throttle.bytes(), 300_000);
    }
}
