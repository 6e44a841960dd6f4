//! Reads a stamp of text: RFC 3339 and its looser forms, an epoch whose unit its length tells, or one of the forms of
//! programs.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::civil::{self, Civil};
use super::forms::{self, DateOrder, Open, Parts, Zone};

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

/// What completes a stamp that does not say everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// The zone of stamps without one.
    pub(crate) zone: &'a TimeZone,
    /// When the line was taken down or read: a missing year or day is the one that comes nearest to it.
    pub(crate) near: Timestamp,
    /// The stamp before it in the same file: in the hour that a clock passes twice, the order of lines decides.
    pub(crate) before: Option<Timestamp>,
    /// Whether days or months come first where that cannot be seen.
    pub(crate) order: Option<DateOrder>,
    /// What a number counts.
    pub(crate) epoch: Epoch,
}

/// What a number that is a stamp counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Epoch {
    /// Seconds, milliseconds, microseconds or nanoseconds since 1970, by its length.
    #[default]
    Auto,
    /// Steps of 100 ns since the year 1, as .NET counts.
    DotnetTicks,
}

/// Years to the nearest leap year, at most: 2100 is none.
const MOST_TO_LEAP: i64 = 4;

/// Jumping back by more than this within the hour that is passed twice means its second pass.
const PASSED: SignedDuration = SignedDuration::from_mins(30);

/// Reads a stamp.
pub(crate) fn read(text: &str, frame: &Frame<'_>) -> Reading {
    let text = text.trim_ascii();
    let instant = match frame.epoch {
        Epoch::Auto => epoch(text),
        Epoch::DotnetTicks => ticks(text),
    };
    if let Some(instant) = instant {
        return Reading::Instant(instant);
    }
    let parts = calendar(text.as_bytes()).or_else(|| forms::read(text, frame.order));
    parts.and_then(|parts| resolve(&parts, frame)).unwrap_or(Reading::Unknown)
}

/// Tells whether a text is a stamp that says its day and year.
pub(crate) fn is_stamp(text: &str) -> bool {
    let parts = calendar(text.as_bytes()).or_else(|| forms::read(text, None));
    epoch(text).is_some() || parts.is_some_and(|parts| parts.open == Open::Nothing)
}

/// Tells whether a text is a stamp that says its day, as syslog does without a year.
pub(crate) fn is_day(text: &str) -> bool {
    let parts = calendar(text.as_bytes()).or_else(|| forms::read(text, None));
    parts.is_some_and(|parts| parts.open != Open::Day)
}

/// Turns a date and time into an instant.
fn resolve(parts: &Parts<'_>, frame: &Frame<'_>) -> Option<Reading> {
    let named = match parts.zone {
        Zone::Named(name) => Some(TimeZone::get(name).ok()?),
        Zone::Absent | Zone::Offset(_) => None,
    };
    let zone = named.as_ref().unwrap_or(frame.zone);
    let instant = |civil: &Civil| {
        let seconds = civil::seconds(civil)?;
        if let Zone::Offset(offset) = parts.zone {
            return Timestamp::new(seconds - offset, parts.nanoseconds).ok();
        }
        let as_utc = Timestamp::new(seconds, parts.nanoseconds).ok()?;
        in_zone(TimeZone::UTC.to_datetime(as_utc), zone, frame.before)
    };
    let near = frame.near.to_zoned(zone.clone());
    let away = |at: &Timestamp| at.duration_since(frame.near).abs();
    let nearest = |candidates: &[Civil]| candidates.iter().filter_map(instant).min_by_key(away);
    let found = match parts.open {
        Open::Nothing => instant(&parts.civil)?,
        Open::Year => {
            let year = i64::from(near.year());
            let on = |year| Civil { year, ..parts.civil };
            nearest(&[year - 1, year, year + 1].map(on)).or_else(|| {
                // A leap day is one of few years.
                let near = (year - MOST_TO_LEAP..=year + MOST_TO_LEAP).map(on);
                nearest(&near.collect::<Vec<Civil>>())
            })?
        }
        Open::Day => {
            let on = |days: i64| {
                let day = near.date().saturating_add(jiff::Span::new().days(days));
                let (year, month, day) = (day.year().into(), day.month().into(), day.day().into());
                Civil { year, month, day, ..parts.civil }
            };
            nearest(&[on(-1), on(0), on(1)])?
        }
    };
    let is_assumed = parts.zone == Zone::Absent;
    Some(if is_assumed { Reading::Assumed(found) } else { Reading::Instant(found) })
}

/// Returns the instant at which clocks of a zone show this. A time that they leap over is moved by the leap.
fn in_zone(at: DateTime, zone: &TimeZone, before: Option<Timestamp>) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(at);
    let is_twice = matches!(ambiguous.offset(), AmbiguousOffset::Fold { .. });
    let first = ambiguous.compatible().ok()?;
    let jumps = |before: Timestamp| before.duration_since(first) > PASSED;
    if is_twice && before.is_some_and(jumps) { ambiguous.later().ok() } else { Some(first) }
}

/// Reads .NET ticks: 18 digits.
fn ticks(text: &str) -> Option<Timestamp> {
    const TICKS_AT_1970: i128 = 621_355_968_000_000_000;
    if text.len() != 18 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let since_1970 = text.parse::<i128>().ok()? - TICKS_AT_1970;
    Timestamp::from_nanosecond(since_1970 * 100).ok()
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
        10 => Timestamp::new(number, civil::nanoseconds(fraction.as_bytes())).ok(),
        13 => Timestamp::from_millisecond(number).ok(),
        16 => Timestamp::from_microsecond(number).ok(),
        19 => Timestamp::from_nanosecond(number.into()).ok(),
        _ => None,
    }
}

/// Reads `2026-01-02T03:04:05.678+08:00`: a space or `T` between, `.` or `,` before the fraction, zone or none.
fn calendar(bytes: &[u8]) -> Option<Parts<'_>> {
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
    let civil = Civil {
        year: civil::digits(&[y1, y2, y3, y4])?,
        month: civil::digits(&[m1, m2])?,
        day: civil::digits(&[a1, a2])?,
        hour: civil::digits(&[h1, h2])?,
        minute: civil::digits(&[n1, n2])?,
        second: civil::digits(&[s1, s2])?,
    };
    civil::seconds(&civil)?;
    let (nanoseconds, rest) = fraction(rest)?;
    let rest = std::str::from_utf8(rest).ok()?.trim_ascii();
    let zone = if rest.is_empty() { Zone::Absent } else { forms::zone(rest)? };
    Some(Parts { civil, nanoseconds, zone, open: Open::Nothing })
}

/// Reads a fraction of a second, if there is one; what is finer than a nanosecond is cut off.
fn fraction(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let Some((b'.' | b',', rest)) = bytes.split_first() else { return Some((0, bytes)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (figures, rest) = rest.split_at_checked(length)?;
    if figures.is_empty() {
        return None;
    }
    let nanoseconds = civil::nanoseconds(figures);
    Some((nanoseconds, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon of the second of January 2026 in Shanghai.
    const NEAR: &str = "2026-01-02T04:00:00Z";

    fn frame(zone: &TimeZone) -> Frame<'_> {
        let near = NEAR.parse().unwrap();
        Frame { zone, near, before: None, order: None, epoch: Epoch::Auto }
    }

    fn check(text: &str, want: &str) {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        check_in(&frame(&shanghai), text, want);
    }

    fn check_in(frame: &Frame<'_>, text: &str, want: &str) {
        let found = match read(text, frame) {
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
        check("2026-01-02 04:04:05 Europe/Berlin", "2026-01-02T03:04:05Z");
    }

    #[test]
    fn a_stamp_of_a_program_is_known_by_the_name_of_its_month() {
        check("Fri Jan 02 11:04:05.678901 2026", "2026-01-02T03:04:05.678901Z assumed");
        check("Fri Jan  2 11:04:05 CST 2026", "2026-01-02T03:04:05Z assumed");
        check("02/Jan/2026:11:04:05.678", "2026-01-02T03:04:05.678Z assumed");
        check("02/Jan/2026:04:04:05 +0100", "2026-01-02T03:04:05Z");
        check("02-Jan-2026 04:04:05 Europe/Berlin", "2026-01-02T03:04:05Z");
        check("02 Jan 2026 11:04:05.678", "2026-01-02T03:04:05.678Z assumed");
        check("Fri, 02 Jan 2026 03:04:05 GMT", "2026-01-02T03:04:05Z");
        check("Jan 02, 2026 12:04:05 PM", "2026-01-02T04:04:05Z assumed");
        check("Jan 02, 2026 12:04:05 AM", "2026-01-01T16:04:05Z assumed");
        check("260102  3:04:05", "2026-01-01T19:04:05Z assumed");
        check("20260102110405", "2026-01-02T03:04:05Z assumed");
        check("20260102T030405Z", "2026-01-02T03:04:05Z");
        check("2026/1/2 11:04", "2026-01-02T03:04:00Z assumed");
    }

    #[test]
    fn a_year_or_a_day_that_is_not_said_is_the_nearest() {
        check("Jan  2 11:04:05", "2026-01-02T03:04:05Z assumed");
        check("Dec 31 23:59:59", "2025-12-31T15:59:59Z assumed");
        check("11:04:05,678", "2026-01-02T03:04:05.678Z assumed");
        check("23:59:59", "2026-01-02T15:59:59Z assumed");
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let near = "2025-12-31T16:00:01Z".parse().unwrap();
        let midnight = Frame { near, ..frame(&shanghai) };
        check_in(&midnight, "23:59:59", "2025-12-31T15:59:59Z assumed");
    }

    #[test]
    fn a_stamp_without_a_year_is_of_the_nearest_across_new_year_and_on_leap_days() {
        let utc = TimeZone::UTC;
        let check = |near: &str, text: &str, want: &str| {
            let near = near.parse().unwrap();
            check_in(&Frame { near, ..frame(&utc) }, text, &format!("{want} assumed"));
        };
        // Of syslog, and of old versions of Redis.
        check("2026-01-01T00:00:10Z", "Dec 31 23:59:58", "2025-12-31T23:59:58Z");
        check("2026-01-01T00:00:10Z", "31 Dec 23:59:58.123", "2025-12-31T23:59:58.123Z");
        check("2025-12-31T23:59:50Z", "Jan  1 00:00:02", "2026-01-01T00:00:02Z");
        check("2025-12-31T23:59:50Z", "01 Jan 00:00:02", "2026-01-01T00:00:02Z");
        check("2026-07-01T00:00:00Z", "Jan  1 00:00:02", "2026-01-01T00:00:02Z");
        check("2026-07-04T00:00:00Z", "Dec 31 23:59:58", "2026-12-31T23:59:58Z");
        check("2026-06-30T00:00:00Z", "Dec 31 23:59:58", "2025-12-31T23:59:58Z");
        check("2028-03-01T00:00:10Z", "Feb 29 23:59:58", "2028-02-29T23:59:58Z");
        check("2028-02-28T23:59:58Z", "Feb 29 00:00:02", "2028-02-29T00:00:02Z");
        check("2029-01-01T00:00:10Z", "29 Feb 12:00:00", "2028-02-29T12:00:00Z");
        check("2027-12-31T23:59:58Z", "Feb 29 12:00:00", "2028-02-29T12:00:00Z");
        check("2026-01-01T00:00:00Z", "Feb 29 12:00:00", "2024-02-29T12:00:00Z");
        check("2100-03-01T00:00:10Z", "Feb 29 12:00:00", "2104-02-29T12:00:00Z");
        let near = "2026-01-01T00:00:10Z".parse().unwrap();
        check_in(&Frame { near, ..frame(&utc) }, "Feb 30 12:00:00", "unknown");
    }

    #[test]
    fn stamps_of_cef_are_read_with_a_year_and_without() {
        for (text, want) in [
            ("Jan 02 11:04:05", "2026-01-02T03:04:05Z assumed"),
            ("Jan 02 11:04:05.678", "2026-01-02T03:04:05.678Z assumed"),
            ("Jan 02 11:04:05 CST", "2026-01-02T03:04:05Z assumed"),
            ("Jan 02 03:04:05.678 UTC", "2026-01-02T03:04:05.678Z"),
            ("Jan 02 2026 11:04:05", "2026-01-02T03:04:05Z assumed"),
            ("Jan 02 2026 11:04:05.678", "2026-01-02T03:04:05.678Z assumed"),
            ("Jan 02 2026 04:04:05 GMT+01:00", "2026-01-02T03:04:05Z"),
            ("Jan 02 2026 04:04:05.678 Europe/Berlin", "2026-01-02T03:04:05.678Z"),
            ("1767323045678", "2026-01-02T03:04:05.678Z"),
        ] {
            check(text, want);
        }
        check("Jan 02 2026 04:04:05 GMT+1", "unknown");
    }

    #[test]
    fn days_and_months_in_figures_are_read_in_the_order_that_is_set() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        for (order, text) in [
            (DateOrder::DayFirst, "02.01.2026 11:04:05"),
            (DateOrder::DayFirst, "2/1/2026 11:04:05"),
            (DateOrder::MonthFirst, "1/2/2026 11:04:05 AM"),
        ] {
            let ordered = Frame { order: Some(order), ..frame(&shanghai) };
            check_in(&ordered, text, "2026-01-02T03:04:05Z assumed");
        }
        let ordered = Frame { order: Some(DateOrder::MonthFirst), ..frame(&shanghai) };
        check_in(&ordered, "31/12/2025 11:04:05", "unknown");
    }

    #[test]
    fn in_the_hour_that_is_passed_twice_the_order_of_lines_decides() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let after = |before: Option<&str>| Frame {
            before: before.map(|text| text.parse().unwrap()),
            ..frame(&berlin)
        };
        let text = "2025-10-26 02:10:00";
        check_in(&after(None), text, "2025-10-26T00:10:00Z assumed");
        check_in(&after(Some("2025-10-26T00:09:00Z")), text, "2025-10-26T00:10:00Z assumed");
        check_in(&after(Some("2025-10-26T00:59:59Z")), text, "2025-10-26T01:10:00Z assumed");
        check_in(&after(Some("2025-10-26T01:09:00Z")), text, "2025-10-26T01:10:00Z assumed");
        check_in(&after(None), "2025-03-30 02:10:00", "2025-03-30T01:10:00Z assumed");
    }

    #[test]
    fn ticks_are_counted_from_the_year_1_on_request() {
        let utc = TimeZone::UTC;
        let ticking = Frame { epoch: Epoch::DotnetTicks, ..frame(&utc) };
        check_in(&ticking, "639029198456780000", "2026-01-02T03:04:05.678Z");
        check_in(&ticking, "1767323045", "unknown");
        check("639029198456780000", "unknown");
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
        check("2026-01-02 03:04:05 WARN", "unknown");
    }
}
