//! Stamps at the start of a line, as programs write them before a level.

/// Cuts a line behind the stamp that it starts with: a date and a time, or a time alone, with a zone or without.
pub(super) fn stamp(line: &str) -> Option<(&str, &str)> {
    let bytes = line.as_bytes();
    let day = day(bytes);
    let clock = clock(bytes.get(day..)?)?;
    let mut end = day + clock;
    end += zone(bytes.get(end..)?);
    // What goes on with a letter or a digit was no stamp.
    if bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    Some((line.get(..end)?, line.get(end..)?))
}

fn is(bytes: &[u8], shape: &[u8]) -> bool {
    let fits = |(byte, wanted): (&u8, &u8)| match wanted {
        b'9' => byte.is_ascii_digit(),
        b'a' => byte.is_ascii_alphabetic(),
        b'-' => matches!(byte, b'-' | b'/' | b' '),
        b'T' => matches!(byte, b'T' | b' '),
        other => byte == other,
    };
    bytes.len() >= shape.len() && bytes.iter().zip(shape).all(fits)
}

/// Returns the length of a date and what divides it from the time; 0 without one.
fn day(bytes: &[u8]) -> usize {
    let shapes: [&[u8]; 3] = [b"9999-99-99T", b"99-aaa-9999T", b"9-aaa-9999T"];
    shapes.iter().find(|shape| is(bytes, shape)).map_or(0, |shape| shape.len())
}

/// Returns the length of `03:04:05`, with a fraction or without.
fn clock(bytes: &[u8]) -> Option<usize> {
    const SHORT: usize = 8;
    if !is(bytes, b"99:99:99") {
        return None;
    }
    let Some((b'.' | b',', fraction)) = bytes.get(SHORT..)?.split_first() else {
        return Some(SHORT);
    };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    Some(if digits == 0 { SHORT } else { SHORT + 1 + digits })
}

/// Returns the length of a zone: `Z`, `+01:00`, ` +0100`, ` UTC`; 0 without one.
fn zone(bytes: &[u8]) -> usize {
    let ends = |length: &usize| !bytes.get(*length).is_some_and(u8::is_ascii_alphanumeric);
    let spaces = usize::from(bytes.first() == Some(&b' '));
    let rest = bytes.get(spaces..).unwrap_or_default();
    let length = match rest {
        [b'Z', ..] => 1,
        [b'U', b'T', b'C', ..] | [b'G', b'M', b'T', ..] => 3,
        [b'+' | b'-', offset @ ..] if is(offset, b"99:99") => 6,
        [b'+' | b'-', offset @ ..] if is(offset, b"9999") => 5,
        [b'+' | b'-', offset @ ..] if is(offset, b"99") => 3,
        _ => return 0,
    };
    Some(spaces + length).filter(ends).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, want: Option<(&str, &str)>) {
        assert_eq!(stamp(line), want, "{line}");
    }

    #[test]
    fn a_stamp_ends_behind_its_zone() {
        for text in [
            "2026-01-02T03:04:05.678+01:00",
            "2026-01-02 03:04:05,678",
            "2026-01-02 03:04:05",
            "2026-01-02 03:04:05 +0100",
            "2026-01-02T03:04:05Z",
            "2026/01/02 03:04:05 UTC",
            "02 Jan 2026 03:04:05,678",
            "03:04:05.678",
        ] {
            check(&format!("{text} INFO x"), Some((text, " INFO x")));
            check(text, Some((text, "")));
        }
    }

    #[test]
    fn what_goes_on_is_no_zone_and_what_is_no_stamp_no_stamp() {
        check("03:04:05 - x", Some(("03:04:05", " - x")));
        check("03:04:05 -1 x", Some(("03:04:05", " -1 x")));
        check("03:04:05, x", Some(("03:04:05", ", x")));
        check("03:04:05.6a", None);
        check("2026-01-02 INFO x", None);
        check("INFO x", None);
        check("", None);
        check("京 03:04:05", None);
    }
}
