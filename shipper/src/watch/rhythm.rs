//! When which input is scanned: all in their time, those whose changes are not announced once a second.

use std::time::Duration;

/// The pause between two scans where notifications cannot be relied on.
const FAST: Duration = Duration::from_secs(1);
/// How long an input is scanned so after notifications failed once.
const DISTRUST: Duration = Duration::from_mins(10);

/// When each input is scanned next. All times are monotonic.
#[derive(Debug)]
pub struct Rhythm {
    interval: Duration,
    inputs: Vec<Beat>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Beat {
    next: Duration,
    fast: Fast,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Fast {
    #[default]
    No,
    Until(Duration),
    Always,
}

/// Whether notifications can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// They can.
    Full,
    /// They cannot.
    None,
}

impl Rhythm {
    /// Returns the rhythm of so many inputs; all are to be scanned at once.
    pub fn new(interval: Duration, inputs: usize) -> Self {
        Self { interval, inputs: vec![Beat::default(); inputs] }
    }

    /// Returns the inputs whose time has come.
    pub fn due(&self, now: Duration) -> Vec<usize> {
        let due = |(input, beat): (usize, &Beat)| (beat.next <= now).then_some(input);
        self.inputs.iter().enumerate().filter_map(due).collect()
    }

    /// Returns the time of the next scan.
    pub fn next(&self) -> Duration {
        self.inputs.iter().map(|beat| beat.next).min().unwrap_or(Duration::MAX)
    }

    /// Notes that inputs were scanned.
    pub fn scanned(&mut self, inputs: &[usize], now: Duration) {
        for &input in inputs {
            let Some(beat) = self.inputs.get_mut(input) else { continue };
            if matches!(beat.fast, Fast::Until(end) if end <= now) {
                beat.fast = Fast::No;
            }
            let pause = if beat.fast == Fast::No { self.interval } else { self.interval.min(FAST) };
            beat.next = now + pause;
        }
    }

    /// Notes that a notification of an input did not come: it is scanned fast for a while. Tells whether it was not yet.
    pub fn distrust(&mut self, input: usize, now: Duration) -> Trust {
        let Some(beat) = self.inputs.get_mut(input) else { return Trust::None };
        let before = if beat.fast == Fast::No { Trust::Full } else { Trust::None };
        if beat.fast != Fast::Always {
            beat.fast = Fast::Until(now + DISTRUST);
        }
        beat.next = beat.next.min(now + FAST);
        before
    }

    /// Says whether the folders of an input can announce all changes at all.
    pub fn set_trust(&mut self, input: usize, trust: Trust) {
        let Some(beat) = self.inputs.get_mut(input) else { return };
        match (trust, beat.fast) {
            (Trust::None, _) => beat.fast = Fast::Always,
            (Trust::Full, Fast::Always) => beat.fast = Fast::No,
            (Trust::Full, Fast::No | Fast::Until(_)) => {}
        }
    }

    /// Tells whether the folders of an input can announce all changes at all.
    pub fn trust(&self, input: usize) -> Trust {
        let is_silent = self.inputs.get(input).is_some_and(|beat| beat.fast == Fast::Always);
        if is_silent { Trust::None } else { Trust::Full }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn all_inputs_are_scanned_at_once_and_then_in_their_time() {
        let mut rhythm = Rhythm::new(at(10), 2);
        assert_eq!(rhythm.due(at(0)), [0, 1]);
        rhythm.scanned(&[0, 1], at(1));
        assert_eq!((rhythm.due(at(10)), rhythm.next()), (vec![], at(11)));
        assert_eq!(rhythm.due(at(11)), [0, 1]);
    }

    /// D5
    #[test]
    fn an_input_whose_notification_did_not_come_is_scanned_once_a_second_for_a_while() {
        let mut rhythm = Rhythm::new(at(10), 2);
        rhythm.scanned(&[0, 1], at(0));
        assert_eq!(rhythm.distrust(1, at(3)), Trust::Full);
        assert_eq!(rhythm.distrust(1, at(3)), Trust::None, "it is said once");
        assert_eq!(rhythm.due(at(4)), [1]);
        rhythm.scanned(&[1], at(4));
        assert_eq!(rhythm.next(), at(5));
        rhythm.scanned(&[1], at(603));
        assert_eq!(rhythm.due(at(612)), [0]);
    }

    /// D5
    #[test]
    fn an_input_on_a_silent_file_system_is_scanned_once_a_second_for_good() {
        let mut rhythm = Rhythm::new(at(10), 1);
        rhythm.set_trust(0, Trust::None);
        rhythm.distrust(0, at(0));
        rhythm.scanned(&[0], at(1_000));
        assert_eq!(rhythm.next(), at(1_001));
        rhythm.set_trust(0, Trust::Full);
        rhythm.scanned(&[0], at(1_001));
        assert_eq!(rhythm.next(), at(1_011));
    }

    #[test]
    fn an_interval_below_a_second_is_not_stretched() {
        let mut rhythm = Rhythm::new(Duration::from_millis(200), 1);
        rhythm.set_trust(0, Trust::None);
        rhythm.scanned(&[0], at(1));
        assert_eq!(rhythm.next(), Duration::from_millis(1_200));
    }
}
