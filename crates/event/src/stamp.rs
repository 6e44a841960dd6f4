//! Writes instants the way every document of ours holds them: UTC, milliseconds, a `Z` behind.

/// Bytes of an instant of the years 0 to 9999.
pub(crate) const LENGTH: usize = 24;

/// Appends an instant, in milliseconds since the epoch, as `2026-01-02T03:04:05.678Z`.
///
/// Years outside 0 to 9999 are written with as many digits as they need.
pub fn write_millis(millis: i64, out: &mut Vec<u8>) {
    match Civil::of(millis).text() {
        Ok(text) => out.extend_from_slice(&text),
        Err(Odd { year, rest }) => {
            out.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
            out.extend_from_slice(&rest);
        }
    }
}

/// Returns an instant of the years 0 to 9999 as text.
pub(crate) fn text(millis: i64) -> Option<[u8; LENGTH]> {
    Civil::of(millis).text().ok()
}

/// A day by the calendar, and the milliseconds in it.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    in_day: i64,
}

/// An instant whose year has not four digits.
struct Odd {
    year: i64,
    rest: [u8; LENGTH - 4],
}

impl Civil {
    /// Days become a civil date by the algorithm of Howard Hinnant, "chrono-compatible low-level date algorithms",
    /// `civil_from_days`.
    fn of(millis: i64) -> Self {
        let days = millis.div_euclid(86_400_000);
        let in_day = millis.rem_euclid(86_400_000);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month, day, in_day }
    }

    fn text(&self) -> Result<[u8; LENGTH], Odd> {
        let Self { year, month, day, in_day } = *self;
        let mut text = *b"0000-00-00T00:00:00.000Z";
        write(&mut text[5..7], month);
        write(&mut text[8..10], day);
        write(&mut text[11..13], in_day / 3_600_000);
        write(&mut text[14..16], in_day / 60_000 % 60);
        write(&mut text[17..19], in_day / 1_000 % 60);
        write(&mut text[20..23], in_day % 1_000);
        if (0..=9999).contains(&year) {
            write(&mut text[..4], year);
            Ok(text)
        } else {
            let mut rest = [0; LENGTH - 4];
            rest.copy_from_slice(&text[4..]);
            Err(Odd { year, rest })
        }
    }
}

fn write(digits: &mut [u8], number: i64) {
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(millis: i64) -> String {
        let mut out = Vec::new();
        write_millis(millis, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn leap_days_and_the_time_before_the_epoch_are_right() {
        assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(text(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(text(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn the_text_is_read_back_as_the_same_instant(millis in -62_000_000_000_000_i64..250_000_000_000_000) {
            let read: jiff::Timestamp = text(millis).parse().unwrap();
            prop_assert_eq!(read.as_millisecond(), millis);
        }
    }
}
