//! How an API writes instants.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// How an API writes instants, in its parameters and in its rows.
#[derive(Debug, Clone, Default)]
pub enum TimeForm {
    /// `2026-01-02T03:04:05Z`.
    #[default]
    Rfc3339,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMillis,
    /// A pattern of `strftime` in a zone of its own.
    Pattern {
        /// The pattern, such as `%Y-%m-%d %H:%M:%S`.
        pattern: String,
        /// The zone of what it writes.
        zone: TimeZone,
    },
}

impl TimeForm {
    /// Returns a pattern that writes an instant and reads it back, to its unit.
    pub fn pattern(pattern: &str, zone: &TimeZone) -> Result<Self, jiff::Error> {
        let form = Self::Pattern { pattern: pattern.to_owned(), zone: zone.clone() };
        let sample = Timestamp::UNIX_EPOCH.to_zoned(zone.clone());
        let text = strtime::format(pattern, &sample)?;
        read(pattern, zone, &text)?;
        Ok(form)
    }

    /// Writes an instant. What is finer than the form is cut off, so a window never starts later than it should.
    pub fn write(&self, time: Timestamp) -> String {
        match self {
            Self::Rfc3339 => {
                let whole = Timestamp::from_second(time.as_second()).unwrap_or(time);
                whole.to_string()
            }
            Self::EpochSeconds => time.as_second().to_string(),
            Self::EpochMillis => time.as_millisecond().to_string(),
            Self::Pattern { pattern, zone } => {
                let zoned = time.to_zoned(zone.clone());
                // The pattern wrote a sample when it was made; no instant has other parts.
                strtime::format(pattern, &zoned).unwrap_or_default()
            }
        }
    }

    /// Reads an instant.
    pub fn read(&self, text: &str) -> Option<Timestamp> {
        match self {
            Self::Rfc3339 => text.parse().ok(),
            Self::EpochSeconds => {
                let seconds = text.split('.').next()?.parse().ok()?;
                Timestamp::from_second(seconds).ok()
            }
            Self::EpochMillis => Timestamp::from_millisecond(text.parse().ok()?).ok(),
            Self::Pattern { pattern, zone } => read(pattern, zone, text).ok(),
        }
    }
}

fn read(pattern: &str, zone: &TimeZone, text: &str) -> Result<Timestamp, jiff::Error> {
    let parts = strtime::parse(pattern, text)?;
    // A pattern with an offset of its own needs no zone.
    match parts.to_timestamp() {
        Ok(time) => Ok(time),
        Err(_) => Ok(parts.to_datetime()?.to_zoned(zone.clone())?.timestamp()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: &TimeForm, text: &str) {
        let time: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        assert_eq!(form.write(time), text);
        assert_eq!(form.read(text), Some(time), "{text}");
    }

    #[test]
    fn an_instant_is_written_as_the_api_reads_it_and_read_back() {
        check(&TimeForm::Rfc3339, "2026-01-02T03:04:05Z");
        check(&TimeForm::EpochSeconds, "1767323045");
        check(&TimeForm::EpochMillis, "1767323045000");
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let pattern = TimeForm::pattern("%Y-%m-%d %H:%M:%S", &shanghai).unwrap();
        check(&pattern, "2026-01-02 11:04:05");
    }

    #[test]
    fn a_pattern_that_does_not_name_an_instant_is_refused() {
        for pattern in ["%H:%M", "%Q", "always"] {
            assert!(TimeForm::pattern(pattern, &TimeZone::UTC).is_err(), "{pattern}");
        }
    }
}
