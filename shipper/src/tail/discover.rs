//! Looks into one file: which known one it is, whether it is new, or must wait.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use event::{ByteOffset, FileId};
use jiff::Timestamp;

use crate::acknowledge::Mark;
use crate::identity::{Known, LEAST_COPY, Node, OnDisk, Place, Print, Recognised, Stamp, make_id};
use crate::lines::Making;
use crate::registry::Found;
use crate::settings::{FileRules, StartAt};
use crate::state::{Start, State};
use crate::watch::{Links, open};

use super::catalogue::{Passed, Peak, Sight};
use super::content::read_before;
use super::copies::{Copies, Likeness, compare};
use super::losses::{Loss, Losses, Reason};
use super::{Content, Holds, Resume};

/// A copy that is still being made is given this long from its first sight.
const LONGEST_SUSPICION: Duration = Duration::from_mins(1);
/// A copy of a file that is still to be read is given this long, since the cluster may not take anything for a while.
const LONGEST_PATIENCE: Duration = Duration::from_mins(10);

/// Knows files again, and enters those that nobody knows.
#[derive(Debug)]
pub(crate) struct Discovery {
    state: Arc<State>,
    settle_time: Duration,
    start: Start,
    start_at: StartAt,
    suspects: HashMap<Place, Suspect>,
    copies: Copies,
    /// Bytes that went before they were read.
    pub(crate) losses: Losses,
    orphans: Orphans,
}

/// Whether files lost their place since this was last asked, so that copies of them may take it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Orphans {
    /// None did.
    #[default]
    None,
    /// Some did.
    Some,
}

#[derive(Debug)]
struct Suspect {
    size: u64,
    first_seen: Duration,
    last_grown: Duration,
}

/// A file as the catalogue has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Its path.
    pub(crate) path: &'a Path,
    /// What the file system called it when it was found.
    pub(crate) node: Node,
    /// Whether its path may be a link.
    pub(crate) links: Links,
    /// How files of its input are treated.
    pub(crate) rules: FileRules,
    /// How the lines of its input are made.
    pub(crate) making: &'a Making,
    /// Whether it was there when the first scan looked.
    pub(crate) sight: Sight,
    /// How it stood when it was last seen.
    pub(crate) stamp: Stamp,
    /// The most bytes that were seen of it.
    pub(crate) peak: Peak,
}

/// What a file turned out to be.
#[derive(Debug)]
pub(crate) enum Looked {
    /// It is known and may be read on.
    Known {
        /// Its id.
        id: FileId,
        /// The place from which it is read on.
        start: Resume,
        /// Its text.
        content: Content,
        /// The open file.
        file: File,
        /// How it stood when it was opened.
        stamp: Stamp,
    },
    /// It was entered; the checkpoint must hold it before anything of it is sent.
    Entered(FileId),
    /// It is not read as it is.
    Passed(Passed, Stamp),
    /// Another file stands under its name: the next scan tells.
    Swapped,
}

impl Discovery {
    /// Returns a discovery that knows what the state knows.
    pub(crate) fn new(
        state: Arc<State>,
        settle_time: Duration,
        start: Start,
        start_at: StartAt,
    ) -> Self {
        let (suspects, losses) = (HashMap::new(), Losses::new());
        let (copies, orphans) = (Copies::default(), Orphans::None);
        Self { state, settle_time, start, start_at, suspects, copies, losses, orphans }
    }

    /// Notes that files may have lost their place.
    pub(crate) fn lost_some(&mut self) {
        self.orphans = Orphans::Some;
    }

    /// Tells whether copies are to be looked into again.
    pub(crate) fn take_orphans(&mut self) -> Orphans {
        std::mem::take(&mut self.orphans)
    }

    /// Looks into a file. `on_disk` tells whether a node is there.
    pub(crate) fn look_into(
        &mut self,
        seen: &Seen<'_>,
        on_disk: &dyn Fn(&Node) -> OnDisk,
        (now, clock): (Timestamp, Duration),
    ) -> io::Result<Looked> {
        let (file, metadata) = open(seen.path, seen.links)?;
        let (node, stamp) = (Node::of(&metadata), Stamp::of(&metadata));
        if !node.is(&seen.node) {
            return Ok(Looked::Swapped);
        }
        let content = Content::of(&file, stamp.size)?;
        if content.is_gzip() && self.is_growing(node.place(), stamp.size, clock) {
            // Looking through it is dear, and it is not complete.
            return Ok(Looked::Passed(Passed::Suspect, stamp));
        }
        let mut known = self.state.registry().candidates(&node, content.head());
        let outcome = loop {
            let outcome = content.recognise(&file, &node, &known, on_disk)?;
            let other = match outcome {
                Recognised::Truncated(id) => {
                    self.truncated(id, seen, &stamp, (now, clock));
                    id
                }
                Recognised::CopyOf(id) => {
                    let original = known.iter().find(|known| known.id == id);
                    let copy = (&file, &node, &content);
                    match original {
                        Some(original)
                            if self.likeness(original, copy, clock)? == Likeness::Other =>
                        {
                            self.state.registry().forget_copy(id, &node);
                            id
                        }
                        Some(_) | None => break outcome,
                    }
                }
                Recognised::Same(_)
                | Recognised::Moved(_)
                | Recognised::Suspect
                | Recognised::Early
                | Recognised::New => break outcome,
            };
            known.retain(|known| known.id != other);
        };
        if !matches!(outcome, Recognised::Suspect | Recognised::Early) {
            self.suspects.remove(&node.place());
        }
        match outcome {
            Recognised::Same(id) => {
                self.state.registry().seen(id, seen.path);
                Ok(self.known(id, (file, stamp), content))
            }
            Recognised::Moved(id) => {
                self.state.registry().moved(id, node, seen.path);
                Ok(self.known(id, (file, stamp), content))
            }
            Recognised::CopyOf(id) => {
                self.state.registry().note_copy(id, node);
                if self.inherit(id, (&file, node, &content), seen)? {
                    return Ok(self.known(id, (file, stamp), content));
                }
                Ok(Looked::Passed(Passed::Copy, stamp.trusted(now)))
            }
            Recognised::Early
                if self.waits_since(node.place(), stamp.size, clock) < LONGEST_PATIENCE =>
            {
                Ok(Looked::Passed(Passed::Suspect, stamp))
            }
            Recognised::Suspect if self.is_waiting(node.place(), stamp.size, clock) => {
                Ok(Looked::Passed(Passed::Suspect, stamp))
            }
            Recognised::Early
            | Recognised::Suspect
            | Recognised::New
            | Recognised::Truncated(_) => {
                self.suspects.remove(&node.place());
                let entered = self.enter(&file, (node, stamp, &content), seen, now)?;
                let waits = || Looked::Passed(Passed::Incomplete, stamp.trusted(now));
                Ok(entered.map_or_else(waits, Looked::Entered))
            }
        }
    }

    /// Notes that a file was cut away in place, and that so many bytes of it had not been sent.
    pub(crate) fn cut_away(&mut self, loss: Loss, now: Timestamp, clock: Duration) {
        self.orphans = Orphans::Some;
        self.state.registry().truncate(loss.file, now);
        self.losses.fear(loss, clock);
    }

    fn truncated(
        &mut self,
        id: FileId,
        seen: &Seen<'_>,
        stamp: &Stamp,
        (now, clock): (Timestamp, Duration),
    ) {
        // What it held beyond our place we know only if we saw it.
        let sent = self.state.registry().sent(id).map_or(0, ByteOffset::get);
        let seen_bytes = seen.peak.before_cut((&seen.stamp, stamp));
        let loss = Loss { file: id, bytes: sent..seen_bytes, reason: Reason::Truncated };
        self.cut_away(loss, now, clock);
    }

    fn known(&self, id: FileId, (file, stamp): (File, Stamp), content: Content) -> Looked {
        let registry = self.state.registry();
        let offset = registry.sent(id).unwrap_or(ByteOffset::ZERO);
        let mark = registry.committed(id).filter(|mark| mark.offset == offset);
        let start = Resume { offset, before: mark.map(|mark| mark.before) };
        Looked::Known { id, start, content, file, stamp }
    }

    /// Tells whether a compressed file that was looked at before has grown since.
    fn is_growing(&mut self, at: Place, size: u64, clock: Duration) -> bool {
        let is_other = self.suspects.get(&at).is_some_and(|suspect| suspect.size != size);
        is_other && self.is_waiting(at, size, clock)
    }

    /// Judges a file that looks like a copy of a known one: it may only begin like it.
    fn likeness(
        &mut self,
        original: &Known,
        (file, node, content): (&File, &Node, &Content),
        clock: Duration,
    ) -> io::Result<Likeness> {
        let size = content.size();
        let fits = original.head.fits(content.head());
        let is_known_to_its_end = content.head().len() >= original.head.length as usize;
        // What was a copy once was cut since, and is written to as another file.
        if !content.is_gzip() && (size < u64::from(LEAST_COPY) || (is_known_to_its_end && !fits)) {
            return Ok(Likeness::Other);
        }
        let mark = original.marks.first().copied().unwrap_or(Mark::START);
        if content.is_gzip() {
            return Ok(Likeness::Copy);
        }
        let path = self.state.registry().path(original.id).map(Path::to_owned);
        let Some(path) = path else {
            let mark = original.marks.iter().find(|mark| mark.offset.get() <= size);
            if mark.is_some_and(|mark| {
                read_before(file, mark).is_ok_and(|before| !mark.before.fits(&before))
            }) {
                return Ok(Likeness::Other);
            }
            let copy = (original.id, node, size);
            return Ok(self.copies.of_orphan(copy, self.settle_time, clock));
        };
        // Where the original cannot be looked at, or moved since, the copy waits for it.
        let Ok((there, metadata)) = open(&path, Links::Follow) else { return Ok(Likeness::Copy) };
        if original.node.is_none_or(|known| !known.is(&Node::of(&metadata))) {
            return Ok(Likeness::Copy);
        }
        compare((file, size), (&there, metadata.len()), &mark)
    }

    /// Lets a copy take over what its original did not give us, if the original is nowhere any more.
    fn inherit(
        &mut self,
        id: FileId,
        (file, node, content): (&File, Node, &Content),
        seen: &Seen<'_>,
    ) -> io::Result<bool> {
        let (mark, sent) = {
            let registry = self.state.registry();
            let (Some(mark), Some(sent)) = (registry.committed(id), registry.sent(id)) else {
                return Ok(false);
            };
            if !registry.is_orphan(id) {
                return Ok(false);
            }
            (mark, sent)
        };
        // The registry is not held: looking through a compressed file takes its time, and others settle events meanwhile.
        let Holds::Yes { text_bytes } = content.holds(file, &mark, sent)? else { return Ok(false) };
        let head = Print::of(content.head());
        self.state.registry().inherit(id, node, head, seen.path);
        self.losses.supplied(id, text_bytes);
        Ok(true)
    }

    /// Returns how long a file waits to be told apart.
    fn waits_since(&mut self, at: Place, size: u64, clock: Duration) -> Duration {
        let fresh = Suspect { size, first_seen: clock, last_grown: clock };
        let suspect = self.suspects.entry(at).or_insert(fresh);
        // What it waits for now is another file; its own growth is looked at from the moment that one is read.
        suspect.last_grown = clock;
        clock.saturating_sub(suspect.first_seen)
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
        (node, stamp, content): (Node, Stamp, &Content),
        seen: &Seen<'_>,
        now: Timestamp,
    ) -> io::Result<Option<FileId>> {
        let head = content.head();
        let Some(first) = seen.making.first_line(head) else { return Ok(None) };
        let start = match self.start_of(&stamp, seen, now) {
            StartAt::Beginning => Mark::START,
            StartAt::End => content.last_line_end(file, &seen.making.delimiter_of(head))?,
        };
        let mut registry = self.state.registry();
        let mut generation = registry.next_generation(&node);
        let mut id = make_id(&registry.host().id, &node, generation, first);
        // A copy took the id along of what stood here first, and what stands here now may begin with the same line.
        while registry.sent(id).is_some() {
            generation += 1;
            id = make_id(&registry.host().id, &node, generation, first);
        }
        let head = Print::of(head);
        registry.register(&Found { id, node, generation, head, path: seen.path, start }, now);
        Ok(Some(id))
    }

    fn start_of(&self, stamp: &Stamp, seen: &Seen<'_>, now: Timestamp) -> StartAt {
        // An old file is entered at its end: then only growth is news, a touch is none, and a restart knows it.
        if seen.rules.ignore_older.is_some_and(|limit| stamp.age(now) > limit) {
            return StartAt::End;
        }
        match (self.start, seen.sight) {
            (Start::First, Sight::AtStart) => seen.rules.start_at.unwrap_or(self.start_at),
            (Start::First | Start::Again, _) => StartAt::Beginning,
        }
    }
}
