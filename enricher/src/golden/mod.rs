//! Golden cases and differences: what a pipeline makes of sample lines, held against what is expected of it or against what
//! another configuration makes of them. `enricher test` and `shipper test` are both this.
//!
//! Every line is read at the same instant and from the same made-up file, so what a case expects does not age.

mod against;
mod case;
mod difference;

use std::io::{self, Write};
use std::path::PathBuf;

use event::{ByteOffset, Event, FileId, Origin};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Context, Outcome, Pipeline, PipelineSettings, Provenance, RawLine, StoreSettings};

pub use against::{Compared, against};
pub use case::{Case, find};

use difference::difference;

/// When the lines of all cases are read: 2026-01-02T03:04:05Z.
const READ_AT: Timestamp = Timestamp::constant(1_767_323_045, 0);

/// Stands at the end of a line that goes on in the next, as several lines of a file do that were joined to one.
const JOINED: u8 = 0x1e;

/// Why cases cannot be held against a pipeline.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no case in the folder.
    #[error("no case in {}: neither NAME.yml nor NAME.in", path.display())]
    NoCase {
        /// The folder.
        path: PathBuf,
    },
    /// The file is no case.
    #[error("{} is no case: {reason}", path.display())]
    NotACase {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The answer cannot be printed.
    #[error("cannot print")]
    Print(#[from] io::Error),
}

/// What is done with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// What comes out is compared.
    Compare,
    /// What comes out is what is expected from now on.
    Update,
}

/// Settings under which lines are read.
#[derive(Debug, Clone, Copy)]
pub struct Under<'a> {
    /// The shop.
    pub store: &'a StoreSettings,
    /// The input.
    pub input: &'a PipelineSettings,
}

/// Runs one case and prints how it went, with every field that differs. Returns whether it went as expected.
pub fn run(case: &Case, under: Under<'_>, act: Act, out: &mut dyn Write) -> Result<Went, Error> {
    let got = outcome(under, &case.lines);
    if act == Act::Update {
        case.update(&got)?;
        writeln!(out, "written: {}", case.name)?;
        return Ok(Went::AsExpected);
    }
    let lines = difference(&case.expected, &got);
    let went = if lines.is_empty() { Went::AsExpected } else { Went::Otherwise };
    let word = if went == Went::AsExpected { "as expected" } else { "DIFFERENT" };
    writeln!(out, "{word}: {}", case.name)?;
    for line in &lines {
        // A value of a log must not steer the terminal.
        writeln!(out, "  {}", runtime::plain(line))?;
    }
    Ok(went)
}

/// How a case went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// As it should.
    AsExpected,
    /// Otherwise.
    Otherwise,
}

/// Reads lines one by one, each with its place in a made-up file.
struct Reading {
    pipeline: Pipeline,
    events: Vec<Event>,
    start: u64,
}

impl Reading {
    fn new(under: Under<'_>) -> Self {
        let context = Context {
            host_name: "host-1".to_owned(),
            agent_id: "agent-1".to_owned(),
            agent_type: "enricher".to_owned(),
            agent_version: "test".to_owned(),
        };
        let pipeline = Pipeline::new(under.store, under.input, &context);
        Self { pipeline, events: Vec::new(), start: 0 }
    }

    /// Returns what became of a line, with its line break: its documents, or the rule that dropped it.
    fn read(&mut self, bytes: &[u8]) -> Vec<Value> {
        let end = self.start + bytes.len() as u64;
        let text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != JOINED).collect();
        let joined = u32::try_from(bytes.len() - text.len()).unwrap_or(u32::MAX);
        let line = RawLine {
            bytes: text.strip_suffix(b"\n").unwrap_or(&text),
            origin: Origin {
                file: FileId::from_bytes(*b"golden cases 001"),
                span: ByteOffset::new(self.start)..ByteOffset::new(end),
                part: 0,
            },
            path: "/var/log/shop.log",
            truncated: false,
            provenance: Provenance { lines: joined.saturating_add(1), ..Provenance::default() },
        };
        self.start = end;
        let outcome = self.pipeline.process(&line, READ_AT, &mut self.events);
        let documents = match outcome {
            Outcome::Drop(rule) => vec![json!({ "dropped": rule.as_str() })],
            Outcome::Keep => {
                let json = |event: &Event| serde_json::from_str(&event.document.to_json()).ok();
                self.events.iter().filter_map(json).collect()
            }
        };
        self.pipeline.recycle(&mut self.events);
        documents
    }
}

fn outcome(under: Under<'_>, bytes: &[u8]) -> Value {
    let mut reading = Reading::new(under);
    let mut documents = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let ends =
            |at: &usize| at.checked_sub(1).and_then(|before| rest.get(before)) != Some(&JOINED);
        let end = memchr::memchr_iter(b'\n', rest).find(ends).map_or(rest.len(), |at| at + 1);
        let (line, behind) = rest.split_at(end);
        documents.extend(reading.read(line));
        rest = behind;
    }
    documents.into()
}

#[cfg(test)]
mod tests;
