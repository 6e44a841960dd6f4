//! Forms as browsers send them: `a=1&b=%C4%E3+x`, in the encoding that they name.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use super::LineParser;
use super::mapper::{Mapper, More};
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;

/// Pairs of a form, at most: as many as a JSON object may have keys.
const MOST_PAIRS: usize = 512;

/// Reads one form a line.
#[derive(Debug)]
pub(super) struct Form {
    mapper: Mapper,
}

impl Form {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { mapper: Mapper::new(input) }
    }
}

impl LineParser for Form {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        draft.stamp = Stamp::Missing;
        if !line.contains('=') || line.contains([' ', '\t']) {
            return draft.fail(Failure::OtherFormat, line);
        }
        self.mapper.begin(draft);
        match self.mapper.form(line, draft) {
            Ok(()) => self.mapper.end(draft),
            Err(failure) => draft.fail(failure, line),
        }
    }

    fn more(&mut self, draft: &mut Draft) -> More {
        self.mapper.more(draft)
    }
}

/// Tells each pair of a form, decoded; a key without `=` has an empty value. One with too many is not read at all.
pub(super) fn pairs(text: &str, tell: &mut dyn FnMut(&str, &str)) -> Result<(), Failure> {
    let written = || text.split('&').filter(|pair| !pair.is_empty());
    if written().count() > MOST_PAIRS {
        return Err(Failure::TooManyKeys);
    }
    let pairs = || written().map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let named = pairs().find(|(key, _)| matches!(*key, "charset" | "_charset_"));
    let encoding = named.and_then(|(_, label)| Encoding::for_label(label.as_bytes()));
    for (key, value) in pairs() {
        let key = unescape(key);
        let value = unescape(value);
        let encoding = encoding.unwrap_or(UTF_8);
        tell(&encoding.decode(&key).0, &encoding.decode(&value).0);
    }
    Ok(())
}

/// Undoes `+` and `%NN`; what only looks like an escape stays as it is.
fn unescape(text: &str) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'%', b'+', text.as_bytes()).is_none() {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, behind) {
            (b'+', _) => plain.push(b' '),
            (b'%', &[high, low, ref after @ ..]) => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    plain.push(high << 4 | low);
                    rest = after;
                }
                _ => plain.push(byte),
            },
            _ => plain.push(byte),
        }
    }
    Cow::Owned(plain)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        pairs(text, &mut |key, value| found.push((key.to_owned(), value.to_owned()))).unwrap();
        found
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn escapes_are_undone_in_the_encoding_that_the_form_names() {
        assert_eq!(read("a=1+2%26&b="), [pair("a", "1 2&"), pair("b", "")]);
        assert_eq!(read("s=%C4%E3&charset=GBK"), [pair("s", "\u{4f60}"), pair("charset", "GBK")]);
        assert_eq!(read("s=%E4%BD%A0"), [pair("s", "\u{4f60}")]);
    }

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(read("a=5%&b=%zz&&c"), [pair("a", "5%"), pair("b", "%zz"), pair("c", "")]);
    }

    #[test]
    fn a_form_with_too_many_pairs_is_not_read_in_part() {
        let mut told = 0;
        let text = "a=1&".repeat(MOST_PAIRS + 1);
        assert_eq!(pairs(&text, &mut |_, _| told += 1), Err(Failure::TooManyKeys));
        assert_eq!(told, 0);
    }
}
