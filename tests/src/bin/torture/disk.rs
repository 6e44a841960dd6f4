//! T7: a state directory on a disk that fills up: shipping goes on, and all is well when there is room again.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use harness::desk::{Desk, LIMIT, STREAM};
use harness::{Program, Running, binary, eventually};

use crate::plan::{Dose, Row, Rows};
use crate::probe::{Found, is_ready};

pub(crate) fn run(dose: Dose) -> Rows {
    let desk = Desk::new();
    let state = desk.path("state");
    fs::create_dir(&state)?;
    // Writes the configuration that the program below reads.
    drop(desk.shipper(&["check"]));
    let Some(shipper) = on_a_small_disk(&state)? else {
        return Ok(vec![Row::told("skipped", "no mount namespace is to be had here (unshare)")]);
    };
    let mut written = 0;
    let mut more = |lines: u32| {
        desk.lines("a.log", written..written + lines);
        written += lines;
        written
    };
    let first = more(1_000);
    desk.wait_for(first as usize);
    let mut rows = Vec::new();
    for round in 0..dose.pick(2, 20) {
        let in_the_way = fill(&shipper, &state)?;
        let before = desk.server.stored(STREAM);
        let all = more(5_000);
        eventually(LIMIT, || desk.server.stored(STREAM) >= all as usize);
        eventually(LIMIT, || !is_ready(&shipper));
        fs::remove_file(&in_the_way)?;
        let began = Instant::now();
        eventually(LIMIT, || is_ready(&shipper));
        let seconds = began.elapsed().as_secs_f64();
        if round == 0 {
            let arrived = desk.server.stored(STREAM) - before;
            rows.push(Row::must(
                "lines shipped while the disk was full",
                &arrived.to_string(),
                "5000",
            ));
        }
        rows.push(Row::at_most("normal after space returns", seconds, 5.0, "s"));
    }
    drop(shipper.terminate(LIMIT));
    rows.extend(Found::of(&desk, 0..written).rows());
    Ok(rows)
}

/// Starts the shipper in a mount namespace of its own, in which the state directory is a disk of 16 MiB.
fn on_a_small_disk(state: &Path) -> Result<Option<Running>> {
    let script = format!(
        "mount -t tmpfs -o size=16m tmpfs {} && exec {} --config shipper.yml run",
        state.display(),
        binary("shipper").display()
    );
    let arguments = ["-Urm", "sh", "-c", &script];
    let folder = state.parent().context("a state directory with a parent")?;
    let mut shipper =
        Program::at(Path::new("/usr/bin/unshare")).folder(folder).args(arguments).start();
    // It says that it started, or it ends because the namespace is refused.
    eventually(Duration::from_secs(30), || {
        shipper.errors().contains("\"started\"") || !shipper.is_running()
    });
    Ok(shipper.is_running().then_some(shipper))
}

/// Fills the disk of the shipper's namespace to the last byte; returns the file that did it, as seen from here.
fn fill(shipper: &Running, state: &Path) -> Result<PathBuf> {
    let inside = state.strip_prefix("/").unwrap_or(state);
    let path = Path::new("/proc").join(shipper.id().to_string()).join("root").join(inside);
    let path = path.join("filler");
    let mut file = fs::File::create(&path).with_context(|| path.display().to_string())?;
    for block in [64 << 10, 4 << 10, 1] {
        let block = vec![0; block];
        while file.write_all(&block).is_ok() {}
    }
    Ok(path)
}
