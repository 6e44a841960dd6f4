//! From bytes to text: invalid UTF-8 is repaired, what only terminals understand is taken away.

use crate::line::Decoding;

const MARK: &[u8] = b"\xef\xbb\xbf";
const ESCAPE: u8 = 0x1b;

/// Returns a line as text, without a byte-order mark, NUL and ANSI codes; `buffer` is used only where a copy is needed.
pub(crate) fn decode<'a>(bytes: &'a [u8], buffer: &'a mut String) -> (&'a str, Decoding) {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let has_codes = memchr::memchr2(0, ESCAPE, bytes).is_some();
    match std::str::from_utf8(bytes) {
        Ok(text) if !has_codes => (text, Decoding::Clean),
        Ok(text) => {
            strip(text, buffer);
            (buffer, Decoding::Clean)
        }
        Err(_) => {
            strip(&String::from_utf8_lossy(bytes), buffer);
            (buffer, Decoding::Repaired)
        }
    }
}

/// Copies text without NUL and without ANSI codes (`ESC [ .. letter`, `ESC` and one character).
fn strip(text: &str, out: &mut String) {
    out.clear();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\0' => {}
            '\u{1b}' => {
                let mut ahead = rest.clone();
                if ahead.next() == Some('[') {
                    // The code ends at its first letter; what does not end is text.
                    let end = ahead.position(|c| ('@'..='~').contains(&c));
                    if end.is_some() {
                        rest = ahead;
                    }
                }
            }
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], want: &str, decoding: Decoding) {
        let mut buffer = String::new();
        assert_eq!(decode(bytes, &mut buffer), (want, decoding));
    }

    #[test]
    fn clean_text_is_not_copied() {
        check("Bestellung 京 ok".as_bytes(), "Bestellung 京 ok", Decoding::Clean);
    }

    #[test]
    fn invalid_bytes_are_repaired_and_told() {
        check(b"caf\xe9 1", "caf\u{fffd} 1", Decoding::Repaired);
    }

    #[test]
    fn marks_and_terminal_codes_go() {
        check(b"\xef\xbb\xbf{}\r", "{}", Decoding::Clean);
        check(b"\x1b[31mERROR\x1b[0m x\0y", "ERROR xy", Decoding::Clean);
        check(b"a\x1b[12", "a[12", Decoding::Clean);
    }
}
