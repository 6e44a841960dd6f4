//! The loop from stdin to stdout.

use std::io::{self, Read, Write};

use anyhow::Result;
use enricher::{Context, Pipeline, Provenance, RawLine};
use event::{ByteOffset, EventId, FileId, Origin};
use jiff::Timestamp;
use runtime::settings::Environment;
use runtime::{Clock, Exit, Failure};

use crate::cli::RunArgs;
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
    let context = Context {
        host_name: environment.get("HOSTNAME").unwrap_or_default().to_owned(),
        agent_id: String::new(),
        agent_type: "enricher".to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let config = config::load(&args.config, environment)?;
    let mut pipeline = Pipeline::new(&config.store, &config.input, &context);
    let now = || clock.now();
    clean(&mut pipeline, io::stdin().lock(), &args.path, &now, out)?;
    out.flush()?;
    if args.counts {
        let counts = serde_json::to_string(&pipeline.counters().by_name())?;
        writeln!(io::stderr(), "{counts}")?;
    }
    Ok(Exit::Done)
}

/// Cleans a stream of lines.
pub(crate) fn clean(
    pipeline: &mut Pipeline,
    input: impl Read,
    path: &str,
    now: &dyn Fn() -> Timestamp,
    out: &mut dyn Write,
) -> Result<()> {
    let file = source_id(path)?;
    let mut lines = Lines::new(input);
    let mut events = Vec::new();
    let mut block = Vec::with_capacity(BLOCK * 2);
    loop {
        let read = lines
            .next()
            .map_err(|error| Failure::new(Exit::Io, "cannot read stdin").caused_by(error))?;
        let Some(cut) = read else { break };
        let span = ByteOffset::new(cut.span.start)..ByteOffset::new(cut.span.end);
        let line = RawLine {
            bytes: cut.bytes,
            origin: Origin { file, span, part: 0 },
            path,
            truncated: cut.truncated,
            provenance: Provenance::default(),
        };
        pipeline.process(&line, now(), &mut events);
        for event in &events {
            event.document.write_json(&mut block);
            block.push(b'\n');
        }
        pipeline.recycle(&mut events);
        if block.len() >= BLOCK {
            out.write_all(&block)?;
            block.clear();
        }
    }
    out.write_all(&block)?;
    Ok(())
}

/// Returns the id of a source that is no file: the same name gives the same ids again.
fn source_id(path: &str) -> Result<FileId> {
    let id = EventId::from_parts(&["source", path]).to_string();
    Ok(id.parse()?)
}
