//! When it happened: stamps of text become instants, a clock that runs ahead is held back.

pub(crate) mod civil;
pub(crate) mod clf;
pub(crate) mod stamp;

use event::Field;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::draft::{Draft, Flag, Form, Stamp};
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};
use stamp::Reading;

/// A stamp further ahead than this is a wrong clock, not a slow reader.
const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// Sets the time of an event.
#[derive(Debug)]
pub(crate) struct Time {
    zone: TimeZone,
    zone_name: String,
}

impl Time {
    pub(crate) fn new(store: &StoreSettings, input: &PipelineSettings) -> Self {
        let zone = input.zone.as_ref().unwrap_or(&store.zone).clone();
        let zone_name = zone.iana_name().unwrap_or("unknown").to_owned();
        Self { zone, zone_name }
    }

    fn read(&self, draft: &mut Draft) -> Option<Timestamp> {
        let note = match draft.stamp {
            Stamp::Absent => return None,
            Stamp::Missing => {
                draft.partial();
                return None;
            }
            Stamp::At(instant) => return Some(instant),
            Stamp::Text(note) => note,
        };
        let instant = match stamp::read(draft.read(note), &self.zone) {
            Reading::Instant(instant) => Some(instant),
            Reading::Assumed(instant) => {
                draft.flag(Flag::TzAssumed);
                draft.event.document.set_text(Field::EventTimezone, &self.zone_name);
                Some(instant)
            }
            Reading::Unknown => None,
        };
        // Some languages write year 1 or the epoch for "no time".
        let instant = instant.filter(|&instant| instant > Timestamp::UNIX_EPOCH);
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
        let Some(happened) = self.read(draft) else { return Step::Continue };
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
