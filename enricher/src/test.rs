//! Golden cases: `NAME.in` goes through the pipeline and must give `NAME.expected.json`.
//!
//! `NAME.yml` beside them holds settings of that case (`store`, `redact`, `input`); without it those of the command line
//! hold. Every case is read at the same instant, so what it expects does not age.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use enricher::{Context, Outcome, Pipeline, Provenance, RawLine};
use event::{ByteOffset, FileId, Origin};
use jiff::Timestamp;
use runtime::settings::{Environment, Settings};
use runtime::{Exit, Failure};
use serde_json::{Value, json};

use crate::cli::TestArgs;
use crate::config::{self, Config};

/// When the lines of all cases are read: 2026-01-02T03:04:05Z.
const READ_AT: Timestamp = Timestamp::constant(1_767_323_045, 0);

/// Runs all cases of a folder and prints how each went.
pub(crate) fn run(args: &TestArgs, environment: &Environment, out: &mut dyn Write) -> Result<Exit> {
    let mut different = 0;
    let cases = find(&args.cases)?;
    for case in &cases {
        let config = settings(case, args, environment)?;
        let got = outcome(&config, &read(case)?);
        let expected = case.with_extension("expected.json");
        let name = case.file_stem().unwrap_or_default().to_string_lossy();
        if args.update {
            write(&expected, &got)?;
            writeln!(out, "written: {name}")?;
            continue;
        }
        let want = fs::read_to_string(&expected).unwrap_or_default();
        let want: Value = serde_json::from_str(&want).unwrap_or_default();
        let lines = difference(&want, &got);
        writeln!(out, "{}: {name}", if lines.is_empty() { "as expected" } else { "DIFFERENT" })?;
        for line in &lines {
            writeln!(out, "  {line}")?;
        }
        different += usize::from(!lines.is_empty());
    }
    writeln!(out, "{} cases, {different} different", cases.len())?;
    Ok(if different > 0 { Exit::Difference } else { Exit::Done })
}

fn find(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| {
        Failure::new(Exit::Io, format!("cannot read {}", folder.display())).caused_by(error)
    };
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "in") {
            cases.push(path);
        }
    }
    if cases.is_empty() {
        let message = format!("no case NAME.in in {}", folder.display());
        return Err(Failure::new(Exit::Usage, message).into());
    }
    cases.sort();
    Ok(cases)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    Ok(fs::read(path).map_err(|error| {
        Failure::new(Exit::Io, format!("cannot read {}", path.display())).caused_by(error)
    })?)
}

fn settings(case: &Path, args: &TestArgs, environment: &Environment) -> Result<Config> {
    let own = case.with_extension("yml");
    if own.try_exists()? {
        let settings = Settings::of_file(&own, environment.clone())?;
        return Ok(config::check(&settings)?);
    }
    Ok(config::load(&args.config, environment.clone())?)
}

/// Returns what became of each line: its documents, or the rule that dropped it.
fn outcome(config: &Config, bytes: &[u8]) -> Value {
    let context = Context {
        host_name: "host-1".to_owned(),
        agent_id: "agent-1".to_owned(),
        agent_type: "enricher".to_owned(),
        agent_version: "test".to_owned(),
    };
    let mut pipeline = Pipeline::new(&config.store, &config.input, &context);
    let (mut all, mut events, mut start) = (Vec::new(), Vec::new(), 0);
    for bytes in bytes.split_inclusive(|byte| *byte == b'\n') {
        let end = start + bytes.len() as u64;
        let line = RawLine {
            bytes: bytes.strip_suffix(b"\n").unwrap_or(bytes),
            origin: Origin {
                file: FileId::from_bytes(*b"golden cases 001"),
                span: ByteOffset::new(start)..ByteOffset::new(end),
                part: 0,
            },
            path: "/var/log/shop.log",
            truncated: false,
            provenance: Provenance::default(),
        };
        start = end;
        match pipeline.process(&line, READ_AT, &mut events) {
            Outcome::Drop(rule) => all.push(json!({"dropped": rule.as_str()})),
            Outcome::Keep => all.extend(
                events
                    .iter()
                    .filter_map(|event| serde_json::from_str(&event.document.to_json()).ok()),
            ),
        }
        pipeline.recycle(&mut events);
    }
    all.into()
}

fn write(path: &Path, got: &Value) -> Result<()> {
    let failed =
        |error| Failure::new(Exit::Io, format!("cannot write {}", path.display())).caused_by(error);
    let mut file = fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .open(path)
        .map_err(failed)?;
    let text = serde_json::to_string_pretty(got)?;
    file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
    Ok(())
}

/// Returns the fields that differ, each with what was wanted and what came.
fn difference(want: &Value, got: &Value) -> Vec<String> {
    let (mut wanted, mut came) = (BTreeMap::new(), BTreeMap::new());
    flatten("", want, &mut wanted);
    flatten("", got, &mut came);
    let gone = wanted.iter().filter(|(path, value)| came.get(*path) != Some(value));
    let new = came.iter().filter(|(path, value)| wanted.get(*path) != Some(value));
    let mut lines: Vec<String> = gone.map(|(path, value)| format!("{path} - {value}")).collect();
    lines.extend(new.map(|(path, value)| format!("{path} + {value}")));
    lines.sort();
    lines
}

fn flatten<'a>(path: &str, value: &'a Value, out: &mut BTreeMap<String, &'a Value>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                flatten(&format!("{path}.{key}"), value, out);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (place, value) in items.iter().enumerate() {
                flatten(&format!("{path}[{place}]"), value, out);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            out.insert(path.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_field_and_both_values() {
        let want = json!([{"a": {"b": 1}, "c": "x"}]);
        let got = json!([{"a": {"b": 2}, "d": ["x"]}]);
        assert_eq!(
            difference(&want, &got),
            ["[0].a.b + 2", "[0].a.b - 1", "[0].c - \"x\"", "[0].d + [\"x\"]"]
        );
        assert!(difference(&want, &want).is_empty());
    }
}
