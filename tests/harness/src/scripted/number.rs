//! Numbers in payloads: which lines came, how often each was stored, and how often they were sent.
//!
//! A line is told apart by its id where its sender gives one. Senders that leave ids to the server cannot be judged so;
//! then a number within the line does it. It is written in letters, because digits that look like a phone, a card or an
//! order are redacted on the way.

use std::sync::LazyLock;

use memchr::memmem::Finder;

const MARK: &str = "numbered-";
const LETTERS: usize = 6;
const BASE: u32 = 26;

/// Whether numbers in payloads are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbering {
    /// They are not: that costs nothing.
    #[default]
    Ignored,
    /// Each document that holds a [`mark`] is counted under its number.
    Counted,
}

/// What became of numbered documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbered {
    /// Numbered documents in requests, every repetition counted.
    pub arrived: u64,
    /// Numbers that are stored at least once.
    pub distinct: u64,
    /// Documents that are stored beyond the first of their number.
    pub doubled: u64,
}

/// How often each number was stored.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    times: Vec<u8>,
    numbered: Numbered,
}

impl Numbers {
    pub(super) fn numbered(&self) -> Numbered {
        self.numbered
    }

    /// Counts numbered documents that arrived, and the numbers of those that were stored.
    pub(super) fn add(&mut self, arrived: u64, stored: &[u32]) {
        self.numbered.arrived += arrived;
        for &number in stored {
            let place = number as usize;
            if self.times.len() <= place {
                self.times.resize(place + 1, 0);
            }
            let times = &mut self.times[place];
            if *times == 0 {
                self.numbered.distinct += 1;
            } else {
                self.numbered.doubled += 1;
            }
            *times = times.saturating_add(1);
        }
    }
}

/// Returns the text that carries a number; numbers start anew at 26 to the power of 6.
pub fn mark(number: u32) -> String {
    let mut letters = [b'a'; LETTERS];
    let mut rest = number;
    for letter in letters.iter_mut().rev() {
        *letter += u8::try_from(rest % BASE).unwrap_or_default();
        rest /= BASE;
    }
    let letters: String = letters.iter().copied().map(char::from).collect();
    format!("{MARK}{letters}")
}

/// Returns the number that a payload carries, if it does.
pub fn read(payload: &[u8]) -> Option<u32> {
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));
    let start = FINDER.find(payload)? + MARK.len();
    payload.get(start..start + LETTERS)?.iter().try_fold(0, |number, letter| {
        let digit = letter.is_ascii_lowercase().then(|| u32::from(letter - b'a'))?;
        Some(number * BASE + digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_was_written() {
        for number in [0, 1, 25, 26, 199_999, 26_u32.pow(6) - 1] {
            let line = format!("GET /product/{}?x=1", mark(number));
            assert_eq!(read(line.as_bytes()), Some(number), "{line}");
        }
        assert_eq!(mark(27), "numbered-aaaabb");
    }

    #[test]
    fn a_payload_without_a_whole_mark_has_no_number() {
        for payload in ["", "GET /", "numbered-", "numbered-abc", "numbered-abc12x"] {
            assert_eq!(read(payload.as_bytes()), None, "{payload}");
        }
    }

    #[test]
    fn what_is_stored_twice_is_doubled_and_what_only_came_is_not() {
        let mut numbers = Numbers::default();
        numbers.add(3, &[0, 2]);
        numbers.add(2, &[2]);
        assert_eq!(numbers.numbered(), Numbered { arrived: 5, distinct: 2, doubled: 1 });
    }
}
