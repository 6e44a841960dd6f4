//! T3: a cluster that refuses most of what it gets, then everything, then takes all again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::desk::{Desk, STREAM};
use harness::scripted::{Act, Outcome, Request, Scripted};
use harness::{Running, eventually};

use crate::plan::{Dose, Row};
use crate::probe::{Found, metric};

/// What takes longer than this hangs.
pub(crate) const LONGEST: Duration = Duration::from_mins(2);

const STORM: u32 = 1;
const FLOOD: u32 = 2;

pub(crate) fn run(dose: Dose) -> Vec<Row> {
    let seconds = |short, full| Duration::from_secs(dose.pick(short, full));
    let desk = Desk::with(Scripted::digesting());
    let phase = Arc::new(AtomicU32::new(0));
    let now = Arc::clone(&phase);
    let mut asked = 0_u32;
    desk.server.rule(move |request| {
        asked = asked.wrapping_add(1);
        match now.load(Ordering::Relaxed) {
            STORM => stormy(asked, request),
            FLOOD => Act::EveryItem(Outcome::flooded()),
            _ => Act::Serve,
        }
    });
    let rate = dose.pick(2_000, 5_000);
    let all = rate * dose.pick(32, 2_500);
    thread::scope(|scope| {
        let writer = scope.spawn(|| write(&desk, rate, all));
        let shipper = desk.start();
        desk.wait_for(rate as usize);
        let mut rows = Vec::new();
        if dose == Dose::Full {
            // A flood stage holds its stream for up to a minute by design, so the storm comes behind it.
            phase.store(FLOOD, Ordering::Relaxed);
            thread::sleep(Duration::from_mins(10));
            phase.store(0, Ordering::Relaxed);
            eventually(LONGEST, || metric(&shipper, "shipper_lag_bytes") < 1e6);
        }
        let calm = stored_per_second(&desk, seconds(3, 20));
        phase.store(STORM, Ordering::Relaxed);
        let storm = Instant::now();
        eventually(LONGEST, || metric(&shipper, "shipper_concurrency_limit") <= 2.0);
        let seconds_down = storm.elapsed().as_secs_f64();
        rows.push(Row::at_most("concurrency down to 2 after", seconds_down, 5.0, "s"));
        thread::sleep(seconds(8, 1_200).saturating_sub(storm.elapsed()));
        phase.store(0, Ordering::Relaxed);
        rows.extend(after(&desk, &shipper, calm));
        drop(writer.join());
        desk.wait_for(all as usize);
        drop(shipper.terminate(LONGEST));
        rows.extend(Found::of(&desk, 0..all).rows());
        rows
    })
}

/// Six of ten documents, and one of ten requests, are refused for want of room.
fn stormy(asked: u32, request: &Request<'_>) -> Act {
    if asked.is_multiple_of(10) {
        return Act::Throttle(1);
    }
    let refused = |at: usize| (at % 5 < 3).then(Outcome::throttled);
    Act::Each((0..request.documents()).map(refused).collect())
}

/// Appends so many lines a second.
pub(crate) fn write(desk: &Desk, rate: u32, all: u32) {
    let began = Instant::now();
    let batch = (rate / 20).max(1);
    let mut first = 0;
    while first < all {
        let end = (first + batch).min(all);
        desk.lines("a.log", first..end);
        first = end;
        let due = Duration::from_secs_f64(f64::from(first) / f64::from(rate));
        thread::sleep(due.saturating_sub(began.elapsed()));
    }
}

fn stored_per_second(desk: &Desk, over: Duration) -> f64 {
    let (began, before) = (Instant::now(), desk.server.stored(STREAM));
    thread::sleep(over);
    (desk.server.stored(STREAM) - before) as f64 / began.elapsed().as_secs_f64()
}

fn after(desk: &Desk, shipper: &Running, calm: f64) -> Vec<Row> {
    let began = Instant::now();
    let before = desk.server.counts();
    eventually(LONGEST, || stored_per_second(desk, Duration::from_millis(500)) >= calm * 0.9);
    let back = began.elapsed().as_secs_f64();
    eventually(LONGEST, || metric(shipper, "shipper_lag_bytes") < 1e6);
    let counts = desk.server.counts();
    let sends = (counts.items - before.items) as f64 / (counts.documents - before.documents) as f64;
    vec![
        Row::at_most("90 % of the rate is back after", back, 30.0, "s"),
        Row::at_most("sends per document after the storm", sends, 1.3, ""),
        Row::told(
            "sends per document in all",
            format!("{:.2}", counts.items as f64 / counts.documents as f64),
        ),
    ]
}
