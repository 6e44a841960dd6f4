//! Instants as the simulation counts them: milliseconds since the epoch.

use jiff::Timestamp;

pub(crate) const SECOND_MS: i64 = 1_000;
pub(crate) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// An instant. A simulated shop orders millions of them, so it is a bare number inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Moment(i64);

/// A whole minute since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Minute(i64);

impl Moment {
    pub(crate) const EPOCH: Self = Self(0);

    pub(crate) fn of(time: Timestamp) -> Self {
        Self(time.as_millisecond())
    }

    pub(crate) fn timestamp(self) -> Timestamp {
        // A plan's span lies within what a `Timestamp` can hold, and so does all that is derived from it.
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn plus_ms(self, distance_ms: i64) -> Self {
        Self(self.0.saturating_add(distance_ms))
    }

    pub(crate) fn since_ms(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    pub(crate) fn minute(self) -> Minute {
        Minute(self.0.div_euclid(MINUTE_MS))
    }

    /// Returns the text of the instant in UTC, as events hold it.
    pub(crate) fn text(self) -> String {
        let mut out = Vec::with_capacity(24);
        event::stamp::write_millis(self.0, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

impl Minute {
    pub(crate) fn start(self) -> Moment {
        Moment(self.0 * MINUTE_MS)
    }

    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Returns the number of the minute, as a key for chance.
    pub(crate) fn key(self) -> u64 {
        self.0.cast_unsigned()
    }

    /// Returns the number of the hour that the minute belongs to, as a key for chance.
    pub(crate) fn hour_key(self) -> u64 {
        self.0.div_euclid(60).cast_unsigned()
    }

    /// Tells whether this is one of every `count` minutes.
    pub(crate) fn is_each(self, count: i64) -> bool {
        self.0.rem_euclid(count) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_the_instant_it_was_made_of() {
        let time: Timestamp = "2026-03-02T12:34:56.789Z".parse().unwrap();
        let moment = Moment::of(time);
        assert_eq!(moment.timestamp(), time);
        assert_eq!(moment.text(), "2026-03-02T12:34:56.789Z");
        assert_eq!(moment.minute().start().text(), "2026-03-02T12:34:00.000Z");
        assert_eq!(moment.minute().next().start().text(), "2026-03-02T12:35:00.000Z");
    }
}
