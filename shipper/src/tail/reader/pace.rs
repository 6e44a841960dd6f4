//! How often growing files are looked at: seldom enough that each look is worth it.
//!
//! A look at a file that has grown by a line costs as much as a few lines. So after files gave little, the reader rests for
//! two milliseconds for each of them before it hears which have grown since: one busy file is looked at a hundred times a
//! second, a hundred of them five times each, a thousand of them twice. All else (names, room, stops) is heard at once, and
//! a file that gives whole blocks makes nobody wait.
//!
//! Measured at 20,000 lines/s, each written alone (`bench -- growth`): 7.3, 16.3 and 18.7 CPU µs a line with 1, 100 and
//! 1,000 busy files before, 3.6, 4.4 and 5.1 after. A longer rest than half a second changes nothing: what is left are the
//! notifications themselves.

use std::time::Duration;

/// Between two times at which growth is heard.
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_millis(500);
/// What a look costs in rest.
const EACH: Duration = Duration::from_millis(2);
/// A look that gave more was worth it.
const LITTLE_BYTES: usize = 16 << 10;

/// When growth is heard next.
#[derive(Debug, Default)]
pub(super) struct Pace {
    heard: Option<Duration>,
    looks: u32,
}

impl Pace {
    /// Notes that a file gave so many bytes.
    pub(super) fn looked(&mut self, bytes: usize) {
        self.looks += u32::from(bytes < LITTLE_BYTES);
    }

    /// Notes that growth was heard.
    pub(super) fn heard(&mut self, now: Duration) {
        *self = Self { heard: Some(now), looks: 0 };
    }

    /// Returns how long growth is not to be heard yet.
    pub(super) fn rest(&self, now: Duration) -> Duration {
        let Some(heard) = self.heard else { return Duration::ZERO };
        let pause = (EACH * self.looks).clamp(SHORTEST, LONGEST);
        (heard + pause).saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_quiet_reader_hears_at_once_and_a_busy_one_after_a_rest_for_each_look() {
        let mut pace = Pace::default();
        assert_eq!(pace.rest(at(0)), at(0));
        pace.heard(at(1_000));
        pace.looked(200);
        assert_eq!(pace.rest(at(1_004)), at(6));
        assert_eq!(pace.rest(at(1_010)), at(0));
        (0..99).for_each(|_| pace.looked(200));
        assert_eq!(pace.rest(at(1_010)), at(190));
        (0..5_000).for_each(|_| pace.looked(200));
        assert_eq!(pace.rest(at(1_010)), at(490));
        pace.heard(at(2_000));
        (0..5_000).for_each(|_| pace.looked(LITTLE_BYTES));
        assert_eq!(pace.rest(at(2_000)), at(10), "blocks are worth their looks");
    }
}
