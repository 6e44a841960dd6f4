//! From what a scan found to tails: which file is known, which is new, which waits.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event::{ByteOffset, FileId};
use jiff::Timestamp;

use crate::acknowledge::Mark;
use crate::identity::{Node, Print, Recognised, make_id};
use crate::lines::Making;
use crate::lines::gzip::Fault;
use crate::metrics::Metrics;
use crate::registry::{Found, Presence};
use crate::settings::{Input, Reading, StartAt};
use crate::state::State;
use crate::watch::{FoundFile, Globs, open, scan};

use super::{Content, Holds, Start, Tail};

/// A copy that is still being made is given this long from its first sight.
const LONGEST_SUSPICION: Duration = Duration::from_mins(1);
/// Bytes that were cut away are counted as lost when no copy has brought them after this time.
const LOSS_AFTER: Duration = Duration::from_mins(1);
type Place = (u64, u64);

/// Looks for files and knows them again.
#[derive(Debug)]
pub struct Discovery {
    globs: Vec<Globs>,
    names: Vec<String>,
    /// How the lines of each input are made.
    making: Vec<Making>,
    state: Arc<State>,
    metrics: Metrics,
    max_line: usize,
    settle_time: Duration,
    start_at: StartAt,
    suspects: HashMap<Place, Suspect>,
    /// Files that are read to their end or cannot be read, with the size at which they are looked at no more.
    passed: HashMap<Place, u64>,
    losses: HashMap<FileId, Loss>,
    /// Files that are not read on although they could be.
    alarms: HashMap<Place, String>,
}

#[derive(Debug)]
struct Suspect {
    size: u64,
    first_seen: Duration,
    last_grown: Duration,
}

#[derive(Debug)]
struct Loss {
    bytes: u64,
    due: Duration,
}

/// What a look at the disk brought.
#[derive(Debug, Default)]
pub struct Opened {
    /// Files that are to be read from now on.
    pub tails: Vec<Tail>,
    /// Files seen for the first time; the checkpoint must hold them before anything of them is sent.
    pub registered: usize,
    /// Files whose nature is not clear yet: look again soon.
    pub undecided: usize,
    /// What could not be looked at, as text for people.
    pub failed: Vec<String>,
}

impl Discovery {
    /// Returns a discovery over the files of these inputs.
    pub fn new(
        inputs: &[Input],
        reading: Reading,
        state: Arc<State>,
        metrics: Metrics,
        first: StartAt,
    ) -> Self {
        Self {
            globs: inputs.iter().map(|input| input.globs.clone()).collect(),
            names: inputs.iter().map(|input| input.id.clone()).collect(),
            making: inputs.iter().map(|input| input.making.clone()).collect(),
            max_line: reading.max_line,
            settle_time: reading.rotate_wait,
            state,
            metrics,
            start_at: first,
            suspects: HashMap::new(),
            passed: HashMap::new(),
            losses: HashMap::new(),
            alarms: HashMap::new(),
        }
    }

    /// Tells whether an input may read this path.
    pub fn wants(&self, path: &Path) -> crate::watch::Matched {
        let wanted =
            self.globs.iter().any(|globs| globs.matches(path) == crate::watch::Matched::Yes);
        if wanted { crate::watch::Matched::Yes } else { crate::watch::Matched::No }
    }

    /// Looks at the disk: known files get their new names, unknown ones are recognised or entered.
    pub fn look(&mut self, tails: &mut [Tail], now: Timestamp, clock: Duration) -> Opened {
        let scan = scan(&self.globs.iter().collect::<Vec<_>>(), self.state.folder());
        let mut opened = Opened::default();
        opened
            .failed
            .extend(scan.failed.iter().map(|(path, error)| format!("{}: {error}", path.display())));
        let present: HashMap<Place, &FoundFile> =
            scan.files.iter().map(|found| (place(&found.node), found)).collect();
        let mut read: HashSet<Place> = HashSet::new();
        for tail in tails.iter_mut() {
            let found = present.get(&place(&tail.node)).filter(|found| found.node.is(&tail.node));
            if let Some(found) = found {
                read.insert(place(&tail.node));
                tail.see(found.size);
                self.state.registry().seen(tail.id, &found.path);
            }
            tail.now_at(found.map(|found| found.path.clone()), clock);
        }
        let known: Vec<FileId> = tails.iter().map(|tail| tail.id).collect();
        for found in scan.files.iter().filter(|found| !read.contains(&place(&found.node))) {
            if let Err(error) = self.consider(found, &known, &mut opened, (now, clock)) {
                opened.failed.push(format!("{}: {error}", found.path.display()));
            }
        }
        self.forget(&present, &known, &opened, now);
        opened.failed.extend(self.alarms.values().cloned());
        self.count_losses(clock);
        self.count_lag(tails, &scan.files);
        // Later files start at their beginning.
        self.start_at = StartAt::Beginning;
        opened
    }

    /// Notes that a file was cut away under its tail; what stands there now is found by the next look.
    pub fn cut_away(&mut self, tail: &Tail, now: Timestamp, clock: Duration) {
        self.state.registry().truncate(tail.id, now);
        let unsent = tail.unsent_bytes();
        if unsent > 0 {
            self.losses.insert(tail.id, Loss { bytes: unsent, due: clock + LOSS_AFTER });
        }
    }

    /// Notes that nothing more of a compressed file can be read; a bomb is shown until it is gone.
    pub fn stopped(&mut self, tail: &Tail, fault: Fault) {
        if fault == Fault::Bomb {
            let text = format!("{}: {fault}; it is not read on", tail.path_text);
            self.alarms.insert(place(&tail.node), text);
        }
    }

    /// Notes that a rotated file is done: it is opened again only when it grows.
    pub fn finished(&mut self, tail: &Tail) {
        self.passed.insert(place(&tail.node), tail.done_bytes());
        if tail.is_compressed() {
            self.state.registry().finish(tail.id, tail.done_bytes());
        }
    }

    fn consider(
        &mut self,
        found: &FoundFile,
        reading: &[FileId],
        opened: &mut Opened,
        (now, clock): (Timestamp, Duration),
    ) -> io::Result<()> {
        let at = place(&found.node);
        if self.passed.get(&at) == Some(&found.size) {
            return Ok(());
        }
        let (file, metadata) = open(&found.path)?;
        let (node, size) = (Node::of(&metadata), metadata.len());
        let content = Content::of(&file, size)?;
        if content.is_gzip() && self.is_growing(at, size, clock) {
            // Looking through it is dear, and it is not complete.
            opened.undecided += 1;
            return Ok(());
        }
        let mut known = self.state.registry().known();
        let mut outcome = content.recognise(&file, &node, &known)?;
        if let Recognised::Truncated(id) = outcome {
            // It happened while we did not look: how much was lost, nobody knows.
            self.state.registry().truncate(id, now);
            known.retain(|known| known.id != id);
            outcome = content.recognise(&file, &node, &known)?;
        }
        let started = match outcome {
            Recognised::Same(id) => {
                let mut registry = self.state.registry();
                registry.seen(id, &found.path);
                if content.is_gzip() && registry.done_bytes(id) == Some(size) {
                    // Only decompressing it again would find its end again.
                    self.passed.insert(at, size);
                    return Ok(());
                }
                drop(registry);
                Some((id, self.resume(id)))
            }
            Recognised::CopyOf(id) => {
                self.state.registry().note_copy(id, node);
                self.inherit(id, (&file, node, &content), found, reading)?
            }
            Recognised::Suspect if self.is_waiting(at, size, clock) => {
                opened.undecided += 1;
                None
            }
            Recognised::Suspect | Recognised::New | Recognised::Truncated(_) => {
                self.suspects.remove(&at);
                self.enter(&file, (node, &content), found, now)?.inspect(|_| opened.registered += 1)
            }
        };
        if let Some((id, start)) = started {
            let making = self.making.get(found.input).cloned().unwrap_or_default();
            let names = (id, found.input, node);
            let opening = (found.path.as_path(), file, &content);
            let mut tail = Tail::open(names, opening, start, (&making, self.max_line))?;
            tail.see(size);
            tail.head_bytes = self.state.registry().head(id).length;
            opened.tails.push(tail);
        }
        Ok(())
    }

    /// Lets a copy take over what its original did not give us, if the original is nowhere any more.
    fn inherit(
        &mut self,
        id: FileId,
        (file, node, content): (&File, Node, &Content),
        found: &FoundFile,
        reading: &[FileId],
    ) -> io::Result<Option<(FileId, Start)>> {
        let (mark, sent) = {
            let registry = self.state.registry();
            let (Some(mark), Some(sent)) = (registry.committed(id), registry.sent(id)) else {
                return Ok(None);
            };
            if reading.contains(&id) || !registry.is_orphan(id) {
                return Ok(None);
            }
            (mark, sent)
        };
        // The registry is not held: looking through a compressed file takes its time, and others settle events meanwhile.
        if content.holds(file, &mark, sent)? == Holds::No {
            if content.is_gzip() {
                self.passed.insert(place(&node), found.size);
            }
            return Ok(None);
        }
        self.state.registry().inherit(id, node, &found.path);
        self.losses.remove(&id);
        Ok(Some((id, self.resume(id))))
    }

    /// Returns where a known file is read on.
    fn resume(&self, id: FileId) -> Start {
        let registry = self.state.registry();
        let offset = registry.sent(id).unwrap_or(ByteOffset::ZERO);
        let mark = registry.committed(id).filter(|mark| mark.offset == offset);
        Start { offset, before: mark.map(|mark| mark.before) }
    }

    /// Tells whether a compressed file that was looked at before has grown since.
    fn is_growing(&mut self, at: Place, size: u64, clock: Duration) -> bool {
        let is_other = self.suspects.get(&at).is_some_and(|suspect| suspect.size != size);
        is_other && self.is_waiting(at, size, clock)
    }

    /// Tells whether a file that looks like a copy in the making is to be left alone for now.
    fn is_waiting(&mut self, at: Place, size: u64, clock: Duration) -> bool {
        let suspect = self.suspects.entry(at).or_insert(Suspect {
            size,
            first_seen: clock,
            last_grown: clock,
        });
        if suspect.size != size {
            suspect.size = size;
            suspect.last_grown = clock;
        }
        clock.saturating_sub(suspect.last_grown) < self.settle_time
            && clock.saturating_sub(suspect.first_seen) < LONGEST_SUSPICION
    }

    /// Enters a new file, unless it has no complete line yet.
    fn enter(
        &self,
        file: &File,
        (node, content): (Node, &Content),
        found: &FoundFile,
        now: Timestamp,
    ) -> io::Result<Option<(FileId, Start)>> {
        let Some(making) = self.making.get(found.input) else { return Ok(None) };
        let head = content.head();
        let Some(first) = making.first_line(head) else { return Ok(None) };
        let start = match self.start_at {
            StartAt::Beginning => Mark::START,
            StartAt::End => content.last_line_end(file, &making.delimiter_of(head))?,
        };
        let mut registry = self.state.registry();
        let generation = registry.next_generation(&node);
        let id = make_id(&registry.host().id, &node, generation, first);
        let head = Print::of(head);
        registry.register(&Found { id, node, generation, head, path: &found.path, start }, now);
        Ok(Some((id, Start { offset: start.offset, before: Some(start.before) })))
    }

    fn forget(
        &mut self,
        present: &HashMap<Place, &FoundFile>,
        reading: &[FileId],
        opened: &Opened,
        now: Timestamp,
    ) {
        self.passed.retain(|place, _| present.contains_key(place));
        self.alarms.retain(|place, _| present.contains_key(place));
        self.suspects.retain(|place, _| present.contains_key(place));
        let held: HashSet<FileId> =
            reading.iter().copied().chain(opened.tails.iter().map(|tail| tail.id)).collect();
        let presence = |id: FileId, node: &Node| {
            let on_disk = present.get(&place(node)).is_some_and(|found| found.node.is(node));
            if held.contains(&id) || on_disk { Presence::There } else { Presence::Absent }
        };
        let mut registry = self.state.registry();
        registry.mark_gone(presence, now);
        registry.expire(now);
    }

    fn count_losses(&mut self, clock: Duration) {
        self.losses.retain(|id, loss| {
            let is_due = loss.due <= clock;
            if is_due {
                self.metrics.lost("truncated", loss.bytes);
                tracing::error!(
                    event.code = "bytes_lost",
                    file = %id,
                    bytes = loss.bytes,
                    "bytes were cut away before they were read, and no copy has them"
                );
            }
            !is_due
        });
    }

    fn count_lag(&self, tails: &[Tail], files: &[FoundFile]) {
        let mut lag = vec![0; self.names.len()];
        let positions: HashMap<Place, u64> =
            tails.iter().map(|tail| (place(&tail.node), tail.read_bytes())).collect();
        for found in files {
            if let (Some(lag), Some(read)) =
                (lag.get_mut(found.input), positions.get(&place(&found.node)))
            {
                *lag += found.size.saturating_sub(*read);
            }
        }
        for (name, lag) in self.names.iter().zip(lag) {
            self.metrics.lag(name, lag);
        }
    }

    /// Returns the folders to be watched, with how deep.
    pub fn roots(&self) -> Vec<(PathBuf, notify::RecursiveMode)> {
        let mode = |depth| {
            if depth > 1 {
                notify::RecursiveMode::Recursive
            } else {
                notify::RecursiveMode::NonRecursive
            }
        };
        let roots = self.globs.iter().flat_map(Globs::roots);
        roots.map(|root| (root.folder.clone(), mode(root.depth))).collect()
    }
}

fn place(node: &Node) -> Place {
    (node.device, node.inode)
}
