//! The header of a gzip member (RFC 1952): ten bytes, then what its flags announce.

/// What was read of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// It goes on behind these bytes.
    Unfinished,
    /// It is so many bytes long.
    Whole(usize),
    /// It is none.
    Foreign,
}

/// The two bytes that every member begins with, and the one method there is.
pub(super) const MAGIC: [u8; 3] = [0x1F, 0x8B, 8];
/// Names and comments longer than this are no log's.
pub(super) const LONGEST: usize = 64 << 10;

const CHECKSUM: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = 0xE0;

/// Reads a header from the first bytes of a member.
pub(super) fn read(bytes: &[u8]) -> Header {
    if bytes.iter().zip(MAGIC).any(|(&byte, magic)| byte != magic) {
        return Header::Foreign;
    }
    let Some(&flags) = bytes.get(3) else { return Header::Unfinished };
    if flags & RESERVED != 0 {
        return Header::Foreign;
    }
    match end(bytes, flags) {
        // Its own length decides, not how much of it was read at a time.
        Some(end) if end > LONGEST => Header::Foreign,
        Some(end) if end <= bytes.len() => Header::Whole(end),
        _ if bytes.len() > LONGEST => Header::Foreign,
        _ => Header::Unfinished,
    }
}

fn end(bytes: &[u8], flags: u8) -> Option<usize> {
    let mut at = 10;
    if flags & EXTRA != 0 {
        let length = bytes.get(at..at + 2)?.first_chunk::<2>()?;
        at += 2 + usize::from(u16::from_le_bytes(*length));
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            at += memchr::memchr(0, bytes.get(at..)?)? + 1;
        }
    }
    Some(if flags & CHECKSUM == 0 { at } else { at + 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_behind_what_its_flags_announce() {
        let plain = [0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 0, 3];
        assert_eq!(read(&plain), Header::Whole(10));
        let mut full = plain;
        full[3] = 0x1E;
        let full =
            [&full[..], &[3, 0], b"xyz", b"a.log\0", b"comment\0", &[7, 7], b"body"].concat();
        assert_eq!(read(&full), Header::Whole(full.len() - 4));
        for length in 0..full.len() - 4 {
            assert_eq!(read(&full[..length]), Header::Unfinished, "{length}");
        }
    }

    #[test]
    fn a_header_that_is_too_long_is_foreign_however_much_of_it_is_there() {
        let mut named = vec![0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 3];
        named.resize(LONGEST - 1, b'x');
        assert_eq!(read(&[&*named, b"\0"].concat()), Header::Whole(LONGEST));
        assert_eq!(read(&named), Header::Unfinished);
        for more in [1, 2, LONGEST] {
            let long = [&*named, &*vec![b'x'; more], b"\0"].concat();
            assert_eq!(read(&long), Header::Foreign, "{more}");
            assert_eq!(read(&long[..=LONGEST]), Header::Foreign, "{more}");
        }
    }

    #[test]
    fn what_is_no_gzip_is_foreign_at_its_first_wrong_byte() {
        for bytes in [&b"text"[..], &[0x1F, 0x8C], &[0x1F, 0x8B, 7], &[0x1F, 0x8B, 8, 0x80]] {
            assert_eq!(read(bytes), Header::Foreign, "{bytes:?}");
        }
    }
}
