//! Joins lines that are one event: stack traces, and whatever a pattern or a number says.
//!
//! A group ends by its rule, by a limit, after a time of quiet, or with its file. While it is open none of it is given
//! away, so a checkpoint never stands inside a group and a group that is open at a shutdown is read again whole. Empty
//! lines inside a group belong to it.

mod rule;

use std::sync::Arc;
use std::time::Duration;

use enricher::Provenance;
use event::{ByteOffset, Span};

use crate::frame::{Blank, Cut, Piece};

pub use rule::{Mode, Negate, Place, Preset, Progress, Rule, compile};

/// What belongs together, and how much of it at most.
#[derive(Debug, Clone)]
pub struct Multiline {
    /// Which lines belong together.
    pub rule: Arc<Rule>,
    /// Lines of a group.
    pub max_lines: u32,
    /// Bytes of a group; a single line may have more.
    pub max_bytes: usize,
    /// A group to which nothing is added for so long has ended.
    pub quiet: Duration,
}

/// Joins the lines of one file.
#[derive(Debug)]
pub struct Grouper {
    multiline: Multiline,
    open: Option<Group>,
}

#[derive(Debug)]
struct Group {
    span: Span,
    text: Vec<u8>,
    lines: u32,
    cut: Cut,
    first: Provenance,
    progress: Progress,
    /// When its last line came.
    grown: Duration,
    /// What came behind its last line and belongs to it only if another line does.
    blanks: Vec<(Span, Blank)>,
}

impl Grouper {
    /// Returns a joiner with nothing open.
    pub fn new(multiline: Multiline) -> Self {
        Self { multiline, open: None }
    }

    /// Returns where the open group begins.
    pub fn start(&self) -> Option<ByteOffset> {
        self.open.as_ref().map(|group| group.span.start)
    }

    /// Returns when the open group will have been quiet for long enough.
    pub fn quiet_at(&self) -> Option<Duration> {
        self.open.as_ref().map(|group| group.grown + self.multiline.quiet)
    }

    /// Takes the next piece of the file, which came at `now`, and gives away what it completes.
    pub fn take(&mut self, piece: Piece<'_>, now: Duration, give: &mut dyn FnMut(Piece<'_>)) {
        match piece {
            Piece::Fault { .. } => {
                self.close(Cut::Whole, give);
                give(piece);
            }
            Piece::Blank { ref span, kind } => {
                let Some(group) = &mut self.open else { return give(piece) };
                match group.blanks.last_mut() {
                    // One hole, read in two blocks.
                    Some((hole, Blank::Nul)) if kind == Blank::Nul => hole.end = span.end,
                    _ => group.blanks.push((span.clone(), kind)),
                }
                if group.blanks.len() >= self.multiline.max_lines as usize {
                    self.close(Cut::Whole, give);
                }
            }
            Piece::Line { span, bytes, cut, provenance } => {
                let Some(group) = &self.open else {
                    return self.begin(span, (bytes, cut, provenance), now, give);
                };
                match self.multiline.rule.place(bytes, group.lines, group.progress) {
                    Place::Begins(_) => {
                        self.close(Cut::Whole, give);
                        self.begin(span, (bytes, cut, provenance), now, give);
                    }
                    Place::Joins(_) | Place::Ends if !self.has_room(bytes) => {
                        self.close(Cut::Truncated, give);
                        self.begin(span, (bytes, cut, provenance), now, give);
                    }
                    Place::Joins(progress) => {
                        self.join(&span, (bytes, cut, &provenance), now);
                        if let Some(group) = &mut self.open {
                            group.progress = progress;
                        }
                    }
                    Place::Ends => {
                        self.join(&span, (bytes, cut, &provenance), now);
                        self.close(Cut::Whole, give);
                    }
                }
            }
        }
    }

    /// Gives away the open group: its file is done, or it was quiet for long enough.
    pub fn finish(&mut self, give: &mut dyn FnMut(Piece<'_>)) {
        self.close(Cut::Whole, give);
    }

    fn begin(
        &mut self,
        span: Span,
        (bytes, cut, first): (&[u8], Cut, Provenance),
        now: Duration,
        give: &mut dyn FnMut(Piece<'_>),
    ) {
        let progress = match self.multiline.rule.first(bytes) {
            // A group of one line is not copied.
            Place::Ends => return give(Piece::Line { span, bytes, cut, provenance: first }),
            Place::Begins(progress) | Place::Joins(progress) => progress,
        };
        self.open = Some(Group {
            span,
            text: bytes.to_vec(),
            lines: 1,
            cut,
            first,
            progress,
            grown: now,
            blanks: Vec::new(),
        });
    }

    /// Tells whether the open group can take another line and the empty ones before it.
    fn has_room(&self, line: &[u8]) -> bool {
        self.open.as_ref().is_some_and(|group| {
            let empty = group.empty_lines();
            let bytes = group.text.len() + empty + 1 + line.len();
            let lines = group.lines as usize + empty + 1;
            bytes <= self.multiline.max_bytes && lines <= self.multiline.max_lines as usize
        })
    }

    fn join(&mut self, span: &Span, (bytes, cut, from): (&[u8], Cut, &Provenance), now: Duration) {
        let Some(group) = &mut self.open else { return };
        let empty = group.empty_lines();
        group.text.extend(std::iter::repeat_n(b'\n', empty + 1));
        group.text.extend_from_slice(bytes);
        group.lines += u32::try_from(empty + 1).unwrap_or(1);
        group.blanks.clear();
        group.span.end = span.end;
        group.grown = now;
        if cut == Cut::Truncated {
            group.cut = cut;
        }
        // The last that was no UTF-8 is told: a group is nearly always of one encoding.
        group.first.encoding = from.encoding.or(group.first.encoding);
        if from.decoding != group.first.decoding {
            group.first.decoding = enricher::Decoding::Repaired;
        }
    }

    fn close(&mut self, cut: Cut, give: &mut dyn FnMut(Piece<'_>)) {
        let Some(group) = self.open.take() else { return };
        give(Piece::Line {
            span: group.span,
            bytes: &group.text,
            cut: if cut == Cut::Truncated { cut } else { group.cut },
            provenance: Provenance { lines: group.lines, ..group.first },
        });
        for (span, kind) in group.blanks {
            give(Piece::Blank { span, kind });
        }
    }
}

impl Group {
    fn empty_lines(&self) -> usize {
        self.blanks.iter().filter(|(_, kind)| *kind == Blank::Empty).count()
    }
}

#[cfg(test)]
mod preset_tests;
#[cfg(test)]
mod tests;
