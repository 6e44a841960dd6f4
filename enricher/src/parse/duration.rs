//! Durations as Go writes them: `1.5ms`, `1h2m3.5s`.

/// Returns a duration as nanoseconds; a number without a unit is none.
pub(super) fn read(text: &str) -> Option<i64> {
    let mut rest = text.trim_ascii();
    if rest.is_empty() || rest.len() > 64 {
        return None;
    }
    let mut total = 0_i64;
    while !rest.is_empty() {
        let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(length)?;
        let (unit, behind) = unit(tail)?;
        total = total.checked_add(times(number, unit)?)?;
        rest = behind;
    }
    Some(total)
}

/// Takes a unit off the start of a text and returns its nanoseconds.
fn unit(text: &str) -> Option<(i64, &str)> {
    // Longer names stand before those that they begin with.
    const UNITS: [(&str, i64); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("\u{b5}s", 1_000),
        ("\u{3bc}s", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    UNITS.iter().find_map(|(name, unit)| Some((*unit, text.strip_prefix(name)?)))
}

/// Multiplies a decimal number, exactly but for what is less than a nanosecond.
fn times(number: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
    let mut total = whole.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.bytes() {
        place /= 10;
        total =
            total.checked_add(i64::from(digit.checked_sub(b'0').filter(|d| *d < 10)?) * place)?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_added() {
        let check = |text: &str, want: Option<i64>| assert_eq!(read(text), want, "{text}");
        check("1.5ms", Some(1_500_000));
        check("12\u{b5}s", Some(12_000));
        check("1h2m3.5s", Some(3_723_500_000_000));
        check("0.25s", Some(250_000_000));
        for none in ["", "12", "ms", "1.2.3s", "1x", "99999999999h", "-1s", ".s"] {
            check(none, None);
        }
    }
}
