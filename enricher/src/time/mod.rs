//! When it happened: stamps of text become instants, a clock that runs ahead is held back.

pub(crate) mod civil;
pub(crate) mod clf;
pub(crate) mod forms;
pub(crate) mod pattern;
pub(crate) mod stamp;

use event::Field;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::draft::{Draft, Flag, Form, Note, Stamp};
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};
use forms::DateOrder;
use stamp::{Epoch, Frame, Reading};

/// A stamp further ahead than this is a wrong clock, not a slow reader.
const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// Sets the time of an event.
#[derive(Debug)]
pub(crate) struct Time {
    zone: TimeZone,
    zone_name: String,
    order: Option<DateOrder>,
    epoch: Epoch,
    /// The last stamp whose zone was assumed, and the path of its file.
    last: Option<Timestamp>,
    last_path: String,
}

impl Time {
    pub(crate) fn new(store: &StoreSettings, input: &PipelineSettings) -> Self {
        let zone = input.zone.as_ref().unwrap_or(&store.zone).clone();
        let zone_name = zone.iana_name().unwrap_or("unknown").to_owned();
        let (order, epoch) = (input.dates, input.epoch);
        Self { zone, zone_name, order, epoch, last: None, last_path: String::new() }
    }

    /// Returns what completes stamps of a line.
    fn frame(&self, pass: &Pass<'_>) -> Frame<'_> {
        let near = pass.taken_at.unwrap_or(pass.read_at);
        let before = self.last.filter(|_| self.last_path == pass.path);
        Frame { zone: &self.zone, near, before, order: self.order, epoch: self.epoch }
    }

    /// Reads a stamp of text; flags it when a zone had to be assumed.
    fn instant(&self, note: Note, draft: &mut Draft, pass: &Pass<'_>) -> Option<Timestamp> {
        let instant = match stamp::read(draft.read(note), &self.frame(pass)) {
            Reading::Instant(instant) => instant,
            Reading::Assumed(instant) => {
                draft.flag(Flag::TzAssumed);
                draft.event.document.set_text(Field::EventTimezone, &self.zone_name);
                instant
            }
            Reading::Unknown => return None,
        };
        // Some languages write year 1 or the epoch for "no time".
        (instant > Timestamp::UNIX_EPOCH).then_some(instant)
    }

    /// Sets the fields that hold a date of their own.
    fn dates(&self, draft: &mut Draft, pass: &Pass<'_>) {
        let waiting = std::mem::take(&mut draft.dates);
        for date in &waiting {
            if let Some(instant) = self.instant(date.text, draft, pass) {
                draft.event.document.set_time(date.field, instant);
            } else {
                let (key, text) =
                    (draft.read(date.key).to_owned(), draft.read(date.text).to_owned());
                draft.add_extra(&key, &text, Form::Text);
            }
        }
        draft.dates = waiting;
        draft.dates.clear();
    }

    fn read(&mut self, draft: &mut Draft, pass: &Pass<'_>) -> Option<Timestamp> {
        let note = match draft.stamp {
            Stamp::Absent => return None,
            Stamp::Missing => {
                draft.partial();
                return None;
            }
            Stamp::At(instant) => return Some(instant),
            Stamp::Text(note) => note,
        };
        let instant = self.instant(note, draft, pass);
        if draft.flags().any(|flag| flag == Flag::TzAssumed) {
            if self.last_path != pass.path {
                pass.path.clone_into(&mut self.last_path);
            }
            self.last = instant.or(self.last);
        }
        if instant.is_none() {
            let text = draft.read(note).to_owned();
            draft.add_extra("time", &text, Form::Text);
            draft.partial();
        }
        instant
    }
}

impl Processor for Time {
    fn process(&mut self, draft: &mut Draft, pass: &mut Pass<'_>) -> Step {
        self.dates(draft, pass);
        let Some(happened) = self.read(draft, pass).or(pass.taken_at) else {
            return Step::Continue;
        };
        let ahead = happened.duration_since(pass.read_at);
        if ahead > MOST_AHEAD {
            draft.flag(Flag::ClockClamped);
            pass.counters.clamped += 1;
            let skew = i64::try_from(ahead.as_millis()).unwrap_or(i64::MAX);
            draft.event.document.set_long(Field::StorePipelineSkewMs, skew);
            draft.event.time = pass.read_at;
        } else {
            draft.event.time = happened;
        }
        Step::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::Counters;
    use event::Value;

    const READ_AT: &str = "2026-01-02T03:04:05Z";

    fn time(zone: TimeZone) -> Time {
        let zone_name = "Asia/Shanghai".to_owned();
        let (order, epoch, last, last_path) = (None, Epoch::Auto, None, String::new());
        Time { zone, zone_name, order, epoch, last, last_path }
    }

    fn check(text: &str, want: &str, flags: &[Flag]) {
        let mut draft = Draft::new();
        draft.event.time = READ_AT.parse().unwrap();
        draft.stamp = Stamp::Text(draft.note(text));
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let mut step = time(zone);
        let mut counters = Counters::default();
        let read_at = READ_AT.parse().unwrap();
        step.process(
            &mut draft,
            &mut Pass { read_at, path: "", taken_at: None, counters: &mut counters },
        );
        assert_eq!(draft.event.time.to_string(), want, "{text}");
        assert_eq!(draft.flags().collect::<Vec<Flag>>(), flags, "{text}");
    }

    #[test]
    fn a_zone_that_was_assumed_is_told() {
        check("2026-01-02 11:00:00", "2026-01-02T03:00:00Z", &[Flag::TzAssumed]);
        check("2026-01-02T03:00:00Z", "2026-01-02T03:00:00Z", &[]);
    }

    #[test]
    fn a_clock_that_runs_ahead_is_held_back() {
        check("2026-01-02T03:14:05Z", "2026-01-02T03:14:05Z", &[]);
        check("2026-01-02T03:14:06Z", READ_AT, &[Flag::ClockClamped]);
    }

    #[test]
    fn what_is_no_time_leaves_the_time_of_reading() {
        for text in ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "yesterday", "0000000000"] {
            check(text, READ_AT, &[]);
        }
    }

    #[test]
    fn a_date_of_its_own_takes_the_zone_of_the_input() {
        let mut draft = Draft::new();
        let (key, text) = (draft.note("order.placed_at"), draft.note("2026-01-02 08:00:00"));
        draft.dates.push(crate::draft::Date { field: Field::StoreOrderPlacedAt, key, text });
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let mut counters = Counters::default();
        let read_at = READ_AT.parse().unwrap();
        let pass = Pass { read_at, path: "", taken_at: None, counters: &mut counters };
        time(zone).dates(&mut draft, &pass);
        let want = "2026-01-02T00:00:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        assert_eq!(draft.event.document.get(Field::StoreOrderPlacedAt), Some(Value::Millis(want)));
    }
}
