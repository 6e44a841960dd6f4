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
pub fn read(bytes: &[u8]) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let number = |from: usize| {
            let four = bytes.get(from..from + 4).and_then(|four| four.try_into().ok());
            four.map(u32::from_le_bytes)
        };
        let (Some(length), Some(checksum)) = (number(at), number(at + 4)) else {
            steps.push(Step::Torn(at..bytes.len()));
            break;
        };
        let start = at + HEADER_BYTES;
        let end = start + length as usize;
        let Some(payload) = bytes.get(start..end) else {
            steps.push(Step::Torn(at..bytes.len()));
            break;
        };
        if crc32c(payload) == checksum {
            steps.push(Step::Record(at..end, payload));
        } else {
            steps.push(Step::Damaged(at..end));
        }
        at = end;
    }
    steps
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
