//! Where JSON is written: short texts are copied in steps of eight bytes, while it is seen whether they need an escape.
//!
//! A document has some thirty values of a few bytes each; a call of the C library's copy for each of them and for its key
//! was a sixth of the reader's time (`perf record`).

use crate::stamp;

/// Appends to a buffer that is longer than what stands in it, so that a copy may write over its end.
pub(super) struct Sink<'a> {
    out: &'a mut Vec<u8>,
    at: usize,
}

/// Bytes that a copy may write beyond its end.
const SLACK: usize = 8;

impl<'a> Sink<'a> {
    /// Starts behind what is in a buffer, with room for so many bytes.
    pub(super) fn new(out: &'a mut Vec<u8>, room: usize) -> Self {
        let at = out.len();
        out.resize(at + room + SLACK, 0);
        Self { out, at }
    }

    /// Ends the buffer where writing ended.
    pub(super) fn finish(self) {
        self.out.truncate(self.at);
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.out[self.at] = byte;
        self.at += 1;
        self.make_room(0);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        let end = self.at + bytes.len();
        self.out[self.at..end].copy_from_slice(bytes);
        self.at = end;
    }

    /// Appends the first bytes of a padded text.
    pub(super) fn padded<const WIDTH: usize>(&mut self, padded: &[u8; WIDTH], length: usize) {
        self.make_room(WIDTH);
        if let Some(room) = self.out[self.at..].first_chunk_mut() {
            *room = *padded;
        }
        self.at += length;
    }

    /// Appends text as a JSON string.
    pub(super) fn text(&mut self, text: &str) {
        self.make_room(text.len() + 2);
        let room = &mut self.out[self.at..];
        room[0] = b'"';
        if copy_plain(text.as_bytes(), &mut room[1..]) == Plain::Yes {
            room[text.len() + 1] = b'"';
            self.at += text.len() + 2;
        } else {
            // Writing a string to memory cannot fail.
            let escaped = serde_json::to_string(text).unwrap_or_default();
            self.bytes(escaped.as_bytes());
        }
    }

    /// Appends an instant, in milliseconds since the epoch, as a JSON string.
    pub(super) fn millis(&mut self, millis: i64) {
        self.byte(b'"');
        if let Some(text) = stamp::text(millis) {
            self.padded(&text, text.len());
        } else {
            let mut text = Vec::new();
            stamp::write_millis(millis, &mut text);
            self.bytes(&text);
        }
        self.byte(b'"');
    }

    /// Makes room for so many bytes and the slack behind them.
    fn make_room(&mut self, bytes: usize) {
        let wanted = self.at + bytes + SLACK;
        if wanted > self.out.len() {
            self.out.resize(wanted + wanted / 8, 0);
        }
    }
}

/// Whether nothing of a text has to be escaped in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plain {
    Yes,
    No,
}

/// Copies bytes, and up to seven that mean nothing behind them, and tells whether none of them needs an escape.
fn copy_plain(bytes: &[u8], room: &mut [u8]) -> Plain {
    let (words, rest) = bytes.as_chunks::<8>();
    let (places, behind) = room.as_chunks_mut::<8>();
    let mut places = places.iter_mut();
    let mut found = 0;
    // The words come first: `zip` takes no place when they have ended.
    for (word, place) in words.iter().zip(&mut places) {
        found |= suspects(u64::from_le_bytes(*word));
        *place = *word;
    }
    let last = short(rest);
    // Bytes behind the end are no text: spaces stand there while it is looked at.
    let blank = u64::from_le_bytes([b' '; 8]) << (8 * rest.len());
    found |= suspects(last | blank);
    match places.next() {
        Some(place) => *place = last.to_le_bytes(),
        None => behind[..rest.len()].copy_from_slice(rest),
    }
    if found == 0 { Plain::Yes } else { Plain::No }
}

/// Returns up to seven bytes as a number, the first one lowest, without a loop or a call.
fn short(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (length - 4));
    }
    let at = |place: usize| bytes.get(place).map_or(0, |byte| u64::from(*byte) << (8 * place));
    at(0) | at(length / 2) | at(length.saturating_sub(1))
}

/// Returns a number that is not 0 when one of eight bytes needs an escape: a control character, a quote, a backslash.
///
/// The high bit of each byte that is zero, or lies behind one that is: for a yes or no that is enough.
fn suspects(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    controls | zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_length_comes_out_as_serde_writes_it_wherever_it_has_an_escape() {
        for length in 0..40 {
            let plain: String = ('a'..='z').cycle().take(length).collect();
            for escape in ["", "\"", "\\", "\n", "\u{1}", "\u{7f}", "\u{e9}", " "] {
                for place in 0..=length {
                    let mut text = plain.clone();
                    text.insert_str(place, escape);
                    let mut out = b"before".to_vec();
                    let mut sink = Sink::new(&mut out, 0);
                    sink.text(&text);
                    sink.byte(b',');
                    sink.finish();
                    let want = format!("before{},", serde_json::to_string(&text).unwrap());
                    assert_eq!(String::from_utf8(out).unwrap(), want);
                }
            }
        }
    }

    #[test]
    fn what_is_padded_takes_its_length() {
        let mut out = Vec::new();
        let mut sink = Sink::new(&mut out, 1);
        sink.padded(b"key:    ", 4);
        sink.padded(b"long key", 8);
        sink.bytes(b"value");
        sink.finish();
        assert_eq!(out, b"key:long keyvalue");
    }
}
