//! Load shedding: what an input that is far behind leaves out, where the configuration allows it.
//!
//! Off unless asked for. While the oldest line of an input waits for longer than `after_lag`, only a share of its lines is
//! sent, until what waits is half as old. Which lines these are is decided by the ids of their events, so a line that is
//! read again after a crash meets the same answer. What tells of a fault is always sent, and so is what could not be parsed.
//! A line that is left out is a filtered one, of the rule `shed`: counted, and told by the ledger.

use std::time::Duration;

use event::{Document, Event, Field};
use xxhash_rust::xxh3::xxh3_64;

/// The rule by which lines are left out, as it stands in metrics and in the ledger.
pub const RULE: &str = "shed";

/// What an input may leave out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shed {
    /// It is left out while the oldest line waits for longer than this.
    pub after_lag: Duration,
    /// The share of lines that is sent then, of 0 to 1.
    pub keep: f64,
}

/// Whether an input leaves lines out now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// From now on it does.
    On,
    /// From now on it does not.
    Off,
}

/// Decides for one input.
#[derive(Debug, Clone, Copy)]
pub struct Shedding {
    rule: Shed,
    is_on: bool,
}

impl Shedding {
    /// Returns a decision that sends everything, until the input is behind.
    pub fn new(rule: Shed) -> Self {
        Self { rule, is_on: false }
    }

    /// Returns what it decides by.
    pub fn rule(&self) -> Shed {
        self.rule
    }

    /// Tells whether lines are left out now.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Takes the age of the oldest line that waits; tells whether that changes anything.
    pub fn notice(&mut self, age: Duration) -> Option<Turned> {
        let was_on = self.is_on;
        // Half of it, so that an input that is about as far behind as allowed does not change its mind each second.
        self.is_on = age > self.rule.after_lag || (was_on && age > self.rule.after_lag / 2);
        match (was_on, self.is_on) {
            (false, true) => Some(Turned::On),
            (true, false) => Some(Turned::Off),
            (true, true) | (false, false) => None,
        }
    }

    /// Tells whether the line of these events is left out.
    pub fn leaves_out(&self, events: &[Event]) -> bool {
        let Some(first) = events.first().filter(|_| self.is_on) else { return false };
        // The upper 53 bits are a number of 0 to 1 without rounding.
        let share = (xxh3_64(first.id.as_bytes()) >> 11) as f64 / (1_u64 << 53) as f64;
        share >= self.rule.keep && events.iter().all(|event| is_ordinary(&event.document))
    }
}

/// Tells whether a document is no sign of a fault.
fn is_ordinary(document: &Document) -> bool {
    const GRAVE: [&str; 5] = ["error", "critical", "alert", "emergency", "fatal"];
    let is = |field, word: &str| document.text(field) == Some(word);
    let is_grave = GRAVE.iter().any(|level| is(Field::LogLevel, level));
    let has_failed = is(Field::EventOutcome, "failure")
        || document.long(Field::HttpResponseStatusCode).is_some_and(|status| status >= 500)
        || document.has(Field::ErrorType)
        || document.has(Field::ErrorMessage);
    let is_odd =
        document.has(Field::StorePipelineParseStatus) && !is(Field::StorePipelineParseStatus, "ok");
    !is_grave && !has_failed && !is_odd
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::{ByteOffset, FileId, Origin};
    use jiff::Timestamp;

    fn event(offset: u64) -> Event {
        let span = ByteOffset::new(offset)..ByteOffset::new(offset + 100);
        let file = FileId::from_bytes([7; 16]);
        let mut event = Event::new(Origin { file, span, part: 0 }, Timestamp::UNIX_EPOCH);
        event.document.set_static(Field::StorePipelineParseStatus, "ok");
        event.document.set_long(Field::HttpResponseStatusCode, 200);
        event
    }

    fn shedding(keep: f64) -> Shedding {
        let mut shedding = Shedding::new(Shed { after_lag: Duration::from_mins(10), keep });
        assert_eq!(shedding.notice(Duration::from_mins(11)), Some(Turned::On));
        shedding
    }

    #[test]
    fn nothing_is_left_out_until_the_oldest_line_waits_for_longer_than_allowed() {
        let mut shedding = Shedding::new(Shed { after_lag: Duration::from_mins(10), keep: 0.0 });
        assert_eq!(shedding.notice(Duration::from_mins(10)), None);
        assert!(!shedding.leaves_out(&[event(0)]));
        assert_eq!(shedding.notice(Duration::from_secs(601)), Some(Turned::On));
        assert!(shedding.leaves_out(&[event(0)]));
        assert_eq!(shedding.notice(Duration::from_secs(301)), None, "it goes on to half of it");
        assert_eq!(shedding.notice(Duration::from_mins(5)), Some(Turned::Off));
        assert!(!shedding.leaves_out(&[event(0)]));
    }

    #[test]
    fn a_share_of_the_lines_is_sent_and_it_is_the_same_lines_each_time() {
        let sent = |keep| {
            let shedding = shedding(keep);
            (0..20_000_u64)
                .filter(|line| !shedding.leaves_out(&[event(line * 100)]))
                .collect::<Vec<_>>()
        };
        let tenth = sent(0.1);
        // Binomial with n = 20,000, p = 0.1: four standard deviations are 170.
        assert!((1_830..=2_170).contains(&tenth.len()), "{}", tenth.len());
        assert_eq!(sent(0.1), tenth);
        let more = sent(0.3);
        assert!(
            tenth.iter().all(|line| more.contains(line)),
            "a larger share holds the smaller one"
        );
        assert_eq!((sent(0.0).len(), sent(1.0).len()), (0, 20_000));
    }

    #[test]
    fn what_tells_of_a_fault_is_always_sent() {
        let shedding = shedding(0.0);
        let marks: [fn(&mut Document); 6] = [
            |document| document.set_long(Field::HttpResponseStatusCode, 503),
            |document| document.set_static(Field::EventOutcome, "failure"),
            |document| document.set_static(Field::LogLevel, "fatal"),
            |document| document.set_static(Field::ErrorType, "Timeout"),
            |document| document.set_static(Field::ErrorMessage, "no answer"),
            |document| document.set_static(Field::StorePipelineParseStatus, "partial"),
        ];
        for (number, mark) in marks.into_iter().enumerate() {
            let mut faulty = event(1);
            mark(&mut faulty.document);
            assert!(!shedding.leaves_out(&[event(0), faulty]), "mark {number}");
        }
        assert!(shedding.leaves_out(&[event(0), event(1)]));
    }
}
