//! Phone numbers as people write them: international, Chinese mobile, North American, and with the zero of their country.

/// Finds a phone number that starts here, at a digit, `+` or `(`; returns its end.
pub(super) fn find(bytes: &[u8], start: usize, before: Option<u8>) -> Option<usize> {
    match bytes.get(start)? {
        b'+' => international(bytes, start + 1),
        b'(' => {
            let area = groups(bytes, start + 1, &[3], b' ')?;
            if !matches!(bytes.get(start + 1), Some(b'2'..=b'9')) || bytes.get(area) != Some(&b')')
            {
                return None;
            }
            let next = area + 1 + usize::from(bytes.get(area + 1) == Some(&b' '));
            groups(bytes, next, &[3, 4], b'-')
        }
        // Behind these a number is a part of an id, a path or a version.
        _ if matches!(before, Some(b'#' | b'/' | b'.' | b'-' | b'$')) => None,
        b'1' if matches!(bytes.get(start + 1), Some(b'3'..=b'9')) => {
            groups(bytes, start, &[11], b' ')
                .or_else(|| groups(bytes, start, &[3, 4, 4], b'-'))
                .or_else(|| groups(bytes, start, &[3, 4, 4], b' '))
                .or_else(|| groups(bytes, start, &[1, 3, 3, 4], b'-'))
        }
        b'0' => national(bytes, start),
        b'2'..=b'9' => groups(bytes, start, &[3, 3, 4], b'-')
            .or_else(|| groups(bytes, start, &[3, 3, 4], b'.')),
        _ => None,
    }
}

/// Groups of numbers that begin with the zero of their own country, with their separators and first digits.
const NATIONAL: &[(&[u8], &[usize], &[u8])] = &[
    // Japan and Korea, mobile and Tokyo.
    (b"0", &[3, 4, 4], b"-"),
    (b"0", &[2, 4, 4], b"-"),
    // China, fixed lines.
    (b"0", &[3, 8], b"-"),
    (b"0", &[4, 7], b"-"),
    (b"0", &[4, 8], b"-"),
    // France.
    (b"0", &[2, 2, 2, 2, 2], b" ."),
    // Britain.
    (b"07", &[5, 6], b" "),
    (b"07", &[5, 3, 3], b" "),
    (b"02", &[3, 4, 4], b" "),
    (b"01", &[4, 3, 4], b" "),
    // Germany.
    (b"01", &[4, 7], b" /-"),
    (b"01", &[4, 8], b" /-"),
    (b"0", &[3, 7], b"/"),
    (b"0", &[3, 8], b"/"),
];

fn national(bytes: &[u8], start: usize) -> Option<usize> {
    if !matches!(bytes.get(start + 1), Some(b'1'..=b'9')) {
        return None;
    }
    let of = |(head, lengths, separators): &(&[u8], &[usize], &[u8])| {
        let fits = bytes.get(start..).is_some_and(|rest| rest.starts_with(head));
        let mut each = separators.iter().filter(|_| fits);
        each.find_map(|separator| groups(bytes, start, lengths, *separator))
    };
    NATIONAL.iter().find_map(of)
}

/// Reads the digits behind a plus: 8 to 15 of them, with single separators.
pub(super) fn international(bytes: &[u8], start: usize) -> Option<usize> {
    if !matches!(bytes.get(start), Some(b'1'..=b'9')) {
        return None;
    }
    let (mut at, mut digits, mut end) = (start, 0, start);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                end = at + 1;
                if digits > 15 {
                    return None;
                }
            }
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' if at - end < 2 => {}
            _ => break,
        }
        at += 1;
    }
    (digits >= 8 && ends(bytes, end)).then_some(end)
}

fn groups(bytes: &[u8], start: usize, groups: &[usize], separator: u8) -> Option<usize> {
    let mut at = start;
    for (place, &length) in groups.iter().enumerate() {
        if place > 0 {
            if bytes.get(at) != Some(&separator) {
                return None;
            }
            at += 1;
        }
        let run = bytes.iter().skip(at).take(length + 1).take_while(|b| b.is_ascii_digit()).count();
        if run != length {
            return None;
        }
        at += length;
    }
    ends(bytes, at).then_some(at)
}

fn ends(bytes: &[u8], end: usize) -> bool {
    match bytes.get(end) {
        Some(b'_' | b'-') => false,
        Some(b'.') => !bytes.get(end + 1).is_some_and(u8::is_ascii_digit),
        Some(byte) => !byte.is_ascii_alphanumeric(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        find(text.as_bytes(), 0, None).and_then(|end| text.get(..end))
    }

    #[test]
    fn phones_of_several_countries_are_found() {
        for text in [
            "+49 170 1234567",
            "+8613812345678",
            "+1 (212) 555-0100",
            "13812345678",
            "138-1234-5678",
            "(212) 555-0100",
            "212-555-0100",
            "+44 20 7946 0958",
            "090-1234-5678",
            "010-12345678",
            "01 23 45 67 89",
            "07700 900123",
            "0171 1234567",
            "0171/12345678",
        ] {
            assert_eq!(found(text), Some(text));
            assert_eq!(found(&format!("{text}, please")), Some(text));
        }
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "+1234567",
            "1001",
            "1767323045",
            "12345678901",
            "138123456789",
            "13812345678-1",
            "2026-01-02",
            "200 512 1024",
            "+0123456789",
            "1.381.234.5678",
            "0012345678",
            "01-02-2026",
            "00-1234-5678",
            "01 23 45",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
        assert_eq!(find(b"13812345678", 0, Some(b'#')), None);
        assert_eq!(find(b"13812345678", 0, Some(b'/')), None);
    }
}
