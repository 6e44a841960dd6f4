//! Torture: whatever is killed, cut, filled or turned back, no line is lost and none is doubled.
//!
//! `cargo run --release -p storewatch-tests --bin torture -- [T1 ..] [--full]` does the tests that are named, or all, in
//! a short dose or in the full one, and prints each figure beside the figure to reach. It ends with 65 when a line was
//! lost or doubled, and in the full dose also when another figure was missed. All servers are its own and listen on the loopback address; all files lie in temporary folders.

mod child;
mod clock;
mod disk;
mod hostile;
mod kill;
mod network;
mod outage;
mod plan;
mod poison;
mod power;
mod probe;
mod proxy;
mod rollover;
mod rotation;
mod soak;
mod stop;
mod storm;
mod upgrade;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;

use plan::{Dose, Outcome, Row, Test, Verdict};

/// Does to a shipper what the world does to it.
#[derive(Debug, Parser)]
#[command(name = "torture", about)]
struct Cli {
    /// Which tests, T1 to T16; all of them when none is named
    #[arg(value_enum, ignore_case = true)]
    tests: Vec<Test>,
    /// The full dose: hours instead of minutes
    #[arg(
        long,
        value_name = "",
        num_args = 0,
        default_value = "short",
        default_missing_value = "full"
    )]
    full: Dose,
    /// Print one JSON object for each test instead of text
    #[arg(long)]
    json: bool,
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let dose = cli.full;
    let tests = if cli.tests.is_empty() { Test::ALL.to_vec() } else { cli.tests };
    let mut out = std::io::stdout().lock();
    let began = Instant::now();
    let mut missed = Vec::new();
    for test in tests {
        let outcome = one(test, dose);
        if cli.json {
            writeln!(out, "{}", serde_json::to_string(&outcome)?)?;
        } else {
            write!(out, "{outcome}")?;
        }
        out.flush()?;
        if outcome.is_missed() {
            missed.push(test.name());
        }
    }
    let seconds = began.elapsed().as_secs();
    if missed.is_empty() {
        writeln!(
            std::io::stderr(),
            "torture: passed, in {seconds} s; what the short dose only tells stands above as MISSED"
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(std::io::stderr(), "torture: missed in {}, after {seconds} s", missed.join(", "))?;
    Ok(ExitCode::from(65))
}

/// Does one test; one that panics or fails has missed, and the next ones go on.
fn one(test: Test, dose: Dose) -> Outcome {
    let began = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(|| test.run(dose)));
    let rows = match ended {
        Ok(Ok(rows)) => rows,
        Ok(Err(error)) => vec![Row::fault(&format!("{error:#}"))],
        Err(panic) => {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
            vec![Row::fault(words.unwrap_or("a panic without words"))]
        }
    };
    Outcome {
        test: test.name(),
        about: test.about(),
        dose,
        seconds: began.elapsed().as_secs_f64(),
        rows,
    }
}

impl Outcome {
    fn is_missed(&self) -> bool {
        self.rows.iter().any(|row| match row.verdict {
            Verdict::Missed => true,
            Verdict::Slow => self.dose == Dose::Full,
            Verdict::Reached | Verdict::Told => false,
        })
    }
}
