//! What is known of every file at this moment; the reader and the publisher share it, the checkpoint is written from it.

mod entry;
mod index;
mod seals;

use std::collections::hash_map::Entry as Occupancy;
use std::collections::{HashMap, VecDeque};
use std::path::Path;

use event::{ByteOffset, Datasets, FileId, Span};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::acknowledge::{Mark, Moved, NotJoined, Ticket, Watermark};
use crate::checkpoint::{Checkpoint, FORMAT, FileState, Whereabouts};
use crate::identity::{Host, Known, LEAST_COPY, Node, Print};
use crate::ledger::{self, Ledger, Load, Settled, Wanted};
use crate::tail::Behind;

use entry::Entry;
use index::Index;

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
    /// Spools have an owner that keeps their place on disk; the checkpoint knows nothing of them.
    spools: HashMap<FileId, Watermark>,
    index: Index,
    ledger: Ledger,
    changed: bool,
    /// The summary that was asked for last; `None` once anything in it may have changed.
    summary: Option<Vec<Summary>>,
    /// The files that are furthest behind, as the reader saw them last.
    behind: Vec<Behind>,
}

/// What is to be written: the ledger's part first, then the checkpoint that it belongs to.
#[derive(Debug)]
pub struct Snapshot {
    /// What the ledger says more than its disk.
    pub pages: Vec<Vec<ledger::page::Page>>,
    /// How far every file is acknowledged.
    pub checkpoint: Checkpoint,
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
    /// The format that its first lines told, and why, where the input asks for that.
    pub format: Option<String>,
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
        Self {
            host,
            files: HashMap::new(),
            spools: HashMap::new(),
            index: Index::default(),
            ledger: Ledger::default(),
            changed: true,
            summary: None,
            behind: Vec::new(),
        }
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
        Self { files, index, ..Self::new(host) }
    }

    /// Enters a spool, acknowledged up to a place.
    pub fn register_spool(&mut self, id: FileId, start: ByteOffset) {
        self.spools.insert(id, Watermark::new(Mark { offset: start, before: Print::EMPTY }));
    }

    /// Takes the ledger that was found on disk, and brings it in step with what is acknowledged.
    #[must_use]
    pub fn with_ledger(mut self, ledger: Ledger, now: Timestamp) -> Self {
        self.ledger = ledger;
        let place = |(&id, entry): (&FileId, &Entry)| {
            let committed = entry.watermark.committed().offset;
            (id, entry.path.clone(), committed)
        };
        let places: Vec<_> = self.files.iter().map(place).collect();
        self.ledger.settle(places.iter().map(|(id, path, at)| (*id, path.as_str(), *at)), now);
        for (&id, entry) in &self.files {
            if let Whereabouts::Gone(since) | Whereabouts::Truncated(since) = entry.state {
                self.ledger.gone(id, since);
            }
        }
        self
    }

    /// Returns the ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Notes that the cluster has a summary.
    pub fn told(&mut self, summary: &ledger::Summary, now: Timestamp) {
        self.ledger.told(summary, now);
        self.changed = true;
    }

    /// Notes bytes that were gone before they were read: `reason` is `truncated` or `held`.
    ///
    /// The checkpoint does not pass them. Should a copy bring them after all, they are read and the loss is taken back.
    pub fn lose(&mut self, id: FileId, span: &Span, reason: &'static str) {
        if self.files.contains_key(&id) {
            self.ledger.lose(id, span, reason);
            self.changed = true;
        }
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
        let Occupancy::Vacant(place) = self.files.entry(found.id) else { return };
        self.index.add_node(found.id, &found.node);
        self.index.add_head(found.id, found.head);
        let path = found.path.to_string_lossy().into_owned();
        self.ledger.open(found.id, &path, found.start.offset, now);
        place.insert(Entry {
            node: found.node,
            generation: found.generation,
            head: found.head,
            path,
            first_seen: now,
            watermark: Watermark::new(found.start),
            earlier: VecDeque::new(),
            copies: Vec::new(),
            state: Whereabouts::Present,
            done_bytes: None,
            seals: Vec::new(),
            datasets: None,
            format: None,
        });
    }

    /// Notes where a known file is now, and that it is there.
    pub fn seen(&mut self, id: FileId, path: &Path) {
        if let Some(entry) = self.files.get_mut(&id) {
            let path = path.to_string_lossy();
            if entry.path != path || entry.state != Whereabouts::Present {
                path.as_ref().clone_into(&mut entry.path);
                entry.state = Whereabouts::Present;
                self.ledger.seen(id, &entry.path);
                self.changed = true;
                self.summary = None;
            }
        }
    }

    /// Notes a longer head of a file that was short when it was first seen.
    pub fn grow_head(&mut self, id: FileId, head: Print) {
        if self.files.get(&id).is_some_and(|entry| head.length > entry.head.length) {
            self.set_head(id, head);
        }
    }

    fn set_head(&mut self, id: FileId, head: Print) {
        if let Some(entry) = self.files.get_mut(&id) {
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
            self.ledger.gone(id, now);
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

    /// Notes that a file holds other bytes than the known one that it was taken for a copy of.
    pub fn forget_copy(&mut self, id: FileId, other: &Node) {
        if let Some(entry) = self.files.get_mut(&id)
            && entry.copies.iter().any(|known| known.is(other))
        {
            entry.copies.retain(|known| !known.is(other));
            self.index.remove_node(id, other);
            self.changed = true;
        }
    }

    /// Returns where a known file is, if it is there.
    pub fn path(&self, id: FileId) -> Option<&Path> {
        let entry = self.files.get(&id).filter(|entry| entry.state == Whereabouts::Present)?;
        Some(Path::new(&entry.path))
    }

    /// Lets a copy take the place of a file that is no longer there. From now on it is known by its own head: what was
    /// known of the file may reach beyond the end of the copy.
    pub fn inherit(&mut self, id: FileId, copy: Node, head: Print, path: &Path) {
        self.set_node(id, copy);
        self.set_head(id, head);
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
        let spool = || self.spools.get(&id).map(Watermark::committed);
        self.files.get(&id).map(|entry| entry.watermark.committed()).or_else(spool)
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
                self.ledger.gone(id, now);
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
        (datasets, load): (Datasets, Load),
    ) -> Result<Ticket, NotJoined> {
        if let Some(spool) = self.spools.get_mut(&id) {
            // A spool has no ledger: what became of its rows is counted, and its polls are told of.
            return spool.open(span, before, load, &mut |_| {});
        }
        let Some(entry) = self.files.get_mut(&id) else {
            return Err(NotJoined { end: ByteOffset::ZERO, start: span.start });
        };
        entry.datasets = Some(datasets);
        self.changed |= load.events == 0;
        self.summary = None;
        let ledger = &mut self.ledger;
        entry.watermark.open(span, before, load, &mut |passed| ledger.lay(id, datasets, &passed))
    }

    /// Settles events of a stretch.
    pub fn settle(&mut self, id: FileId, ticket: Ticket, settled: Settled) {
        if let Some(entry) = self.files.get_mut(&id)
            && let Some(datasets) = entry.datasets
        {
            let ledger = &mut self.ledger;
            let mut lay = |passed| ledger.lay(id, datasets, &passed);
            self.changed |= entry.watermark.settle(ticket, settled, &mut lay) == Moved::Yes;
            self.summary = None;
        } else if let Some(spool) = self.spools.get_mut(&id) {
            spool.settle(ticket, settled, &mut |_| {});
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
            format: entry.format.clone(),
        };
        let summary: Vec<Summary> = present.iter().map(summary).collect();
        self.summary = Some(summary.clone());
        summary
    }

    /// Notes the format that the first lines of a file told.
    pub fn note_format(&mut self, id: FileId, format: String) {
        if let Some(entry) = self.files.get_mut(&id) {
            entry.format = Some(format);
            self.summary = None;
        }
    }

    /// Notes which files are furthest behind.
    pub fn note_behind(&mut self, files: Vec<Behind>) {
        self.behind = files;
    }

    /// Returns the files that are furthest behind, the furthest first.
    pub fn behind(&self) -> &[Behind] {
        &self.behind
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
        let files = &self.files;
        self.ledger.expire(now, |id| {
            if files.contains_key(&id) { ledger::Known::Yes } else { ledger::Known::No }
        });
    }

    /// Returns what is to be written when something changed since the last time.
    pub fn snapshot(&mut self, now: Timestamp, wanted: Wanted) -> Option<Snapshot> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let mut files: Vec<FileState> =
            self.files.iter_mut().map(|(&id, entry)| entry.state(id)).collect();
        files.sort_by_key(|file| file.id);
        let checkpoint =
            Checkpoint { format: FORMAT, written: now, host: self.host.clone(), files };
        Some(Snapshot { pages: self.ledger.pages(wanted), checkpoint })
    }

    /// Says that the last snapshot is on disk, all of it.
    pub fn written(&mut self) {
        self.ledger.written();
    }

    /// Says that the last snapshot was not written, so that the next second tries again.
    pub fn not_written(&mut self) {
        self.changed = true;
        self.ledger.not_written();
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

#[cfg(test)]
mod tests;
