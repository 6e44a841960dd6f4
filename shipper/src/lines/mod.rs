//! From blocks of a file to the lines that the enricher gets: cut, unwrapped, decoded, joined.
//!
//! ```text
//! block -> frame -> container -> encoding -> multiline -> enricher
//!          cut at    take Docker  to UTF-8    join traces
//!          delimiters or CRI off
//! ```
//! Containers come before encodings, because a runtime cuts lines inside of characters. Whatever the layers hold back,
//! pieces leave in the order of the file and join without gap or overlap, and do not depend on how the file was read.

pub mod container;
pub mod encoding;
pub mod gzip;
pub mod multiline;

use std::time::Duration;

use event::ByteOffset;

use crate::frame::{Delimiter, Framer, Framing, OverLong, Piece};
use crate::identity;

use container::{Container, Turns, Wrapper};
use encoding::{Encoding, decode};
use multiline::{Grouper, Multiline};

/// How the lines of an input are made.
#[derive(Debug, Clone, Default)]
pub struct Making {
    /// What lines end with in the file.
    pub delimiter: Delimiter,
    /// What happens to a line over the limit.
    pub over_long: OverLong,
    /// What the runtime of a container wrapped around them.
    pub container: Wrapper,
    /// What they are written in.
    pub encoding: Encoding,
    /// Which of them belong together.
    pub multiline: Option<Multiline>,
}

/// A wrapper of 16 KB of text takes six times as much where each byte is escaped, and a little for itself.
const WRAPPED_LINE: usize = 128 << 10;
/// Buffers that grew beyond this are given back when a file rests.
const SPARE_BYTES: usize = 4 << 10;

impl Making {
    /// Returns what names a new file with this head: its first complete line, or as much of it as a head holds.
    pub fn first_line<'a>(&self, head: &'a [u8]) -> Option<&'a [u8]> {
        let delimiter = self.delimiter_of(head);
        match delimiter.find(head, 0) {
            Some(start) => head.get(..start + delimiter.length()),
            None if head.len() >= identity::HEAD_BYTES => Some(head),
            None => None,
        }
    }

    /// Returns what lines end with in a file with this head.
    pub fn delimiter_of(&self, head: &[u8]) -> Delimiter {
        match self.encoding.of_file(head).order() {
            Some(order) => Delimiter::Utf16(order),
            None => self.delimiter.clone(),
        }
    }
}

/// The lines of one file, and what of it is no whole line yet.
#[derive(Debug)]
pub struct Lines {
    framer: Framer,
    container: Option<Container>,
    encoding: Encoding,
    grouper: Option<Grouper>,
    decoded: String,
}

impl Lines {
    /// Returns the lines of a file with this head from `start` on; longer ones than `max_line` lose their end.
    pub fn new(start: ByteOffset, making: &Making, max_line: usize, head: &[u8]) -> Self {
        let container = (making.container != Wrapper::None)
            .then(|| Container::new(making.container, max_line, making.over_long));
        let framing = Framing {
            delimiter: making.delimiter_of(head),
            max_line: if container.is_some() { max_line.max(WRAPPED_LINE) } else { max_line },
            over_long: making.over_long,
        };
        Self {
            framer: Framer::new(start, framing),
            container,
            encoding: making.encoding.of_file(head),
            grouper: making.multiline.clone().map(Grouper::new),
            decoded: String::new(),
        }
    }

    /// Returns the place before which everything was given away.
    pub fn start(&self) -> ByteOffset {
        self.starts().into_iter().flatten().min().unwrap_or_else(|| self.framer.start())
    }

    /// Returns all places at which something begins that is held back.
    pub fn starts(&self) -> [Option<ByteOffset>; 3] {
        [
            Some(self.framer.start()),
            self.container.as_ref().and_then(Container::start),
            self.grouper.as_ref().and_then(Grouper::start),
        ]
    }

    /// Tells whether a group is open.
    pub fn holds_group(&self) -> bool {
        self.grouper.as_ref().is_some_and(|grouper| grouper.start().is_some())
    }

    /// Returns where the open group ends if nothing more is added to it.
    pub fn group_end(&self) -> ByteOffset {
        let container = self.container.as_ref().and_then(Container::start);
        container.into_iter().fold(self.framer.start(), ByteOffset::min)
    }

    /// Returns the position behind the last byte that was fed.
    pub fn position(&self) -> ByteOffset {
        self.framer.position()
    }

    /// Returns when the open group will have been quiet for long enough.
    pub fn quiet_at(&self) -> Option<Duration> {
        self.grouper.as_ref().and_then(Grouper::quiet_at)
    }

    /// Takes the next bytes of the file, read at `now`, and gives away the pieces that they complete.
    pub fn feed(&mut self, block: &[u8], now: Duration, give: &mut dyn FnMut(Piece<'_>)) {
        let Self { framer, container, encoding, grouper, decoded } = self;
        match (container, grouper) {
            // Most files have neither, and need not go through their doors.
            (None, None) => {
                framer.feed(block, &mut |piece| decode_piece(piece, *encoding, decoded, give));
            }
            (container, grouper) => {
                let mut rest = Rest { encoding: *encoding, decoded, grouper, now };
                framer.feed(block, &mut |piece| match container {
                    Some(container) => {
                        let turns = container.take(piece, &mut |piece| rest.take(piece, give));
                        rest.pause(turns, give);
                    }
                    None => rest.take(piece, give),
                });
            }
        }
    }

    /// Gives away the group that was quiet for long enough.
    pub fn close(&mut self, give: &mut dyn FnMut(Piece<'_>)) {
        if let Some(grouper) = &mut self.grouper {
            grouper.finish(give);
        }
    }

    /// Gives away everything that is held back: the file will not grow any more.
    pub fn finish(&mut self, now: Duration, give: &mut dyn FnMut(Piece<'_>)) {
        let Self { framer, container, encoding, grouper, decoded } = self;
        let mut rest = Rest { encoding: *encoding, decoded, grouper, now };
        framer.finish(&mut |piece| match container {
            Some(container) => {
                let turns = container.take(piece, &mut |piece| rest.take(piece, give));
                rest.pause(turns, give);
            }
            None => rest.take(piece, give),
        });
        if let Some(container) = container {
            container.finish(&mut |piece| rest.take(piece, give));
        }
        self.close(give);
    }

    /// Gives back buffers that an idle file does not need.
    pub fn rest(&mut self) {
        if self.decoded.capacity() > SPARE_BYTES {
            self.decoded = String::new();
        }
    }
}

/// The layers behind containers.
struct Rest<'a> {
    encoding: Encoding,
    decoded: &'a mut String,
    grouper: &'a mut Option<Grouper>,
    now: Duration,
}

impl Rest<'_> {
    /// Ends the open group where lines crossed each other.
    fn pause(&mut self, turns: Turns, give: &mut dyn FnMut(Piece<'_>)) {
        if let (Turns::Crossed, Some(grouper)) = (turns, &mut *self.grouper) {
            grouper.finish(give);
        }
    }

    fn take(&mut self, piece: Piece<'_>, give: &mut dyn FnMut(Piece<'_>)) {
        let (grouper, now) = (&mut *self.grouper, self.now);
        decode_piece(piece, self.encoding, self.decoded, &mut |piece| match grouper {
            Some(grouper) => grouper.take(piece, now, give),
            None => give(piece),
        });
    }
}

#[inline]
fn decode_piece(
    piece: Piece<'_>,
    encoding: Encoding,
    buffer: &mut String,
    give: &mut dyn FnMut(Piece<'_>),
) {
    let Piece::Line { span, bytes, cut, mut provenance } = piece else { return give(piece) };
    let decoded = decode(bytes, cut, encoding, buffer);
    provenance.encoding = decoded.encoding;
    provenance.decoding = decoded.decoding;
    give(Piece::Line { span, bytes: decoded.bytes, cut, provenance });
}

#[cfg(test)]
mod tests;
