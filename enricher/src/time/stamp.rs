//! Reads a stamp of text: RFC 3339 and its looser forms, or an epoch whose unit its length tells.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::civil::{self, Civil};

/// What a stamp said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// An instant.
    Instant(Timestamp),
    /// An instant only because a zone was assumed.
    Assumed(Timestamp),
    /// Nothing that we understand.
    Unknown,
}

/// Reads a stamp; `zone` is that of stamps without one.
pub(crate) fn read(text: &str, zone: &TimeZone) -> Reading {
    let text = text.trim_ascii();
    if let Some(instant) = epoch(text) {
        return Reading::Instant(instant);
    }
    match calendar(text.as_bytes()) {
        Some((seconds, nanoseconds, Zone::Offset(offset))) => {
            Timestamp::new(seconds - offset, nanoseconds).map_or(Reading::Unknown, Reading::Instant)
        }
        Some((seconds, nanoseconds, Zone::Absent)) => {
            let Ok(as_utc) = Timestamp::new(seconds, nanoseconds) else { return Reading::Unknown };
            let civil = TimeZone::UTC.to_datetime(as_utc);
            // In the hour that a clock passes twice the first pass is taken.
            zone.to_timestamp(civil).map_or(Reading::Unknown, Reading::Assumed)
        }
        None => Reading::Unknown,
    }
}

/// Reads an epoch: 10 digits are seconds, 13 milliseconds, 16 microseconds, 19 nanoseconds; seconds may have a fraction.
fn epoch(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        10 => {
            let mut nanoseconds = 0;
            for place in 0..9 {
                let digit = fraction.as_bytes().get(place).map_or(0, |byte| i32::from(byte - b'0'));
                nanoseconds = nanoseconds * 10 + digit;
            }
            Timestamp::new(number, nanoseconds).ok()
        }
        13 => Timestamp::from_millisecond(number).ok(),
        16 => Timestamp::from_microsecond(number).ok(),
        19 => Timestamp::from_nanosecond(number.into()).ok(),
        _ => None,
    }
}

enum Zone {
    Absent,
    Offset(i64),
}

/// Reads `2026-01-02T03:04:05.678+08:00`: a space or `T` between, `.` or `,` before the fraction, zone or none.
fn calendar(bytes: &[u8]) -> Option<(i64, i32, Zone)> {
    let (date, rest) = bytes.split_at_checked(19)?;
    let &[
        y1,
        y2,
        y3,
        y4,
        d1,
        m1,
        m2,
        d2,
        a1,
        a2,
        b'T' | b't' | b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
    ] = date
    else {
        return None;
    };
    if d1 != d2 || !matches!(d1, b'-' | b'/') {
        return None;
    }
    let seconds = civil::seconds(&Civil {
        year: civil::digits(&[y1, y2, y3, y4])?,
        month: civil::digits(&[m1, m2])?,
        day: civil::digits(&[a1, a2])?,
        hour: civil::digits(&[h1, h2])?,
        minute: civil::digits(&[n1, n2])?,
        second: civil::digits(&[s1, s2])?,
    })?;
    let (nanoseconds, rest) = fraction(rest)?;
    let zone = match rest.trim_ascii() {
        b"" => Zone::Absent,
        b"Z" | b"z" | b"UTC" => Zone::Offset(0),
        &[sign, h1, h2] => Zone::Offset(civil::offset(sign, &[h1, h2], b"00")?),
        &[sign, h1, h2, n1, n2] | &[sign, h1, h2, b':', n1, n2] => {
            Zone::Offset(civil::offset(sign, &[h1, h2], &[n1, n2])?)
        }
        _ => return None,
    };
    Some((seconds, nanoseconds, zone))
}

/// Reads a fraction of a second, if there is one; what is finer than a nanosecond is cut off.
fn fraction(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let Some((b'.' | b',', rest)) = bytes.split_first() else { return Some((0, bytes)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (figures, rest) = rest.split_at_checked(length)?;
    if figures.is_empty() {
        return None;
    }
    let mut nanoseconds = 0;
    for place in 0..9 {
        let digit = figures.get(place).map_or(0, |byte| i32::from(byte - b'0'));
        nanoseconds = nanoseconds * 10 + digit;
    }
    Some((nanoseconds, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let found = match read(text, &shanghai) {
            Reading::Instant(instant) => instant.to_string(),
            Reading::Assumed(instant) => format!("{instant} assumed"),
            Reading::Unknown => "unknown".to_owned(),
        };
        assert_eq!(found, want, "{text}");
    }

    #[test]
    fn an_epoch_tells_its_unit_by_its_length() {
        check("1767323045", "2026-01-02T03:04:05Z");
        check("1767323045.678", "2026-01-02T03:04:05.678Z");
        check("1767323045678", "2026-01-02T03:04:05.678Z");
        check("1767323045678901", "2026-01-02T03:04:05.678901Z");
        check("1767323045678901234", "2026-01-02T03:04:05.678901234Z");
        check("17673230456", "unknown");
        check("9999999999999999999", "unknown");
    }

    #[test]
    fn a_stamp_with_a_zone_is_an_instant() {
        check("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z");
        check("2026-01-02T11:04:05.678912+08:00", "2026-01-02T03:04:05.678912Z");
        check("2026-01-02 11:04:05,678 +0800", "2026-01-02T03:04:05.678Z");
        check("2026-01-01T22:04:05-05", "2026-01-02T03:04:05Z");
        check("2026/01/02 03:04:05 UTC", "2026-01-02T03:04:05Z");
    }

    #[test]
    fn a_stamp_without_a_zone_takes_that_of_its_input() {
        check("2026-01-02 11:04:05", "2026-01-02T03:04:05Z assumed");
    }

    #[test]
    fn what_is_no_stamp_is_not_guessed() {
        for text in ["", "yesterday", "02.01.2026 03:04:05", "2026-13-02T03:04:05Z", "2026-01-02"] {
            check(text, "unknown");
        }
        check("2026-01-02T03:04:05.Z", "unknown");
        check("2026-01-02T03:04:05 PM", "unknown");
    }
}
