//! From what a scan found to tails: which file is known, which is new, which waits.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event::{ByteOffset, FileId, Span};
use jiff::Timestamp;

use crate::acknowledge::Mark;
use crate::identity::{
    HEAD_BYTES, Known, MARKER_BYTES, Node, Print, Recognised, first_line, make_id, read_at,
    read_head, recognise,
};
use crate::metrics::Metrics;
use crate::registry::{Found, Presence};
use crate::settings::{Input, Reading, StartAt};
use crate::state::State;
use crate::watch::{FoundFile, Globs, open, scan};

use super::Tail;

/// A copy that is still being made is given this long from its first sight.
const LONGEST_SUSPICION: Duration = Duration::from_mins(1);
/// Bytes that were cut away are counted as lost when no copy has brought them after this time.
const LOSS_AFTER: Duration = Duration::from_mins(1);
/// How far back the start of a line is looked for when reading starts at the end.
const BACK_BYTES: u64 = 64 << 10;

type Place = (u64, u64);

/// Looks for files and knows them again.
#[derive(Debug)]
pub struct Discovery {
    globs: Vec<Globs>,
    names: Vec<String>,
    state: Arc<State>,
    metrics: Metrics,
    max_line: usize,
    settle_time: Duration,
    start_at: StartAt,
    suspects: HashMap<Place, Suspect>,
    /// Files that are read to their end or cannot be read, with the size at which they are looked at no more.
    passed: HashMap<Place, u64>,
    losses: HashMap<FileId, Loss>,
}

#[derive(Debug)]
struct Suspect {
    size: u64,
    first_seen: Duration,
    last_grown: Duration,
}

#[derive(Debug)]
struct Loss {
    span: Span,
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
            max_line: reading.max_line,
            settle_time: reading.rotate_wait,
            state,
            metrics,
            start_at: first,
            suspects: HashMap::new(),
            passed: HashMap::new(),
            losses: HashMap::new(),
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
        self.count_losses(clock);
        self.count_lag(tails, &scan.files);
        // Later files start at their beginning.
        self.start_at = StartAt::Beginning;
        opened
    }

    /// Notes that a file was cut away under its tail; what stands there now is found by the next look.
    pub fn cut_away(&mut self, tail: &Tail, now: Timestamp, clock: Duration) {
        self.state.registry().truncate(tail.id, now);
        let seen = ByteOffset::new(tail.seen_bytes()).max(tail.position());
        if seen > tail.unsent() {
            let span = tail.unsent()..seen;
            self.losses.insert(tail.id, Loss { span, due: clock + LOSS_AFTER });
        }
    }

    /// Notes that a rotated file is done: it is opened again only when it grows.
    pub fn finished(&mut self, tail: &Tail) {
        self.passed.insert(place(&tail.node), tail.position().get());
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
        let head = read_head(&file)?;
        if head.starts_with(&[0x1F, 0x8B]) {
            self.passed.insert(at, found.size);
            opened.failed.push(format!("{}: compressed files are not read", found.path.display()));
            return Ok(());
        }
        let mut known = self.state.registry().known();
        let mut outcome = ask(&file, (&node, size, &head), &known)?;
        if let Recognised::Truncated(id) = outcome {
            // It happened while we did not look: how much was lost, nobody knows.
            self.state.registry().truncate(id, now);
            known.retain(|known| known.id != id);
            outcome = ask(&file, (&node, size, &head), &known)?;
        }
        let started = match outcome {
            Recognised::Same(id) => {
                self.state.registry().seen(id, &found.path);
                let start = self.state.registry().sent(id).unwrap_or(ByteOffset::ZERO);
                Some((id, start))
            }
            Recognised::CopyOf(id) => {
                self.state.registry().note_copy(id, node);
                self.inherit(id, (&file, node, size), found, reading)?
            }
            Recognised::Suspect if self.is_waiting(at, size, clock) => {
                opened.undecided += 1;
                None
            }
            Recognised::Suspect | Recognised::New | Recognised::Truncated(_) => {
                self.suspects.remove(&at);
                self.enter(&file, (node, size, &head), found, now)?
                    .inspect(|_| opened.registered += 1)
            }
        };
        if let Some((id, start)) = started {
            let mut tail =
                Tail::open((id, found.input, node), &found.path, file, start, self.max_line)?;
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
        (file, node, size): (&File, Node, u64),
        found: &FoundFile,
        reading: &[FileId],
    ) -> io::Result<Option<(FileId, ByteOffset)>> {
        let mut registry = self.state.registry();
        let (Some(mark), Some(sent)) = (registry.committed(id), registry.sent(id)) else {
            return Ok(None);
        };
        if reading.contains(&id) || !registry.is_orphan(id) || size < sent.get() {
            return Ok(None);
        }
        if !mark.before.fits(&read_before(file, &mark)?) {
            return Ok(None);
        }
        registry.inherit(id, node, &found.path);
        self.losses.remove(&id);
        Ok(Some((id, sent)))
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
        (node, size, head): (Node, u64, &[u8]),
        found: &FoundFile,
        now: Timestamp,
    ) -> io::Result<Option<(FileId, ByteOffset)>> {
        let Some(first) = first_line(head) else { return Ok(None) };
        let start = match self.start_at {
            StartAt::Beginning => Mark::START,
            StartAt::End => last_line_end(file, size)?,
        };
        let mut registry = self.state.registry();
        let generation = registry.next_generation(&node);
        let id = make_id(&registry.host().id, &node, generation, first);
        let head = Print::of(head);
        registry.register(&Found { id, node, generation, head, path: &found.path, start }, now);
        Ok(Some((id, start.offset)))
    }

    fn forget(
        &mut self,
        present: &HashMap<Place, &FoundFile>,
        reading: &[FileId],
        opened: &Opened,
        now: Timestamp,
    ) {
        self.passed.retain(|place, _| present.contains_key(place));
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
                let bytes = loss.span.end - loss.span.start;
                self.metrics.lost("truncated", bytes);
                self.state.registry().lose(*id, &loss.span, "truncated");
                tracing::error!(
                    event.code = "bytes_lost",
                    file = %id,
                    bytes,
                    "bytes were cut away before they were read, and no copy has them"
                );
            }
            !is_due
        });
    }

    fn count_lag(&self, tails: &[Tail], files: &[FoundFile]) {
        let mut lag = vec![0; self.names.len()];
        let positions: HashMap<Place, u64> =
            tails.iter().map(|tail| (place(&tail.node), tail.position().get())).collect();
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

fn ask(file: &File, seen: (&Node, u64, &[u8]), known: &[Known]) -> io::Result<Recognised> {
    recognise(seen, known, &mut |mark| read_before(file, mark))
}

fn place(node: &Node) -> Place {
    (node.device, node.inode)
}

fn read_before(file: &File, mark: &Mark) -> io::Result<Vec<u8>> {
    let length = u64::from(mark.before.length).min(mark.offset.get());
    let from = ByteOffset::new(mark.offset.get() - length);
    read_at(file, from, usize::try_from(length).unwrap_or(HEAD_BYTES))
}

/// Returns the place behind the last complete line, so that reading does not start inside one.
fn last_line_end(file: &File, size: u64) -> io::Result<Mark> {
    let from = size.saturating_sub(BACK_BYTES);
    let length = usize::try_from(size - from).unwrap_or_default();
    let bytes = read_at(file, ByteOffset::new(from), length)?;
    let end = memchr::memrchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1);
    let before = bytes.get(end.saturating_sub(MARKER_BYTES)..end).unwrap_or_default();
    Ok(Mark { offset: ByteOffset::new(from + end as u64), before: Print::of(before) })
}
