//! T8: the wall clock jumps a day ahead, a day back, an hour back, and stands still.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use harness::desk::{Desk, LIMIT};

use crate::plan::{Dose, Row, Rows};
use crate::probe::Found;

pub(crate) fn run(dose: Dose) -> Rows {
    let Some(library) = library() else {
        return Ok(vec![Row::told("skipped", "the package `faketime` is not installed")]);
    };
    let desk = Desk::new();
    let wall = desk.path("wall-clock");
    set(&wall, "+0")?;
    let start = || {
        desk.shipper(&["run"])
            .env("LD_PRELOAD", &library)
            .env("FAKETIME_TIMESTAMP_FILE", &wall)
            .env("FAKETIME_NO_CACHE", "1")
            // Timers stand on the monotonic clock, which no person can set.
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .start()
    };
    let mut shipper = start();
    let mut written = 0;
    let mut slowest: f64 = 0.0;
    for round in 0..dose.pick(1, 10) {
        for clock in ["+0", "+1d", "-1d", "-1h", "2026-01-01 00:00:00", "+0"] {
            set(&wall, clock)?;
            desk.lines("a.log", written..written + 500);
            written += 500;
            let began = Instant::now();
            desk.wait_for(written as usize);
            slowest = slowest.max(began.elapsed().as_secs_f64());
        }
        // A restart under another clock sends nothing twice: no id holds a time.
        if round % 2 == 0 {
            set(&wall, "-1d")?;
            drop(shipper.kill());
            shipper = start();
        }
    }
    desk.wait_for(written as usize);
    drop(shipper.terminate(LIMIT));
    let mut rows = Found::of(&desk, 0..written).rows();
    rows.push(Row::at_most("a timer that is stuck: slowest 500 lines", slowest, 10.0, "s"));
    Ok(rows)
}

fn set(path: &Path, clock: &str) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, clock)?;
    fs::rename(beside, path)
}

/// Returns the library of the package `faketime` for programs of several threads.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut places = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    places.find(|place| place.is_file())
}
