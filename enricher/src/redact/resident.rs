//! Numbers of Chinese identity cards (GB 11643): region, day of birth, sequence, check digit.

/// Digits of a number, the check digit included.
const LENGTH: usize = 18;
/// What each digit but the last counts (ISO 7064, MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Finds a number that starts at this digit; returns its end.
pub(super) fn find(bytes: &[u8], start: usize) -> Option<usize> {
    let number = bytes.get(start..start + LENGTH)?;
    let (last, digits) = number.split_last()?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let end = start + LENGTH;
    if bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        return None;
    }
    let part = |from: usize, to: usize| {
        let digits = digits.get(from..to).unwrap_or_default();
        digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let is_born = (1900..=2099).contains(&part(6, 10))
        && (1..=12).contains(&part(10, 12))
        && (1..=31).contains(&part(12, 14));
    if !(11..=82).contains(&part(0, 2)) || !is_born {
        return None;
    }
    let sum: u32 =
        digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = b"10X98765432".get(usize::try_from(sum % 11).ok()?)?;
    (last.to_ascii_uppercase() == *check).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_its_check_digit_is_found() {
        for text in ["11010519491231002X", "11010519491231002x", "11010519491231002X, next"] {
            assert_eq!(find(text.as_bytes(), 0), Some(18), "{text}");
        }
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "110105194912310021",
            "11010519491331002X",
            "11010519491231002X1",
            "99010519491231002X",
            "440524188001010014",
            "1101051949123100",
        ] {
            assert_eq!(find(text.as_bytes(), 0), None, "{text}");
        }
    }
}
