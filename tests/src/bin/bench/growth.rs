//! Whether it stays as cheap when there is more: more busy files, a longer backlog.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::binary;
use harness::scripted::{Numbering, Options, Scripted};

use crate::arrival::{self, events};
use crate::backlog;
use crate::child::last_words;
use crate::figure::{Bar, Figure, median};
use crate::flow::Flow;
use crate::logs::Lines;
use crate::work::{Shipment, Work};
use crate::{Size, tell};

const FILES: [u32; 3] = [1, 100, 1_000];
const LINES: u32 = 600_000;
const LINES_PER_SECOND: u32 = 20_000;
const BACKLOGS_GB: [u64; 2] = [1, 20];
/// A backlog of a gigabyte is not drained sooner.
const WATCHED: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_mins(1);
const END_LIMIT: Duration = Duration::from_secs(40);
const MOST_RUNS: u32 = 3;
/// Flat within a fifth, or within a twentieth.
const FLAT: Bar = Bar::at_most(1.2, 1.05);

/// Measures CPU time per line with more and more busy files.
pub(crate) fn busy(size: &Size) -> Result<Vec<Figure>> {
    binary("shipper");
    let count = u32::try_from(size.lines(LINES))?;
    let mut values: [Vec<f64>; FILES.len()] = Default::default();
    for number in 1..=size.runs.min(MOST_RUNS) {
        for (files, values) in FILES.into_iter().zip(&mut values) {
            let micros = cpu_micros(files, count)?;
            tell(&format!("run {number}: {micros:.2} CPU µs per line with {files} busy files"));
            values.push(micros);
        }
    }
    let least = values.iter().map(|values| median(values)).fold(f64::INFINITY, f64::min);
    let most = values.iter().map(|values| median(values)).fold(0.0, f64::max);
    let mut figures: Vec<Figure> = FILES
        .into_iter()
        .zip(values)
        .map(|(files, values)| {
            Figure::new(format!("growth.files.{files}.cpu"), "CPU µs per line", values)
        })
        .collect();
    let what = format!(
        "most by least; {count} access lines at {LINES_PER_SECOND}/s, each appended alone, files in turn"
    );
    figures
        .push(Figure::new("growth.files", "times", vec![most / least]).against(FLAT).noted(what));
    Ok(figures)
}

fn cpu_micros(files: u32, count: u32) -> Result<f64> {
    let work = Work::make()?;
    let logs = work.path("logs");
    std::fs::create_dir(&logs)?;
    let server = Scripted::with(Options { numbers: Numbering::Counted, ..Options::default() });
    let mut run = work.start_shipper(&Shipment::to(&server.url(), &logs, Lines::Access))?;
    let flow = Flow {
        files: (0..files).map(|file| logs.join(format!("access.log.{file}"))).collect(),
        lines_per_second: LINES_PER_SECOND,
        count,
    };
    let flow = flow.start(|_, _| ())?;
    let distinct = || server.numbered().distinct;
    let arrival = arrival::wait(u64::from(count), PATIENCE, distinct, || {
        ensure!(!run.has_ended()?, "it ended: {}", last_words(work.folder()));
        Ok(())
    })?;
    ensure!(arrival.count == u64::from(count), "{} of {count} lines came", arrival.count);
    flow.join()?;
    let cpu_seconds = run.cpu_seconds()?;
    run.end(END_LIMIT)?;
    Ok(cpu_seconds * 1e6 / f64::from(count))
}

/// Measures memory with backlogs of a gigabyte and of twenty.
pub(crate) fn behind(size: &Size) -> Result<Vec<Figure>> {
    binary("shipper");
    let mut figures = Vec::new();
    let mut peaks = Vec::new();
    for gigabytes in BACKLOGS_GB {
        let work = Work::make()?;
        let logs = work.path("logs");
        std::fs::create_dir(&logs)?;
        let wanted = scaled(gigabytes * 1_000_000_000, size.scale);
        tell(&format!("writing {:.2} GB", wanted as f64 / 1e9));
        let lines = backlog::bytes(&logs.join("access.log"), wanted)?;
        let mut values = Vec::new();
        for number in 1..=size.runs.min(MOST_RUNS) {
            let peak = peak_mib(&work, lines)?;
            tell(&format!("run {number}: {peak:.1} MiB with {gigabytes} GB before it"));
            values.push(peak);
        }
        peaks.push(median(&values));
        let figure =
            Figure::new(format!("growth.backlog.{gigabytes}gb.peak_memory"), "MiB", values);
        figures.push(figure.noted(format!(
            "the most in {} s of shipping one file of {lines} lines",
            WATCHED.as_secs()
        )));
    }
    let most = peaks.iter().copied().fold(0.0, f64::max);
    let least = peaks.iter().copied().fold(f64::INFINITY, f64::min);
    figures.push(
        Figure::new("growth.backlog", "times", vec![most / least])
            .against(FLAT)
            .noted("most by least"),
    );
    Ok(figures)
}

/// Ships for a while from the start of the backlog; returns the most memory that it took.
fn peak_mib(work: &Work, lines: u64) -> Result<f64> {
    work.forget()?;
    let (server, logs) = (Scripted::start(), work.path("logs"));
    let mut run = work.start_shipper(&Shipment::to(&server.url(), &logs, Lines::Access))?;
    let began = Instant::now();
    while began.elapsed() < WATCHED && events(&server) < lines {
        ensure!(!run.has_ended()?, "it ended: {}", last_words(work.folder()));
        thread::sleep(LOOK_EVERY);
    }
    ensure!(events(&server) > 0, "nothing was shipped");
    let peak = run.peak_bytes()?;
    run.end(END_LIMIT)?;
    Ok(peak as f64 / f64::from(1 << 20))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of bytes")]
fn scaled(bytes: u64, scale: f64) -> u64 {
    (bytes as f64 * scale) as u64
}
