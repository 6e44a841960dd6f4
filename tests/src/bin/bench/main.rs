//! Measures what `docs/measurements.md` tells: how fast the shipper is, what it takes, how long a cycle of the detector
//! lasts.
//!
//! Run it by `cargo run --release -p storewatch-tests --bin bench -- all`. Each figure is the median of several runs of
//! whole processes. All servers are started for it and listen on the loopback address; all files lie in temporary
//! folders; all of it is gone at the end.

mod child;
mod cluster;
mod cycle;
mod elasticsearch;
mod figure;
mod logs;
mod machine;
mod ship;
mod start;
mod work;

use std::io::Write;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use figure::{Figure, Report};

/// Measures the programs of this workspace on this machine.
#[derive(Debug, Parser)]
#[command(name = "bench", about)]
struct Cli {
    /// What to measure
    #[arg(value_enum, default_value_t = Which::All)]
    which: Which,
    #[command(flatten)]
    size: Size,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Size {
    /// Each figure is the median of so many runs
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) runs: u32,
    /// About so many events lie under the cycles of the detector: a million for each shop
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) events: u64,
    /// Makes everything smaller, to try this program out; such figures mean nothing
    #[arg(long, default_value_t = 1.0, hide = true)]
    pub(crate) scale: f64,
}

impl Size {
    /// Returns a number of lines, made smaller by the scale.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of lines")]
    pub(crate) fn lines(&self, full: u32) -> u64 {
        (f64::from(full) * self.scale).max(1.0) as u64
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// The shipper against a scripted server in this process
    Ship,
    /// The shipper into a real Elasticsearch
    Elasticsearch,
    /// Start, idle memory and sizes
    Start,
    /// A cycle of the detector over a real Elasticsearch
    Cycle,
    /// All of them
    All,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    if cfg!(debug_assertions) {
        tell("this is a debug build: its figures mean nothing");
    }
    let mut figures = Vec::new();
    for (which, measure) in MEASUREMENTS {
        if cli.which == Which::All || cli.which == which {
            figures.extend(measure(&cli.size)?);
        }
    }
    let report = Report::new(&cli.size, figures);
    let mut out = std::io::stdout().lock();
    if cli.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(())
}

type Measure = fn(&Size) -> Result<Vec<Figure>>;

const MEASUREMENTS: [(Which, Measure); 4] = [
    (Which::Start, start::measure),
    (Which::Ship, ship::measure),
    (Which::Elasticsearch, elasticsearch::measure),
    (Which::Cycle, cycle::measure),
];

/// Says on standard error how far it has come.
pub(crate) fn tell(text: &str) {
    // Nobody may read it; the figures matter.
    writeln!(std::io::stderr(), "bench: {text}").ok();
}
