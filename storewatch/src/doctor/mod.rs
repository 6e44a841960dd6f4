//! `storewatch doctor`: what is wrong with a cluster, and what to do about it.

mod checks;
mod judge;

use std::io::{self, Write};

use anyhow::Result;
use runtime::settings::Environment;
use runtime::{Clock, Exit, SystemClock, plain};
use serde::Serialize;
use serde_json::json;

use crate::cli::{DoctorArgs, Output};
use crate::connection::{Connection, explain};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// As it should be.
    Fine,
    /// It could not be looked at.
    Unknown,
    /// The login may not look at it.
    Denied,
    /// Not yet a fault.
    Warning,
    /// A fault.
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) check: &'static str,
    /// How it stands.
    pub(crate) level: Level,
    /// In words.
    pub(crate) message: String,
    /// What to do.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) hint: &'static str,
}

impl Finding {
    fn new(
        check: &'static str,
        level: Level,
        message: impl Into<String>,
        hint: &'static str,
    ) -> Self {
        Self { check, level, message: message.into(), hint }
    }

    fn fine(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Level::Fine, message, "")
    }
}

/// Runs all checks and returns how the command ends: 65 when something is at fault, else 77 when the login may not
/// look at something.
pub(crate) async fn run(
    args: &DoctorArgs,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Exit> {
    let connection = Connection::open(&args.connection, environment)?;
    let clock = SystemClock::new();
    let server = connection.client.server().await.map_err(explain)?;
    let mut findings =
        vec![Finding::fine("reachable", format!("{} is {server}", connection.address))];
    findings.extend(checks::all(&connection.client, &args.connection.namespace, clock.now()).await);

    match args.output.output() {
        Output::Text => print(out, &findings)?,
        Output::Json => writeln!(out, "{}", json!({"findings": findings}))?,
    }
    let any = |level| findings.iter().any(|finding| finding.level == level);
    // A cluster that could not be looked at is not a sound one.
    Ok(match (any(Level::Error), any(Level::Denied)) {
        (true, _) => Exit::Difference,
        (false, true) => Exit::Permission,
        (false, false) => Exit::Done,
    })
}

fn print(out: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        let level = match finding.level {
            Level::Fine => "fine",
            Level::Unknown => "unknown",
            Level::Denied => "DENIED",
            Level::Warning => "WARNING",
            Level::Error => "ERROR",
        };
        writeln!(out, "{level:<8} {:<11} {}", finding.check, plain(&finding.message))?;
        if !finding.hint.is_empty() {
            writeln!(out, "{:<20} {}", "", finding.hint)?;
        }
    }
    Ok(())
}
