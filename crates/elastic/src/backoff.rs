//! How long to wait before the next try. Pure: the attempt and the chance are arguments.

use std::time::Duration;

/// A server may ask for more patience than our own ceiling, but not for an unbounded one: a wrong `Retry-After` of a
/// day would otherwise stop shipping for a day.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

/// Delays that double from a first one up to a ceiling; half of each is fixed, half is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    ceiling: Duration,
}

/// The first delay is zero, or longer than the ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "back-off from {first:?} to {ceiling:?}: the first delay must be above zero and not above the ceiling"
)]
pub struct NoBackoff {
    first: Duration,
    ceiling: Duration,
}

impl Backoff {
    /// The back-off of bulk requests: 0.5 s to 60 s.
    pub const BULK: Self =
        Self { first: Duration::from_millis(500), ceiling: Duration::from_mins(1) };

    /// Returns a back-off, if its bounds make sense.
    pub fn try_new(first: Duration, ceiling: Duration) -> Result<Self, NoBackoff> {
        if first.is_zero() || first > ceiling {
            return Err(NoBackoff { first, ceiling });
        }
        Ok(Self { first, ceiling })
    }

    /// Returns the delay after this many failures before (0 for the first failure); `jitter` is a chance in 0..=1.
    pub fn delay(&self, attempt: u32, jitter: f64) -> Duration {
        let full = self.first.saturating_mul(2_u32.saturating_pow(attempt)).min(self.ceiling);
        full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0) // half fixed, half spread: a fleet does not retry in step
    }

    /// Returns the delay, or what the server asked for by `Retry-After` when that is longer.
    pub fn delay_or_asked(
        &self,
        attempt: u32,
        jitter: f64,
        retry_after: Option<Duration>,
    ) -> Duration {
        let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
        self.delay(attempt, jitter).max(asked)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::BULK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attempt: u32, jitter: f64, milliseconds: u64) {
        assert_eq!(Backoff::BULK.delay(attempt, jitter), Duration::from_millis(milliseconds));
    }

    #[test]
    fn delays_double_up_to_the_ceiling() {
        check(0, 1.0, 500);
        check(1, 1.0, 1_000);
        check(6, 1.0, 32_000);
        check(7, 1.0, 60_000);
        check(u32::MAX, 1.0, 60_000);
    }

    #[test]
    fn half_of_a_delay_is_chance() {
        check(1, 0.0, 500);
        check(1, 0.5, 750);
        check(1, 7.0, 1_000);
    }

    #[test]
    fn a_server_may_ask_for_more_patience_but_not_for_less() {
        let asked = |seconds| {
            Backoff::BULK.delay_or_asked(0, 1.0, Some(Duration::from_secs(seconds))).as_millis()
        };
        assert_eq!(asked(0), 500);
        assert_eq!(asked(90), 90_000);
        assert_eq!(asked(86_400), 300_000, "a day is not believed");
        assert_eq!(Backoff::BULK.delay_or_asked(0, 1.0, None).as_millis(), 500);
    }

    #[test]
    fn bounds_that_make_no_sense_are_refused() {
        let second = Duration::from_secs(1);
        assert!(Backoff::try_new(Duration::ZERO, second).is_err());
        assert!(Backoff::try_new(second * 2, second).is_err());
        assert!(Backoff::try_new(second, second).is_ok());
    }
}
