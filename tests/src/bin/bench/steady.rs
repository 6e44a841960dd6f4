//! A steady load: how long a line takes from the file to its acknowledgement, and the memory that it takes meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::binary;
use harness::scripted::{Act, Numbering, Options, Scripted, marked};

use crate::arrival;
use crate::child::last_words;
use crate::figure::{Bar, Figure};
use crate::flow::Flow;
use crate::logs::Lines;
use crate::work::{Shipment, Work};
use crate::{Size, tell};

const LINES_PER_SECOND: u32 = 10_000;
/// A minute of it.
const LINES: u32 = 600_000;
/// One of so many lines is timed.
const TIMED: u32 = 10;
const LOOK_EVERY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(20);
const END_LIMIT: Duration = Duration::from_secs(40);

/// When each timed line was appended, and how long it took.
#[derive(Debug, Default)]
struct Timed {
    appended: Vec<Instant>,
    seconds: Vec<f64>,
}

/// Measures some runs.
pub(crate) fn measure(size: &Size) -> Result<Vec<Figure>> {
    binary("shipper");
    let count = u32::try_from(size.lines(LINES))?;
    let mut runs = Vec::new();
    for number in 1..=size.runs {
        let once = once(count)?;
        tell(&format!("run {number}: p50 {:.3} s, p99 {:.3} s", once.half, once.most));
        runs.push(once);
    }
    let values = |of: fn(&Once) -> f64| runs.iter().map(of).collect();
    let what = format!(
        "from the append of a line to the server's answer, {count} access lines in one file at {LINES_PER_SECOND}/s, one of {TIMED} timed"
    );
    Ok(vec![
        Figure::new("steady.latency.p50", "s", values(|once| once.half)).noted(what),
        Figure::new("steady.latency.p99", "s", values(|once| once.most))
            .against(Bar::at_most(1.5, 0.5)),
        Figure::new("steady.memory", "MiB", values(|once| once.peak_mib))
            .against(Bar::at_most(80.0, 40.0))
            .noted("the most that was resident under this load"),
        Figure::new("steady.cpu", "CPU s per million lines", values(|once| once.cpu)),
    ])
}

struct Once {
    half: f64,
    most: f64,
    peak_mib: f64,
    cpu: f64,
}

fn once(count: u32) -> Result<Once> {
    let work = Work::make()?;
    std::fs::create_dir(work.path("logs"))?;
    let server = Scripted::with(Options { numbers: Numbering::Counted, ..Options::default() });
    let timed = Arc::new(Mutex::new(Timed::default()));
    let ours = Arc::clone(&timed);
    server.rule(move |request| {
        // The answer goes out some microseconds after this.
        let now = Instant::now();
        let mut timed = ours.lock().unwrap_or_else(PoisonError::into_inner);
        for index in 0..request.documents() {
            let Some(number) = marked(request.document(index)) else { continue };
            let place = number as usize / TIMED as usize;
            if let Some(&appended) = timed.appended.get(place).filter(|_| number % TIMED == 0) {
                timed.seconds.push(now.duration_since(appended).as_secs_f64());
            }
        }
        Act::Serve
    });
    let logs = work.path("logs");
    let mut run = work.start_shipper(&Shipment::to(&server.url(), &logs, Lines::Access))?;
    let flow = Flow {
        files: vec![work.path("logs/access.log")],
        lines_per_second: LINES_PER_SECOND,
        count,
    };
    let writers = Arc::clone(&timed);
    let flow = flow.start(move |number, now| {
        if number % TIMED == 0 {
            writers.lock().unwrap_or_else(PoisonError::into_inner).appended.push(now);
        }
    })?;
    while !flow.is_over() {
        ensure!(!run.has_ended()?, "it ended: {}", last_words(work.folder()));
        thread::sleep(LOOK_EVERY);
    }
    flow.join()?;
    let distinct = || server.numbered().distinct;
    let arrival = arrival::wait(u64::from(count), PATIENCE, distinct, || Ok(()))?;
    ensure!(arrival.count == u64::from(count), "{} of {count} lines came", arrival.count);
    let (cpu_seconds, peak_bytes) = (run.cpu_seconds()?, run.peak_bytes()?);
    run.end(END_LIMIT)?;
    let mut seconds =
        std::mem::take(&mut timed.lock().unwrap_or_else(PoisonError::into_inner).seconds);
    seconds.sort_by(f64::total_cmp);
    Ok(Once {
        half: quantile(&seconds, 0.5),
        most: quantile(&seconds, 0.99),
        peak_mib: peak_bytes as f64 / f64::from(1 << 20),
        cpu: cpu_seconds * 1e6 / f64::from(count),
    })
}

/// Returns the value below which such a part of the sorted values lies.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len() as f64 * part) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_value_at_its_place() {
        let sorted: Vec<f64> = (0..100).map(f64::from).collect();
        assert!((quantile(&sorted, 0.5) - 50.0).abs() < 1e-9);
        assert!((quantile(&sorted, 0.99) - 99.0).abs() < 1e-9);
        assert!((quantile(&sorted, 1.0) - 99.0).abs() < 1e-9);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
