//! `enricher explain`: one line, step by step.

use std::io::{self, Read, Write};

use anyhow::Result;
use enricher::Outcome;
use enricher::explain::{Change, Explanation, StepTaken};
use event::Event;
use runtime::settings::Environment;
use runtime::{Clock, Exit};
use serde_json::json;

use crate::cli::ExplainArgs;
use crate::run;

/// Explains the line of the command line, or those of stdin.
pub(crate) fn run(
    args: &ExplainArgs,
    environment: Environment,
    clock: &dyn Clock,
    out: &mut dyn Write,
) -> Result<Exit> {
    let mut pipeline = run::pipeline(&args.config, environment)?;
    let input: Box<dyn Read> = match &args.line {
        Some(line) => Box::new(line.as_bytes()),
        None => Box::new(io::stdin().lock()),
    };
    let mut events = Vec::new();
    let explain = |line: &enricher::RawLine<'_>| -> Result<()> {
        let (outcome, explanation) = pipeline.explain(line, clock.now(), &mut events);
        if args.json {
            let object = json!({ "steps": explanation.steps, "outcome": outcome_text(outcome) });
            writeln!(out, "{object}")?;
        } else {
            write(out, &explanation)?;
            writeln!(out, "{}\n", verdict(outcome, &events))?;
        }
        events.clear();
        Ok(())
    };
    run::each_line(input, &args.path, explain)?;
    Ok(Exit::Done)
}

fn outcome_text(outcome: Outcome) -> String {
    match outcome {
        Outcome::Keep => "kept".to_owned(),
        Outcome::Drop(rule) => format!("dropped by {rule}"),
    }
}

fn verdict(outcome: Outcome, events: &[Event]) -> String {
    let ids: Vec<String> = events.iter().map(|event| event.id.to_string()).collect();
    match outcome {
        Outcome::Keep => format!("kept as {}", ids.join(", ")),
        Outcome::Drop(_) => outcome_text(outcome),
    }
}

fn write(out: &mut dyn Write, explanation: &Explanation) -> io::Result<()> {
    for StepTaken { step, changes, counted } in &explanation.steps {
        if changes.is_empty() && counted.is_empty() {
            writeln!(out, "{step:<12} no field")?;
            continue;
        }
        let mut name = *step;
        let mut say = |text: &str| {
            let text = runtime::plain(text).into_owned();
            let line = writeln!(out, "{name:<12} {text}");
            name = "";
            line
        };
        for (path, Change { before, after }) in changes {
            match (before, after) {
                (None, Some(after)) => say(&format!("+ {path} = {after}"))?,
                (Some(before), Some(after)) => say(&format!("~ {path} = {after}, was {before}"))?,
                (Some(before), None) => say(&format!("- {path}, was {before}"))?,
                (None, None) => {}
            }
        }
        for (name, count) in counted {
            say(&format!("{name}: {count}"))?;
        }
    }
    Ok(())
}
