//! Our shipper and its peers in turn: the same lines, the same scripted server, the same cores.
//!
//! Runs are interleaved, one of each before the next of any, so that a machine that drifts hits all alike. Ours is timed
//! until its process has ended with everything checkpointed; a peer only until the server has its last document.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::scripted::Scripted;

use crate::arrival::{self, events};
use crate::child::last_words;
use crate::figure::{Bar, Figure, median};
use crate::logs::{self, Lines};
use crate::peer::{Peer, Task};
use crate::plain::{self, Sample};
use crate::work::{Ids, Shipment, Work};
use crate::{Size, tell};

const ACCESS_LINES: u32 = 2_000_000;
const JSON_LINES: u32 = 1_000_000;
/// Documents of the plain loop: enough for some seconds.
const PLAIN: u32 = 500_000;
/// The scripted server is to be so many times as fast as what is measured with it.
const FAST_ENOUGH: f64 = 3.0;
/// A peer from which nothing comes for so long has lost what is missing.
const PATIENCE: Duration = Duration::from_secs(30);
const END_LIMIT: Duration = Duration::from_secs(20);

/// One kind of lines, and what is asked of ours with it.
struct Kind {
    name: &'static str,
    lines: Lines,
    count: u32,
    speed: Bar,
    cpu: Option<Bar>,
    /// CPU time as a part of rsyslog's.
    ratio: Option<Bar>,
}

/// Measures access lines.
pub(crate) fn access(size: &Size) -> Result<Vec<Figure>> {
    let access = Kind {
        name: "access",
        lines: Lines::Access,
        count: ACCESS_LINES,
        speed: Bar::at_least(150_000.0, 300_000.0),
        cpu: Some(Bar::at_most(7.0, 4.5)),
        ratio: Some(Bar::at_most(0.4, 0.25)),
    };
    measure(size, &access)
}

/// Measures JSON events.
pub(crate) fn json(size: &Size) -> Result<Vec<Figure>> {
    let json = Kind {
        name: "json",
        lines: Lines::Kibibyte,
        count: JSON_LINES,
        speed: Bar::at_least(80_000.0, 150_000.0),
        cpu: None,
        ratio: None,
    };
    measure(size, &json)
}

/// What one run of one shipper gave.
struct Once {
    lines_per_second: f64,
    cpu_seconds_per_million: f64,
    peak_mib: f64,
    wire_bytes_per_line: f64,
}

/// A shipper, and what its runs gave.
struct Contestant {
    /// None is ours.
    peer: Option<(Peer, PathBuf)>,
    runs: Vec<Once>,
    /// Why it takes part no more.
    failed: Option<String>,
}

impl Contestant {
    fn name(&self) -> &'static str {
        self.peer.as_ref().map_or("ours", |(peer, _)| peer.name())
    }

    fn values(&self, of: fn(&Once) -> f64) -> Vec<f64> {
        self.runs.iter().map(of).collect()
    }
}

fn measure(size: &Size, kind: &Kind) -> Result<Vec<Figure>> {
    let work = Work::make()?;
    let count = size.lines(kind.count);
    tell(&format!("writing {count} lines ({})", kind.name));
    let logs = work.path("logs");
    let written = logs::write(&logs, kind.lines, count)?;
    let (mut contestants, absent) = contestants();
    let server = capacity(size, kind.lines)?;
    tell(&format!("the scripted server takes {server:.0} documents/s from a plain loop"));
    for number in 1..=size.runs {
        for contestant in contestants.iter_mut().filter(|one| one.failed.is_none()) {
            let once = match &contestant.peer {
                None => ours(&work, kind.lines, count),
                Some((peer, program)) => other(&work, *peer, program, kind.lines, count),
            };
            match once {
                Ok(once) => {
                    tell(&format!(
                        "run {number}, {}: {:.0} lines/s, {:.2} CPU s per million lines",
                        contestant.name(),
                        once.lines_per_second,
                        once.cpu_seconds_per_million
                    ));
                    contestant.runs.push(once);
                }
                Err(error) if contestant.peer.is_some() => {
                    tell(&format!("{} failed: {error:#}", contestant.name()));
                    contestant.failed = Some(format!("{error:#}"));
                }
                Err(error) => return Err(error.context("our shipper failed")),
            }
        }
    }
    let what = format!(
        "{count} lines, {:.0} bytes each, in {} files that are in the page cache; {absent}",
        written.bytes as f64 / count as f64,
        written.files.values().sum::<u32>()
    );
    Ok(figures(kind, &contestants, server, &what))
}

/// Returns ours and the peers that this machine has, and says which it lacks.
fn contestants() -> (Vec<Contestant>, String) {
    let ours = Contestant { peer: None, runs: Vec::new(), failed: None };
    let mut contestants = vec![ours];
    let mut absent = Vec::new();
    for peer in Peer::FOR_SPEED {
        match peer.program() {
            Some(program) => {
                let peer = Some((peer, program));
                contestants.push(Contestant { peer, runs: Vec::new(), failed: None });
            }
            None => absent.push(peer.name()),
        }
    }
    let absent = if absent.is_empty() {
        "all peers are here".to_owned()
    } else {
        format!("absent on this machine: {}", absent.join(", "))
    };
    tell(&absent);
    (contestants, absent)
}

/// Returns how many documents per second the scripted server takes.
fn capacity(size: &Size, lines: Lines) -> Result<f64> {
    let sample = Sample::of(lines, "bench")?;
    let bodies = sample.bodies(size.lines(PLAIN), Ids::Origin);
    let mut speeds = Vec::new();
    for _ in 0..size.runs.min(3) {
        let server = Scripted::start();
        let address = elastic::Address::parse(&server.url())?;
        let cluster = elastic::Cluster::try_new(vec![address], elastic::Credentials::None)?;
        speeds.push(plain::send(&cluster, &sample.stream, &bodies)?);
    }
    Ok(median(&speeds))
}

fn ours(work: &Work, lines: Lines, count: u64) -> Result<Once> {
    let server = Scripted::start();
    let logs = work.path("logs");
    let (spent, shipped) = work.ship(&Shipment::to(&server.url(), &logs, lines))?;
    let stored = events(&server);
    ensure!(stored == shipped.stored, "the server has {stored} documents, the shipper {shipped:?}");
    let lines = count as f64;
    Ok(Once {
        lines_per_second: lines / spent.wall_seconds,
        cpu_seconds_per_million: spent.cpu_seconds * 1e6 / lines,
        peak_mib: spent.peak_bytes as f64 / f64::from(1 << 20),
        wire_bytes_per_line: server.counts().wire_bytes as f64 / lines,
    })
}

fn other(work: &Work, peer: Peer, program: &Path, lines: Lines, count: u64) -> Result<Once> {
    let server = Scripted::start();
    let folder = work.path(peer.name());
    if folder.try_exists()? {
        fs::remove_dir_all(&folder)?;
    }
    let logs = work.path("logs");
    let task = Task { folder: &folder, logs: &logs, lines, port: server.port() };
    let began = Instant::now();
    let mut run = peer.start(program, &task)?;
    let arrival = arrival::wait(
        count,
        PATIENCE,
        || events(&server),
        || {
            ensure!(!run.has_ended()?, "it ended: {}", last_words(&folder));
            Ok(())
        },
    )?;
    let (cpu_seconds, peak_bytes) = (run.cpu_seconds()?, run.peak_bytes()?);
    run.end(END_LIMIT)?;
    let wall_seconds = arrival.last.duration_since(began).as_secs_f64();
    ensure!(
        arrival.count == count,
        "{} of {count} lines came; the end of its log: {}",
        arrival.count,
        last_words(&folder)
    );
    let lines = count as f64;
    Ok(Once {
        lines_per_second: lines / wall_seconds,
        cpu_seconds_per_million: cpu_seconds * 1e6 / lines,
        peak_mib: peak_bytes as f64 / f64::from(1 << 20),
        wire_bytes_per_line: server.counts().wire_bytes as f64 / lines,
    })
}

fn figures(kind: &Kind, contestants: &[Contestant], server: f64, what: &str) -> Vec<Figure> {
    let mut figures = Vec::new();
    let Some(ours) = contestants.iter().find(|one| one.peer.is_none()) else { return figures };
    let fastest = contestants.iter().map(|one| median(&one.values(|once| once.lines_per_second)));
    let fastest = fastest.fold(f64::NAN, f64::max);
    let times = server / fastest;
    let enough = if times >= FAST_ENOUGH {
        "fast enough to measure with".to_owned()
    } else {
        format!(
            "less than {FAST_ENOUGH} times: it takes part of the cores that the fastest would use"
        )
    };
    figures.push(
        Figure::new(format!("ship.{}.server", kind.name), "documents/s", vec![server])
            .noted(format!("what the scripted server takes from a plain loop, {times:.1} times the fastest shipper: {enough}")),
    );
    for contestant in contestants {
        let note = match &contestant.peer {
            None => {
                format!("as shipped: redaction and gzip on; start to end of the process; {what}")
            }
            Some((peer, program)) => {
                let failed = contestant.failed.as_ref().map(|why| format!("; FAILED: {why}"));
                format!(
                    "{}: {}{}",
                    peer.version(program),
                    peer.set_up(),
                    failed.unwrap_or_default()
                )
            }
        };
        figures.extend(figures_of(kind, contestant, note));
    }
    for peer in contestants.iter().filter(|one| one.peer.is_some() && !one.runs.is_empty()) {
        figures.extend(ratios(kind, ours, peer));
    }
    figures
}

fn figures_of(kind: &Kind, contestant: &Contestant, note: String) -> Vec<Figure> {
    let is_ours = contestant.peer.is_none();
    let name = |figure: &str| format!("ship.{}.{}.{figure}", kind.name, contestant.name());
    let speed =
        Figure::new(name("speed"), "lines/s", contestant.values(|once| once.lines_per_second));
    let cpu = Figure::new(
        name("cpu"),
        "CPU s per million lines",
        contestant.values(|once| once.cpu_seconds_per_million),
    );
    let barred = |figure: Figure, bar: Option<Bar>| match bar.filter(|_| is_ours) {
        Some(bar) => figure.against(bar),
        None => figure,
    };
    vec![
        barred(speed, Some(kind.speed)).noted(note),
        barred(cpu, kind.cpu),
        Figure::new(name("peak_memory"), "MiB", contestant.values(|once| once.peak_mib)),
        Figure::new(
            name("wire"),
            "bytes per line",
            contestant.values(|once| once.wire_bytes_per_line),
        ),
    ]
}

/// Compares run by run: what drifts then drops out.
fn ratios(kind: &Kind, ours: &Contestant, peer: &Contestant) -> Vec<Figure> {
    let pairs = |of: fn(&Once) -> f64| {
        ours.runs.iter().zip(&peer.runs).map(|(one, other)| of(one) / of(other)).collect()
    };
    let name = |figure: &str| format!("ship.{}.ours_to_{}.{figure}", kind.name, peer.name());
    let cpu = Figure::new(name("cpu"), "times", pairs(|once| once.cpu_seconds_per_million));
    let is_rsyslog = matches!(peer.peer, Some((Peer::Rsyslog, _)));
    vec![
        Figure::new(name("speed"), "times", pairs(|once| once.lines_per_second)),
        match kind.ratio.filter(|_| is_rsyslog) {
            Some(bar) => cpu.against(bar),
            None => cpu,
        },
        Figure::new(name("peak_memory"), "times", pairs(|once| once.peak_mib)),
        Figure::new(name("wire"), "times", pairs(|once| once.wire_bytes_per_line)),
    ]
}
