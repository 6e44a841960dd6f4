//! What stands in a file that a scan found, compressed or not, before anybody knows what file it is.

use std::fs::File;
use std::io;

use event::ByteOffset;

use crate::acknowledge::Mark;
use crate::frame::Delimiter;
use crate::identity::{
    HEAD_BYTES, Known, MARKER_BYTES, Node, OnDisk, Print, Recognised, read_at, read_head, recognise,
};
use crate::lines::gzip::{self, Survey};

/// How far back the start of a line is looked for when reading starts at the end.
const BACK_BYTES: u64 = 64 << 10;

/// The text of a file that was found.
#[derive(Debug)]
pub struct Content {
    form: Form,
    head: Vec<u8>,
    /// Bytes of the file as it stands on disk.
    size: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Gzip,
}

impl Content {
    /// Looks at the first bytes of a file.
    pub fn of(file: &File, size: u64) -> io::Result<Self> {
        let head = read_head(file)?;
        if gzip::is_gzip(&head) {
            return Ok(Self { form: Form::Gzip, head: gzip::peek(file, HEAD_BYTES)?, size });
        }
        Ok(Self { form: Form::Plain, head, size })
    }

    /// Returns the first bytes of its text.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Returns how many bytes the file has on disk.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Tells whether it is to be decompressed.
    pub fn is_gzip(&self) -> bool {
        self.form == Form::Gzip
    }

    /// Tells which known file it is, if it is one.
    pub fn recognise(
        &self,
        file: &File,
        node: &Node,
        known: &[Known],
        on_disk: &dyn Fn(&Node) -> OnDisk,
    ) -> io::Result<Recognised> {
        if !self.is_gzip() {
            let seen = (node, self.size, &*self.head);
            return recognise(seen, known, &mut |mark| read_before(file, mark), on_disk);
        }
        // Its tail looks at the bytes before its place when it has decompressed that far.
        if let Some(same) = known.iter().find(|known| known.node.is_some_and(|it| it.is(node))) {
            let is_same = same.head.fits(&self.head);
            let (same, cut) = (Recognised::Same(same.id), Recognised::Truncated(same.id));
            return Ok(if is_same { same } else { cut });
        }
        if let Some(of) = known.iter().find(|known| known.copies.iter().any(|it| it.is(node))) {
            return Ok(Recognised::CopyOf(of.id));
        }
        let alike = || known.iter().filter(|known| known.head.fits(&self.head));
        let is_short = self.head.len() < HEAD_BYTES;
        if alike().next().is_none() && !is_short {
            return Ok(Recognised::New);
        }
        let places = alike().flat_map(|known| &known.marks).map(|mark| mark.offset.get());
        let survey = gzip::survey(file, places)?;
        let seen = (node, survey.text_bytes, &*self.head);
        let outcome = recognise(seen, known, &mut |mark| Ok(before(&survey, mark)), on_disk)?;
        // A copy that is still being compressed may not reach our place yet.
        let is_begun = outcome == Recognised::New && survey.fault.is_some();
        Ok(if is_begun { Recognised::Suspect } else { outcome })
    }

    /// Tells whether its text goes at least to this place, and has this mark in it.
    pub fn holds(&self, file: &File, mark: &Mark, sent: ByteOffset) -> io::Result<Holds> {
        let (text_bytes, before) = if self.is_gzip() {
            let survey = gzip::survey(file, [mark.offset.get()])?;
            (survey.text_bytes, before(&survey, mark))
        } else {
            (self.size, read_before(file, mark)?)
        };
        let holds = text_bytes >= sent.get() && mark.before.fits(&before);
        Ok(if holds { Holds::Yes { text_bytes } } else { Holds::No })
    }

    /// Returns the place behind the last complete line, so that reading does not start inside one.
    pub fn last_line_end(&self, file: &File, delimiter: &Delimiter) -> io::Result<Mark> {
        if self.is_gzip() {
            // It was complete before we came: nothing of it is read unless it grows.
            let text_bytes = gzip::survey(file, [])?.text_bytes;
            let survey = gzip::survey(file, [text_bytes])?;
            let before = survey.before.get(&text_bytes).map_or(Print::EMPTY, |it| Print::of(it));
            return Ok(Mark { offset: ByteOffset::new(text_bytes), before });
        }
        let from = self.size.saturating_sub(BACK_BYTES);
        let length = usize::try_from(self.size - from).unwrap_or_default();
        let bytes = read_at(file, ByteOffset::new(from), length)?;
        let end = delimiter.last_end(&bytes, from).unwrap_or(bytes.len());
        let before = bytes.get(end.saturating_sub(MARKER_BYTES)..end).unwrap_or_default();
        Ok(Mark { offset: ByteOffset::new(from + end as u64), before: Print::of(before) })
    }
}

/// Whether a text holds what was read of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// It does.
    Yes {
        /// Bytes of the text.
        text_bytes: u64,
    },
    /// It does not.
    No,
}

fn before(survey: &Survey, mark: &Mark) -> Vec<u8> {
    let known = survey.before.get(&mark.offset.get()).map_or(&[][..], |before| before);
    let length = known.len().min(mark.before.length as usize);
    known.get(known.len() - length..).unwrap_or_default().to_vec()
}

pub(super) fn read_before(file: &File, mark: &Mark) -> io::Result<Vec<u8>> {
    let length = u64::from(mark.before.length).min(mark.offset.get());
    let from = ByteOffset::new(mark.offset.get() - length);
    read_at(file, from, usize::try_from(length).unwrap_or(HEAD_BYTES))
}
