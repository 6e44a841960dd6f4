//! T2: the power goes, or the disk fails, at any act on checkpoint, ledger and dead letters.
//!
//! A shipper is played by a script of random steps on a simulated disk, against a cluster that remembers what it took. After
//! each crash the state is opened again and held against what the script knows: nothing whose saving returned is forgotten,
//! nothing is called acknowledged that was not, the ledger tells of each line what really became of it, and every line that
//! it calls dead-lettered lies in the dead letters.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use event::{ByteOffset, Dataset, Datasets, EventId, FileId};
use runtime::{Fault, FaultyDisk, Survivors, SystemClock};

use super::*;
use crate::acknowledge::{Mark, Ticket};
use crate::dlq::{DeadLetters, Letter, Limits, Reason, WhenFull};
use crate::identity::{Node, Print};
use crate::ledger::{Exception, Filtered, Load, Outcome, Settled, audit};
use crate::registry::Found;

/// Seeds in the test; `STOREWATCH_SEEDS` says how many by hand.
const SEEDS: u64 = 1_000;
const FILES: u8 = 3;
const LINES: usize = 24;

struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Store,
    Reject,
    Filter,
}

/// A line that will be read: its end and what comes of it.
#[derive(Debug, Clone)]
struct Line {
    start: u64,
    end: u64,
    fate: Fate,
}

/// One event that was sent and not settled.
#[derive(Debug, Clone, Copy)]
struct Sent {
    file: u8,
    line: usize,
    ticket: Ticket,
}

struct Script {
    chance: Chance,
    disk: FaultyDisk,
    folder: PathBuf,
    files: Vec<Vec<Line>>,
    cluster: BTreeSet<(u8, usize)>,
    /// What became of lines in the life that runs, and of those before it that were acknowledged.
    outcomes: BTreeMap<(u8, usize), Outcome>,
    /// Acknowledged places whose saving returned.
    saved: BTreeMap<u8, u64>,
    /// Whether something else than the power failed: then the ledger may have fallen behind the checkpoint.
    disturbed: Disturbed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disturbed {
    No,
    Yes,
}

fn id(file: u8) -> FileId {
    FileId::from_bytes([file; 16])
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

impl Script {
    fn new(seed: u64, folder: &Path) -> Self {
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let files = (0..FILES).map(|_| {
            let mut start = 0;
            let line = |_| {
                let end = start + 1 + chance.below(9) as u64;
                let fate = match chance.below(6) {
                    0 => Fate::Reject,
                    1 => Fate::Filter,
                    _ => Fate::Store,
                };
                let line = Line { start, end, fate };
                start = end;
                line
            };
            (0..LINES).map(line).collect()
        });
        let files = files.collect();
        Self {
            chance,
            disk: FaultyDisk::new(),
            folder: folder.to_owned(),
            files,
            cluster: BTreeSet::new(),
            outcomes: BTreeMap::new(),
            saved: BTreeMap::new(),
            disturbed: Disturbed::No,
        }
    }

    fn open(&self) -> Result<(Arc<State>, DeadLetters), String> {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let admin = AdminState::new(Arc::new(SystemClock::new()));
        let shown = (admin, Metrics::new());
        let (state, _) = State::open(&self.folder, Arc::clone(&disk), now(), shown)
            .map_err(|error| format!("{error}: {:?}", std::error::Error::source(&error)))?;
        let limits = Limits { bytes: 1 << 20, when_full: WhenFull::Hold };
        let letters = DeadLetters::open(disk, self.folder.join(DEAD_LETTERS), limits)
            .map_err(|error| error.to_string())?;
        Ok((state, letters))
    }

    /// One life of the shipper, to its end or to the crash.
    fn live(&mut self, life: u64) {
        let far = self.chance.below(70);
        self.disk.fail_at(self.disk.operations() + far, Fault::PowerLoss);
        if let Ok((state, mut letters)) = self.open() {
            if self.chance.below(4) == 0 {
                // One act fails, or the disk is full for the rest of this life.
                let fault = match self.chance.below(3) {
                    0 => Fault::Full,
                    _ => Fault::Error(io::ErrorKind::Other),
                };
                self.disk.fail_at(self.disk.operations() + self.chance.below(40), fault);
                self.disturbed = Disturbed::Yes;
            }
            self.work(&state, &mut letters, life);
        }
        let survivors = Survivors { names: self.chance.below(6), bytes: self.chance.below(400) };
        if self.chance.below(3) == 0 {
            self.disk.restart_with_zeros(survivors);
        } else {
            self.disk.restart(survivors);
        }
    }

    fn work(&mut self, state: &State, letters: &mut DeadLetters, life: u64) {
        let mut sent: Vec<Sent> = Vec::new();
        for step in 0..40 {
            match self.chance.below(5) {
                0 | 1 => self.read(state, &mut sent),
                2 | 3 if !sent.is_empty() => {
                    let one = sent.swap_remove(self.chance.below(sent.len()));
                    if !self.settle(state, letters, one) {
                        sent.push(one);
                    }
                }
                _ => self.save(state, life * 1_000 + step * 40),
            }
        }
        self.save(state, life * 1_000 + 999);
    }

    /// Reads the next lines of a file, if there are more.
    fn read(&mut self, state: &State, sent: &mut Vec<Sent>) {
        let file = u8::try_from(self.chance.below(usize::from(FILES))).unwrap();
        let mut registry = state.registry();
        let found = Found {
            id: id(file),
            node: Node { device: 1, inode: u64::from(file), born_ns: None },
            generation: 0,
            head: Print::EMPTY,
            path: Path::new("/a.log"),
            start: Mark::START,
        };
        registry.register(&found, now());
        let at = registry.sent(id(file)).unwrap().get();
        let lines = &self.files[usize::from(file)];
        let Some(first) = lines.iter().position(|line| line.start == at) else { return };
        let count = (1 + self.chance.below(5)).min(lines.len() - first);
        let block = &lines[first..first + count];
        let mut load = Load { events: 0, filtered: Vec::new() };
        let mut events = Vec::new();
        for (place, line) in block.iter().enumerate() {
            if line.fate == Fate::Filter {
                Filtered::append(&mut load.filtered, &span(line), "health_path");
                let rule = load.filtered.last().unwrap().rule.clone();
                self.outcomes.insert((file, first + place), Outcome::Filtered(rule));
            } else {
                load.events += 1;
                events.push(first + place);
            }
        }
        let whole = ByteOffset::new(at)..span(block.last().unwrap()).end;
        let opened =
            registry.open(id(file), &whole, Print::EMPTY, (Datasets::only(Dataset::App), load));
        let ticket = opened.unwrap();
        sent.extend(events.into_iter().map(|line| Sent { file, line, ticket }));
    }

    fn settle(&mut self, state: &State, letters: &mut DeadLetters, one: Sent) -> bool {
        let line = &self.files[usize::from(one.file)][one.line];
        let outcome = match line.fate {
            Fate::Reject => {
                if letters.append(&[letter(one, line)]).is_err() {
                    return false;
                }
                Outcome::DeadLettered
            }
            Fate::Store | Fate::Filter if self.cluster.insert((one.file, one.line)) => {
                Outcome::Stored
            }
            Fate::Store | Fate::Filter => Outcome::Duplicate,
        };
        let mut exceptions = Vec::new();
        if outcome != Outcome::Stored {
            exceptions.push(Exception { span: span(line), events: 1, outcome: outcome.clone() });
        }
        let settled = Settled { events: 1, keyed_duplicates: 0, exceptions };
        state.registry().settle(id(one.file), one.ticket, settled);
        self.outcomes.insert((one.file, one.line), outcome);
        true
    }

    fn save(&mut self, state: &State, seconds: u64) {
        let committed = |file| state.registry().committed(id(file)).map(|mark| mark.offset.get());
        let places: Vec<_> = (0..FILES).filter_map(|file| Some((file, committed(file)?))).collect();
        state.save(now(), Duration::from_secs(seconds));
        if !state.admin.reasons().contains_key("checkpoint") {
            self.saved.extend(places);
        }
    }

    /// Opens the state after a crash and holds it against what is known.
    fn check(&mut self, seed: u64) {
        let (state, letters) = self.open().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let kept = letters.read().unwrap();
        let dead: BTreeSet<(u8, u64)> = kept
            .letters
            .iter()
            .map(|(_, letter)| (letter.file.as_bytes()[0], letter.span.start.get()))
            .collect();
        for file in 0..FILES {
            let registry = state.registry();
            let committed = registry.committed(id(file)).map_or(0, |mark| mark.offset.get());
            let saved = self.saved.get(&file).copied().unwrap_or_default();
            assert!(committed >= saved, "seed {seed}: {saved} was saved, {committed} is left");
            // A file that no checkpoint holds yet is entered anew, and its account begins anew with it.
            let known = registry.committed(id(file)).and(registry.ledger().account(id(file)));
            if let Some(account) = known {
                let faults = audit(account, ByteOffset::new(committed));
                assert!(faults.is_empty(), "seed {seed}: {faults:?}");
                for (tile, outcome) in account.tiling().iter() {
                    self.check_tile(seed, file, (tile.start.get(), tile.end.get()), outcome);
                }
            }
            let lines = &self.files[usize::from(file)];
            for (place, line) in lines.iter().enumerate() {
                if line.end > committed {
                    // It is read again.
                    self.outcomes.remove(&(file, place));
                    continue;
                }
                let outcome = self.outcomes.get(&(file, place));
                assert!(outcome.is_some(), "seed {seed}: line {place} was never settled");
                if outcome == Some(&Outcome::DeadLettered) {
                    assert!(dead.contains(&(file, line.start)), "seed {seed}: a letter is gone");
                }
            }
            self.saved.insert(file, committed);
        }
    }

    fn check_tile(&self, seed: u64, file: u8, (start, end): (u64, u64), outcome: &Outcome) {
        if *outcome == Outcome::Unrecorded && self.disturbed == Disturbed::Yes {
            return;
        }
        let lines = self.files[usize::from(file)].iter().enumerate();
        for (place, line) in lines.filter(|(_, line)| line.start >= start && line.end <= end) {
            let known = self.outcomes.get(&(file, place));
            // Where a life could not write its pages, those of the life before it stand: it was stored then, and read
            // again it is a duplicate now. Both say that the document is there.
            let is_there =
                |outcome| matches!(outcome, Some(&Outcome::Stored | &Outcome::Duplicate));
            if self.disturbed == Disturbed::Yes && is_there(known) && is_there(Some(outcome)) {
                continue;
            }
            let at = line.start;
            assert_eq!(known, Some(outcome), "seed {seed}: file {file}, line {place} at {at}");
        }
    }
}

fn span(line: &Line) -> event::Span {
    ByteOffset::new(line.start)..ByteOffset::new(line.end)
}

fn letter(sent: Sent, line: &Line) -> Letter {
    Letter {
        time: now(),
        file: id(sent.file),
        path: "/a.log".to_owned(),
        span: span(line),
        part: 0,
        input: "app".to_owned(),
        dataset: Dataset::App,
        id: EventId::from_origin(id(sent.file), ByteOffset::new(line.start), 0),
        rule: "rejected".to_owned(),
        status: 400,
        reason: Reason::new("no"),
        line: "a line".to_owned(),
    }
}

/// T2
#[test]
#[expect(clippy::disallowed_methods, reason = "a person asks for more seeds")]
fn power_lost_at_any_act_forgets_nothing_and_the_ledger_tells_the_truth() {
    let seeds = std::env::var("STOREWATCH_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    for seed in 1..=seeds.unwrap_or(SEEDS) {
        let mut script = Script::new(seed, folder.path());
        for life in 1..=4 {
            script.live(life);
            script.check(seed);
        }
    }
}
