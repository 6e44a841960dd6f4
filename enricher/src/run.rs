//! The loop from stdin to stdout.

use std::io::{self, Read, Write};

use anyhow::Result;
use enricher::{Context, Pipeline, Provenance, RawLine};
use event::{ByteOffset, EventId, FileId, Origin};
use jiff::Timestamp;
use runtime::settings::Environment;
use runtime::{Clock, Exit, Failure};

use crate::cli::{ConfigArgs, RunArgs};
use crate::config;
use crate::lines::Lines;

/// Bytes that are written at once.
const BLOCK: usize = 256 * 1024;

/// Cleans stdin into `out`.
pub(crate) fn run(
    args: &RunArgs,
    environment: Environment,
    clock: &dyn Clock,
    out: &mut dyn Write,
) -> Result<Exit> {
    let mut pipeline = pipeline(&args.config, environment)?;
    let now = || clock.now();
    clean(&mut pipeline, io::stdin().lock(), &args.path, &now, out)?;
    out.flush()?;
    if args.counts {
        let counts = serde_json::to_string(&pipeline.counters().by_name())?;
        writeln!(io::stderr(), "{counts}")?;
    }
    Ok(Exit::Done)
}

/// Returns the pipeline of these settings.
pub(crate) fn pipeline(args: &ConfigArgs, environment: Environment) -> Result<Pipeline> {
    let context = Context {
        host_name: environment.get("HOSTNAME").unwrap_or_default().to_owned(),
        agent_id: String::new(),
        agent_type: "enricher".to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let config = config::load(args, environment)?;
    Ok(Pipeline::new(&config.store, &config.input, &context))
}

/// Cleans a stream of lines.
pub(crate) fn clean(
    pipeline: &mut Pipeline,
    input: impl Read,
    path: &str,
    now: &dyn Fn() -> Timestamp,
    out: &mut dyn Write,
) -> Result<()> {
    let mut events = Vec::new();
    let mut block = Vec::with_capacity(BLOCK * 2);
    each_line(input, path, |line| {
        pipeline.process(line, now(), &mut events);
        for event in &events {
            event.document.write_json(&mut block);
            block.push(b'\n');
        }
        pipeline.recycle(&mut events);
        if block.len() >= BLOCK {
            out.write_all(&block)?;
            block.clear();
        }
        Ok(())
    })?;
    out.write_all(&block)?;
    Ok(())
}

/// Gives each line of a stream away, with its place in it.
pub(crate) fn each_line(
    input: impl Read,
    path: &str,
    mut give: impl FnMut(&RawLine<'_>) -> Result<()>,
) -> Result<()> {
    let file = source_id(path)?;
    let mut lines = Lines::new(input);
    loop {
        let read = lines.next().map_err(|error| {
            Failure::new(Exit::Io, format!("cannot read {}", source(path))).caused_by(error)
        })?;
        let Some(cut) = read else { return Ok(()) };
        let span = ByteOffset::new(cut.span.start)..ByteOffset::new(cut.span.end);
        give(&RawLine {
            bytes: cut.bytes,
            origin: Origin { file, span, part: 0 },
            path,
            truncated: cut.truncated,
            provenance: Provenance::default(),
        })?;
    }
}

fn source(path: &str) -> &str {
    if path == "-" { "stdin" } else { path }
}

/// Returns the id of a source that is no file: the same name gives the same ids again.
fn source_id(path: &str) -> Result<FileId> {
    let id = EventId::from_parts(&["source", path]).to_string();
    Ok(id.parse()?)
}
