//! T1: SIGKILL at any moment, over and over, while files are written and rotated.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use harness::Writing;
use harness::desk::Desk;
use harness::scripted::Act;

use crate::plan::{Dose, Row};
use crate::probe::{Found, quantile};

/// When the shipper was last started, and how long after each start the first request came.
#[derive(Debug, Default)]
struct Firsts {
    started: Option<Instant>,
    seconds: Vec<f64>,
}

pub(crate) fn run(dose: Dose) -> Vec<Row> {
    let kills = dose.pick(12_u32, 1_000);
    let writing = Writing {
        files: dose.pick(4, 8),
        lines: dose.pick(20_000, 250_000),
        rotate_every: dose.pick(4_000, 6_000),
        kept: 20,
        over: dose.pick(Duration::from_secs(9), Duration::from_secs(800)),
    };
    let began = Instant::now();
    let desk = Desk::new();
    let firsts = Arc::new(Mutex::new(Firsts::default()));
    let seen = Arc::clone(&firsts);
    desk.server.rule(move |_| {
        let mut firsts = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = firsts.started.take() {
            firsts.seconds.push(started.elapsed().as_secs_f64() * 1e3);
        }
        Act::Serve
    });
    thread::scope(|scope| {
        scope.spawn(|| writing.write(&desk));
        let mut moments = Moments::default();
        for _ in 0..kills {
            firsts.lock().unwrap_or_else(PoisonError::into_inner).started = Some(Instant::now());
            let shipper = desk.start();
            thread::sleep(moments.next());
            shipper.kill();
        }
    });
    desk.ship_once();
    let mut rows = Found::of(&desk, 0..writing.all()).rows();
    let mut firsts = firsts.lock().unwrap_or_else(PoisonError::into_inner);
    let count = firsts.seconds.len();
    let median = quantile(&mut firsts.seconds, 0.5);
    rows.push(Row::at_most("first bulk after a start, median", median, 300.0, "ms"));
    rows.push(Row::told(
        "first bulk after a start, p99, ms",
        format!("{:.0}", quantile(&mut firsts.seconds, 0.99)),
    ));
    rows.push(Row::told("kills, and starts that came to a request", format!("{kills}, {count}")));
    if dose == Dose::Full {
        rows.push(Row::at_most("time in all", began.elapsed().as_secs_f64() / 60.0, 20.0, "min"));
    }
    rows
}

/// Moments of 50 to 1,500 ms, the same in every run.
#[derive(Debug)]
pub(crate) struct Moments(u64);

impl Default for Moments {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Moments {
    /// Returns the next one.
    pub(crate) fn next(&mut self) -> Duration {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis(50 + (self.0 >> 33) % 1_450)
    }
}
