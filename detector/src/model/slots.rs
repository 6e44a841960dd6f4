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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{Timestamp, tz::TimeZone};

    use super::SlotCount;

    fn count(minutes: u64) -> SlotCount {
        SlotCount::of_span(Duration::from_secs(60 * minutes))
    }

    /// Day and week slot, and the quarter hours of the week that they stand for, at 15-minute buckets.
    fn check(zone: &str, start: &str, day: usize, week: usize) {
        let zone = TimeZone::get(zone).unwrap();
        let slots = count(15).at(start.parse().unwrap(), &zone);
        assert_eq!((slots.day(), slots.week()), (day, week), "{start} in {zone:?}");
    }

    #[test]
    fn slots_follow_the_bucket_span() {
        let table =
            [(1, 1_440, 288, 672), (5, 288, 288, 672), (10, 144, 144, 672), (15, 96, 96, 672)];
        let long = [(30, 48, 48, 336), (60, 24, 24, 168), (1_440, 1, 1, 7), (10_080, 1, 1, 7)];
        for (minutes, buckets_a_day, day, week) in table.into_iter().chain(long) {
            let count = count(minutes);
            let found = (count.buckets_a_day(), count.day(), count.week());
            assert_eq!(found, (buckets_a_day, day, week), "{minutes} min");
        }
        assert_eq!(SlotCount::of_span(Duration::ZERO).buckets_a_day(), 86_400);
    }

    #[test]
    fn in_utc_slots_are_those_of_the_reference() {
        for minutes in [1, 5, 15, 60, 1_440] {
            let count = count(minutes);
            let [day, week] =
                [count.day(), count.week()].map(|slots| i64::try_from(slots).unwrap());
            let week_a_day = week / 7;
            for step in 0..2_000_i64 {
                let second = 1_699_920_000 + step * 3_973;
                let of_day = second % 86_400;
                // The epoch began on a Thursday; the week begins on Sunday.
                let weekday = (second / 86_400 + 4) % 7;
                let wanted_week = weekday * week_a_day + of_day * week_a_day / 86_400;
                let slots = count.at(Timestamp::from_second(second).unwrap(), &TimeZone::UTC);
                let found = [slots.day(), slots.week()].map(|slot| i64::try_from(slot).unwrap());
                assert_eq!(found, [of_day * day / 86_400, wanted_week], "{second}");
            }
        }
    }

    #[test]
    fn the_week_begins_on_sunday_by_the_shops_own_clock() {
        check("UTC", "2026-03-01T00:00:00Z", 0, 0);
        check("Asia/Shanghai", "2026-02-28T16:00:00Z", 0, 0);
        check("America/New_York", "2026-03-01T04:45:00Z", 95, 671);
    }

    #[test]
    fn when_clocks_go_forward_an_hour_is_not_visited() {
        check("Europe/Berlin", "2026-03-29T00:45:00Z", 7, 7);
        check("Europe/Berlin", "2026-03-29T01:00:00Z", 12, 12);
    }

    #[test]
    fn when_clocks_go_back_an_hour_is_visited_twice() {
        check("Europe/Berlin", "2026-10-25T00:00:00Z", 8, 8);
        check("Europe/Berlin", "2026-10-25T01:00:00Z", 8, 8);
        check("Europe/Berlin", "2026-10-25T02:00:00Z", 12, 12);
    }

    #[test]
    fn zones_off_the_hour_and_leap_days_have_their_places() {
        check("Asia/Kolkata", "2026-03-01T00:00:00Z", 22, 22);
        check("Asia/Kathmandu", "2026-03-01T00:00:00Z", 23, 23);
        check("UTC", "2028-02-29T12:00:00Z", 48, 2 * 96 + 48);
        check("UTC", "2028-03-01T12:00:00Z", 48, 3 * 96 + 48);
    }
}
