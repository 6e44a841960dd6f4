//! `delimited`: columns, such as CSV and TSV, whose names stand in the settings or in the first line of each file.

use std::borrow::Cow;
use std::sync::Arc;

use event::ByteOffset;

use super::cells::Cells;
use super::{Kind, Line, MOST_NAMES, Read, Sink};
use crate::counters::Failure;
use crate::parse::headers::{Headers, Names};
use crate::settings::{Columns, Faults, RawParse};

/// What lines look like, checked.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The names of the columns; without any, each file begins with them.
    names: Option<Names>,
    delimiter: String,
    quote: Option<char>,
}

impl Layout {
    /// Checks what a user says of his columns.
    pub(super) fn check(raw: &RawParse, found: &mut Faults<'_>) -> Option<Self> {
        let delimiter = match raw.delimiter.as_deref().unwrap_or(",") {
            r"\t" => "\t",
            text => text,
        };
        let mut usable = true;
        if delimiter.is_empty() || delimiter.contains(['\n', '\r']) {
            let hint = "one character or more: \",\", \";\", \"\\t\"";
            found.add("parse.delimiter", delimiter, "which divides nothing", hint);
            usable = false;
        }
        let quote = raw.quote.as_deref().unwrap_or("\"");
        let mut characters = quote.chars();
        let mark = characters.next();
        if characters.next().is_some() || mark.is_some_and(|mark| delimiter.contains(mark)) {
            let hint = "one character that is not in the delimiter, or \"\" for none";
            found.add("parse.quote", quote, "which is no quote", hint);
            usable = false;
        }
        let names = match &raw.columns {
            Some(Columns::Header) => None,
            Some(Columns::Named(names)) => {
                let is_named = names.iter().any(|name| !name.is_empty());
                if !is_named || names.len() > MOST_NAMES {
                    let hint =
                        "512 at most, and at least one with a name; \"\" leaves a column out";
                    let list = names.join(", ");
                    found.add("parse.columns", &list, "which are no columns", hint);
                    usable = false;
                }
                Some(names.as_slice().into())
            }
            None => {
                let hint = "the names of the columns, or `header` where each file begins with them";
                found.add("parse.columns", "absent", "which names no columns", hint);
                usable = false;
                None
            }
        };
        usable.then(|| Self { names, delimiter: delimiter.to_owned(), quote: mark })
    }

    /// Returns the names of the columns, where the settings say them.
    pub(super) fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    fn cells<'a>(&'a self, line: &'a str) -> Cells<'a> {
        Cells::new(line, &self.delimiter, self.quote)
    }
}

/// Reads columns.
#[derive(Debug)]
pub(super) struct Delimited {
    layout: Layout,
    headers: Headers,
}

impl Delimited {
    pub(super) fn new(layout: &Layout) -> Self {
        Self { layout: layout.clone(), headers: Headers::default() }
    }

    /// Reads a line, or learns from it what the columns are.
    pub(super) fn read(&mut self, line: &str, sink: &mut Sink<'_>) -> Read {
        let Self { layout, headers } = self;
        let origin = &sink.draft.event.origin;
        let names = if let Some(names) = &layout.names {
            Arc::clone(names)
        } else if origin.span.start == ByteOffset::ZERO {
            let cells = layout.cells(line).take(MOST_NAMES + 1);
            let names: Vec<String> = cells.map(Cow::into_owned).collect();
            if names.len() > MOST_NAMES {
                return Err(Failure::TooManyKeys);
            }
            headers.learn(origin.file, &names);
            return Ok(Line::Header);
        } else {
            // Who begins in the middle of a file has not seen its header.
            headers.find(origin.file).ok_or(Failure::OtherFormat)?
        };
        if is_header(layout, &names, line) {
            return Ok(Line::Header);
        }
        let mut cells = layout.cells(line);
        let mut count = 0;
        for cell in cells.by_ref() {
            count += 1;
            match names.get(count - 1) {
                Some(name) if name.is_empty() => {}
                Some(name) => sink.tell(name, &cell, Kind::Text),
                None if count > MOST_NAMES => return Err(Failure::TooManyKeys),
                None if cell.is_empty() => {}
                None => {
                    sink.tell(&format!("column_{count}"), &cell, Kind::Text);
                    sink.draft.partial();
                }
            }
        }
        if count == 1 && names.len() > 1 {
            return Err(Failure::OtherFormat);
        }
        if count < names.len() || cells.is_cut() {
            sink.draft.partial();
        }
        Ok(Line::Event)
    }
}

/// Tells whether a line holds the names of the columns themselves.
fn is_header(layout: &Layout, names: &[String], line: &str) -> bool {
    let mut cells = layout.cells(line);
    let all =
        names.iter().all(|name| cells.next().is_some_and(|cell| name.is_empty() || *name == cell));
    all && cells.next().is_none()
}
