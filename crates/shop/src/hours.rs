//! The hours of the day in which warehouses and carriers work.

use std::ops::Range;

use crate::moment::{DAY_MS, MINUTE_MS, Moment};

/// Minute of the day at which work begins, and at which it ends.
pub(crate) const WORKED_MINUTES: Range<i64> = 7 * 60..20 * 60;
const FROM_MS: i64 = WORKED_MINUTES.start * MINUTE_MS;
const LENGTH_MS: i64 = (WORKED_MINUTES.end - WORKED_MINUTES.start) * MINUTE_MS;

/// From seven in the morning to eight in the evening, every day, on a clock that is so far ahead of UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hours {
    pub(crate) ahead_ms: i64,
}

impl Hours {
    /// Returns how much working time has passed since the epoch.
    pub(crate) fn worked_ms(self, at: Moment) -> i64 {
        let local_ms = at.since_ms(Moment::EPOCH) + self.ahead_ms;
        let (day, passed_ms) = (local_ms.div_euclid(DAY_MS), local_ms.rem_euclid(DAY_MS));
        day * LENGTH_MS + (passed_ms - FROM_MS).clamp(0, LENGTH_MS)
    }

    /// Returns the moment at which so much working time has passed since the epoch.
    pub(crate) fn reached(self, worked_ms: i64) -> Moment {
        let (day, passed_ms) = (worked_ms.div_euclid(LENGTH_MS), worked_ms.rem_euclid(LENGTH_MS));
        Moment::EPOCH.plus_ms(day * DAY_MS + FROM_MS + passed_ms - self.ahead_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::HOUR_MS;

    #[test]
    fn working_time_stands_still_at_night() {
        let at = |time: &str| Moment::of(time.parse().unwrap());
        let hours = Hours { ahead_ms: HOUR_MS };
        let between =
            |from: &str, to: &str| (hours.worked_ms(at(to)) - hours.worked_ms(at(from))) / HOUR_MS;
        assert_eq!(between("2026-03-02T12:00:00Z", "2026-03-02T15:00:00Z"), 3);
        assert_eq!(between("2026-03-02T18:00:00Z", "2026-03-03T07:00:00Z"), 2);
        let noon = at("2026-03-02T12:00:00Z");
        assert_eq!(hours.reached(hours.worked_ms(noon)), noon);
        let later = hours.reached(hours.worked_ms(noon) + 8 * HOUR_MS);
        assert_eq!(later, at("2026-03-03T07:00:00Z"));
    }
}
