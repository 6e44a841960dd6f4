//! The shipper alone against a scripted server in this process, on the same cores: quick, and without peers.

use anyhow::{Result, ensure};
use harness::scripted::Scripted;

use crate::figure::Figure;
use crate::logs::{self, Lines};
use crate::work::{Shipment, Shipped, Work};
use crate::{Size, tell};

const LINES: u32 = 1_000_000;
/// Part of the name of the stream that holds what programs tell of themselves.
const OWN: &str = "store.pipeline-";

/// Names of the figures of one kind of lines.
struct Names {
    speed: &'static str,
    cpu: &'static str,
    peak: &'static str,
    wire: &'static str,
}

const ACCESS: Names = Names {
    speed: "alone.access.speed",
    cpu: "alone.access.cpu",
    peak: "alone.access.peak_memory",
    wire: "alone.access.wire",
};
const BUSINESS: Names = Names {
    speed: "alone.business.speed",
    cpu: "alone.business.cpu",
    peak: "alone.business.peak_memory",
    wire: "alone.business.wire",
};

/// Measures access lines, then events of the business.
pub(crate) fn measure(size: &Size) -> Result<Vec<Figure>> {
    let mut figures = measure_lines(size, Lines::Access, &ACCESS)?;
    figures.extend(measure_lines(size, Lines::Business, &BUSINESS)?);
    Ok(figures)
}

/// What one run gave.
struct Once {
    lines_per_second: f64,
    cpu_seconds_per_million: f64,
    peak_mib: f64,
    wire_bytes_per_line: f64,
}

fn measure_lines(size: &Size, lines: Lines, names: &Names) -> Result<Vec<Figure>> {
    let work = Work::make()?;
    let count = size.lines(LINES);
    tell(&format!("writing {count} lines ({lines:?})"));
    let logs = work.path("logs");
    let written = logs::write(&logs, lines, count)?;
    let mut runs = Vec::new();
    for number in 1..=size.runs {
        let once = once(&work, lines, count)?;
        tell(&format!("run {number}: {:.0} lines/s", once.lines_per_second));
        runs.push(once);
    }
    let values = |of: fn(&Once) -> f64| runs.iter().map(of).collect();
    let what = format!(
        "{count} lines, {:.0} bytes each, in {} files that are in the page cache; from start to end of the process",
        written.bytes as f64 / count as f64,
        written.files.values().sum::<u32>()
    );
    Ok(vec![
        Figure::new(names.speed, "lines/s", values(|once| once.lines_per_second)).noted(what),
        Figure::new(
            names.cpu,
            "CPU s per million lines",
            values(|once| once.cpu_seconds_per_million),
        )
        .noted("user and system time of the shipper alone"),
        Figure::new(names.peak, "MiB", values(|once| once.peak_mib)),
        Figure::new(names.wire, "bytes per line", values(|once| once.wire_bytes_per_line))
            .noted("bodies of bulk requests, compressed"),
    ])
}

fn once(work: &Work, lines: Lines, count: u64) -> Result<Once> {
    let server = Scripted::start();
    let logs = work.path("logs");
    let shipment = Shipment::to(&server.url(), &logs, lines);
    let (spent, shipped) = work.ship(&shipment)?;
    let counts = server.counts();
    let Shipped { stored, duplicates, .. } = shipped;
    // What a shipper tells of itself is no event.
    let streams = server.streams().into_iter().filter(|stream| !stream.contains(OWN));
    let documents: usize = streams.map(|stream| server.stored(&stream)).sum();
    ensure!(
        (documents as u64, counts.duplicates) == (stored, duplicates),
        "the server counts {counts:?}, the shipper {shipped:?}"
    );
    let lines = count as f64;
    Ok(Once {
        lines_per_second: lines / spent.wall_seconds,
        cpu_seconds_per_million: spent.cpu_seconds * 1e6 / lines,
        peak_mib: spent.peak_bytes as f64 / f64::from(1 << 20),
        wire_bytes_per_line: counts.wire_bytes as f64 / lines,
    })
}
