//! What the shipper takes when nothing happens, and how soon it works: with one file, with 10,000, with 100,000.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::binary;
use harness::scripted::Scripted;
use rustix::fs::{Advice, fadvise};

use crate::arrival::{self, events};
use crate::child::{Run, last_words};
use crate::figure::{Bar, Figure};
use crate::flow::{line, stamp};
use crate::logs::Lines;
use crate::start;
use crate::work::{Shipment, Work};
use crate::{Size, tell};

const QUIET_FILES: u32 = 10_000;
const MANY_FILES: u32 = 100_000;
/// CPU time is counted in hundredths of a second: less than this would tell nothing.
const WATCHED: Duration = Duration::from_secs(30);
/// By then it has read everything and waits.
const SETTLED_AFTER: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_mins(5);
const END_LIMIT: Duration = Duration::from_mins(1);
/// Making 100,000 files takes longer than using them.
const MOST_RUNS: u32 = 3;

/// Measures the start and the idle shipper.
pub(crate) fn starts(size: &Size) -> Result<Vec<Figure>> {
    let (mut cold, mut warm, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=size.runs {
        let work = Work::make()?;
        let program = evicted(&binary("shipper"), work.folder())?;
        let first = start::once(&program)?;
        let second = start::once(&program)?;
        tell(&format!(
            "run {number}: {:.1} ms cold, {:.1} ms warm",
            first.alive_ms, second.alive_ms
        ));
        cold.push(first.alive_ms);
        warm.push(second.alive_ms);
        idle.push(second.idle_mib);
    }
    Ok(vec![
        Figure::new("idle.start.cold", "ms", cold)
            .against(Bar::at_most(50.0, 15.0))
            .noted("from exec to 200 of /livez, no page of the program in memory, no state"),
        Figure::new("idle.start.warm", "ms", warm),
        Figure::new("idle.memory", "MiB", idle)
            .against(Bar::at_most(25.0, 12.0))
            .noted("resident, one input on a file of 100 lines, all read"),
    ])
}

/// Copies a program and drops the copy's pages from memory, so that its next start reads them from disk.
fn evicted(program: &Path, folder: &Path) -> Result<PathBuf> {
    let copy = folder.join("shipper");
    fs::copy(program, &copy)?;
    let file = File::open(&copy)?;
    // Only pages that are on disk can be dropped.
    file.sync_all()?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    Ok(copy)
}

/// Measures the CPU time that 10,000 quiet files cost.
pub(crate) fn quiet(size: &Size) -> Result<Vec<Figure>> {
    let (mut cpu, mut memory) = (Vec::new(), Vec::new());
    let count = size.lines(QUIET_FILES);
    let work = with_files(count)?;
    for number in 1..=size.runs.min(MOST_RUNS) {
        let (server, mut run, _) = start_on(&work)?;
        let arrival =
            arrival::wait(count, PATIENCE, || events(&server), || alive(&mut run, &work))?;
        ensure!(arrival.count == count, "{} of {count} lines came", arrival.count);
        thread::sleep(SETTLED_AFTER);
        let before = run.cpu_seconds()?;
        let began = Instant::now();
        thread::sleep(WATCHED);
        let share = (run.cpu_seconds()? - before) / began.elapsed().as_secs_f64() * 100.0;
        tell(&format!("run {number}: {share:.2} % of a core with {count} quiet files"));
        cpu.push(share);
        memory.push(run.resident_bytes()? as f64 / f64::from(1 << 20));
        run.end(END_LIMIT)?;
    }
    let what = format!("{count} files of one line each, all read, over {} s", WATCHED.as_secs());
    Ok(vec![
        Figure::new("idle.cpu", "% of a core", cpu).against(Bar::at_most(0.5, 0.1)).noted(what),
        Figure::new("idle.cpu.memory", "MiB", memory),
    ])
}

/// Measures how soon the first of 100,000 files is read.
pub(crate) fn many(size: &Size) -> Result<Vec<Figure>> {
    let (mut firsts, mut alls, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    let count = size.lines(MANY_FILES);
    let work = with_files(count)?;
    for number in 1..=size.runs.min(MOST_RUNS) {
        let (server, mut run, began) = start_on(&work)?;
        let first = arrival::wait(1, PATIENCE, || events(&server), || alive(&mut run, &work))?;
        let all = arrival::wait(count, PATIENCE, || events(&server), || alive(&mut run, &work))?;
        ensure!(all.count == count, "{} of {count} lines came", all.count);
        let since = |at: Instant| at.duration_since(began).as_secs_f64();
        tell(&format!(
            "run {number}: first after {:.2} s, all after {:.2} s",
            since(first.last),
            since(all.last)
        ));
        firsts.push(since(first.last));
        alls.push(since(all.last));
        peaks.push(run.peak_bytes()? as f64 / f64::from(1 << 20));
        run.end(END_LIMIT)?;
    }
    Ok(vec![
        Figure::new("idle.many.first", "s", firsts).against(Bar::at_most(3.0, 1.0)).noted(format!(
            "from exec to the first event in the server, {count} files of one line each, no state"
        )),
        Figure::new("idle.many.all", "s", alls).noted("until the last of them is stored"),
        Figure::new("idle.many.peak_memory", "MiB", peaks),
    ])
}

fn alive(run: &mut Run, work: &Work) -> Result<()> {
    ensure!(!run.has_ended()?, "it ended: {}", last_words(work.folder()));
    Ok(())
}

/// Starts a shipper that knows of nothing yet.
fn start_on(work: &Work) -> Result<(Scripted, Run, Instant)> {
    work.forget()?;
    let (server, logs) = (Scripted::start(), work.path("logs"));
    let began = Instant::now();
    let run = work.start_shipper(&Shipment::to(&server.url(), &logs, Lines::Access))?;
    Ok((server, run, began))
}

/// Makes a folder with so many files of one line each.
fn with_files(count: u64) -> Result<Work> {
    tell(&format!("making {count} files"));
    let work = Work::make()?;
    let logs = work.path("logs");
    fs::create_dir(&logs)?;
    let stamp = stamp(jiff::Timestamp::now());
    for number in 0..u32::try_from(count)? {
        fs::write(logs.join(format!("access.log.{number}")), line(number, &stamp))?;
    }
    Ok(work)
}
