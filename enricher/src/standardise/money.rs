//! Amounts become whole numbers of minor units, exactly.

use crate::draft::Written;

/// Figures from which on a number of JSON shows the noise of a binary float: 0.1 + 0.2 has seventeen.
const NOISY: usize = 16;

/// Returns an amount in minor units; nothing where the text is no amount or has more digits than its currency.
pub(crate) fn minor(text: &str, exponent: u32, written: Written) -> Option<i64> {
    let text = text.trim_ascii();
    let (negative, number) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (number, power) = match number.split_once(['e', 'E']) {
        Some((number, power)) => (number, power.parse::<i32>().ok().filter(|p| p.abs() < 40)?),
        None => (number, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let figures = || whole.bytes().chain(fraction.bytes());
    if whole.is_empty() && fraction.is_empty() || !figures().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // The number is `figures` times ten to the power of `-point`; we want it times ten to the power of `exponent`.
    let point = i32::try_from(fraction.len()).ok()? - power;
    let shift = i32::try_from(exponent).ok()? - point;
    let mut amount: i128 = 0;
    for byte in figures() {
        amount = amount.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    if shift >= 0 {
        amount = amount.checked_mul(10_i128.checked_pow(shift.unsigned_abs())?)?;
    } else {
        let divisor = 10_i128.checked_pow(shift.unsigned_abs())?;
        let rest = amount % divisor;
        amount /= divisor;
        if rest != 0 {
            let significant = figures().skip_while(|byte| *byte == b'0').count();
            if written == Written::Text || significant < NOISY {
                return None;
            }
            amount += i128::from(rest * 2 >= divisor);
        }
    }
    i64::try_from(if negative { -amount } else { amount }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, exponent: u32, want: Option<i64>) {
        assert_eq!(minor(text, exponent, Written::Text), want, "{text}");
    }

    #[test]
    fn text_becomes_minor_units_exactly() {
        check("200.07", 2, Some(20_007));
        check("200.7", 2, Some(20_070));
        check("200", 2, Some(20_000));
        check("200.0700", 2, Some(20_007));
        check("1234", 0, Some(1_234));
        check("1.234", 3, Some(1_234));
        check("-0.01", 2, Some(-1));
        check("2.5e2", 2, Some(25_000));
        check(".5", 2, Some(50));
        check("92233720368547758.07", 2, Some(i64::MAX));
    }

    #[test]
    fn what_cannot_be_exact_is_refused() {
        check("200.075", 2, None);
        check("1.5", 0, None);
        check("1,234.50", 2, None);
        check("92233720368547758.08", 2, None);
        check("1e400", 2, None);
        for text in ["", "-", ".", "EUR 5", "1.2.3", "0x10", "NaN", "五"] {
            check(text, 2, None);
        }
    }

    #[test]
    fn the_noise_of_a_float_is_rounded_away_and_only_that() {
        let number = |text| minor(text, 2, Written::Number);
        assert_eq!(number("0.30000000000000004"), Some(30));
        assert_eq!(number("19.989999999999998"), Some(1_999));
        assert_eq!(number("-19.989999999999998"), Some(-1_999));
        assert_eq!(number("0.305"), None);
    }

    proptest! {
        #[test]
        fn minor_units_come_back_from_their_text(amount in -1_000_000_000_000_i64..1_000_000_000_000) {
            let sign = if amount < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:02}", amount.abs() / 100, amount.abs() % 100);
            prop_assert_eq!(minor(&text, 2, Written::Text), Some(amount));
            let float = amount as f64 / 100.0;
            prop_assert_eq!(minor(&format!("{float}"), 2, Written::Number), Some(amount));
        }
    }
}
