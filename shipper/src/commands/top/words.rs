//! Numbers and times in as few characters as people need.

/// Returns a time: `4 s`, `12 min`, `3.5 h`, `2.1 d`.
pub(super) fn time(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 99.5 => format!("{seconds:.0} s"),
        seconds if seconds < 5_970.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.1} h", seconds / 3_600.0),
        seconds => format!("{:.1} d", seconds / 86_400.0),
    }
}

/// Returns a time until something is done; `never` where nothing moves.
pub(super) fn until(seconds: f64) -> String {
    if seconds < crate::tail::NEVER.as_secs_f64() { time(seconds) } else { "never".to_owned() }
}

/// Returns a count with its thousands set apart: `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a rate: `0/s`, `0.3/s`, `5,120/s`; a dash where it is not known yet.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is not negative, and one that does not fit is no rate of ours"
)]
pub(super) fn rate(per_second: Option<f64>) -> String {
    match per_second {
        None => "-".to_owned(),
        Some(rate) if rate > 0.0 && rate < 9.95 => format!("{rate:.1}/s"),
        Some(rate) => format!("{}/s", count(rate.round() as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let times = [0.2, 59.6, 99.0, 100.0, 3_600.0, 7_200.0, 172_800.0, 604_800.0].map(time);
        assert_eq!(times, ["0 s", "60 s", "99 s", "2 min", "60 min", "2.0 h", "2.0 d", "7.0 d"]);
        assert_eq!((until(3.0), until(604_800.0)), ("3 s".to_owned(), "never".to_owned()));
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        let rates = [None, Some(0.0), Some(0.25), Some(9.99), Some(5_119.6)].map(rate);
        assert_eq!(rates, ["-", "0/s", "0.2/s", "10/s", "5,120/s"]);
    }
}
