//! Card numbers: 13 to 19 digits with or without separators, a known prefix, Luhn's check digit.

/// A card number found in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) end: usize,
    pub(super) last: [u8; 4],
}

/// Groups in which schemes print their numbers.
const GROUPS: &[&[usize]] = &[&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 5]];

/// Finds a card number that starts at this digit.
pub(super) fn find(bytes: &[u8], start: usize) -> Option<Card> {
    let run = run(bytes, start);
    if (13..=19).contains(&run) {
        let end = start + run;
        // Thirteen digits in one piece are far more often an article number than a card of the last century.
        return if run > 13 && ends(bytes, end) { check(bytes, start, end) } else { None };
    }
    if run != 4 {
        return None;
    }
    let separator =
        bytes.get(start + 4).copied().filter(|b| matches!(b, b' ' | b'-' | b'+' | b'.'))?;
    GROUPS.iter().find_map(|groups| {
        let end = grouped(bytes, start, groups, separator)?;
        check(bytes, start, end)
    })
}

fn run(bytes: &[u8], start: usize) -> usize {
    bytes.iter().skip(start).take(20).take_while(|byte| byte.is_ascii_digit()).count()
}

fn ends(bytes: &[u8], end: usize) -> bool {
    !bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Returns the end of a number in these groups.
fn grouped(bytes: &[u8], start: usize, groups: &[usize], separator: u8) -> Option<usize> {
    let mut at = start;
    for (place, &length) in groups.iter().enumerate() {
        if place > 0 {
            if bytes.get(at) != Some(&separator) {
                return None;
            }
            at += 1;
        }
        if run(bytes, at) != length {
            return None;
        }
        at += length;
    }
    ends(bytes, at).then_some(at)
}

fn check(bytes: &[u8], start: usize, end: usize) -> Option<Card> {
    let mut digits = [0; 19];
    let mut count = 0;
    for byte in bytes.get(start..end)?.iter().filter(|byte| byte.is_ascii_digit()) {
        *digits.get_mut(count)? = byte - b'0';
        count += 1;
    }
    let digits = digits.get(..count)?;
    if !is_issued(digits) || !luhn(digits) {
        return None;
    }
    let mut last = [0; 4];
    last.copy_from_slice(digits.get(count - 4..)?);
    Some(Card { end, last: last.map(|digit| digit + b'0') })
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| match (place % 2, u32::from(digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Tells whether a scheme issues numbers with this prefix and length.
fn is_issued(digits: &[u8]) -> bool {
    let prefix = digits.iter().take(6).fold(0, |number, &digit| number * 10 + u32::from(digit));
    let (two, three, four) = (prefix / 10_000, prefix / 1_000, prefix / 100);
    match digits.len() {
        13 => two / 10 == 4,
        14 => (300..=305).contains(&three) || matches!(two, 36 | 38 | 39),
        15 => matches!(two, 34 | 37) || matches!(four, 1_800 | 2_131),
        16 => {
            two / 10 == 4
                || (51..=55).contains(&two)
                || (2_221..=2_720).contains(&four)
                || four == 6_011
                || (644..=659).contains(&three)
                || (3_528..=3_589).contains(&four)
                || (2_200..=2_204).contains(&four)
                || two == 62
                || is_maestro(four)
        }
        17..=19 => two == 62 || two / 10 == 4 || four == 6_011 || two == 65 || is_maestro(four),
        _ => false,
    }
}

fn is_maestro(four: u32) -> bool {
    matches!(four, 5_018 | 5_020 | 5_038 | 5_893 | 6_304 | 6_759 | 6_761..=6_763)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(text: &str) -> Option<String> {
        find(text.as_bytes(), 0).map(|card| String::from_utf8_lossy(&card.last).into_owned())
    }

    #[test]
    fn cards_of_all_schemes_are_found() {
        for (number, want) in [
            ("4111111111111111", "1111"),
            ("4111 1111 1111 1111", "1111"),
            ("4111-1111-1111-1111 2027", "1111"),
            ("4111+1111+1111+1111", "1111"),
            ("5555555555554444", "4444"),
            ("2223003122003222", "3222"),
            ("378282246310005", "0005"),
            ("3782 822463 10005", "0005"),
            ("6011111111111117", "1117"),
            ("30569309025904", "5904"),
            ("3530111333300000", "0000"),
            ("6200000000000005", "0005"),
            ("6759649826438453", "8453"),
            ("2201382000000013", "0013"),
        ] {
            assert_eq!(last(number).as_deref(), Some(want), "{number}");
        }
    }

    #[test]
    fn numbers_that_only_look_like_cards_stay() {
        for number in [
            "4111111111111112",
            "1234567890123452",
            "41111111111111111111",
            "4111111111111111a",
            "4006381333931",
            "1767323045678",
            "4111 1111-1111 1111",
            "2015-05-17",
        ] {
            assert_eq!(last(number), None, "{number}");
        }
    }
}
