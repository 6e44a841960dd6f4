//! Writes instants the way every document of ours holds them: UTC, milliseconds, a `Z` behind.

/// Appends an instant, in milliseconds since the epoch, as `2026-01-02T03:04:05.678Z`.
///
/// Days become a civil date by the algorithm of Howard Hinnant, "chrono-compatible low-level date algorithms",
/// `civil_from_days`. Years outside 0 to 9999 are written with as many digits as they need.
pub fn write_millis(millis: i64, out: &mut Vec<u8>) {
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

    if (0..=9999).contains(&year) {
        digits::<4>(year, out);
    } else {
        out.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
    }
    out.push(b'-');
    digits::<2>(month, out);
    out.push(b'-');
    digits::<2>(day, out);
    out.push(b'T');
    digits::<2>(in_day / 3_600_000, out);
    out.push(b':');
    digits::<2>(in_day / 60_000 % 60, out);
    out.push(b':');
    digits::<2>(in_day / 1_000 % 60, out);
    out.push(b'.');
    digits::<3>(in_day % 1_000, out);
    out.push(b'Z');
}

fn digits<const WIDTH: usize>(number: i64, out: &mut Vec<u8>) {
    let mut rest = number;
    let mut text = [b'0'; WIDTH];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    out.extend_from_slice(&text);
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
