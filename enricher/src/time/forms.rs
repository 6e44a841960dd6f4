//! Stamps as programs write them that keep to no standard: month names, no year, no date, days before months.

use super::civil::{self, Civil};

/// Where a stamp is incomplete, what is left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    /// Nothing.
    Nothing,
    /// The year: that of syslog.
    Year,
    /// The day: a time alone.
    Day,
}

/// The zone of a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone<'a> {
    /// None, or one of the short names that mean another place in each country.
    Absent,
    /// Seconds east of UTC.
    Offset(i64),
    /// A name of the IANA database.
    Named(&'a str),
}

/// What a stamp says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) civil: Civil,
    pub(super) nanoseconds: i32,
    pub(super) zone: Zone<'a>,
    pub(super) open: Open,
}

/// Whether the day or the month comes first in dates such as 01/02/2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// 31/12/2026, 31.12.2026.
    DayFirst,
    /// 12/31/2026.
    MonthFirst,
}

/// A time of day.
#[derive(Debug, Clone, Copy)]
struct Clock {
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: i32,
}

/// Most words of a stamp: weekday, month, day, year, time, AM, zone.
const WORDS: usize = 7;

/// Reads a stamp of any of the forms.
pub(super) fn read(text: &str, order: Option<DateOrder>) -> Option<Parts<'_>> {
    let mut words = [""; WORDS];
    let mut count = 0;
    for word in text.split_ascii_whitespace() {
        *words.get_mut(count)? = word.trim_end_matches(',');
        count += 1;
    }
    let words = words.get(..count)?;
    let words = match words {
        [weekday, rest @ ..] if is_weekday(weekday) => rest,
        all => all,
    };
    match words {
        [one] => access(one).or_else(|| compact(one)).or_else(|| time_alone(one)),
        [one, zone] if one.contains(':') && one.contains('/') => {
            Some(Parts { zone: self::zone(zone)?, ..access(one)? })
        }
        [month, day, time] if civil::month(month).is_some() => {
            let civil = date(0, civil::month(month)?, number(day)?);
            Some(parts(civil, clock(time)?, Zone::Absent, Open::Year))
        }
        // As CEF does, with a zone and without a year.
        [month, day, time, short]
            if civil::month(month).is_some() && !is_year(short) && time.contains(':') =>
        {
            let civil = date(0, civil::month(month)?, number(day)?);
            Some(parts(civil, clock(time)?, zone(short)?, Open::Year))
        }
        [month, day, year, rest @ ..] if civil::month(month).is_some() && is_year(year) => {
            dated(date(number(year)?, civil::month(month)?, number(day)?), rest)
        }
        [month, day, time, year, rest @ ..] if civil::month(month).is_some() && is_year(year) => {
            let zone = zone_of(rest)?;
            let civil = date(number(year)?, civil::month(month)?, number(day)?);
            Some(parts(civil, clock(time)?, zone, Open::Nothing))
        }
        // As `date` writes it, with the zone before the year.
        [month, day, time, short, year] if civil::month(month).is_some() && is_year(year) => {
            let civil = date(number(year)?, civil::month(month)?, number(day)?);
            Some(parts(civil, clock(time)?, zone(short)?, Open::Nothing))
        }
        // As old versions of Redis do.
        [day, month, time] if civil::month(month).is_some() && time.contains(':') => {
            let civil = date(0, civil::month(month)?, number(day)?);
            Some(parts(civil, clock(time)?, Zone::Absent, Open::Year))
        }
        [day, month, year, rest @ ..] if civil::month(month).is_some() => {
            dated(date(number(year)?, civil::month(month)?, number(day)?), rest)
        }
        [first, rest @ ..] => dated(date_in_one(first, order)?, rest),
        [] => None,
    }
}

/// Reads what follows a date: a time, `AM` or `PM`, a zone.
fn dated<'a>(civil: Civil, rest: &[&'a str]) -> Option<Parts<'a>> {
    let [time, rest @ ..] = rest else { return None };
    let mut time = clock(time)?;
    let rest = match rest {
        [half, rest @ ..] if half.eq_ignore_ascii_case("AM") || half.eq_ignore_ascii_case("PM") => {
            if !(1..=12).contains(&time.hour) {
                return None;
            }
            let noon = if half.eq_ignore_ascii_case("PM") { 12 } else { 0 };
            time.hour = time.hour % 12 + noon;
            rest
        }
        all => all,
    };
    Some(parts(civil, time, zone_of(rest)?, Open::Nothing))
}

fn parts(civil: Civil, clock: Clock, zone: Zone<'_>, open: Open) -> Parts<'_> {
    let Clock { hour, minute, second, nanoseconds } = clock;
    Parts { civil: Civil { hour, minute, second, ..civil }, nanoseconds, zone, open }
}

fn date(year: i64, month: i64, day: i64) -> Civil {
    Civil { year, month, day, hour: 0, minute: 0, second: 0 }
}

/// Reads `02/Jan/2026:03:04:05.678`.
fn access(word: &str) -> Option<Parts<'_>> {
    let (day, time) = word.split_once(':')?;
    Some(parts(date_in_one(day, None)?, clock(time)?, Zone::Absent, Open::Nothing))
}

/// Reads `20260102030405`, `20260102T030405Z`.
fn compact(word: &str) -> Option<Parts<'_>> {
    let (word, zone) = match word.strip_suffix('Z') {
        Some(word) => (word, Zone::Offset(0)),
        None => (word, Zone::Absent),
    };
    let (day, time) = word.split_at_checked(8)?;
    let time = time.strip_prefix('T').unwrap_or(time);
    let at = |text: &str, from: usize, to: usize| number(text.get(from..to)?);
    if time.len() != 6 {
        return None;
    }
    let clock = Clock {
        hour: at(time, 0, 2)?,
        minute: at(time, 2, 4)?,
        second: at(time, 4, 6)?,
        nanoseconds: 0,
    };
    let civil = date(at(day, 0, 4)?, at(day, 4, 6)?, at(day, 6, 8)?);
    Some(parts(civil, clock, zone, Open::Nothing))
}

fn time_alone(word: &str) -> Option<Parts<'_>> {
    Some(parts(date(0, 1, 1), clock(word)?, Zone::Absent, Open::Day))
}

/// Reads `02-Jan-2026`, `02/Jan/2026`, `260102`, and with an order `31/12/2026`, `31.12.2026`, `12-31-2026`.
fn date_in_one(word: &str, order: Option<DateOrder>) -> Option<Civil> {
    if word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        let at = |from: usize| number(word.get(from..from + 2)?);
        return Some(date(2_000 + at(0)?, at(2)?, at(4)?));
    }
    let mut fields = word.split(['-', '/', '.']);
    let (one, two, three) = (fields.next()?, fields.next()?, fields.next()?);
    if fields.next().is_some() {
        return None;
    }
    if is_year(one) {
        return Some(date(number(one)?, number(two)?, number(three)?));
    }
    if !is_year(three) {
        return None;
    }
    let year = number(three)?;
    if let Some(month) = civil::month(two) {
        return Some(date(year, month, number(one)?));
    }
    let (one, two) = (number(one)?, number(two)?);
    match order? {
        DateOrder::DayFirst => Some(date(year, two, one)),
        DateOrder::MonthFirst => Some(date(year, one, two)),
    }
}

/// Reads `3:04`, `03:04:05`, `03:04:05.678`, `03:04:05,678`.
fn clock(word: &str) -> Option<Clock> {
    let (hour, rest) = word.split_once(':')?;
    let (minute, rest) = rest.split_once(':').unwrap_or((rest, "00"));
    let (second, fraction) = rest.split_once(['.', ',']).unwrap_or((rest, ""));
    let is_short = |text: &str| matches!(text.len(), 1 | 2);
    if !is_short(hour) || minute.len() != 2 || second.len() != 2 {
        return None;
    }
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let clock = Clock {
        hour: number(hour)?,
        minute: number(minute)?,
        second: number(second)?,
        nanoseconds: civil::nanoseconds(fraction.as_bytes()),
    };
    (clock.hour < 24 && clock.minute < 60 && clock.second <= 60).then_some(clock)
}

fn zone_of<'a>(words: &[&'a str]) -> Option<Zone<'a>> {
    match words {
        [] => Some(Zone::Absent),
        [word] => zone(word),
        _ => None,
    }
}

/// Reads a zone: an offset, UTC, a name with a slash; short names of others say nothing certain.
pub(super) fn zone(word: &str) -> Option<Zone<'_>> {
    match word.as_bytes() {
        b"Z" | b"z" | b"UTC" | b"GMT" => Some(Zone::Offset(0)),
        &[sign @ (b'+' | b'-'), h1, h2] => civil::offset(sign, &[h1, h2], b"00").map(Zone::Offset),
        &[sign @ (b'+' | b'-'), h1, h2, n1, n2] | &[sign @ (b'+' | b'-'), h1, h2, b':', n1, n2] => {
            civil::offset(sign, &[h1, h2], &[n1, n2]).map(Zone::Offset)
        }
        // As Java writes zones that have no name: `GMT+01:00`.
        [b'G', b'M', b'T', offset @ ..] | [b'U', b'T', b'C', offset @ ..]
            if matches!(offset.first(), Some(b'+' | b'-')) =>
        {
            zone(word.get(3..)?)
        }
        name if name.contains(&b'/') => Some(Zone::Named(word)),
        // CST, CEST: they end with the T of "time". A level in its place, such as WARN, is none.
        [name @ .., b'T']
            if matches!(name.len(), 2 | 3) && name.iter().all(u8::is_ascii_uppercase) =>
        {
            Some(Zone::Absent)
        }
        _ => None,
    }
}

fn number(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 4 { None } else { civil::digits(text.as_bytes()) }
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && number(text).is_some()
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    DAYS.iter().any(|day| word == *day || day.get(..3) == Some(word))
}
