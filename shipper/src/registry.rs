//! What is known of every file at this moment; the reader and the publisher share it, the checkpoint is written from it.

mod index;

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use event::{ByteOffset, FileId, Span};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::acknowledge::{Mark, Moved, NotJoined, Ticket, Watermark};
use crate::checkpoint::{Checkpoint, FORMAT, FileState, Whereabouts};
use crate::identity::{Host, Known, LEAST_COPY, Node, Print};

use index::Index;

/// Earlier places that are kept: one a second is noted, so a copy may be this many seconds older than what was read.
const EARLIER: usize = 16;
/// A file that is gone and acknowledged is forgotten after this time; one that exists never is.
const FORGET_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Files that begin alike are held against a new one up to this many: a thousand logs that all begin with one long
/// header must not make the next one cost a thousand reads.
const MOST_ALIKE: usize = 1_000;

/// All files, with what was acknowledged of them.
#[derive(Debug)]
pub struct Registry {
    host: Host,
    files: HashMap<FileId, Entry>,
    index: Index,
    changed: bool,
    /// The summary that was asked for last; `None` once anything in it may have changed.
    summary: Option<Vec<Summary>>,
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
        Self { host, files: HashMap::new(), index: Index::default(), changed: true, summary: None }
    }

    /// Returns what a checkpoint tells.
    pub fn from_checkpoint(checkpoint: Checkpoint, host: Host) -> Self {
        let files = checkpoint.files.into_iter().map(|file| (file.id, Entry::from(file)));
        let files: HashMap<FileId, Entry> = files.collect();
        let mut index = Index::default();
        for (&id, entry) in &files {
            entry.nodes().for_each(|node| index.add_node(id, node));
            index.add_head(id, entry.head);
        }
        Self { host, files, index, changed: true, summary: None }
    }

    /// Returns the host that this registry belongs to.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Returns how many files are known.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Returns what recognition needs to know of the files that the one with this node and head may be.
    pub fn candidates(&self, node: &Node, head: &[u8]) -> Vec<Known> {
        let mut ids = self.index.at(node).to_vec();
        let alike = self.index.like(head, LEAST_COPY).take(MOST_ALIKE);
        let alike: Vec<FileId> = alike.filter(|id| !ids.contains(id)).collect();
        ids.extend(alike);
        ids.iter().filter_map(|&id| Some(self.files.get(&id)?.known(id))).collect()
    }

    /// Enters a file; one that is known already stays as it is.
    pub fn register(&mut self, found: &Found<'_>, now: Timestamp) {
        self.changed = true;
        self.summary = None;
        if !self.files.contains_key(&found.id) {
            self.index.add_node(found.id, &found.node);
            self.index.add_head(found.id, found.head);
        }
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
                self.summary = None;
            }
        }
    }

    /// Notes a longer head of a file that was short when it was first seen.
    pub fn grow_head(&mut self, id: FileId, head: Print) {
        if let Some(entry) = self.files.get_mut(&id)
            && head.length > entry.head.length
        {
            self.index.remove_head(id, entry.head);
            self.index.add_head(id, head);
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
            self.summary = None;
        }
    }

    /// Returns the generation of what stands in a node now: one more than all that are known to have stood there.
    pub fn next_generation(&self, node: &Node) -> u32 {
        let entries = self.index.at(node).iter().filter_map(|id| self.files.get(id));
        let here = entries.filter(|entry| entry.node.place() == node.place());
        here.map(|entry| entry.generation + 1).max().unwrap_or(0)
    }

    /// Notes that a file holds the same bytes as a known one.
    pub fn note_copy(&mut self, id: FileId, copy: Node) {
        if let Some(entry) = self.files.get_mut(&id)
            && !entry.copies.iter().any(|known| known.is(&copy))
        {
            entry.copies.push(copy);
            self.index.add_node(id, &copy);
            self.changed = true;
        }
    }

    /// Lets a copy take the place of a file that is no longer there.
    pub fn inherit(&mut self, id: FileId, copy: Node, path: &Path) {
        self.set_node(id, copy);
        self.seen(id, path);
    }

    /// Notes that the device of a file has another number since a reboot.
    pub fn moved(&mut self, id: FileId, node: Node, path: &Path) {
        self.set_node(id, node);
        self.seen(id, path);
    }

    fn set_node(&mut self, id: FileId, node: Node) {
        let Some(entry) = self.files.get_mut(&id) else { return };
        entry.nodes().for_each(|old| self.index.remove_node(id, old));
        entry.node = node;
        entry.copies.retain(|known| !known.is(&node));
        entry.nodes().for_each(|new| self.index.add_node(id, new));
        self.changed = true;
    }

    /// Tells whether the file is nowhere any more: cut away, or gone.
    pub fn is_orphan(&self, id: FileId) -> bool {
        self.files.get(&id).is_some_and(|entry| entry.state != Whereabouts::Present)
    }

    /// Tells whether a node is known and holds more, at this size, than was sent of it.
    pub fn has_unread(&self, node: &Node, size: u64) -> bool {
        let entries = self.index.at(node).iter().filter_map(|id| self.files.get(id));
        let mut here = entries.filter(|entry| entry.state == Whereabouts::Present);
        here.any(|entry| entry.node.is(node) && entry.watermark.sent().get() < size)
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
                self.summary = None;
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
        self.summary = None;
        entry.watermark.open(span, before, events)
    }

    /// Settles events of a stretch.
    pub fn settle(&mut self, id: FileId, ticket: Ticket, events: usize) {
        if let Some(entry) = self.files.get_mut(&id) {
            self.changed |= entry.watermark.settle(ticket, events) == Moved::Yes;
            self.summary = None;
        }
    }

    /// Returns the places of files that are there, at most so many of them, in the order of their paths.
    ///
    /// It is asked for all the time and changes rarely where many files are idle, so the last answer is kept.
    pub fn summary(&mut self, most: usize) -> Vec<Summary> {
        if let Some(summary) = &self.summary {
            return summary.clone();
        }
        let present = self.files.values().filter(|entry| entry.state == Whereabouts::Present);
        let mut present: Vec<&Entry> = present.collect();
        if present.len() > most {
            present.select_nth_unstable_by(most, |one, two| one.path.cmp(&two.path));
            present.truncate(most);
        }
        present.sort_unstable_by(|one, two| one.path.cmp(&two.path));
        let summary = |entry: &&Entry| Summary {
            path: entry.path.clone(),
            acknowledged_bytes: entry.watermark.committed().offset.get(),
            sent_bytes: entry.watermark.sent().get(),
        };
        let summary: Vec<Summary> = present.iter().map(summary).collect();
        self.summary = Some(summary.clone());
        summary
    }

    /// Forgets files that are gone and acknowledged for long.
    pub fn expire(&mut self, now: Timestamp) {
        let before = self.files.len();
        let index = &mut self.index;
        self.files.retain(|&id, entry| {
            let stays = match entry.state {
                Whereabouts::Present => true,
                Whereabouts::Gone(since) | Whereabouts::Truncated(since) => {
                    !entry.watermark.is_settled() || now.duration_since(since) < FORGET_AFTER
                }
            };
            if !stays {
                entry.nodes().for_each(|node| index.remove_node(id, node));
                index.remove_head(id, entry.head);
            }
            stays
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
        }
    }
}

impl Entry {
    fn nodes(&self) -> impl Iterator<Item = &Node> {
        std::iter::once(&self.node).chain(&self.copies)
    }

    fn known(&self, id: FileId) -> Known {
        // A copy may be made of bytes that are on their way: by their places it is known before they are acknowledged.
        let mut marks: Vec<Mark> = self.watermark.sent_marks().collect();
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
        assert_eq!(registry.candidates(&NODE, b"")[0].node, None, "another file stands there now");
        let copy = Node { inode: 3, ..NODE };
        registry.note_copy(ID, copy);
        registry.inherit(ID, copy, Path::new("/a.log.1"));
        assert!(!registry.is_orphan(ID));
        let known = registry.candidates(&copy, b"");
        assert_eq!((known[0].node, known[0].copies.len()), (Some(copy), 0));
        assert!(registry.candidates(&NODE, b"").is_empty(), "the old node leads nowhere");
    }

    #[test]
    fn a_summary_names_the_first_files_and_follows_every_change() {
        let mut registry = registry();
        for (number, name) in [(2, "/c.log"), (3, "/b.log")] {
            let found = Found {
                id: FileId::from_bytes([number; 16]),
                node: Node { inode: u64::from(number), ..NODE },
                generation: 0,
                head: Print::EMPTY,
                path: Path::new(name),
                start: Mark::START,
            };
            registry.register(&found, now());
        }
        let shown = |registry: &mut Registry| {
            let files = registry.summary(2).into_iter();
            files.map(|file| (file.path, file.sent_bytes)).collect::<Vec<_>>()
        };
        let want = |first: &str, sent, second: &str| {
            vec![(first.to_owned(), sent), (second.to_owned(), 0)]
        };
        assert_eq!(shown(&mut registry), want("/a.log", 0, "/b.log"));
        let ticket = stretch(&mut registry, 0, 10);
        assert_eq!(shown(&mut registry), want("/a.log", 10, "/b.log"));
        registry.settle(ID, ticket, 1);
        assert_eq!(registry.summary(2)[0].acknowledged_bytes, 10);
        registry.truncate(ID, now());
        assert_eq!(shown(&mut registry), want("/b.log", 0, "/c.log"));
        registry.seen(ID, Path::new("/0.log"));
        assert_eq!(shown(&mut registry), want("/0.log", 10, "/b.log"));
    }

    #[test]
    fn a_file_is_found_by_its_node_and_by_its_head_as_far_as_it_is_known() {
        let text = [b'x'; 200];
        let mut registry = registry();
        let elsewhere = Node { inode: 9, ..NODE };
        let found = |registry: &Registry, node| registry.candidates(node, &text).len();
        assert_eq!((found(&registry, &NODE), found(&registry, &elsewhere)), (1, 0));
        registry.grow_head(ID, Print::of(&text[..63]));
        assert_eq!(found(&registry, &elsewhere), 0, "so short a head says nothing");
        registry.grow_head(ID, Print::of(&text[..100]));
        assert_eq!((found(&registry, &NODE), found(&registry, &elsewhere)), (1, 1));
        registry.mark_gone(|_, _| Presence::Absent, now());
        registry.expire(now() + SignedDuration::from_hours(24));
        assert_eq!((found(&registry, &NODE), registry.count()), (0, 0));
    }

    /// I6
    #[test]
    fn a_file_is_known_by_what_was_sent_of_it_before_any_of_it_is_acknowledged() {
        let mut registry = registry();
        stretch(&mut registry, 0, 100);
        stretch(&mut registry, 100, 300);
        let known = registry.candidates(&NODE, b"");
        let offsets: Vec<u64> = known[0].marks.iter().map(|mark| mark.offset.get()).collect();
        assert_eq!(offsets, [300, 100, 0]);
    }

    #[test]
    fn a_file_whose_device_was_numbered_anew_is_found_under_both_numbers_before_and_under_the_new_one_after()
     {
        let mut registry = registry();
        let renumbered = Node { device: 9, ..NODE };
        assert_eq!(registry.candidates(&renumbered, b"").len(), 1);
        registry.moved(ID, renumbered, Path::new("/a.log"));
        assert_eq!(registry.candidates(&NODE, b"")[0].node, Some(renumbered));
    }
}
