//! Lets steps happen, and looks after each whether all is as it must be.

use std::time::Duration;

use event::{ByteOffset, FileId};
use runtime::{Clock, ManualClock};

use crate::ledger::audit;
use crate::state::Start;
use crate::tail::reader::Turn;

use super::book::Book;
use super::cluster::{Cluster, Output};
use super::disk::{Disk, Removal};
use super::shipper::{Plan, Shipper};
use super::step::{Drain, Heads, Rules, Step, ms};

/// How long one round of the reader takes.
const ROUND: Duration = ms(60);
/// Idle rounds after which the reader is at rest: one may have found what the next one does.
const AT_REST: usize = 2;
/// Rounds after which the reader must have come to rest.
const MOST_ROUNDS: usize = 2_000;

pub(super) struct World {
    clock: ManualClock,
    pub(super) disk: Disk,
    pub(super) plan: Plan,
    cluster: Cluster,
    pub(super) book: Book,
    pub(super) running: Option<(Shipper, Output)>,
    last_round: Duration,
    /// Whether a scan has surely looked at everything since the last change.
    scanned: Scanned,
    idle_rounds: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scanned {
    Surely,
    Perhaps,
}

impl World {
    pub(super) fn new(rules: Rules) -> Self {
        // Ahead of the files' own times, so that their stamps are old enough to be trusted.
        let clock = ManualClock::new("2100-01-01T00:00:00Z".parse().unwrap());
        let disk = Disk::new(&clock, rules.heads);
        let plan = Plan::new(disk.root(), rules, &clock);
        Self {
            clock,
            disk,
            plan,
            cluster: Cluster::default(),
            book: Book::default(),
            running: None,
            last_round: Duration::ZERO,
            scanned: Scanned::Perhaps,
            idle_rounds: 0,
        }
    }

    pub(super) fn happen(&mut self, step: &Step) -> Result<(), String> {
        if step.changes_files() {
            self.disk.tick();
            self.scanned = Scanned::Perhaps;
            self.idle_rounds = 0;
        }
        match step {
            Step::Rounds(rounds) => self.rounds(*rounds)?,
            Step::Pass(span) => {
                self.clock.advance(ms(*span));
                self.rounds(1)?;
            }
            Step::Hear => self.hear(),
            Step::Send(events) => {
                if let Some((_, output)) = &mut self.running {
                    output.send(*events);
                }
            }
            Step::Answer(batch, reply) => {
                if let Some((shipper, output)) = &mut self.running {
                    output.answer(*batch, *reply, (&mut self.cluster, &shipper.state))?;
                }
            }
            Step::Keep => {
                if let Some((shipper, _)) = &self.running {
                    shipper.keep();
                }
            }
            Step::Stop(drain) => self.stop(*drain)?,
            Step::Crash => {
                if self.running.take().is_some() {
                    self.book.ended(&mut self.disk);
                }
            }
            Step::Write(place, lines, ends) => self.write(*place, lines, *ends),
            Step::Rotate(log) => self.rotate(*log),
            Step::Delete(place) => self.remove(*place, Removal::Deleted),
            Step::MoveAway(place) => self.remove(*place, Removal::MovedAway),
            Step::Truncate(place) => self.truncate(*place, 0),
            Step::CopyTruncate(log, window, glance) => {
                // A copy of a file of which only the head is acknowledged may be one of any file with that head.
                if self.plan.rules.heads == Heads::Own {
                    self.copy_truncate(*log, window, *glance)?;
                }
            }
        }
        self.book.reckon(&self.disk, &self.cluster);
        self.check()
    }

    /// Lets the reader come round; it is started if it does not run.
    pub(super) fn rounds(&mut self, rounds: u8) -> Result<(), String> {
        for _ in 0..rounds {
            self.round()?;
        }
        Ok(())
    }

    /// Announces everything that happened.
    pub(super) fn hear(&mut self) {
        if let Some((shipper, _)) = &mut self.running {
            shipper.hear(self.disk.paths());
        }
    }

    fn round(&mut self) -> Result<Turn, String> {
        self.clock.advance(ROUND);
        let now = self.clock.monotonic();
        let is_started = self.running.is_none();
        if is_started {
            self.idle_rounds = 0;
            let shipper = self.plan.start();
            self.book.started(|id| committed(&shipper, id));
            self.running = Some((shipper, Output::default()));
        }
        let Some((shipper, output)) = &mut self.running else { unreachable!("it was started") };
        let turn = shipper.round();
        if is_started
            || now.saturating_sub(self.last_round) >= self.plan.configuration.reading.scan_interval
        {
            self.scanned = Scanned::Surely;
            self.idle_rounds = 0;
        }
        self.last_round = now;
        while let Some(chunk) = shipper.receive() {
            for item in chunk.cargo.items() {
                let line = chunk.cargo.line(item);
                let document = chunk.cargo.document(item);
                if memchr::memmem::find(document, line).is_none() {
                    return Err(format!("{} is not in its document", line.escape_ascii()));
                }
                self.book.hand_over((chunk.file, &item.span, line), &self.disk)?;
            }
            output.take(chunk);
        }
        self.book.read(|id| shipper.state.registry().sent(id));
        self.idle_rounds = if turn == Turn::Idle { self.idle_rounds + 1 } else { 0 };
        if self.idle_rounds >= AT_REST && self.scanned == Scanned::Surely {
            let regrown = self.disk.note_scan();
            self.book.noticed(now, regrown);
        }
        self.book.came_round(now);
        Ok(turn)
    }

    fn stop(&mut self, drain: Drain) -> Result<(), String> {
        let Some((shipper, mut output)) = self.running.take() else { return Ok(()) };
        let clock = self.clock.clone();
        let state = shipper.stop_reading();
        self.book.stopped(&self.disk);
        if drain == Drain::All {
            output.deliver((&mut self.cluster, &state))?;
        }
        state.save(clock.now(), clock.monotonic());
        self.book.ended(&mut self.disk);
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        let Some((shipper, _)) = &self.running else { return Ok(()) };
        let seen = (&self.disk, &self.cluster);
        self.book.check_committed(|id| committed(shipper, id), seen)
    }

    /// Lets everything come to rest: nobody writes, the cluster takes everything, and time passes.
    fn settle(&mut self) -> Result<(), String> {
        for span in [0, 1_000, 6_000, 6_000, 12_000, 65_000, 12_000, 700_000, 6_000, 12_000, 65_000]
        {
            self.clock.advance(ms(span));
            self.idle_rounds = 0;
            let mut rounds = 0;
            loop {
                let turn = self.round()?;
                let Some((shipper, output)) = &mut self.running else { break };
                let was_empty = output.is_empty();
                output.deliver((&mut self.cluster, &shipper.state))?;
                shipper.keep();
                rounds += 1;
                if self.idle_rounds >= AT_REST && was_empty {
                    break;
                }
                if rounds > MOST_ROUNDS {
                    return Err(format!("the reader does not come to rest: {turn:?}"));
                }
            }
            self.check()?;
        }
        Ok(())
    }

    /// Checks at the end that nothing is missing, nothing is there twice, and nothing is read again after a clean stop.
    pub(super) fn end(mut self) -> Result<(), String> {
        self.settle()?;
        self.book.check_all(&self.disk, &self.cluster)?;
        if let Some((shipper, _)) = &self.running {
            check_ledger(shipper)?;
        }
        self.stop(Drain::All)?;
        self.book.check_lost(self.plan.lost_bytes())?;
        for _ in 0..20 {
            self.round()?;
        }
        match &self.running {
            Some((shipper, output)) if shipper.start == Start::Again && !output.is_empty() => {
                Err("after a clean stop something was read again".to_owned())
            }
            _ => Ok(()),
        }
    }
}

fn committed(shipper: &Shipper, id: FileId) -> Option<ByteOffset> {
    shipper.state.registry().committed(id).map(|mark| mark.offset)
}

/// Checks that nothing is on its way and the ledger accounts for everything.
fn check_ledger(shipper: &Shipper) -> Result<(), String> {
    if shipper.budget.used() > 0 {
        return Err(format!("{} bytes of the budget were not given back", shipper.budget.used()));
    }
    let registry = shipper.state.registry();
    for (id, account) in registry.ledger().accounts() {
        let Some(mark) = registry.committed(id) else { continue };
        if let Some(fault) = audit(account, mark.offset).first() {
            return Err(format!("the ledger of {id}: {fault}"));
        }
    }
    Ok(())
}
