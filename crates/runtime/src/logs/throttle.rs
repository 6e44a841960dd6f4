//! At most one line for each code and 10 s: a fault that repeats must not fill the disk that may be its cause.

use std::{collections::HashMap, time::Duration};

/// How long a code is silent after a line.
pub(super) const SILENCE: Duration = Duration::from_secs(10);

/// More codes than all programs have; what is past it is not held back.
const MOST_CODES: usize = 1_000;

/// Whether a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is, and so many before it were not.
    Write { held_back: u64 },
    /// It is not.
    Hold,
}

/// Remembers when each code last spoke.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    codes: HashMap<String, Seen>,
}

#[derive(Debug)]
struct Seen {
    until: Duration,
    held_back: u64,
}

impl Throttle {
    pub(super) fn decide(&mut self, code: &str, now: Duration) -> Decision {
        if let Some(seen) = self.codes.get_mut(code) {
            if now < seen.until {
                seen.held_back += 1;
                return Decision::Hold;
            }
            seen.until = now + SILENCE;
            return Decision::Write { held_back: std::mem::take(&mut seen.held_back) };
        }
        if self.codes.len() >= MOST_CODES {
            self.codes.retain(|_, seen| now < seen.until || seen.held_back > 0);
        }
        if self.codes.len() < MOST_CODES {
            self.codes.insert(code.to_owned(), Seen { until: now + SILENCE, held_back: 0 });
        }
        Decision::Write { held_back: 0 }
    }

    /// Returns the counts that no line has told yet, in the order of codes.
    pub(super) fn take_held_back(&mut self) -> Vec<(String, u64)> {
        let mut counts: Vec<(String, u64)> = self
            .codes
            .drain()
            .filter(|(_, seen)| seen.held_back > 0)
            .map(|(code, seen)| (code, seen.held_back))
            .collect();
        counts.sort();
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_speaks_once_in_ten_seconds_and_then_says_what_it_held_back() {
        let mut throttle = Throttle::default();
        let at = |second: u64| Duration::from_secs(second);
        assert_eq!(throttle.decide("a", at(0)), Decision::Write { held_back: 0 });
        assert_eq!(throttle.decide("a", at(1)), Decision::Hold);
        assert_eq!(throttle.decide("a", at(9)), Decision::Hold);
        assert_eq!(throttle.decide("a", at(10)), Decision::Write { held_back: 2 });
        assert_eq!(throttle.decide("a", at(20)), Decision::Write { held_back: 0 });
    }

    #[test]
    fn one_code_does_not_silence_another() {
        let mut throttle = Throttle::default();
        throttle.decide("a", Duration::ZERO);
        assert_eq!(throttle.decide("b", Duration::ZERO), Decision::Write { held_back: 0 });
    }

    #[test]
    fn codes_without_end_do_not_fill_the_memory() {
        let mut throttle = Throttle::default();
        for code in 0..MOST_CODES * 2 {
            throttle.decide(&code.to_string(), Duration::ZERO);
        }
        assert_eq!(throttle.codes.len(), MOST_CODES);
        throttle.decide("new", SILENCE);
        assert_eq!(throttle.codes.len(), 1);
    }
}
