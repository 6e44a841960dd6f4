//! The keeper's thread: writes checkpoints, and puts dead letters on disk before their lines count as acknowledged.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use runtime::Clock;
use runtime::admin::AdminState;
use rustix::time::{ClockId, clock_gettime};

use crate::budget::Budget;
use crate::chunk::Chunk;
use crate::dlq::{DeadLetters, Letter, Reason, WhenFull};
use crate::inputs::Inputs;
use crate::ledger::Outcome;
use crate::metrics::{Ended, Metrics};
use crate::redactor::Redactor;
use crate::state::{Moment, State};
use crate::status::{Parts, Status};

/// How often the keeper looks whether a checkpoint is due.
const ROUND: Duration = Duration::from_millis(200);

/// Dead letters that take so much of their limit are an alarm.
const ALARM_PERCENT: u128 = 80;

/// Files that the status names; a host with thousands has its metrics.
const FILES: usize = 100;

/// An event that was given up and is not on disk yet. Its bytes stay in the budget, so there cannot be many.
#[derive(Debug)]
pub struct Refusal {
    /// The chunk of the event.
    pub chunk: Arc<Chunk>,
    /// Its place in the chunk.
    pub item: usize,
    /// The rule that gave it up.
    pub rule: &'static str,
    /// The status of the cluster's answer.
    pub status: u16,
    /// Why it was refused.
    pub reason: String,
}

/// Where the publisher leaves refusals for the keeper. Clones are the same place.
#[derive(Debug, Clone, Default)]
pub struct Mailbox {
    shared: Arc<(Mutex<Mail>, Condvar)>,
}

#[derive(Debug, Default)]
struct Mail {
    refusals: VecDeque<Refusal>,
    flow: Flow,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Flow {
    #[default]
    Open,
    Closed,
}

impl Mailbox {
    fn mail(&self) -> MutexGuard<'_, Mail> {
        // Refusals are put in and taken out whole.
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a refusal.
    pub fn put(&self, refusal: Refusal) {
        self.mail().refusals.push_back(refusal);
        self.shared.1.notify_one();
    }

    /// Says that nothing more will come.
    pub fn close(&self) {
        self.mail().flow = Flow::Closed;
        self.shared.1.notify_one();
    }

    fn take(&self, longest: Duration) -> (Vec<Refusal>, Flow) {
        let quiet = |mail: &mut Mail| mail.refusals.is_empty() && mail.flow == Flow::Open;
        let waited = self.shared.1.wait_timeout_while(self.mail(), longest, quiet);
        let (mut mail, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (mem::take(&mut mail.refusals).into(), mail.flow)
    }
}

/// Writes checkpoints and dead letters.
#[derive(Debug)]
pub struct Keeper {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What is written.
    pub state: Arc<State>,
    /// Where refusals come from.
    pub mailbox: Mailbox,
    /// Where they go.
    pub letters: DeadLetters,
    /// Makes their lines fit to be kept.
    pub redactor: Redactor,
    /// Names and streams of the inputs.
    pub inputs: Inputs,
    /// What is counted.
    pub metrics: Metrics,
    /// Where trouble and status are shown.
    pub admin: AdminState,
    /// What is on its way.
    pub budget: Budget,
    /// Whether the room for dead letters runs out; told once.
    pub crowded: Crowded,
}

/// Whether the room for dead letters runs out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Crowded {
    /// It does.
    Yes,
    /// It does not.
    #[default]
    No,
}

/// How the keeper ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Everything is on disk.
    All,
    /// Some dead letters could not be written; their lines are read again after the next start.
    NotAll,
}

impl Keeper {
    /// Keeps until the mailbox is closed and empty.
    pub fn run(mut self) -> Kept {
        let mut waiting = Vec::new();
        self.show_count();
        // Writing waits for the disk; whoever asks meanwhile gets an answer.
        self.show_status();
        loop {
            let longest = if waiting.is_empty() { ROUND } else { Duration::from_secs(1) };
            let (new, flow) = self.mailbox.take(longest);
            waiting.extend(new);
            if !waiting.is_empty() {
                self.bury(&mut waiting);
            }
            self.state.save_in_turn(self.clock.now(), || self.moment());
            self.show_status();
            if flow == Flow::Closed {
                self.state.save(self.clock.now(), self.clock.monotonic());
                return if waiting.is_empty() { Kept::All } else { Kept::NotAll };
            }
            if !waiting.is_empty() {
                self.clock.pause(ROUND);
            }
        }
    }

    fn moment(&self) -> Moment {
        let used = clock_gettime(ClockId::ThreadCPUTime);
        Moment { at: self.clock.monotonic(), used: used.try_into().unwrap_or_default() }
    }

    fn bury(&mut self, waiting: &mut Vec<Refusal>) {
        let now = self.clock.now();
        let letters: Vec<Letter> =
            waiting.iter().filter_map(|refusal| self.letter(refusal, now)).collect();
        match self.letters.append(&letters) {
            Ok(()) => {
                self.admin.ready("dead_letters");
                self.metrics.ended(Ended::DeadLettered, waiting.len() as u64);
                let mut registry = self.state.registry();
                for refusal in waiting.drain(..) {
                    let chunk = &refusal.chunk;
                    let settled = chunk.settle([(refusal.item, Outcome::DeadLettered)]);
                    registry.settle(chunk.file, chunk.ticket, settled);
                }
            }
            Err(error) => {
                // Their lines stay unacknowledged: reading stops before anything is lost.
                self.admin.not_ready("dead_letters", error.to_string());
                tracing::error!(event.code = "dead_letters_failed", %error,
                    "cannot keep dead letters; reading stops until there is room");
            }
        }
        self.show_count();
    }

    fn letter(&mut self, refusal: &Refusal, now: Timestamp) -> Option<Letter> {
        let chunk = &*refusal.chunk;
        let item = chunk.cargo.items().get(refusal.item)?;
        let input = self.inputs.get(chunk.input)?;
        Some(Letter {
            time: now,
            file: chunk.file,
            path: chunk.path.to_string_lossy().into_owned(),
            span: item.span.clone(),
            part: item.part,
            input: input.id.clone(),
            dataset: item.dataset.unwrap_or(input.stream.dataset),
            id: item.id,
            rule: refusal.rule.to_owned(),
            status: refusal.status,
            reason: Reason::new(&refusal.reason),
            line: self.redactor.line(chunk, item, now),
        })
    }

    fn show_status(&self) {
        let inflight = self.budget.used();
        self.metrics.inflight_bytes.set(i64::try_from(inflight).unwrap_or(i64::MAX));
        let (files, behind) = {
            let mut registry = self.state.registry();
            (registry.summary(FILES), registry.behind().to_vec())
        };
        let parts = Parts {
            running: self.clock.monotonic(),
            admin: &self.admin,
            metrics: &self.metrics,
            inputs: &self.inputs,
            files,
            behind,
            dead_letters: self.letters.count(),
        };
        self.admin.set_status(&Status::of(parts));
    }

    /// Shows how many letters there are, and turns red before the room for them ends.
    fn show_count(&mut self) {
        let count = i64::try_from(self.letters.count()).unwrap_or(i64::MAX);
        self.metrics.dead_letters.set(count);
        let dropped = self.letters.take_dropped();
        if dropped > 0 {
            self.metrics.dead_letters_dropped.inc_by(dropped as u64);
            tracing::error!(
                event.code = "dead_letters_dropped",
                dropped,
                "the oldest dead letters were dropped to make room, as dead_letters.when_full says"
            );
        }
        let (bytes, limits) = (self.letters.bytes(), self.letters.limits());
        let percent = u128::from(bytes) * 100 / u128::from(limits.bytes.max(1));
        let crowded = if percent >= ALARM_PERCENT { Crowded::Yes } else { Crowded::No };
        if crowded == Crowded::No {
            self.admin.ready("dead_letters_room");
        } else {
            let next = match limits.when_full {
                WhenFull::Hold => "at the limit reading stops",
                WhenFull::DropOldest => "at the limit the oldest are dropped",
            };
            let text = format!(
                "dead letters take {percent} % of dead_letters.max_bytes, {next}; see `shipper dlq list`, then `shipper dlq replay`"
            );
            if self.crowded == Crowded::No {
                tracing::error!(event.code = "dead_letters_crowded", percent, "{text}");
            }
            self.admin.not_ready("dead_letters_room", text);
        }
        self.crowded = crowded;
    }
}
