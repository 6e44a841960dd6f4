//! E-mail addresses, also where a query writes `%40` for the sign.

use std::ops::Range;

/// Finds the address around a sign at `at`, which is `sign` bytes long; nothing of it lies before `floor`.
pub(super) fn find(bytes: &[u8], at: usize, sign: usize, floor: usize) -> Option<Range<usize>> {
    let head = bytes.get(floor..at)?;
    let local = head.iter().rev().take(64).take_while(|byte| is_local(**byte)).count();
    let mut start = at - local;
    while start < at && matches!(bytes.get(start), Some(b'.' | b'-' | b'%')) {
        start += 1;
    }
    if start == at {
        return None;
    }
    let end = domain(bytes, at + sign)?;
    Some(start..end)
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
}

/// Returns the end of a host name that ends in a word of letters.
fn domain(bytes: &[u8], start: usize) -> Option<usize> {
    let tail = bytes.get(start..)?;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let length = tail.iter().take(253).take_while(|byte| is_part(byte)).count();
    let mut name = tail.get(..length)?;
    while let [rest @ .., b'.' | b'-'] = name {
        name = rest;
    }
    let dot = memchr::memrchr(b'.', name)?;
    let last = name.get(dot + 1..)?;
    let is_word = last.len() >= 2 && last.iter().all(u8::is_ascii_alphabetic);
    // `logo@2x.png` is a picture.
    let is_file = FILES.iter().any(|file| last.eq_ignore_ascii_case(file));
    (dot > 0 && is_word && !is_file).then_some(start + name.len())
}

const FILES: &[&[u8]] =
    &[b"png", b"jpg", b"jpeg", b"gif", b"webp", b"svg", b"css", b"js", b"json", b"html", b"avif"];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let at = text.find('@').unwrap();
        find(text.as_bytes(), at, 1, 0).and_then(|range| text.get(range))
    }

    #[test]
    fn addresses_are_found_within_text() {
        assert_eq!(
            found("to buyer.one+x@shop.example.com, now"),
            Some("buyer.one+x@shop.example.com")
        );
        assert_eq!(found("<a@b.de>."), Some("a@b.de"));
        assert_eq!(found("mailto:a@b.de."), Some("a@b.de"));
    }

    #[test]
    fn other_signs_stay() {
        for text in ["logo@2x.png", "@handle", "lib@1.2.3", "root@host", "a@b.c", "x @ y.de"] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn an_encoded_sign_is_a_sign() {
        let text = b"a%40b.de";
        assert_eq!(find(text, 1, 3, 0), Some(0..8));
    }
}
