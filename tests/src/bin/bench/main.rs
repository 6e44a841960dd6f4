//! Measures what `docs/measurements.md` tells: how fast the shipper is, what it takes, how long a cycle of the detector
//! lasts.
//!
//! Run it by `cargo run --release -p storewatch-tests --bin bench -- all`. Each figure is the median of several runs of
//! whole processes. All servers are started for it and listen on the loopback address; all files lie in temporary
//! folders; all of it is gone at the end.

mod alone;
mod arrival;
mod backlog;
mod catchup;
mod child;
mod cluster;
mod cycle;
mod elasticsearch;
mod faults;
mod figure;
mod flow;
mod growth;
mod idle;
mod logs;
mod machine;
mod peer;
mod pin;
mod plain;
mod ship;
mod start;
mod steady;
mod work;

use std::io::Write;

use anyhow::{Result, ensure};
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
    /// The shipper and its peers in turn against one scripted server
    Ship,
    /// The shipper alone against a scripted server
    Alone,
    /// Lost, doubled and sent again under three faults, with rsyslog beside it
    Faults,
    /// From append to acknowledgement at 10,000 lines/s
    Steady,
    /// Cold start, idle memory and CPU, 10,000 and 100,000 files
    Idle,
    /// How fast a backlog is shipped after an outage
    Catchup,
    /// CPU per line with more busy files, memory with a longer backlog
    Growth,
    /// The shipper into a real Elasticsearch, its ids and the cluster's, and a plain bulk loop
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
    let pinned = pin::pin();
    tell(&pinned);
    let (mut figures, mut failed) = (Vec::new(), Vec::new());
    for (which, measure) in MEASUREMENTS {
        // What `alone` tells, `ship` tells too.
        let is_wanted = cli.which == which || (cli.which == Which::All && which != Which::Alone);
        if is_wanted {
            // What was measured before is not lost for what cannot be.
            match measure(&cli.size) {
                Ok(found) => figures.extend(found),
                Err(error) => {
                    tell(&format!("{which:?} failed: {error:#}"));
                    failed.push(format!("{which:?}: {error:#}"));
                }
            }
        }
    }
    let failures = failed.len();
    let report = Report::new(&cli.size, pinned, figures, failed);
    let mut out = std::io::stdout().lock();
    if cli.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        write!(out, "{report}")?;
    }
    ensure!(failures == 0, "{failures} measurement(s) failed");
    Ok(())
}

type Measure = fn(&Size) -> Result<Vec<Figure>>;

const MEASUREMENTS: [(Which, Measure); 14] = [
    (Which::Start, start::measure),
    (Which::Idle, idle::starts),
    (Which::Idle, idle::quiet),
    (Which::Idle, idle::many),
    (Which::Ship, ship::access),
    (Which::Ship, ship::json),
    (Which::Alone, alone::measure),
    (Which::Faults, faults::measure),
    (Which::Steady, steady::measure),
    (Which::Catchup, catchup::measure),
    (Which::Growth, growth::busy),
    (Which::Growth, growth::behind),
    (Which::Elasticsearch, elasticsearch::measure),
    (Which::Cycle, cycle::measure),
];

/// Says on standard error how far it has come.
pub(crate) fn tell(text: &str) {
    // Nobody may read it; the figures matter.
    writeln!(std::io::stderr(), "bench: {text}").ok();
}
