//! After an outage: how much faster than it comes a backlog is shipped, while lines go on to come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::binary;
use harness::scripted::Scripted;

use crate::arrival::{self, events};
use crate::backlog;
use crate::child::last_words;
use crate::figure::{Bar, Figure};
use crate::flow::Flow;
use crate::logs::Lines;
use crate::work::{Shipment, Work};
use crate::{Size, tell};

/// Half an hour at the live rate.
const BACKLOG: u32 = 9_000_000;
const LINES_PER_SECOND: u32 = 5_000;
/// Logs of a shop are rotated; the backlog lies in files of two minutes each.
const FILES: u32 = 15;
/// It has caught up when no more than this is on its way: a batch may wait for a second.
const ON_THE_WAY: u64 = 2 * LINES_PER_SECOND as u64;
/// It may rest for a minute after an outage.
const PATIENCE: Duration = Duration::from_mins(2);
const END_LIMIT: Duration = Duration::from_secs(40);
/// A run writes and ships gigabytes.
const MOST_RUNS: u32 = 3;

/// Measures some runs.
pub(crate) fn measure(size: &Size) -> Result<Vec<Figure>> {
    binary("shipper");
    let count = size.lines(BACKLOG);
    let mut runs = Vec::new();
    for number in 1..=size.runs.min(MOST_RUNS) {
        let once = once(count)?;
        tell(&format!(
            "run {number}: {:.0} lines/s, after a rest of {:.1} s",
            once.lines_per_second, once.rest_seconds
        ));
        runs.push(once);
    }
    let values = |of: fn(&Once) -> f64| runs.iter().map(of).collect();
    let what = format!(
        "{count} lines in {FILES} files after an outage, {LINES_PER_SECOND}/s go on to come; from the return of the server until what is missing is no more than two seconds of them"
    );
    Ok(vec![
        Figure::new(
            "catchup.ratio",
            "times the live rate",
            values(|once| once.lines_per_second / f64::from(LINES_PER_SECOND)),
        )
        .against(Bar::at_least(10.0, 30.0))
        .noted(what),
        Figure::new("catchup.rate", "lines/s", values(|once| once.lines_per_second)),
        Figure::new("catchup.rest", "s", values(|once| once.rest_seconds))
            .noted("of this time, until the first document came: the back-off of the outage"),
        Figure::new("catchup.peak_memory", "MiB", values(|once| once.peak_mib))
            .against(Bar::at_most(128.0, 128.0)),
    ])
}

struct Once {
    lines_per_second: f64,
    rest_seconds: f64,
    peak_mib: f64,
}

fn once(count: u64) -> Result<Once> {
    let work = Work::make()?;
    let logs = work.path("logs");
    std::fs::create_dir(&logs)?;
    let server = Scripted::start();
    let mut run = work.start_shipper(&Shipment::to(&server.url(), &logs, Lines::Access))?;
    let appended = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&appended);
    let flow = Flow {
        files: vec![logs.join("access.log")],
        lines_per_second: LINES_PER_SECOND,
        count: u32::MAX,
    };
    let flow = flow.start(move |_, _| {
        counter.fetch_add(1, Ordering::Relaxed);
    })?;
    let mut look = || {
        ensure!(!run.has_ended()?, "it ended: {}", last_words(work.folder()));
        Ok(())
    };
    arrival::wait(u64::from(LINES_PER_SECOND), PATIENCE, || events(&server), &mut look)?;
    let stopped = server.stop();
    for file in 1..=FILES {
        let until = |file: u32| count * u64::from(file) / u64::from(FILES);
        let lines = until(file) - until(file - 1);
        // Not 0: the log that is written now begins with its lines.
        backlog::lines(&logs.join(format!("access.log.{file}")), file, lines)?;
    }
    let server = stopped.start();
    let (began, before) = (Instant::now(), events(&server));
    let first = arrival::wait(before + 1, PATIENCE, || events(&server), &mut look)?;
    // What is wanted grows while lines go on to come.
    let missing = || {
        let there = count + appended.load(Ordering::Relaxed);
        there.saturating_sub(events(&server))
    };
    let caught_up = || u64::MAX - missing().max(ON_THE_WAY);
    let end = arrival::wait(u64::MAX - ON_THE_WAY, PATIENCE, caught_up, &mut look)?;
    ensure!(end.count == u64::MAX - ON_THE_WAY, "{} lines did not come", missing());
    let shipped = events(&server) - before;
    let seconds = end.last.duration_since(began).as_secs_f64();
    let peak_mib = run.peak_bytes()? as f64 / f64::from(1 << 20);
    flow.stop()?;
    run.end(END_LIMIT)?;
    Ok(Once {
        lines_per_second: shipped as f64 / seconds,
        rest_seconds: first.last.duration_since(began).as_secs_f64(),
        peak_mib,
    })
}
