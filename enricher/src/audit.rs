//! `enricher audit`: what would be redacted of a file, by rule and place. No value is shown.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};

use anyhow::Result;
use enricher::Redaction;
use runtime::settings::Environment;
use runtime::{Clock, Exit, Failure};
use serde::Serialize;

use crate::cli::AuditArgs;
use crate::run;

/// Places that are named of each rule; all are counted.
const PLACES: usize = 5;

/// What one rule would take away.
#[derive(Debug, Default, Serialize)]
struct Found {
    values: u64,
    lines: u64,
    /// The first lines, with the fields that redaction changes in them.
    places: Vec<Place>,
}

#[derive(Debug, Serialize)]
struct Place {
    line: u64,
    fields: Vec<String>,
}

/// Reads a file and tells what would be redacted.
pub(crate) fn run(
    args: &AuditArgs,
    environment: Environment,
    clock: &dyn Clock,
    out: &mut dyn Write,
) -> Result<Exit> {
    let mut pipeline = run::pipeline(&args.config, environment)?;
    let path = args.file.to_string_lossy();
    let input: Box<dyn Read> = if path == "-" {
        Box::new(io::stdin().lock())
    } else {
        let open = File::open(&args.file).map_err(|error| {
            Failure::new(Exit::Io, format!("cannot read {path}")).caused_by(error)
        });
        Box::new(open?)
    };
    let (mut lines, mut events) = (0, Vec::new());
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    run::each_line(input, &path, |line| {
        lines += 1;
        let (_, explanation) = pipeline.explain(line, clock.now(), &mut events);
        pipeline.recycle(&mut events);
        for step in &explanation.steps {
            for (kind, values) in step.redacted() {
                let found = found.entry(kind.to_owned()).or_default();
                found.values += values;
                found.lines += 1;
                if found.places.len() < PLACES {
                    let fields = step.changed().map(ToOwned::to_owned).collect();
                    found.places.push(Place { line: lines, fields });
                }
            }
        }
        Ok(())
    })?;
    if args.json {
        let object = serde_json::json!({ "file": path, "lines": lines, "rules": found });
        writeln!(out, "{object}")?;
        return Ok(Exit::Done);
    }
    for (kind, Found { values, lines, places }) in &found {
        writeln!(out, "{kind:<20} {values} values in {lines} lines")?;
        for Place { line, fields } in places {
            // What a parser put aside, or what no field is for, was in no field yet.
            let fields =
                if fields.is_empty() { "a value of its own".to_owned() } else { fields.join(", ") };
            writeln!(out, "    line {line}: {fields}")?;
        }
        if *lines > places.len() as u64 {
            writeln!(out, "    and {} more", lines - places.len() as u64)?;
        }
    }
    let never = Redaction::ALL.iter().filter(|kind| !found.contains_key(kind.as_str()));
    let never: Vec<&str> = never.map(|kind| kind.as_str()).collect();
    if !never.is_empty() {
        writeln!(out, "{:<20} {}", "nothing by", never.join(", "))?;
    }
    let s = if lines == 1 { "" } else { "s" };
    writeln!(out, "{lines} line{s} read; nothing was written")?;
    Ok(Exit::Done)
}
