//! T13 and T15 are tests of the suite that take their dose from the environment: they are run here with more of it.

use std::process::Command;

use anyhow::{Context, Result};
use harness::workspace;

use crate::plan::{Dose, Row, Rows};

/// T13: SIGKILL of the detector inside of its cycles.
pub(crate) fn detector(dose: Dose) -> Rows {
    suite(dose, ("detector_cycle", "killed"), ("STOREWATCH_KILLS", 1_000))
}

/// T15: SIGKILL of a real Elasticsearch under load.
pub(crate) fn elasticsearch(dose: Dose) -> Rows {
    suite(dose, ("shipper", "a_server_killed_under_load"), ("STOREWATCH_SERVER_KILLS", 20))
}

fn suite(dose: Dose, (test, filter): (&str, &str), (variable, kills): (&str, u32)) -> Rows {
    if dose == Dose::Short {
        return Ok(vec![Row::told(
            "in short",
            format!("`cargo test --workspace` does it ({test})"),
        )]);
    }
    let ended =
        run(&["test", "-p", "storewatch-tests", "--test", test, "--", filter], variable, kills)?;
    Ok(vec![
        Row::told("kills", kills),
        Row::must("the test of the suite with that many", &ended, "passed"),
    ])
}

/// Runs cargo in the workspace with a dose in its environment; says whether tests passed, or what they said.
pub(crate) fn run(arguments: &[&str], variable: &str, dose: u32) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).env(variable, dose.to_string()).current_dir(workspace());
    let output = command.output().context("cargo cannot be run")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let ran = text.lines().any(|line| line.starts_with("test ") && line.ends_with("... ok"));
    if output.status.success() && ran {
        return Ok("passed".to_owned());
    }
    let words = if ran { String::from_utf8_lossy(&output.stderr) } else { "no such test".into() };
    Ok(words.lines().chain(text.lines()).rev().take(8).collect::<Vec<_>>().join(" | "))
}
