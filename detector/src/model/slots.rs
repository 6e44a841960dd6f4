//! Where a bucket lies in the shop's day and week.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

const DAY_SECONDS: u32 = 86_400;
const MOST_DAY_SLOTS: u32 = 288;
const MOST_WEEK_SLOTS_A_DAY: u32 = 96;

/// How many buckets and slots a day has for one bucket span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlotCount {
    buckets_a_day: u32,
    day: u32,
    week_a_day: u32,
}

impl SlotCount {
    /// Returns the counts for a bucket span; a span below a second counts as one.
    pub fn of_span(span: Duration) -> Self {
        let seconds = span.as_secs().clamp(1, u64::from(DAY_SECONDS));
        let seconds = u32::try_from(seconds).unwrap_or(DAY_SECONDS);
        let buckets_a_day = (DAY_SECONDS / seconds).max(1);
        let day = buckets_a_day.min(MOST_DAY_SLOTS);
        Self { buckets_a_day, day, week_a_day: day.min(MOST_WEEK_SLOTS_A_DAY) }
    }

    /// B: buckets in a day, at least 1.
    pub fn buckets_a_day(self) -> u32 {
        self.buckets_a_day
    }

    /// D: slots of the day profile.
    pub fn day(self) -> usize {
        self.day as usize
    }

    /// 7·P: slots of the week profile.
    pub fn week(self) -> usize {
        7 * self.week_a_day as usize
    }

    /// Returns the slots of a bucket that begins at `start`, by the shop's clock on the wall.
    ///
    /// When the clocks go forward, the slots of the skipped hour are not visited; when they go back, those of the
    /// doubled hour are visited twice. Nothing else happens.
    pub fn at(self, start: Timestamp, zone: &TimeZone) -> Slots {
        let local = zone.to_datetime(start);
        let second = i32::from(local.hour()) * 3_600
            + i32::from(local.minute()) * 60
            + i32::from(local.second());
        let second = second.unsigned_abs();
        let weekday = u32::from(local.weekday().to_sunday_zero_offset().unsigned_abs());
        Slots {
            day: second * self.day / DAY_SECONDS,
            week: weekday * self.week_a_day + second * self.week_a_day / DAY_SECONDS,
        }
    }
}

/// The place of one bucket in the profiles: only [`SlotCount::at`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slots {
    day: u32,
    week: u32,
}

impl Slots {
    /// d: the slot of the day.
    pub fn day(self) -> usize {
        self.day as usize
    }

    /// w: the slot of the week; the week begins on Sunday.
    pub fn week(self) -> usize {
        self.week as usize
    }
}
