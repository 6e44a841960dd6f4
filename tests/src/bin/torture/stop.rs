//! T12: asked to stop under load, asked to read its configuration again, and given a bad one.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use harness::desk::{Desk, LIMIT, STREAM};
use harness::{Signal, Writing};

use crate::plan::{Dose, Row, Rows};
use crate::probe::{Found, quantile};

pub(crate) fn run(dose: Dose) -> Rows {
    let mut rows = stops(dose.pick(8, 200), dose.pick(6, 120));
    rows.extend(reloads(dose.pick(10, 1_000))?);
    Ok(rows)
}

fn stops(stops: u32, seconds: u64) -> Vec<Row> {
    let desk = Desk::new();
    let lines = 10_000 * u32::try_from(seconds).unwrap_or(6) / 6;
    let rotate_every = 5_000;
    let writing = Writing {
        files: 4,
        lines,
        rotate_every,
        // The stops are done long before the writer is, and nobody reads in between: nothing may be rotated away.
        kept: lines / rotate_every + 1,
        over: Duration::from_secs(seconds),
    };
    let mut drains = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| writing.write(&desk));
        for _ in 0..stops {
            let before = desk.server.stored(STREAM);
            let shipper = desk.start();
            // It is under load when something of it has arrived, or nothing is left to come.
            let waited = Instant::now();
            let is_loaded = || {
                desk.server.stored(STREAM) > before
                    || desk.server.stored(STREAM) >= writing.all() as usize
            };
            while !is_loaded() {
                let stored = desk.server.stored(STREAM);
                assert!(
                    waited.elapsed() < LIMIT,
                    "nothing after {stored} lines: {}",
                    shipper.errors()
                );
                thread::sleep(Duration::from_millis(5));
            }
            let began = Instant::now();
            let ended = shipper.terminate(LIMIT);
            assert_eq!(ended.code, Some(0), "{}", ended.errors);
            drains.push(began.elapsed().as_secs_f64());
        }
    });
    desk.ship_once();
    let mut rows = Found::of(&desk, 0..writing.all()).rows();
    rows.push(Row::at_most("drain after SIGTERM, slowest", quantile(&mut drains, 1.0), 5.0, "s"));
    rows
}

fn reloads(reloads: u32) -> anyhow::Result<Vec<Row>> {
    let desk = Desk::new();
    let mut shipper = desk.start();
    // Before it listens to signals, SIGHUP ends any program.
    shipper.wait_for_error(LIMIT, "\"started\"");
    let config = desk.path("shipper.yml");
    let good = fs::read_to_string(&config)?;
    let mut written = 0;
    for round in 0..reloads {
        desk.lines("a.log", written..written + 100);
        written += 100;
        let text = if round % 3 == 2 { format!("{good}nonsense: [\n") } else { good.clone() };
        fs::write(&config, text)?;
        shipper.signal(Signal::HUP);
        thread::sleep(Duration::from_millis(20));
    }
    desk.wait_for(written as usize);
    let runs = if shipper.is_running() { "it runs" } else { "it ended" };
    fs::write(&config, good)?;
    let ended = shipper.terminate(LIMIT);
    let mut rows = Found::of(&desk, 0..written).rows();
    rows.push(Row::must("after reloads, a third of them bad", runs, "it runs"));
    rows.push(Row::must("its end", &format!("{:?}", ended.code), "Some(0)"));
    Ok(rows)
}
