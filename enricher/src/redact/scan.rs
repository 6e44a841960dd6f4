//! One pass over text that takes out cards, phones, addresses, tokens and values behind telling names.
//!
//! A table tells for each byte whether anything can start there, so clean text costs about one look per byte; only then
//! do the finders look closer, each a bounded way ahead. What was taken out leaves a mark such as `[card:1111]`; marks
//! are passed over, and the passes are repeated until one changes nothing.

use super::names::{self, Named, Place};
use super::pseudonym::Pseudonyms;
use super::{card, iban, label, mail, phone, resident, token};
use crate::counters::{Counters, Redaction};

/// Looks again at most so often: what was taken out may have hidden that its neighbour is a secret too.
const MOST_PASSES: usize = 8;

/// Takes out what no sink may see. Writes the result to `out` when anything was found.
pub(crate) fn redact(
    text: &str,
    pseudonyms: &Pseudonyms,
    counters: &mut Counters,
    out: &mut String,
) -> Found {
    if pass_over(text, pseudonyms, counters, out) == Found::Nothing {
        return Found::Nothing;
    }
    let mut next = String::new();
    for _ in 1..MOST_PASSES {
        if pass_over(out, pseudonyms, counters, &mut next) == Found::Nothing {
            break;
        }
        std::mem::swap(out, &mut next);
    }
    Found::Something
}

/// Tells whether a text holds what no sink may see.
pub(crate) fn look(text: &str, pseudonyms: &Pseudonyms) -> Found {
    pass_over(text, pseudonyms, &mut Counters::default(), &mut String::new())
}

fn pass_over(
    text: &str,
    pseudonyms: &Pseudonyms,
    counters: &mut Counters,
    out: &mut String,
) -> Found {
    let mut pass = Pass { text, bytes: text.as_bytes(), floor: 0, pseudonyms, counters, out };
    let mut at = 0;
    while let Some(&byte) = pass.bytes.get(at) {
        let class = CLASS[usize::from(byte)];
        if class == Class::Nothing {
            at += 1;
        } else {
            at = pass.look(at, class);
        }
    }
    if pass.floor == 0 {
        return Found::Nothing;
    }
    let rest = text.get(pass.floor..).unwrap_or_default();
    pass.out.push_str(rest);
    Found::Something
}

/// Whether a text held anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    Something,
}

/// What may start at a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Nothing,
    Digit,
    Plus,
    Sign,
    Percent,
    Separator,
    Word,
    Mark,
}

static CLASS: [Class; 256] = {
    let mut table = [Class::Nothing; 256];
    let mut place = 0;
    while place < token::FIRST.len() {
        table[token::FIRST[place] as usize] = Class::Word;
        place += 1;
    }
    let mut digit = b'0';
    while digit <= b'9' {
        table[digit as usize] = Class::Digit;
        digit += 1;
    }
    table[b'+' as usize] = Class::Plus;
    table[b'(' as usize] = Class::Plus;
    table[b'@' as usize] = Class::Sign;
    table[b'%' as usize] = Class::Percent;
    table[b'=' as usize] = Class::Separator;
    table[b':' as usize] = Class::Separator;
    table[b'[' as usize] = Class::Mark;
    table
};

struct Pass<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// All before is in `out`; nothing found may reach back behind it.
    floor: usize,
    pseudonyms: &'a Pseudonyms,
    counters: &'a mut Counters,
    out: &'a mut String,
}

impl Pass<'_> {
    /// Looks closer at one place and returns where to go on.
    fn look(&mut self, at: usize, class: Class) -> usize {
        match class {
            Class::Digit => self.number(at),
            Class::Plus if self.is_start(at) => match phone::find(self.bytes, at, None) {
                Some(end) => self.person(at, end, Redaction::Phone),
                None => at + 1,
            },
            Class::Sign => self.address(at, 1),
            Class::Percent => match self.bytes.get(at + 1..at + 3) {
                Some(b"40") => self.address(at, 3),
                Some(b"2B" | b"2b") => match phone::international(self.bytes, at + 3) {
                    Some(end) => self.person(at, end, Redaction::Phone),
                    None => at + 3,
                },
                Some(_) | None => at + 1,
            },
            Class::Separator => self.named(at),
            Class::Word if self.is_start(at) => match token::find(self.bytes, at) {
                Some(end) => self.replace(at, end, Redaction::Token, "[token]"),
                None => at + 1,
            },
            Class::Mark => mark(self.bytes, at).unwrap_or(at + 1),
            Class::Nothing | Class::Plus | Class::Word => at + 1,
        }
    }

    /// Tells whether a word or number may start here. What follows a mark is a start, as it will be in the next pass.
    fn is_start(&self, at: usize) -> bool {
        at == self.floor
            || !at
                .checked_sub(1)
                .and_then(|before| self.bytes.get(before))
                .is_some_and(|before| before.is_ascii_alphanumeric() || *before == b'_')
    }

    fn number(&mut self, at: usize) -> usize {
        let run = self.bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
        if !self.is_start(at) {
            // A country's two letters may stand before.
            return match iban::find(self.bytes, at, self.floor) {
                Some((start, end)) => self.replace(start, end, Redaction::Iban, "[iban]"),
                None => at + run,
            };
        }
        if let 17 | 18 = run
            && let Some(end) = resident::find(self.bytes, at)
            && !self.is_shops(at, end)
        {
            return self.replace(at, end, Redaction::Resident, "[resident_id]");
        }
        let card = card::find(self.bytes, at).filter(|card| !self.is_shops(at, card.end));
        if let Some(card) = card {
            let mut mark = *b"[card:0000]";
            mark[6..10].copy_from_slice(&card.last);
            let mark = std::str::from_utf8(&mark).unwrap_or("[card]");
            return self.replace(at, card.end, Redaction::Card, mark);
        }
        let before =
            if at == self.floor { None } else { self.bytes.get(at.wrapping_sub(1)).copied() };
        match phone::find(self.bytes, at, before).filter(|end| !self.is_shops(at, *end)) {
            Some(end) => self.person(at, end, Redaction::Phone),
            None => at + run,
        }
    }

    /// Tells whether a number in one piece is called a shop's own by the word before it.
    fn is_shops(&self, start: usize, end: usize) -> bool {
        let number = self.bytes.get(start..end).unwrap_or_default();
        number.iter().all(u8::is_ascii_digit)
            && label::is_shops(self.bytes.get(self.floor..start).unwrap_or_default())
    }

    fn address(&mut self, at: usize, sign: usize) -> usize {
        match mail::find(self.bytes, at, sign, self.floor) {
            Some(range) => self.person(range.start, range.end, Redaction::Email),
            None => at + sign,
        }
    }

    /// Looks at the name before a separator and at the value behind it.
    fn named(&mut self, at: usize) -> usize {
        let head = self.bytes.get(self.floor..at).unwrap_or_default();
        let quotes =
            head.iter().rev().take(2).take_while(|b| matches!(b, b'"' | b'\'' | b'\\')).count();
        let head = head.get(..head.len() - quotes).unwrap_or_default();
        let length = head
            .iter()
            .rev()
            .take(names::LONGEST + 1)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
            .count();
        let (before, name) = head.split_at_checked(head.len() - length).unwrap_or((head, b""));
        let place = match before.last() {
            Some(b'?' | b'&') => Place::Query,
            Some(_) | None => Place::Text,
        };
        let Some(named) = names::look_up(name, place) else { return at + 1 };
        let (start, end) = value(self.bytes, at + 1, named);
        let old = self.text.get(start..end).unwrap_or_default();
        if old.is_empty() || old == "null" || mark(self.bytes, start) == Some(end) {
            return at + 1;
        }
        match named {
            Named::Secret | Named::Header => {
                self.replace(start, end, Redaction::Secret, "[secret]")
            }
            Named::Email if old.contains('@') || old.contains("%40") => {
                self.person(start, end, Redaction::Email)
            }
            Named::Phone if old.bytes().filter(u8::is_ascii_digit).count() >= 5 => {
                self.person(start, end, Redaction::Phone)
            }
            Named::Id => self.person(start, end, Redaction::Pseudonym),
            Named::Email | Named::Phone => at + 1,
        }
    }

    /// Puts the pseudonym of a person in the place of a value.
    fn person(&mut self, start: usize, end: usize, kind: Redaction) -> usize {
        let old = self.text.get(start..end).unwrap_or_default();
        let name = match kind {
            Redaction::Email => "email",
            Redaction::Phone => "phone",
            Redaction::Card
            | Redaction::Iban
            | Redaction::Resident
            | Redaction::Token
            | Redaction::Secret
            | Redaction::Pseudonym
            | Redaction::DroppedWithoutKey
            | Redaction::Personal
            | Redaction::Address => "id",
        };
        match self.pseudonyms.make(&super::normal(kind, old)) {
            Some(pseudonym) => {
                let pseudonym = std::str::from_utf8(&pseudonym).unwrap_or_default();
                self.replace(start, end, kind, &format!("[{name}:{pseudonym}]"))
            }
            None => self.replace(start, end, kind, &format!("[{name}]")),
        }
    }

    fn replace(&mut self, start: usize, end: usize, kind: Redaction, mark: &str) -> usize {
        if self.floor == 0 {
            self.out.clear();
        }
        self.out.push_str(self.text.get(self.floor..start).unwrap_or_default());
        self.out.push_str(mark);
        self.counters.count_redacted(kind);
        self.floor = end;
        end
    }
}

/// Tells whether a value without quotes ends here.
fn stops(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(byte, b'&' | b';' | b',' | b'"' | b'\'' | b'<' | b'>' | b'}' | b'#')
}

/// Returns where the value behind a separator starts and ends.
fn value(bytes: &[u8], from: usize, named: Named) -> (usize, usize) {
    let mut start = from;
    while start < from + 2 && bytes.get(start) == Some(&b' ') {
        start += 1;
    }
    if bytes.get(start) == Some(&b'\\') && matches!(bytes.get(start + 1), Some(b'"' | b'\'')) {
        start += 1;
    }
    let quote = bytes.get(start).copied().filter(|byte| matches!(byte, b'"' | b'\''));
    start += usize::from(quote.is_some());
    let tail = bytes.get(start..).unwrap_or_default();
    let length = match (quote, named) {
        (Some(quote), _) => {
            let end = tail.iter().position(|byte| *byte == quote).unwrap_or(tail.len());
            // The quote itself may stand behind a backslash, where JSON stands inside of text.
            end - usize::from(end > 0 && tail.get(end - 1) == Some(&b'\\'))
        }
        (None, Named::Header) => {
            let stops = |byte: &u8| matches!(byte, b'\n' | b'\r' | b'"');
            tail.iter().position(stops).unwrap_or(tail.len())
        }
        (None, Named::Secret) => tail.iter().position(|byte| stops(*byte)).unwrap_or(tail.len()),
        (None, Named::Email | Named::Phone | Named::Id) => {
            // An earlier mark is no part of a person.
            let stops = |byte: &u8| stops(*byte) || matches!(byte, b'[' | b']' | b'(' | b')');
            tail.iter().position(stops).unwrap_or(tail.len())
        }
    };
    (start, start + length)
}

/// Returns the end of a mark that an earlier pass left here. What it holds has a fixed form, so nothing hides in one.
fn mark(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    if !matches!(rest.get(1), Some(b'c' | b's' | b't' | b'i' | b'r' | b'e' | b'p')) {
        return None;
    }
    let length = memchr::memchr(b']', rest.get(..rest.len().min(48))?)?;
    let inner = rest.get(1..length)?;
    let colon = memchr::memchr(b':', inner);
    let (name, held) = match colon {
        Some(colon) => (inner.get(..colon)?, inner.get(colon + 1..)?),
        None => (inner, &[][..]),
    };
    let fits = match name {
        b"card" => held.len() == 4 && held.iter().all(u8::is_ascii_digit),
        b"secret" | b"token" | b"iban" | b"resident_id" => colon.is_none(),
        b"email" | b"phone" | b"id" => {
            colon.is_none() || (held.len() == 32 && held.iter().all(u8::is_ascii_hexdigit))
        }
        _ => false,
    };
    fits.then_some(at + length + 1)
}

#[cfg(test)]
mod tests;
