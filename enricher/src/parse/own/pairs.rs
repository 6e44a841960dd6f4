//! `key_value`: pairs such as `order.id=1001 note="two words"`. What stands before the first pair is the message.

use std::borrow::Cow;

use memchr::memmem::Finder;

use super::super::{level, plain};
use super::{Kind, Line, MOST_NAMES, Read, Sink};
use crate::counters::Failure;
use crate::draft::Stamp;
use crate::settings::{Faults, RawParse};
use event::Field;

/// Bytes of a key, at most: longer ones are text in which the delimiter happens to stand.
const LONGEST_KEY: usize = 128;

/// What lines look like, checked.
#[derive(Debug, Clone)]
pub(crate) struct Pairs {
    /// What stands between two pairs.
    between: Finder<'static>,
    /// What stands between a key and its value.
    within: Finder<'static>,
}

/// A piece of a line up to the next delimiter of pairs, or to the end of its quotes.
#[derive(Debug)]
enum Piece<'a> {
    Pair {
        key: &'a str,
        value: Cow<'a, str>,
        quotes: Quotes,
    },
    /// Text without a key; it ends where this says.
    Bare {
        start: usize,
        end: usize,
    },
}

/// How a value stands in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// Without quotes: more text may follow.
    None {
        start: usize,
    },
    Closed,
    /// The line ends before the second quote.
    Cut,
}

impl Pairs {
    /// Checks what a user says of his pairs.
    pub(super) fn check(raw: &RawParse, found: &mut Faults<'_>) -> Option<Self> {
        let between = raw.pair_delimiter.as_deref().unwrap_or(" ");
        let within = raw.value_delimiter.as_deref().unwrap_or("=");
        if between.is_empty() {
            let hint = "what stands between two pairs, for example \" \" or \"; \"";
            found.add("parse.pair_delimiter", between, "which divides nothing", hint);
            return None;
        }
        if within.is_empty() || within.contains(between) {
            let hint = "what stands between a key and its value, without the pair_delimiter in it";
            found.add("parse.value_delimiter", within, "which divides nothing", hint);
            return None;
        }
        let finder = |text: &str| Finder::new(text.as_bytes()).into_owned();
        Some(Self { between: finder(between), within: finder(within) })
    }

    /// Reads a line.
    pub(super) fn read(&self, line: &str, sink: &mut Sink<'_>) -> Read {
        let mut message: Vec<&str> = Vec::new();
        // The pair whose value may go on, and where the text begins that is not told yet.
        let mut open: Option<(&str, usize)> = None;
        let mut bare: Option<(usize, usize)> = None;
        let mut count = 0;
        let mut at = 0;
        while at < line.len() {
            let (piece, next) = self.piece(line, at);
            at = next;
            let (key, value, quotes) = match piece {
                Piece::Bare { start, end } => {
                    bare = Some((bare.map_or(start, |(first, _)| first), end));
                    continue;
                }
                Piece::Pair { key, value, quotes } => (key, value, quotes),
            };
            finish(line, open.take(), bare.take(), &mut message, sink);
            count += 1;
            if count > MOST_NAMES {
                return Err(Failure::TooManyKeys);
            }
            match quotes {
                Quotes::None { start } => {
                    open = Some((key, start));
                    bare = Some((start, start + value.len()));
                }
                Quotes::Closed => sink.tell(key, &value, Kind::Text),
                Quotes::Cut => {
                    sink.tell(key, &value, Kind::Text);
                    sink.draft.partial();
                }
            }
        }
        finish(line, open, bare, &mut message, sink);
        if count == 0 {
            return Err(Failure::OtherFormat);
        }
        tell_message(&message.join(" "), sink);
        Ok(Line::Event)
    }

    /// Takes the piece at a place; returns where the next begins.
    fn piece<'a>(&self, line: &'a str, at: usize) -> (Piece<'a>, usize) {
        let rest = line.get(at..).unwrap_or_default();
        let length = self.between.find(rest.as_bytes()).unwrap_or(rest.len());
        let next = at + length + self.between.needle().len();
        let piece = rest.get(..length).unwrap_or(rest);
        let bare = Piece::Bare { start: at, end: at + length };
        let Some(cut) = self.within.find(piece.as_bytes()) else { return (bare, next) };
        let key = piece.get(..cut).unwrap_or_default().trim_ascii();
        if !is_key(key) {
            return (bare, next);
        }
        let start = at + cut + self.within.needle().len();
        let value = line.get(start..at + length).unwrap_or_default();
        let start = start + (value.len() - value.trim_ascii_start().len());
        let value = value.trim_ascii();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else {
            return (
                Piece::Pair { key, value: value.into(), quotes: Quotes::None { start } },
                next,
            );
        };
        let inner = line.get(start + 1..).unwrap_or_default();
        let Some(end) = closing(inner, quote) else {
            return (
                Piece::Pair { key, value: plain_text(inner), quotes: Quotes::Cut },
                line.len(),
            );
        };
        let value = plain_text(inner.get(..end).unwrap_or_default());
        let behind = start + 1 + end + 1;
        let after = line.get(behind..).unwrap_or_default();
        let is_divided = after.as_bytes().starts_with(self.between.needle());
        let next = behind + if is_divided { self.between.needle().len() } else { 0 };
        (Piece::Pair { key, value, quotes: Quotes::Closed }, next)
    }
}

/// Ends what is open: text behind a bare value is part of it, other text belongs to the message.
fn finish<'a>(
    line: &'a str,
    open: Option<(&str, usize)>,
    bare: Option<(usize, usize)>,
    message: &mut Vec<&'a str>,
    sink: &mut Sink<'_>,
) {
    let text = bare.and_then(|(start, end)| line.get(start..end)).unwrap_or_default().trim_ascii();
    match open {
        Some((key, _)) => sink.tell(key, text, Kind::Text),
        None if text.is_empty() => {}
        None => message.push(text),
    }
}

/// Tells the text of a line that belongs to no pair, with the stamp and the level that it may hold.
fn tell_message(message: &str, sink: &mut Sink<'_>) {
    if message.is_empty() {
        return;
    }
    if sink.draft.stamp == Stamp::Missing
        && let Some(stamp) = plain::leading_stamp(message)
    {
        sink.draft.stamp = Stamp::Text(sink.draft.note(stamp));
    }
    let document = &mut sink.draft.event.document;
    let head = message.as_bytes().get(..plain::HEAD).unwrap_or(message.as_bytes());
    if !document.has(Field::LogLevel)
        && let Some(level) = level::find(head)
    {
        document.set_static(Field::LogLevel, level);
    }
    if document.has(Field::Message) {
        sink.tell("text", message, Kind::Text);
    } else {
        document.set_text(Field::Message, message);
    }
}

/// Tells whether a text can be a key: a name, no sentence and no address.
fn is_key(text: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@' | '/' | ' ');
    text.len() <= LONGEST_KEY
        && text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '@'))
        && text.chars().all(part)
}

/// Returns where quotes end. A backslash keeps a quote from ending them.
fn closing(inner: &str, quote: char) -> Option<usize> {
    let mark = u8::try_from(quote).ok()?;
    let bytes = inner.as_bytes();
    let mut from = 0;
    while let Some(found) = bytes.get(from..).and_then(|rest| memchr::memchr2(mark, b'\\', rest)) {
        let at = from + found;
        if bytes.get(at) == Some(&mark) {
            return Some(at);
        }
        from = at + 2;
    }
    None
}

/// Undoes the escapes of a quoted value; what is no escape stays.
fn plain_text(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some(mark @ ('"' | '\'' | '\\')) => plain.push(mark),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    Cow::Owned(plain)
}
