//! How many requests go side by side, and how large they are: more while it goes well, half at the first complaint.

use std::time::Duration;

/// Smallest limit to a request: below this, its overhead is more than its content.
const LEAST_BYTES: usize = 64 << 10;

/// A batch in which at least this share was refused for load slows us down; below it, halving is enough.
const STORM: f64 = 0.05;
/// The first pause between two requests in a storm, and the longest. It doubles, and halves with each good answer: what
/// is refused costs the cluster work too, so in a storm few documents are offered and most wait until it is over.
const LEAST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// After so many good answers, a ceiling that was once hit is tried a tenth higher: the proxy that set it may be gone.
const CEILING_HOLDS: u32 = 512;

/// Adapts concurrency, size and pace to what the cluster says.
#[derive(Debug, Clone)]
pub struct Throttle {
    concurrency: usize,
    most: usize,
    good: usize,
    bytes: usize,
    ceiling: usize,
    most_bytes: usize,
    good_below_ceiling: u32,
    last_rate: f64,
    pause: Duration,
}

impl Throttle {
    /// Returns a throttle that starts with two requests of full size.
    pub fn new(most: usize, bytes: usize) -> Self {
        Self {
            concurrency: most.min(2),
            most,
            good: 0,
            bytes,
            ceiling: bytes,
            most_bytes: bytes,
            good_below_ceiling: 0,
            last_rate: 0.0,
            pause: Duration::ZERO,
        }
    }

    /// Takes other limits and keeps what was learned within them.
    pub fn limit(&mut self, most: usize, bytes: usize) {
        self.most = most;
        self.concurrency = self.concurrency.min(most);
        self.most_bytes = bytes;
        // A limit that was raised is free to be tried; one that was lowered binds at once.
        self.ceiling = bytes;
        self.bytes = self.bytes.min(bytes);
    }

    /// Returns how many requests may be under way.
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Returns how many bytes a request may hold.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how long to wait before the next request; zero unless the cluster refuses much. Half of it is spread by a
    /// chance in 0..=1, so that a fleet does not come in step.
    pub fn pause(&self, jitter: f64) -> Duration {
        self.pause.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }

    /// Notes a request that went well: how large it was, and how long the cluster worked on it.
    pub fn good(&mut self, bytes: usize, took: Duration) {
        self.good += 1;
        // A round is as many good answers as requests go side by side.
        if self.good >= self.concurrency {
            self.good = 0;
            self.concurrency = (self.concurrency + 1).min(self.most);
        }
        self.pause /= 2;
        if self.pause < LEAST_PAUSE / 2 {
            self.pause = Duration::ZERO;
        }
        self.try_higher_ceiling();
        let rate = bytes as f64 / took.as_secs_f64().max(0.001);
        if rate > self.last_rate {
            self.bytes = (self.bytes + self.bytes / 10).min(self.ceiling);
        } else if rate < self.last_rate / 2.0 && bytes > self.bytes / 2 {
            self.bytes = (self.bytes - self.bytes / 10).max(self.least());
        }
        // An average over a few requests: one slow merge is no trend.
        self.last_rate =
            if self.last_rate == 0.0 { rate } else { self.last_rate * 0.8 + rate * 0.2 };
    }

    /// Notes that the cluster asked for less: of a request of this size, it refused this share (0..=1) for load.
    pub fn busy(&mut self, bytes: usize, share: f64) {
        self.good = 0;
        self.concurrency = (self.concurrency / 2).max(1);
        // A limit that is far above what is sent would shrink for long without effect.
        let sent = self.bytes.min(bytes);
        let kept = if share > 0.5 { sent / 2 } else { sent - sent / 4 };
        self.bytes = kept.max(self.least()).min(self.bytes);
        if share >= STORM {
            self.pause = (self.pause * 2).clamp(LEAST_PAUSE, LONGEST_PAUSE);
        }
    }

    /// Notes that a request of this size was too large; none will be again for long.
    pub fn too_large(&mut self, bytes: usize) {
        self.ceiling = (bytes / 2).clamp(1, self.ceiling);
        self.bytes = self.bytes.min(self.ceiling);
        self.good_below_ceiling = 0;
    }

    fn try_higher_ceiling(&mut self) {
        if self.ceiling < self.most_bytes {
            self.good_below_ceiling += 1;
            if self.good_below_ceiling >= CEILING_HOLDS {
                self.good_below_ceiling = 0;
                self.ceiling = (self.ceiling + self.ceiling / 10 + 1).min(self.most_bytes);
            }
        }
    }

    fn least(&self) -> usize {
        LEAST_BYTES.min(self.ceiling)
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
        throttle.busy(1 << 20, 0.01);
        assert_eq!(throttle.concurrency(), 2);
        throttle.busy(1 << 20, 0.01);
        throttle.busy(1 << 20, 0.01);
        assert_eq!(throttle.concurrency(), 1);
        for _ in 0..1_000 {
            throttle.good(1 << 20, FAST);
        }
        assert_eq!(throttle.concurrency(), 8);
    }

    #[test]
    fn size_shrinks_when_asked_and_grows_again_while_it_pays() {
        let mut throttle = Throttle::new(8, 1 << 20);
        throttle.busy(1 << 20, 0.2);
        assert_eq!(throttle.bytes(), (1 << 20) / 4 * 3);
        for step in 1..20 {
            throttle.good(1_000 * step * step, FAST);
        }
        assert_eq!(throttle.bytes(), 1 << 20);
        for _ in 0..100 {
            throttle.busy(1 << 20, 0.2);
        }
        assert_eq!(throttle.bytes(), LEAST_BYTES);
    }

    #[test]
    fn a_request_that_was_smaller_than_the_limit_shrinks_what_was_sent() {
        let mut throttle = Throttle::new(8, 5 << 20);
        throttle.busy(1 << 20, 0.6);
        assert_eq!(throttle.bytes(), 1 << 19);
        throttle.busy(100, 0.6);
        assert_eq!(throttle.bytes(), LEAST_BYTES);
    }

    #[test]
    fn slower_work_shrinks_full_requests() {
        let mut throttle = Throttle::new(8, 1 << 20);
        throttle.good(1 << 20, FAST);
        throttle.good(1 << 20, FAST * 10);
        assert_eq!(throttle.bytes(), (1 << 20) - (1 << 20) / 10);
    }

    #[test]
    fn a_storm_slows_us_down_and_its_end_is_forgotten_soon() {
        let mut throttle = Throttle::new(8, 1 << 20);
        throttle.busy(1 << 20, 0.01);
        assert_eq!(throttle.pause(1.0), Duration::ZERO, "a few refusals are no storm");
        let mut pauses = Vec::new();
        for _ in 0..6 {
            throttle.busy(1 << 20, 0.2);
            pauses.push(throttle.pause(1.0).as_millis());
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1_600, 2_000]);
        assert_eq!(throttle.pause(0.0), Duration::from_secs(1));
        let mut waited = Duration::ZERO;
        while throttle.pause(1.0) > Duration::ZERO {
            waited += throttle.pause(1.0);
            throttle.good(1 << 20, FAST);
        }
        // From the longest pause of a storm to full speed: the bar is 90 % of the rate within 30 s.
        assert!(waited < Duration::from_secs(5), "{waited:?}");
    }

    #[test]
    fn a_ceiling_that_was_hit_is_remembered_for_long_and_then_tried_a_little_higher() {
        let mut throttle = Throttle::new(8, 1 << 20);
        throttle.too_large(600_000);
        assert_eq!(throttle.bytes(), 300_000);
        let mut good = |times: u32| {
            for _ in 0..times {
                throttle.good(1 << 20, FAST / 100);
                throttle.last_rate = 0.0;
            }
            throttle.bytes()
        };
        assert_eq!(good(CEILING_HOLDS - 1), 300_000);
        assert_eq!(good(2), 330_001);
        throttle.limit(8, 200_000);
        assert_eq!(throttle.bytes(), 200_000);
    }
}
