//! What is known of every file at this moment; the reader and the publisher share it, the checkpoint is written from it.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use event::{ByteOffset, FileId, Span};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::acknowledge::{Mark, Moved, NotJoined, Ticket, Watermark};
use crate::checkpoint::{Checkpoint, FORMAT, FileState, Whereabouts};
use crate::identity::{Host, Known, Node, Print};

/// Earlier places that are kept: one a second is noted, so a copy may be this many seconds older than what was read.
const EARLIER: usize = 16;
/// A file that is gone and acknowledged is forgotten after this time; one that exists never is.
const FORGET_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// All files, with what was acknowledged of them.
#[derive(Debug)]
pub struct Registry {
    host: Host,
    files: HashMap<FileId, Entry>,
    changed: bool,
}

#[derive(Debug)]
struct Entry {
    node: Node,
    generation: u32,
    head: Print,
    path: String,
    first_seen: Timestamp,
    watermark: Watermark,
    earlier: VecDeque<Mark>,
    copies: Vec<Node>,
    state: Whereabouts,
    done_bytes: Option<u64>,
}

/// How far a file is read and acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Its path.
    pub path: String,
    /// Bytes that are acknowledged.
    pub acknowledged_bytes: u64,
    /// Bytes that were sent on their way.
    pub sent_bytes: u64,
}

/// A file that is seen for the first time.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    /// Its id.
    pub id: FileId,
    /// What the file system calls it.
    pub node: Node,
    /// How often this node was cut away before.
    pub generation: u32,
    /// Print of its first bytes.
    pub head: Print,
    /// Its name.
    pub path: &'a Path,
    /// Where reading starts.
    pub start: Mark,
}

impl Registry {
    /// Returns the registry of a first start.
    pub fn new(host: Host) -> Self {
        Self { host, files: HashMap::new(), changed: true }
    }

    /// Returns what a checkpoint tells.
    pub fn from_checkpoint(checkpoint: Checkpoint, host: Host) -> Self {
        let files = checkpoint.files.into_iter().map(|file| (file.id, Entry::from(file)));
        Self { host, files: files.collect(), changed: true }
    }

    /// Returns the host that this registry belongs to.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Returns what recognition needs to know of all files.
    pub fn known(&self) -> Vec<Known> {
        self.files.iter().map(|(&id, entry)| entry.known(id)).collect()
    }

    /// Enters a file; one that is known already stays as it is.
    pub fn register(&mut self, found: &Found<'_>, now: Timestamp) {
        self.changed = true;
        self.files.entry(found.id).or_insert_with(|| Entry {
            node: found.node,
            generation: found.generation,
            head: found.head,
            path: found.path.to_string_lossy().into_owned(),
            first_seen: now,
            watermark: Watermark::new(found.start),
            earlier: VecDeque::new(),
            copies: Vec::new(),
            state: Whereabouts::Present,
            done_bytes: None,
        });
    }

    /// Notes where a known file is now, and that it is there.
    pub fn seen(&mut self, id: FileId, path: &Path) {
        if let Some(entry) = self.files.get_mut(&id) {
            let path = path.to_string_lossy();
            if entry.path != path || entry.state != Whereabouts::Present {
                path.as_ref().clone_into(&mut entry.path);
                entry.state = Whereabouts::Present;
                self.changed = true;
            }
        }
    }

    /// Notes a longer head of a file that was short when it was first seen.
    pub fn grow_head(&mut self, id: FileId, head: Print) {
        if let Some(entry) = self.files.get_mut(&id)
            && head.length > entry.head.length
        {
            entry.head = head;
            self.changed = true;
        }
    }

    /// Notes that a file's bytes were cut away in place.
    ///
    /// The entry stays, because a copy may still bring what was not read; its node now holds another file.
    pub fn truncate(&mut self, id: FileId, now: Timestamp) {
        if let Some(entry) = self.files.get_mut(&id) {
            entry.state = Whereabouts::Truncated(now);
            self.changed = true;
        }
    }

    /// Returns the generation of what stands in a node now: one more than all that are known to have stood there.
    pub fn next_generation(&self, node: &Node) -> u32 {
        let here =
            |entry: &&Entry| (entry.node.device, entry.node.inode) == (node.device, node.inode);
        self.files.values().filter(here).map(|entry| entry.generation + 1).max().unwrap_or(0)
    }

    /// Notes that a file holds the same bytes as a known one.
    pub fn note_copy(&mut self, id: FileId, copy: Node) {
        if let Some(entry) = self.files.get_mut(&id)
            && !entry.copies.iter().any(|known| known.is(&copy))
        {
            entry.copies.push(copy);
            self.changed = true;
        }
    }

    /// Lets a copy take the place of a file that is no longer there.
    pub fn inherit(&mut self, id: FileId, copy: Node, path: &Path) {
        if let Some(entry) = self.files.get_mut(&id) {
            entry.node = copy;
            entry.copies.retain(|known| !known.is(&copy));
            self.changed = true;
        }
        self.seen(id, path);
    }

    /// Notes that a compressed file of so many bytes is read to its end.
    pub fn finish(&mut self, id: FileId, bytes: u64) {
        if let Some(entry) = self.files.get_mut(&id) {
            entry.done_bytes = Some(bytes);
            self.changed = true;
        }
    }

    /// Returns how many bytes a compressed file had when it was read to its end.
    pub fn done_bytes(&self, id: FileId) -> Option<u64> {
        self.files.get(&id).and_then(|entry| entry.done_bytes)
    }

    /// Tells whether the file is nowhere any more: cut away, or gone.
    pub fn is_orphan(&self, id: FileId) -> bool {
        self.files.get(&id).is_some_and(|entry| entry.state != Whereabouts::Present)
    }

    /// Returns the place up to which a file is acknowledged.
    pub fn committed(&self, id: FileId) -> Option<Mark> {
        self.files.get(&id).map(|entry| entry.watermark.committed())
    }

    /// Returns the place from which a file is to be read on.
    pub fn sent(&self, id: FileId) -> Option<ByteOffset> {
        self.files.get(&id).map(|entry| entry.watermark.sent())
    }

    /// Returns the print of a file's first bytes.
    pub fn head(&self, id: FileId) -> Print {
        self.files.get(&id).map_or(Print::EMPTY, |entry| entry.head)
    }

    /// Notes which files are on disk: the others are gone, unless they are held open.
    pub fn mark_gone(&mut self, is_there: impl Fn(FileId, &Node) -> Presence, now: Timestamp) {
        for (&id, entry) in &mut self.files {
            if entry.state == Whereabouts::Present && is_there(id, &entry.node) == Presence::Absent
            {
                entry.state = Whereabouts::Gone(now);
                self.changed = true;
            }
        }
    }

    /// Tells whether everything that was sent of a file is acknowledged.
    pub fn is_settled(&self, id: FileId) -> bool {
        self.files.get(&id).is_none_or(|entry| entry.watermark.is_settled())
    }

    /// Opens a stretch of a file.
    pub fn open(
        &mut self,
        id: FileId,
        span: &Span,
        before: Print,
        events: usize,
    ) -> Result<Ticket, NotJoined> {
        let Some(entry) = self.files.get_mut(&id) else {
            return Err(NotJoined { end: ByteOffset::ZERO, start: span.start });
        };
        self.changed |= events == 0;
        entry.watermark.open(span, before, events)
    }

    /// Settles events of a stretch.
    pub fn settle(&mut self, id: FileId, ticket: Ticket, events: usize) {
        if let Some(entry) = self.files.get_mut(&id) {
            self.changed |= entry.watermark.settle(ticket, events) == Moved::Yes;
        }
    }

    /// Returns the places of files that are there, at most so many of them.
    pub fn summary(&self, most: usize) -> Vec<Summary> {
        let present = self.files.values().filter(|entry| entry.state == Whereabouts::Present);
        let mut files: Vec<Summary> = present
            .map(|entry| Summary {
                path: entry.path.clone(),
                acknowledged_bytes: entry.watermark.committed().offset.get(),
                sent_bytes: entry.watermark.sent().get(),
            })
            .collect();
        files.sort_by(|one, two| one.path.cmp(&two.path));
        files.truncate(most);
        files
    }

    /// Forgets files that are gone and acknowledged for long.
    pub fn expire(&mut self, now: Timestamp) {
        let before = self.files.len();
        self.files.retain(|_, entry| match entry.state {
            Whereabouts::Present => true,
            Whereabouts::Gone(since) | Whereabouts::Truncated(since) => {
                !entry.watermark.is_settled() || now.duration_since(since) < FORGET_AFTER
            }
        });
        self.changed |= self.files.len() != before;
    }

    /// Returns a checkpoint when something changed since the last one.
    pub fn snapshot(&mut self, now: Timestamp) -> Option<Checkpoint> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let mut files: Vec<FileState> =
            self.files.iter_mut().map(|(&id, entry)| entry.state(id)).collect();
        files.sort_by_key(|file| file.id);
        Some(Checkpoint { format: FORMAT, written: now, host: self.host.clone(), files })
    }

    /// Says that the last snapshot was not written, so that the next second tries again.
    pub fn not_written(&mut self) {
        self.changed = true;
    }
}

/// Whether a file is on disk or held open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    There,
    /// It is not.
    Absent,
}

impl From<FileState> for Entry {
    fn from(file: FileState) -> Self {
        Self {
            node: file.node,
            generation: file.generation,
            head: file.head,
            path: file.path,
            first_seen: file.first_seen,
            watermark: Watermark::new(file.committed),
            earlier: file.earlier.into(),
            copies: file.copies,
            state: file.state,
            done_bytes: file.done_bytes,
        }
    }
}

impl Entry {
    fn known(&self, id: FileId) -> Known {
        let mut marks = Vec::with_capacity(1 + self.earlier.len());
        marks.push(self.watermark.committed());
        marks.extend(&self.earlier);
        let node = match self.state {
            Whereabouts::Present | Whereabouts::Gone(_) => Some(self.node),
            Whereabouts::Truncated(_) => None,
        };
        Known { id, node, head: self.head, marks, copies: self.copies.clone() }
    }

    fn state(&mut self, id: FileId) -> FileState {
        let committed = self.watermark.committed();
        if self.earlier.front() != Some(&committed) && committed != Mark::START {
            self.earlier.push_front(committed);
            self.earlier.truncate(EARLIER);
        }
        FileState {
            id,
            node: self.node,
            generation: self.generation,
            head: self.head,
            path: self.path.clone(),
            first_seen: self.first_seen,
            committed,
            earlier: self.earlier.iter().copied().collect(),
            copies: self.copies.clone(),
            state: self.state,
            done_bytes: self.done_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::HostId;

    const ID: FileId = FileId::from_bytes([1; 16]);
    const NODE: Node = Node { device: 1, inode: 2, born_ns: None };

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn registry() -> Registry {
        let host = Host { id: HostId::from_bytes([7; 16]), machine: None, name: "shop".to_owned() };
        let mut registry = Registry::new(host);
        let found = Found {
            id: ID,
            node: NODE,
            generation: 0,
            head: Print::EMPTY,
            path: Path::new("/a.log"),
            start: Mark::START,
        };
        registry.register(&found, now());
        registry
    }

    fn stretch(registry: &mut Registry, start: u64, end: u64) -> Ticket {
        let span = ByteOffset::new(start)..ByteOffset::new(end);
        registry.open(ID, &span, Print::of(b"x"), 1).unwrap()
    }

    #[test]
    fn a_checkpoint_holds_acknowledged_bytes_only_and_survives_its_text() {
        let mut registry = registry();
        let first = stretch(&mut registry, 0, 10);
        stretch(&mut registry, 10, 20);
        registry.settle(ID, first, 1);
        let checkpoint = registry.snapshot(now()).unwrap();
        assert_eq!(checkpoint.files[0].committed.offset, ByteOffset::new(10));
        let read = Checkpoint::decode(&checkpoint.encode()).unwrap();
        assert_eq!(read, checkpoint);
        let mut again = Registry::from_checkpoint(read, registry.host().clone());
        assert_eq!(again.committed(ID).unwrap().offset, ByteOffset::new(10));
        assert_eq!(again.snapshot(now()).unwrap(), checkpoint);
    }

    #[test]
    fn nothing_is_written_when_nothing_changed() {
        let mut registry = registry();
        assert!(registry.snapshot(now()).is_some());
        assert!(registry.snapshot(now()).is_none());
        let ticket = stretch(&mut registry, 0, 10);
        assert!(registry.snapshot(now()).is_none());
        registry.settle(ID, ticket, 1);
        assert!(registry.snapshot(now()).is_some());
        registry.not_written();
        assert!(registry.snapshot(now()).is_some());
    }

    #[test]
    fn a_file_leaves_a_day_after_it_is_gone_and_acknowledged_and_never_before() {
        let hours = |hours| now() + SignedDuration::from_hours(hours);
        let mut registry = registry();
        registry.expire(hours(1_000));
        assert!(registry.committed(ID).is_some(), "it exists");
        let ticket = stretch(&mut registry, 0, 10);
        registry.mark_gone(|_, _| Presence::Absent, now());
        registry.expire(hours(1_000));
        assert!(registry.committed(ID).is_some(), "it is not acknowledged");
        registry.settle(ID, ticket, 1);
        registry.expire(hours(23));
        assert!(registry.committed(ID).is_some(), "it is gone for 23 hours");
        registry.expire(hours(24));
        assert!(registry.committed(ID).is_none());
    }

    #[test]
    fn a_truncated_file_is_an_orphan_until_a_copy_inherits_it() {
        let mut registry = registry();
        assert!(!registry.is_orphan(ID));
        assert_eq!(registry.next_generation(&Node { inode: 9, ..NODE }), 0);
        registry.truncate(ID, now());
        assert_eq!(registry.next_generation(&NODE), 1);
        assert!(registry.is_orphan(ID));
        assert_eq!(registry.known()[0].node, None, "another file stands there now");
        let copy = Node { inode: 3, ..NODE };
        registry.note_copy(ID, copy);
        registry.inherit(ID, copy, Path::new("/a.log.1"));
        assert!(!registry.is_orphan(ID));
        let known = registry.known();
        assert_eq!((known[0].node, known[0].copies.len()), (Some(copy), 0));
    }
}
