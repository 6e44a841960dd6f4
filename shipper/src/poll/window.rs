//! Which stretch of time is asked for next, and how far a finished one moves the mark. Pure: time is an argument.
//!
//! **The rule about clocks.** The time that counts is the server's: its `Date` header, carried on by the monotonic clock.
//! The mark never moves past the `Date` of the first reply of a window. A server without `Date` is asked by the local
//! clock, which is believed only as far as it runs with the monotonic one: a jump ahead is seen and not followed, a step
//! back repeats a window. The mark never moves back. A window that failed is tried again, never skipped; one that gave no
//! rows is finished like any other, since rows that are not there are no reason to ask for them for ever.

use std::time::Duration;

use jiff::Timestamp;

/// How windows are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// How far a window reaches back behind the mark: rows that become visible late are found there.
    pub overlap: Duration,
    /// The longest stretch that is asked for at once, overlap included.
    pub longest: Duration,
    /// How far back the first poll ever looks.
    pub lookback: Duration,
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Whether more waits behind it.
    pub reach: Reach,
}

/// How far a window reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To the present.
    Present,
    /// Not so far: the next one can follow at once.
    Past,
}

impl Windows {
    /// Returns the window behind the mark. `halvings` says how often the stretch turned out to be too long.
    pub fn next(&self, mark: Option<Timestamp>, now: Timestamp, halvings: u32) -> Window {
        let step = self.longest.saturating_sub(self.overlap).max(Duration::from_secs(1));
        let step = (step / 2_u32.saturating_pow(halvings)).max(Duration::from_secs(1));
        let (from, start) = match mark {
            Some(mark) => (back(mark, self.overlap), mark),
            None => (back(now, self.lookback), back(now, self.lookback)),
        };
        // When the clock was set back, the last stretch is asked for again until time has caught up.
        let to = on(start, step).min(now).max(start);
        let reach = if to >= now { Reach::Present } else { Reach::Past };
        Window { from, to, reach }
    }
}

impl Window {
    /// Returns the mark that this window leaves when all of it was read; `trusted` is the time that counts.
    pub fn mark(&self, before: Option<Timestamp>, trusted: Timestamp) -> Timestamp {
        let reached = self.to.min(trusted);
        before.map_or(reached, |before| before.max(reached))
    }
}

fn back(time: Timestamp, span: Duration) -> Timestamp {
    time.checked_sub(span).unwrap_or(Timestamp::MIN)
}

fn on(time: Timestamp, span: Duration) -> Timestamp {
    time.checked_add(span).unwrap_or(Timestamp::MAX)
}

/// The time that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trust {
    at: Duration,
    time: Timestamp,
    whose: Whose,
}

/// Whose clock a time was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The server's.
    Server,
    /// Our own: the server has not told its time.
    Ours,
}

impl Trust {
    /// Starts with the local clock and the monotonic one.
    pub(crate) fn new(local: Timestamp, monotonic: Duration) -> Self {
        Self { at: monotonic, time: local, whose: Whose::Ours }
    }

    /// Notes the server's time.
    pub(crate) fn learn(&mut self, date: Timestamp, monotonic: Duration) {
        *self = Self { at: monotonic, time: date, whose: Whose::Server };
    }

    /// Returns whose clock it goes by.
    pub(crate) fn whose(&self) -> Whose {
        self.whose
    }

    /// Returns the present.
    pub(crate) fn now(&self, local: Timestamp, monotonic: Duration) -> Timestamp {
        let even = on(self.time, monotonic.saturating_sub(self.at));
        match self.whose {
            Whose::Server => even,
            Whose::Ours => even.min(local),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const WINDOWS: Windows = Windows {
        overlap: MINUTE,
        longest: Duration::from_mins(11),
        lookback: Duration::from_hours(1),
    };

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_767_323_000 + minute * 60).unwrap()
    }

    fn check(mark: Option<i64>, now: i64, want: (i64, i64, Reach)) {
        let window = WINDOWS.next(mark.map(at), at(now), 0);
        let (from, to, reach) = want;
        assert_eq!(window, Window { from: at(from), to: at(to), reach });
    }

    #[test]
    fn windows_overlap_are_bounded_and_end_at_the_present() {
        check(None, 100, (40, 50, Reach::Past));
        check(Some(50), 100, (49, 60, Reach::Past));
        check(Some(95), 100, (94, 100, Reach::Present));
    }

    /// T8
    #[test]
    fn t8_a_clock_that_steps_back_repeats_and_the_mark_stays() {
        check(Some(95), 20, (94, 95, Reach::Present));
        let window = WINDOWS.next(Some(at(95)), at(20), 0);
        assert_eq!(window.mark(Some(at(95)), at(20)), at(95));
    }

    /// T8
    #[test]
    fn t8_a_clock_that_jumps_ahead_does_not_skip() {
        let mut trust = Trust::new(at(0), Duration::ZERO);
        assert_eq!(trust.now(at(1_440), MINUTE), at(1), "a day is not believed");
        assert_eq!(trust.now(at(-5), MINUTE), at(-5));
        // The clock was wrong before we started: the server's reply tells, and the mark stays behind it.
        let window = WINDOWS.next(Some(at(95)), at(1_440), 0);
        trust.learn(at(96), MINUTE);
        assert_eq!(window.mark(Some(at(95)), trust.now(at(1_440), MINUTE)), at(96));
        assert_eq!(trust.now(at(1_440), 2 * MINUTE), at(97));
    }

    #[test]
    fn a_window_that_holds_too_much_is_halved_but_always_moves_on() {
        let length = |halvings| {
            let window = WINDOWS.next(Some(at(0)), at(100), halvings);
            window.to.duration_since(at(0)).as_secs()
        };
        assert_eq!((length(0), length(1), length(3), length(40)), (600, 300, 75, 1));
    }

    proptest! {
        #[test]
        fn no_instant_between_first_and_last_mark_is_left_out(
            clocks in proptest::collection::vec((-120_i64..120, 0_u32..4, any::<bool>()), 1..60),
        ) {
            let mut mark = None;
            let mut covered: Vec<(Timestamp, Timestamp)> = Vec::new();
            let mut first = None;
            for (round, (skew, halvings, finishes)) in clocks.into_iter().enumerate() {
                let server = at(i64::try_from(round).unwrap() * 5);
                let window = WINDOWS.next(mark, server.checked_add(Duration::from_secs(0)).unwrap()
                    .checked_add(jiff::SignedDuration::from_mins(skew)).unwrap(), halvings);
                if !finishes { continue; }
                // What the server holds is what lies before its own present.
                covered.push((window.from, window.to.min(server)));
                first.get_or_insert(window.from);
                let next = window.mark(mark, server);
                prop_assert!(mark.is_none_or(|before| next >= before));
                mark = Some(next);
            }
            let (Some(mut reached), Some(mark)) = (first, mark) else { return Ok(()) };
            for (from, to) in covered {
                if from <= reached { reached = reached.max(to); }
            }
            prop_assert!(reached >= mark, "covered up to {reached}, the mark is {mark}");
        }
    }
}
