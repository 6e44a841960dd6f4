//! Three faults to ours and to rsyslog: how many lines are lost, how many doubled, how often each was sent.
//!
//! Lines are told apart by a number within them, since not everybody sends ids. Each shipper is fed 10,000 lines a second
//! while the fault lasts; then all have their time to recover. What counts is what the server has at the very end.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::binary;
use harness::scripted::{Act, Numbering, Options, Outcome, Scripted};

use crate::arrival;
use crate::child::{Run, last_words};
use crate::figure::{Bar, Figure};
use crate::flow::{Flow, Flowing};
use crate::logs::Lines;
use crate::peer::{Peer, Task};
use crate::work::{Shipment, Work};
use crate::{Size, tell};

const LINES: u32 = 200_000;
const LINES_PER_SECOND: u32 = 10_000;
const THROTTLED_FOR: Duration = Duration::from_secs(20);
/// A fifth of all documents is refused.
const ONE_OF: u64 = 5;
const KILLS: u32 = 10;
/// When nothing has come for so long, what is missing is lost. Ours may rest for a minute after failures in a row.
const PATIENCE: Duration = Duration::from_secs(75);
/// Repetitions may come after the last line that was missing.
const QUIET: Duration = Duration::from_secs(5);
const END_LIMIT: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// One of five documents is answered with 429 for 20 seconds.
    Throttled,
    /// The program is killed ten times, and started again at once.
    Killed,
    /// One of ten replies is dropped, and one of ten is cut in its middle; all is stored.
    Unanswered,
}

impl Fault {
    const ALL: [Self; 3] = [Self::Throttled, Self::Killed, Self::Unanswered];

    fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Killed => "killed",
            Self::Unanswered => "unanswered",
        }
    }

    fn apply(self, server: &Scripted) {
        match self {
            Self::Throttled => {
                let until = Instant::now() + THROTTLED_FOR;
                server.rule(move |request| {
                    if Instant::now() >= until {
                        return Act::Serve;
                    }
                    // Other places in each request: a document that comes again alone is not refused for ever.
                    let is_hit =
                        |place: usize| (request.number + place as u64).is_multiple_of(ONE_OF);
                    let outcome = |place| is_hit(place).then(Outcome::throttled);
                    Act::Each((0..request.documents()).map(outcome).collect())
                });
            }
            Self::Killed => {}
            Self::Unanswered => server.rule(|request| match request.number % 10 {
                3 => Act::CutAfter,
                7 => Act::CutReply,
                _ => Act::Serve,
            }),
        }
    }
}

/// Who is to get the lines through.
enum Shipper {
    Ours,
    Other(Peer, PathBuf),
}

impl Shipper {
    fn name(&self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Other(peer, _) => peer.name(),
        }
    }

    fn start(&self, work: &Work, server: &Scripted) -> Result<Run> {
        let logs = work.path("logs");
        match self {
            Self::Ours => work.start_shipper(&Shipment::to(&server.url(), &logs, Lines::Access)),
            Self::Other(peer, program) => {
                let port = server.port();
                let task = Task { folder: work.folder(), logs: &logs, lines: Lines::Access, port };
                peer.start(program, &task)
            }
        }
    }
}

/// What was left of the lines.
#[derive(Debug, Clone, Copy)]
struct Outcomes {
    lost: u64,
    doubled: u64,
    sends_per_document: f64,
}

/// Measures all faults, each with every shipper that is here.
pub(crate) fn measure(size: &Size) -> Result<Vec<Figure>> {
    // Built before the first line flows.
    binary("shipper");
    let mut shippers = vec![Shipper::Ours];
    for peer in [Peer::Rsyslog, Peer::RsyslogRetrying] {
        match peer.program() {
            Some(program) => shippers.push(Shipper::Other(peer, program)),
            None => tell(&format!("{} is absent on this machine", peer.name())),
        }
    }
    let count = u32::try_from(size.lines(LINES))?;
    let mut figures = Vec::new();
    for fault in Fault::ALL {
        for shipper in &shippers {
            match once(fault, shipper, count) {
                Ok(outcomes) => {
                    tell(&format!("{}, {}: {outcomes:?}", fault.name(), shipper.name()));
                    figures.extend(figures_of(fault, shipper, outcomes, count));
                }
                Err(error) if matches!(shipper, Shipper::Other(..)) => {
                    tell(&format!("{}, {} failed: {error:#}", fault.name(), shipper.name()));
                }
                Err(error) => return Err(error.context(format!("{}, ours", fault.name()))),
            }
        }
    }
    Ok(figures)
}

fn once(fault: Fault, shipper: &Shipper, count: u32) -> Result<Outcomes> {
    let work = Work::make()?;
    std::fs::create_dir(work.path("logs"))?;
    let server = Scripted::with(Options { numbers: Numbering::Counted, ..Options::default() });
    let mut run = shipper.start(&work, &server)?;
    let flow = Flow {
        files: vec![work.path("logs/access.log")],
        lines_per_second: LINES_PER_SECOND,
        count,
    };
    fault.apply(&server);
    let flow = flow.start(|_, _| ())?;
    if fault == Fault::Killed {
        let span = Duration::from_secs(1) * count / LINES_PER_SECOND / (KILLS + 1);
        for _ in 0..KILLS {
            thread::sleep(span);
            run.kill()?;
            run = shipper.start(&work, &server)?;
        }
    }
    let wait = |wanted: u64, patience: Duration, count: &dyn Fn() -> u64, run: &mut Run| {
        arrival::wait(wanted, patience, count, || {
            ensure!(!run.has_ended()?, "it ended: {}", last_words(work.folder()));
            Ok(())
        })
    };
    settle(flow, &mut run)?;
    wait(u64::from(count), PATIENCE, &|| server.numbered().distinct, &mut run)?;
    wait(u64::MAX, QUIET, &|| server.numbered().arrived, &mut run)?;
    run.end(END_LIMIT)?;
    let numbered = server.numbered();
    Ok(Outcomes {
        lost: u64::from(count) - numbered.distinct,
        doubled: numbered.doubled,
        sends_per_document: numbered.arrived as f64 / f64::from(count),
    })
}

/// Waits until all lines are appended.
fn settle(flow: Flowing, run: &mut Run) -> Result<()> {
    while !flow.is_over() {
        ensure!(!run.has_ended()?, "it ended while lines were appended");
        thread::sleep(LOOK_EVERY);
    }
    flow.join()?;
    Ok(())
}

fn figures_of(fault: Fault, shipper: &Shipper, outcomes: Outcomes, count: u32) -> Vec<Figure> {
    let name = |figure: &str| format!("faults.{}.{}.{figure}", fault.name(), shipper.name());
    let note = match (shipper, fault) {
        (Shipper::Other(peer, program), _) => {
            format!("{}: {}", peer.version(program), peer.set_up())
        }
        (Shipper::Ours, Fault::Throttled) => {
            format!("{count} lines at {LINES_PER_SECOND}/s; 20 % of items answer 429 for 20 s")
        }
        (Shipper::Ours, Fault::Killed) => {
            format!(
                "{count} lines at {LINES_PER_SECOND}/s; {KILLS} SIGKILLs, each time started again at once"
            )
        }
        (Shipper::Ours, Fault::Unanswered) => {
            format!(
                "{count} lines at {LINES_PER_SECOND}/s; 10 % of replies dropped and 10 % cut, all stored"
            )
        }
    };
    let figure = |name: String, unit, value, most: f64| {
        let figure = Figure::new(name, unit, vec![value]);
        match shipper {
            Shipper::Ours => figure.against(Bar::at_most(most, most)),
            Shipper::Other(..) => figure,
        }
    };
    vec![
        figure(name("lost"), "lines", outcomes.lost as f64, 0.0).noted(note),
        figure(name("doubled"), "lines", outcomes.doubled as f64, 0.0),
        figure(name("sends"), "sends per document", outcomes.sends_per_document, 1.3),
    ]
}
