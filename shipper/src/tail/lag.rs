//! How far behind we are, in bytes and in time, and how long it will take to catch up.
//!
//! A file is behind while it holds complete lines that are not acknowledged. Its lag in bytes reaches from the place up
//! to which it is acknowledged to its end. Its lag in seconds is the time since it was first seen to reach beyond that
//! place: by its modification time where a scan saw it grow, by the clock where a block was read. An incomplete last
//! line that waits for its rest is no lag.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

/// Steps that are kept of one file.
const STEPS: usize = 16;
/// Files that are told of one by one.
const FURTHEST: usize = 20;
/// The rate is an average that forgets half a minute ago.
const MEMORY: Duration = Duration::from_secs(30);
/// What is said when nothing moves: so long that any alert on it fires, and still a number.
pub const NEVER: Duration = Duration::from_hours(7 * 24);

/// How a file that is behind grew. Times are monotonic; those before the program's start are below zero.
#[derive(Debug, Clone)]
pub(crate) struct Growth {
    /// When the file was first seen to be so long, the oldest first.
    steps: VecDeque<(SignedDuration, u64)>,
    acknowledged_bytes: u64,
}

impl Growth {
    /// Returns the growth of a file that is acknowledged up to here.
    pub(crate) fn from(acknowledged_bytes: u64) -> Self {
        Self { steps: VecDeque::new(), acknowledged_bytes }
    }

    /// Notes that the file was so long, and for how long it had been so by now.
    pub(crate) fn reached(&mut self, bytes: u64, now: Duration, since: Duration) {
        let at = signed(now).saturating_sub(signed(since));
        if bytes <= self.end().max(self.acknowledged_bytes) {
            return;
        }
        if self.steps.len() == STEPS {
            // Two steps become one that carries the earlier time: the lag may be told too long, never too short.
            let mut times = self.steps.iter().map(|(at, _)| *at).step_by(2);
            let ends = self.steps.iter().map(|(_, bytes)| *bytes).skip(1).step_by(2);
            self.steps = ends.filter_map(|bytes| Some((times.next()?, bytes))).collect();
        }
        self.steps.push_back((at, bytes));
    }

    /// Notes the place up to which the file is acknowledged; returns how many bytes that is more than before.
    pub(crate) fn acknowledged(&mut self, bytes: u64) -> u64 {
        let more = bytes.saturating_sub(self.acknowledged_bytes);
        self.acknowledged_bytes = self.acknowledged_bytes.max(bytes);
        while self.steps.pop_front_if(|(_, end)| *end <= bytes).is_some() {}
        more
    }

    /// Returns the length of the file as far as it was seen.
    pub(crate) fn end(&self) -> u64 {
        self.steps.back().map_or(self.acknowledged_bytes, |(_, bytes)| *bytes)
    }

    /// Returns the bytes that are not acknowledged.
    pub(crate) fn bytes(&self) -> u64 {
        self.end() - self.acknowledged_bytes
    }

    /// Returns how long ago the file was first seen to reach beyond what is acknowledged.
    pub(crate) fn age(&self, now: Duration) -> Duration {
        let age = self.steps.front().map(|(at, _)| signed(now).saturating_sub(*at));
        age.and_then(|age| Duration::try_from(age).ok()).unwrap_or_default()
    }
}

fn signed(time: Duration) -> SignedDuration {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX)
}

/// How fast the bytes of an input are acknowledged.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rate {
    bytes_per_second: f64,
}

impl Rate {
    /// Notes that so many bytes were acknowledged within this time.
    pub(crate) fn add(&mut self, bytes: u64, within: Duration) {
        if within.is_zero() {
            return;
        }
        let seconds = within.as_secs_f64();
        let weight = seconds / (seconds + MEMORY.as_secs_f64());
        self.bytes_per_second += weight * (bytes as f64 / seconds - self.bytes_per_second);
    }

    /// Returns how long so many bytes take at this rate; at most [`NEVER`].
    pub(crate) fn drain(self, bytes: u64) -> Duration {
        if bytes == 0 {
            return Duration::ZERO;
        }
        let seconds = bytes as f64 / self.bytes_per_second;
        Duration::try_from_secs_f64(seconds).map_or(NEVER, |time| time.min(NEVER))
    }
}

/// The lag of one input.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Lag {
    /// Bytes that are not acknowledged, of all its files.
    pub bytes: u64,
    /// The longest lag of its files.
    pub age: Duration,
    /// Time until they are acknowledged at the rate of late.
    pub drain: Duration,
}

/// A file that is behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Behind {
    /// Its path.
    pub path: Arc<Path>,
    /// Bytes that are not acknowledged.
    pub bytes: u64,
    /// How long the oldest of them is there.
    pub age: Duration,
}

/// Returns those that are furthest behind, the furthest first: by bytes, and where these are equal by path.
pub(crate) fn furthest(mut files: Vec<Behind>) -> Vec<Behind> {
    let order = |one: &Behind, two: &Behind| {
        two.bytes.cmp(&one.bytes).then_with(|| one.path.cmp(&two.path))
    };
    if files.len() > FURTHEST {
        // Of a hundred thousand files only these few are worth sorting.
        files.select_nth_unstable_by(FURTHEST, order);
        files.truncate(FURTHEST);
    }
    files.sort_unstable_by(order);
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_files_furthest_behind_are_few_and_in_order() {
        let file = |number: u64| Behind {
            path: Path::new(&format!("/{number:03}.log")).into(),
            bytes: number / 2,
            age: at(number),
        };
        let told = furthest((0..100).map(file).collect());
        assert_eq!(told.len(), FURTHEST);
        let first: Vec<_> = told.iter().take(4).map(|file| file.path.to_str().unwrap()).collect();
        assert_eq!(first, ["/098.log", "/099.log", "/096.log", "/097.log"]);
        assert_eq!(furthest(vec![file(1)]), [file(1)]);
    }

    #[test]
    fn the_age_is_the_time_since_the_file_grew_past_what_is_acknowledged() {
        let mut growth = Growth::from(100);
        growth.reached(100, at(1), at(0));
        assert_eq!((growth.bytes(), growth.age(at(9))), (0, at(0)));
        growth.reached(150, at(2), at(0));
        growth.reached(200, at(5), at(0));
        growth.reached(200, at(6), at(0));
        assert_eq!((growth.bytes(), growth.age(at(9))), (100, at(7)));
        assert_eq!(growth.acknowledged(150), 50);
        assert_eq!((growth.bytes(), growth.age(at(9))), (50, at(4)));
        assert_eq!(growth.acknowledged(200), 50);
        assert_eq!((growth.bytes(), growth.age(at(9))), (0, at(0)));
    }

    #[test]
    fn what_was_written_before_the_program_began_is_as_old_as_it_is() {
        let mut growth = Growth::from(0);
        growth.reached(100, at(2), at(3_600));
        assert_eq!(growth.age(at(5)), at(3_603));
    }

    #[test]
    fn a_file_that_never_rests_is_told_too_late_rather_than_too_early() {
        let mut growth = Growth::from(0);
        for second in 1..=1_000 {
            growth.reached(second * 10, at(second), at(0));
        }
        assert!(growth.steps.len() <= STEPS);
        for second in (1..1_000).step_by(7) {
            growth.acknowledged(second * 10);
            let exact = at(1_000 - second - 1);
            assert!(growth.age(at(1_000)) >= exact, "at {second}");
        }
        assert_eq!(growth.end(), 10_000);
    }

    #[test]
    fn time_to_drain_is_lag_over_rate_and_finite_when_nothing_moves() {
        let mut rate = Rate::default();
        assert_eq!(rate.drain(0), at(0));
        assert_eq!(rate.drain(1), NEVER);
        for _ in 0..1_000 {
            rate.add(2_000, at(1));
        }
        let seconds = rate.drain(10_000).as_secs_f64();
        assert!((seconds - 5.0).abs() < 0.01, "{seconds}");
        for _ in 0..100_000 {
            rate.add(0, at(1));
        }
        assert_eq!(rate.drain(10_000), NEVER);
    }
}
