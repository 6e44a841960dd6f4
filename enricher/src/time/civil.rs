//! Dates of the calendar as seconds since the epoch, by arithmetic alone.

/// A date and time without a zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

/// Returns the number that these digits write.
pub(crate) fn digits(bytes: &[u8]) -> Option<i64> {
    let mut number = 0;
    for byte in bytes {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i64::from(byte - b'0');
    }
    Some(number)
}

/// Returns the number of a month, 1 to 12, by its first three letters.
pub(crate) fn month_of(letters: &[u8]) -> Option<i64> {
    Some(match letters {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

/// Returns the number of a month by its short name.
pub(crate) fn month(name: &str) -> Option<i64> {
    month_of(name.as_bytes())
}

/// Returns the nanoseconds that the figures behind a decimal point mean; what is finer is cut off.
pub(crate) fn nanoseconds(figures: &[u8]) -> i32 {
    let mut nanoseconds = 0;
    for place in 0..9 {
        let digit =
            figures.get(place).map_or(0, |byte| i32::from(byte.saturating_sub(b'0').min(9)));
        nanoseconds = nanoseconds * 10 + digit;
    }
    nanoseconds
}

/// Returns the seconds of an offset such as `+08` `00`.
pub(crate) fn offset(sign: u8, hours: &[u8], minutes: &[u8]) -> Option<i64> {
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3_600 + minutes * 60;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// Returns the seconds since the epoch, as if the date were in UTC. A leap second counts as the one before it.
///
/// Days by the algorithm of Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
pub(crate) fn seconds(civil: &Civil) -> Option<i64> {
    let Civil { year, month, day, hour, minute, second } = *civil;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    };
    if day < 1 || day > longest || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second.min(59))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn dates_are_those_of_the_calendar(seconds_since in -2_000_000_000_i64..200_000_000_000) {
            let instant = jiff::Timestamp::from_second(seconds_since).unwrap();
            let zoned = instant.to_zoned(jiff::tz::TimeZone::UTC);
            let civil = Civil {
                year: zoned.year().into(),
                month: zoned.month().into(),
                day: zoned.day().into(),
                hour: zoned.hour().into(),
                minute: zoned.minute().into(),
                second: zoned.second().into(),
            };
            prop_assert_eq!(seconds(&civil), Some(seconds_since));
        }
    }
}
