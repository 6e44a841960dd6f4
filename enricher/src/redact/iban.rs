//! Numbers of bank accounts (IBAN, ISO 13616): country, two check digits, and as many characters as the country has.

/// Countries with the lengths of their numbers.
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NL", 18),
    (b"NO", 15),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"SA", 24),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VG", 24),
    (b"XK", 20),
];

/// Finds a number whose check digits start at `at`, behind its country; returns where it starts and ends.
///
/// It is written in one piece or in groups of four with single spaces.
pub(super) fn find(bytes: &[u8], at: usize, floor: usize) -> Option<(usize, usize)> {
    let start = at.checked_sub(2).filter(|start| *start >= floor)?;
    let country = bytes.get(start..at)?;
    let (_, length) = LENGTHS.iter().find(|(known, _)| known.as_slice() == country)?;
    let before = start.checked_sub(1).filter(|before| *before >= floor);
    if before.and_then(|before| bytes.get(before)).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let mut characters = [0; 34];
    let (mut count, mut end) = (0, start);
    while count < *length {
        match bytes.get(end)? {
            b' ' if count > 0 && count.is_multiple_of(4) && bytes.get(end - 1) != Some(&b' ') => {}
            byte if byte.is_ascii_digit() || byte.is_ascii_uppercase() => {
                *characters.get_mut(count)? = *byte;
                count += 1;
            }
            _ => return None,
        }
        end += 1;
    }
    let goes_on = bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let is_right = !goes_on && remainder(characters.get(..count)?) == 1;
    is_right.then_some((start, end))
}

/// Returns the number modulo 97, its first four characters behind the others and letters as 10 to 35 (ISO 7064).
fn remainder(characters: &[u8]) -> u32 {
    let (head, tail) = characters.split_at(4.min(characters.len()));
    tail.iter().chain(head).fold(0, |sum, &byte| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        _ => (sum * 100 + u32::from(byte.wrapping_sub(b'A')) + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let at = text.find(|c: char| c.is_ascii_digit())?;
        let (start, end) = find(text.as_bytes(), at, 0)?;
        text.get(start..end)
    }

    #[test]
    fn accounts_of_several_countries_are_found() {
        for text in [
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "GB29NWBK60161331926819",
            "FR14 2004 1010 0505 0001 3M02 606",
            "NO9386011117947",
            "NL91ABNA0417164300",
        ] {
            assert_eq!(found(text), Some(text));
            assert_eq!(found(&format!("to {text}.")), Some(text));
        }
    }

    #[test]
    fn other_codes_stay() {
        for text in [
            "DE89370400440532013001",
            "DE8937040044053201300",
            "DE893704004405320130001",
            "XX89370400440532013000",
            "SKU12345678901234567890",
            "DE89  3704 0044 0532 0130 00",
            "aDE89370400440532013000",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
