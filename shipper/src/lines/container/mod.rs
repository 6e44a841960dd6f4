//! Takes away what the runtime of a container wraps around each line, and joins what it split.
//!
//! Docker and CRI cut lines at 16 KB. A line that is not finished waits for its rest; standard output and standard error
//! of one container may take turns meanwhile, so each has a place of its own. Until all that was begun is finished,
//! nothing is given away, and then in the order of beginnings: pieces still join without gap or overlap.

mod cri;
mod docker;

use std::borrow::Cow;

use enricher::Provenance;
use event::{ByteOffset, Span};
use jiff::Timestamp;
use serde::Deserialize;

use crate::frame::{Blank, Cut, OverLong, Piece};

/// What the runtime of a container wraps around a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrapper {
    /// Nothing.
    #[default]
    None,
    /// The JSON of Docker's `json-file`.
    Docker,
    /// Time, stream and tag of the Kubernetes container runtimes.
    Cri,
    /// What each line looks like.
    Auto,
}

/// A line of a container's output, or a part of one.
#[derive(Debug, PartialEq, Eq)]
struct Wrapped<'a> {
    stream: Stream,
    text: Cow<'a, [u8]>,
    part: Part,
    time: Option<Timestamp>,
}

/// Where a container wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Output,
    Error,
    /// Not known: the line is not wrapped.
    Unknown,
}

/// Whether a line ends here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Last,
    Unfinished,
}

/// Whether lines that were just given away were written in turns, a part of one between the parts of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turns {
    /// They were not.
    Alone,
    /// They were: reading on between them would read half lines, so no group may begin there and stay open.
    Crossed,
}

/// Lines that are begun at once; a container has two streams, and what is finished waits with what is not.
const MOST_LINES: usize = 1_000;
/// Bytes that wait at once, beside the line that is being joined.
const MOST_BYTES: usize = 1 << 20;

/// Joins the lines of one container.
#[derive(Debug)]
pub struct Container {
    wrapper: Wrapper,
    max_line: usize,
    over_long: OverLong,
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    end: ByteOffset,
}

#[derive(Debug)]
struct Waiting {
    start: ByteOffset,
    stream: Stream,
    text: Vec<u8>,
    part: Part,
    cut: Cut,
    time: Option<Timestamp>,
}

impl Container {
    /// Returns a joiner of lines with this wrapper. What is longer than `max_line` loses its end or is dropped.
    pub fn new(wrapper: Wrapper, max_line: usize, over_long: OverLong) -> Self {
        Self {
            wrapper,
            max_line,
            over_long,
            waiting: Vec::new(),
            waiting_bytes: 0,
            end: ByteOffset::ZERO,
        }
    }

    /// Returns where the first line begins that is not given away yet.
    pub fn start(&self) -> Option<ByteOffset> {
        self.waiting.first().map(|first| first.start)
    }

    /// Takes the next piece of the file and gives away what it completes.
    pub fn take(&mut self, piece: Piece<'_>, give: &mut dyn FnMut(Piece<'_>)) -> Turns {
        match piece {
            // Its bytes belong to what waits around it.
            Piece::Blank { span, .. } if !self.waiting.is_empty() => {
                self.end = span.end;
                Turns::Alone
            }
            Piece::Blank { .. } => {
                give(piece);
                Turns::Alone
            }
            Piece::Fault { .. } => {
                let turns = self.finish(give);
                give(piece);
                turns
            }
            Piece::Line { ref span, bytes, cut, .. } => match self.unwrap(bytes) {
                Some(wrapped) => self.add(span.clone(), &wrapped, cut, give),
                // What is not wrapped is a line of its own.
                None if self.waiting.is_empty() => {
                    give(piece);
                    Turns::Alone
                }
                None => {
                    let text = Cow::Borrowed(bytes);
                    let part = Part::Last;
                    let wrapped = Wrapped { stream: Stream::Unknown, text, part, time: None };
                    self.add(span.clone(), &wrapped, cut, give)
                }
            },
        }
    }

    /// Gives away what waits, finished or not: nothing will be added to it.
    pub fn finish(&mut self, give: &mut dyn FnMut(Piece<'_>)) -> Turns {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let ends = waiting.iter().skip(1).map(|next| next.start).chain([self.end]);
        for (line, end) in waiting.iter().zip(ends) {
            give(self.line(line.start..end, &line.text, line.cut, line.time));
        }
        if waiting.len() > 1 { Turns::Crossed } else { Turns::Alone }
    }

    fn unwrap<'a>(&self, line: &'a [u8]) -> Option<Wrapped<'a>> {
        match self.wrapper {
            Wrapper::None => None,
            Wrapper::Docker => docker::unwrap(line),
            Wrapper::Auto if line.first() == Some(&b'{') => docker::unwrap(line),
            Wrapper::Cri | Wrapper::Auto => cri::unwrap(line),
        }
    }

    fn add(
        &mut self,
        span: Span,
        wrapped: &Wrapped<'_>,
        cut: Cut,
        give: &mut dyn FnMut(Piece<'_>),
    ) -> Turns {
        if self.waiting.is_empty() && wrapped.part == Part::Last {
            give(self.line(span, &wrapped.text, cut, wrapped.time));
            return Turns::Alone;
        }
        self.end = span.end;
        let begun =
            |line: &&mut Waiting| line.part == Part::Unfinished && line.stream == wrapped.stream;
        if let Some(line) = self.waiting.iter_mut().find(begun) {
            line.part = wrapped.part;
            let (before, cut_here) = (line.text.len(), extend(line, wrapped, self.max_line));
            self.waiting_bytes += line.text.len() - before;
            if cut == Cut::Truncated || cut_here == Cut::Truncated {
                line.cut = Cut::Truncated;
            }
        } else {
            let mut line = Waiting {
                start: span.start,
                stream: wrapped.stream,
                text: Vec::new(),
                part: wrapped.part,
                cut,
                time: wrapped.time,
            };
            if extend(&mut line, wrapped, self.max_line) == Cut::Truncated {
                line.cut = Cut::Truncated;
            }
            self.waiting_bytes += line.text.len();
            self.waiting.push(line);
        }
        let is_begun = self.waiting.iter().any(|line| line.part == Part::Unfinished);
        let is_full = self.waiting.len() >= MOST_LINES
            || self.waiting_bytes >= MOST_BYTES + self.max_line && self.waiting.len() > 1;
        if !is_begun || is_full { self.finish(give) } else { Turns::Alone }
    }

    fn line<'a>(&self, span: Span, text: &'a [u8], cut: Cut, time: Option<Timestamp>) -> Piece<'a> {
        let is_over = text.len() > self.max_line || cut == Cut::Truncated;
        let bytes = text.get(..boundary(text, self.max_line)).unwrap_or(text);
        if text.is_empty() {
            Piece::Blank { span, kind: Blank::Empty }
        } else if is_over && self.over_long == OverLong::Drop {
            Piece::Blank { span, kind: Blank::OverLong }
        } else {
            let cut = if is_over { Cut::Truncated } else { Cut::Whole };
            Piece::Line {
                span,
                bytes,
                cut,
                provenance: Provenance { time, ..Provenance::default() },
            }
        }
    }
}

/// Adds a part to a line, as far as it is kept: a few bytes more than allowed, so that the cut finds its character.
fn extend(line: &mut Waiting, wrapped: &Wrapped<'_>, max_line: usize) -> Cut {
    let room = (max_line + 4).saturating_sub(line.text.len());
    let part = wrapped.text.get(..room).unwrap_or(&wrapped.text);
    line.text.extend_from_slice(part);
    if part.len() < wrapped.text.len() { Cut::Truncated } else { Cut::Whole }
}

fn boundary(text: &[u8], most: usize) -> usize {
    crate::frame::Delimiter::Newline.boundary(text, most)
}

#[cfg(test)]
mod tests;
