//! Segments: records of length, CRC32C and payload, one behind the other.
//!
//! ```text
//! | length u32 le | crc32c u32 le | payload (length bytes) | length | crc32c | payload | ..
//! ```
//!
//! A write that was cut by a crash leaves a half record at the end: it is cut off before anything is appended. A record in
//! the middle whose checksum is wrong is told apart and set aside by the reader; nothing is ever deleted for being damaged.

mod checksum;

use std::ops::Range;

use checksum::crc32c;

const HEADER_BYTES: usize = 8;

/// One step of reading a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A record and the bytes of the segment that it takes, header included.
    Record(Range<usize>, &'a [u8]),
    /// Bytes whose checksum is wrong.
    Damaged(Range<usize>),
    /// A record that was never finished.
    Torn(Range<usize>),
}

/// Appends one record.
pub fn write(payload: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&crc32c(payload).to_le_bytes());
    out.extend_from_slice(payload);
}

/// Reads all records of a segment.
///
/// A length that was damaged leads astray: whole records behind it are found again by their checksums. NUL at the end is
/// what a power cut leaves where the length of a file was written before its bytes, and no record.
pub fn read(bytes: &[u8]) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.iter().all(|&byte| byte == 0) {
            steps.push(Step::Torn(at..bytes.len()));
            break;
        }
        at = match header(bytes, at) {
            Some(Header { end, payload, is: Intact::Yes }) => {
                steps.push(Step::Record(at..end, payload));
                end
            }
            broken => {
                let claimed = broken.map(|header| header.end);
                let found = next_whole(bytes, at + 1, claimed.unwrap_or(bytes.len()));
                let Some(end) = found.or(claimed) else {
                    steps.push(Step::Torn(at..bytes.len()));
                    break;
                };
                steps.push(Step::Damaged(at..end));
                end
            }
        };
    }
    steps
}

#[derive(Debug)]
struct Header<'a> {
    end: usize,
    payload: &'a [u8],
    is: Intact,
}

#[derive(Debug, PartialEq, Eq)]
enum Intact {
    Yes,
    No,
}

/// Reads the record that starts here; `None` where the segment ends before it does.
fn header(bytes: &[u8], at: usize) -> Option<Header<'_>> {
    let number = |from: usize| {
        let four = bytes.get(from..from + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(four))
    };
    let (length, checksum) = (number(at)?, number(at + 4)?);
    let start = at + HEADER_BYTES;
    let end = start.checked_add(length as usize)?;
    let payload = bytes.get(start..end)?;
    let is = if crc32c(payload) == checksum { Intact::Yes } else { Intact::No };
    Some(Header { end, payload, is })
}

/// Returns where the next whole record with a payload starts before `limit`.
fn next_whole(bytes: &[u8], from: usize, limit: usize) -> Option<usize> {
    (from..limit).find(|&at| {
        header(bytes, at)
            .is_some_and(|header| header.is == Intact::Yes && !header.payload.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn segment(records: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for record in records {
            write(record, &mut out);
        }
        out
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        let bytes = segment(&[b"one", b"", b"three"]);
        assert_eq!(
            read(&bytes),
            [
                Step::Record(0..11, b"one"),
                Step::Record(11..19, b""),
                Step::Record(19..32, b"three")
            ]
        );
    }

    #[test]
    fn a_damaged_record_is_told_apart_and_its_neighbours_are_read() {
        let mut bytes = segment(&[b"one", b"two", b"three"]);
        bytes[11 + HEADER_BYTES] ^= 1;
        assert_eq!(
            read(&bytes),
            [Step::Record(0..11, b"one"), Step::Damaged(11..22), Step::Record(22..35, b"three")]
        );
    }

    #[test]
    fn a_damaged_length_costs_its_own_record_only() {
        // Longer than the segment, longer than the record, shorter than it.
        for (byte, value) in [(11 + 3, 0xFF), (11, 9), (11, 1)] {
            let mut bytes = segment(&[b"one", b"two", b"three"]);
            bytes[byte] = value;
            let steps = read(&bytes);
            let whole: Vec<&[u8]> = steps
                .iter()
                .filter_map(|step| match step {
                    Step::Record(_, payload) => Some(*payload),
                    Step::Damaged(_) | Step::Torn(_) => None,
                })
                .collect();
            assert_eq!(whole, [&b"one"[..], b"three"], "{steps:?}");
        }
    }

    #[test]
    fn nul_at_the_end_is_no_record() {
        let mut bytes = segment(&[b"one"]);
        bytes.extend([0; 50]);
        assert_eq!(read(&bytes), [Step::Record(0..11, b"one"), Step::Torn(11..61)]);
    }

    proptest! {
        #[test]
        fn a_segment_cut_anywhere_gives_its_whole_records(cut in 0_usize..=35) {
            let bytes = segment(&[b"one", b"two", b"three"]);
            let steps = read(&bytes[..cut]);
            let whole = steps.iter().filter(|step| matches!(step, Step::Record(..))).count();
            let want = [11, 22, 35].iter().filter(|&&end| end <= cut).count();
            prop_assert_eq!(whole, want);
            let torn = steps.iter().any(|step| matches!(step, Step::Torn(_)));
            prop_assert_eq!(torn, ![0, 11, 22, 35].contains(&cut));
            prop_assert!(!steps.iter().any(|step| matches!(step, Step::Damaged(_))));
        }
    }
}
