//! A span of time.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A span of time, written as `250ms`, `30s`, `5m`, `1h30m`, `7d` or `2w`.
///
/// ```
/// use runtime::unit::Span;
/// use std::time::Duration;
///
/// let span: Span = "1h30m".parse()?;
/// assert_eq!(span.duration(), Duration::from_secs(5_400));
/// assert_eq!(span.to_string(), "1h30m");
/// # Ok::<(), runtime::unit::NotASpan>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(Duration);

/// A text that is no span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASpan {
    /// It has no number.
    #[error("which is not a span of time such as 250ms, 30s, 5m, 1h30m or 7d")]
    Number,
    /// Its unit is unknown or absent.
    #[error("which has no unit of time (ms, s, m, h, d, w)")]
    Unit,
    /// It is longer than time can tell.
    #[error("which is too long for a span of time")]
    TooLong,
}

const UNITS: [(&str, u64); 6] = [
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl Span {
    /// Returns a span as long as a duration.
    pub const fn of(duration: Duration) -> Self {
        Self(duration)
    }

    /// Returns a span of so many milliseconds.
    pub const fn millis(count: u64) -> Self {
        Self(Duration::from_millis(count))
    }

    /// Returns a span of so many seconds.
    pub const fn seconds(count: u64) -> Self {
        Self(Duration::from_secs(count))
    }

    /// Returns a span of so many minutes.
    pub const fn minutes(count: u64) -> Self {
        Self(Duration::from_secs(count.saturating_mul(60)))
    }

    /// Returns a span of so many hours.
    pub const fn hours(count: u64) -> Self {
        Self(Duration::from_secs(count.saturating_mul(3_600)))
    }

    /// Returns a span of so many days of 24 hours.
    pub const fn days(count: u64) -> Self {
        Self(Duration::from_secs(count.saturating_mul(24 * 3_600)))
    }

    /// Returns the duration.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        span.0
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let mut rest = text.trim();
        if rest == "0" {
            return Ok(Self::default()); // nothing is nothing in any unit
        }
        if rest.is_empty() {
            return Err(NotASpan::Number);
        }
        let mut total = Duration::ZERO;
        while !rest.is_empty() {
            let (number, after) = super::split(rest);
            let end = after.find(|character: char| !character.is_ascii_alphabetic());
            let (unit, after) = after.split_at(end.unwrap_or(after.len()));
            total = total.checked_add(part(number, unit)?).ok_or(NotASpan::TooLong)?;
            rest = after.trim_start();
        }
        Ok(Self(total))
    }
}

fn part(number: &str, unit: &str) -> Result<Duration, NotASpan> {
    let number = number.replace('_', "");
    if number.is_empty() {
        return Err(NotASpan::Number);
    }
    let scale = UNITS.iter().find(|(name, _)| *name == unit).ok_or(NotASpan::Unit)?.1;
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(scale).map(Duration::from_millis).ok_or(NotASpan::TooLong);
    }
    let value = number.parse::<f64>().map_err(|_| NotASpan::Number)?;
    Duration::try_from_secs_f64(value * scale as f64 / 1_000.0).map_err(|_| NotASpan::TooLong)
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_millis();
        if rest == 0 {
            return out.write_str("0s");
        }
        for (unit, scale) in UNITS {
            let scale = u128::from(scale);
            if rest >= scale {
                write!(out, "{}{unit}", rest / scale)?;
                rest %= scale;
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Through text: a bare `30` is a number to YAML, and the finding must say that it lacks a unit.
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_are_read_with_their_units() {
        for (text, millis) in [
            ("250ms", 250),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1.5s", 1_500),
            ("7d", 604_800_000),
            ("2w", 1_209_600_000),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Span::millis(millis)), "{text}");
        }
    }

    #[test]
    fn a_span_without_a_unit_or_with_a_wrong_one_is_refused() {
        assert_eq!("30".parse::<Span>(), Err(NotASpan::Unit));
        assert_eq!("30MiB".parse::<Span>(), Err(NotASpan::Unit));
        assert_eq!("5 minutes".parse::<Span>(), Err(NotASpan::Unit));
        assert_eq!("s".parse::<Span>(), Err(NotASpan::Number));
        assert_eq!("".parse::<Span>(), Err(NotASpan::Number));
        assert_eq!("-5m".parse::<Span>(), Err(NotASpan::Number));
        assert_eq!("99999999999999999999w".parse::<Span>(), Err(NotASpan::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(millis in any::<u64>()) {
            let span = Span::millis(millis);
            prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            prop_assert_eq!(text.parse::<Span>().is_ok(), text.trim().parse::<Span>().is_ok());
        }
    }
}
