//! What lines end with: `\n`, bytes of the user's choice, or the newline of UTF-16 in its own alignment.

use memchr::memmem::Finder;

/// Longest delimiter, in bytes.
pub const LONGEST: usize = 64;

/// What lines end with.
#[derive(Debug, Clone, Default)]
pub enum Delimiter {
    /// `\n`; one `\r` before it goes.
    #[default]
    Newline,
    /// These bytes; nothing before them goes.
    Bytes(Box<Finder<'static>>),
    /// The code unit of `\n` in UTF-16; a unit stands at an even place of the file. One unit of `\r` before it goes.
    Utf16(Order),
}

/// Which byte of a code unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The low one.
    Little,
    /// The high one.
    Big,
}

impl Order {
    const fn newline(self) -> [u8; 2] {
        match self {
            Self::Little => [b'\n', 0],
            Self::Big => [0, b'\n'],
        }
    }

    const fn carriage_return(self) -> [u8; 2] {
        match self {
            Self::Little => [b'\r', 0],
            Self::Big => [0, b'\r'],
        }
    }

    const fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }
}

/// A text is no delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotADelimiter {
    /// It is empty or longer than 64 bytes.
    #[error("which is not 1 to {LONGEST} bytes")]
    Length,
    /// A backslash is not followed by what it may be followed by.
    #[error("which holds a backslash that is not part of \\n, \\r, \\t, \\0, \\\\ or \\xNN")]
    Escape,
}

impl Delimiter {
    /// Reads a delimiter as settings write it: text with `\n`, `\r`, `\t`, `\0`, `\\` and `\xNN`.
    pub fn parse(text: &str) -> Result<Self, NotADelimiter> {
        let bytes = unescape(text.as_bytes()).ok_or(NotADelimiter::Escape)?;
        match &*bytes {
            b"\n" => Ok(Self::Newline),
            [] => Err(NotADelimiter::Length),
            long if long.len() > LONGEST => Err(NotADelimiter::Length),
            bytes => Ok(Self::Bytes(Box::new(Finder::new(bytes).into_owned()))),
        }
    }

    /// Returns its length in bytes.
    pub fn length(&self) -> usize {
        match self {
            Self::Newline => 1,
            Self::Bytes(finder) => finder.needle().len(),
            Self::Utf16(_) => 2,
        }
    }

    /// Returns where the first one starts in `bytes`, whose first stands at place `at` of the file.
    #[inline]
    pub fn find(&self, bytes: &[u8], at: u64) -> Option<usize> {
        match self {
            Self::Newline => memchr::memchr(b'\n', bytes),
            Self::Bytes(finder) => finder.find(bytes),
            Self::Utf16(order) => {
                let needle = order.newline();
                memchr::memmem::find_iter(bytes, &needle).find(|found| is_aligned(at, *found))
            }
        }
    }

    /// Returns the place behind the last one in `bytes`, whose first stands at place `at` of the file.
    pub fn last_end(&self, bytes: &[u8], at: u64) -> Option<usize> {
        let start = match self {
            Self::Newline => memchr::memrchr(b'\n', bytes),
            Self::Bytes(finder) => memchr::memmem::rfind(bytes, finder.needle()),
            Self::Utf16(order) => {
                let needle = order.newline();
                let aligned = |found: &usize| is_aligned(at, *found);
                memchr::memmem::find_iter(bytes, &needle).filter(aligned).last()
            }
        };
        start.map(|start| start + self.length())
    }

    /// Returns a line without the carriage return that belongs to its delimiter.
    pub(super) fn trim<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Newline => line.strip_suffix(b"\r").unwrap_or(line),
            Self::Bytes(_) => line,
            Self::Utf16(order) => line.strip_suffix(&order.carriage_return()).unwrap_or(line),
        }
    }

    /// Returns how many bytes at the start of a line are a hole and not text.
    pub(super) fn hole(&self, bytes: &[u8]) -> usize {
        if bytes.first() != Some(&0) {
            return 0;
        }
        let zeros = || leading_zeros(bytes);
        match self {
            // A delimiter that holds NUL says that NUL is no hole here.
            Self::Bytes(finder) if finder.needle().contains(&0) => 0,
            Self::Newline | Self::Bytes(_) => zeros(),
            // In big-endian text the first byte of most characters is 0.
            Self::Utf16(_) => zeros() & !1,
        }
    }

    /// Returns the longest length up to `most` at which a line can be cut without cutting a character.
    pub(crate) fn boundary(&self, line: &[u8], most: usize) -> usize {
        let mut end = most.min(line.len());
        if let Self::Utf16(order) = self {
            end &= !1;
            let last = line.get(..end).and_then(<[u8]>::last_chunk::<2>);
            let is_half = last.is_some_and(|&unit| (0xD800..0xDC00).contains(&order.unit(unit)));
            return if is_half { end - 2 } else { end };
        }
        // A character of UTF-8 has at most three bytes behind its first.
        for _ in 0..3 {
            if end > 0 && line.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
                end -= 1;
            }
        }
        end
    }
}

/// Counts zeros a kilobyte at a time: a hole may be as long as the file was before it was cut.
fn leading_zeros(bytes: &[u8]) -> usize {
    const ZEROS: [u8; 1_024] = [0; 1_024];
    let whole = bytes.chunks(ZEROS.len()).take_while(|chunk| *chunk == ZEROS).count() * ZEROS.len();
    let rest = bytes.get(whole..).unwrap_or_default();
    whole + rest.iter().take_while(|&&byte| byte == 0).count()
}

fn is_aligned(at: u64, found: usize) -> bool {
    (at + found as u64).is_multiple_of(2)
}

fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'0' => 0,
            b'\\' => b'\\',
            b'x' => {
                let mut digit = || char::from(*rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            _ => return None,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_text_with_escapes() {
        let bytes = |text: &str| match Delimiter::parse(text).unwrap() {
            Delimiter::Bytes(finder) => finder.needle().to_vec(),
            other @ (Delimiter::Newline | Delimiter::Utf16(_)) => panic!("{other:?}"),
        };
        assert!(matches!(Delimiter::parse("\n"), Ok(Delimiter::Newline)));
        assert!(matches!(Delimiter::parse(r"\n"), Ok(Delimiter::Newline)));
        assert_eq!(bytes(r"\x1e"), [0x1E]);
        assert_eq!(bytes(r"\r\n--\\\0\xfF"), b"\r\n--\\\0\xff");
        assert_eq!(bytes("京"), "京".as_bytes());
    }

    #[test]
    fn what_is_no_delimiter_is_refused() {
        for text in [r"\q", r"\x1", r"\xg0", "\\"] {
            assert_eq!(Delimiter::parse(text).unwrap_err(), NotADelimiter::Escape, "{text}");
        }
        assert_eq!(Delimiter::parse("").unwrap_err(), NotADelimiter::Length);
        assert_eq!(Delimiter::parse(&"-".repeat(65)).unwrap_err(), NotADelimiter::Length);
    }

    #[test]
    fn the_last_end_is_behind_the_last_delimiter() {
        let end = |text: &str, bytes: &[u8]| Delimiter::parse(text).unwrap().last_end(bytes, 0);
        assert_eq!(end("\n", b"a\nb\nc"), Some(4));
        assert_eq!(end("--", b"a--b"), Some(3));
        assert_eq!(end("--", b"ab"), None);
        let utf16 = Delimiter::Utf16(Order::Big);
        // U+0A00 and U+0100 next to each other hold the bytes of a newline at an odd place.
        assert_eq!(utf16.last_end(b"\0a\0\n\x01\0\n\0", 0), Some(4));
    }
}
