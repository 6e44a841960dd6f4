//! What is done about what a scan changed.

use std::time::Duration;

use event::{ByteOffset, FileId};

use crate::identity::{Node, OnDisk, Stamp};
use crate::registry::Presence;

use super::super::catalogue::{Difference, Item, Peak, Slot, Standing};
use super::super::lag::Growth;
use super::super::losses::{Loss, Reason};
use super::Reader;

/// How often the registry is asked for entries of files that went, when none was seen to go.
const SWEEP: Duration = Duration::from_mins(1);

impl Reader {
    pub(super) fn apply(&mut self, slot: Slot, difference: Difference, now: Duration) {
        match difference {
            Difference::New => {
                self.notice_growth(slot, now);
                self.wake(slot);
            }
            Difference::Changed { before, .. } => self.changed(slot, &before, now),
            Difference::Renamed => self.renamed(slot, now),
            Difference::Vanished => self.vanished(slot, now),
        }
    }

    fn changed(&mut self, slot: Slot, before: &Stamp, now: Duration) {
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        let stamp = item.stamp;
        let is_news = match &mut item.standing {
            Standing::Fresh => true,
            Standing::Passed { checked, .. } => *checked != stamp,
            Standing::Closed { checked, .. } => *checked != Some(stamp),
            Standing::Unsaved(_) => false,
            Standing::Open(open) => {
                open.tail.see(stamp.size);
                // The same size may hold other bytes.
                *before != stamp
            }
        };
        self.notice_growth(slot, now);
        if is_news {
            self.wake(slot);
        }
    }

    fn renamed(&mut self, slot: Slot, now: Duration) {
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        let path = item.path.to_path_buf();
        if let Some(id) = item.id() {
            self.around.state.registry().seen(id, &path);
        }
        if let Some(open) = item.open_mut() {
            open.nameless_since = None;
            open.tail.now_at(Some(path), now);
            self.drained.insert(slot);
        }
        self.wake(slot);
    }

    fn vanished(&mut self, slot: Slot, now: Duration) {
        self.next_sweep = Duration::ZERO;
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        match &mut item.standing {
            Standing::Open(open) => {
                open.nameless_since = Some(now);
                open.tail.now_at(None, now);
                self.drained.insert(slot);
                self.wake(slot);
            }
            Standing::Unsaved(id) | Standing::Closed { id, .. } => {
                let id = *id;
                let sent = self.around.state.registry().sent(id).map_or(0, ByteOffset::get);
                let bytes = sent..item.peak.bytes;
                let loss = Loss { file: id, bytes, reason: Reason::Deleted };
                self.discovery.losses.fear(loss, now);
                self.drop_item(slot);
            }
            Standing::Fresh | Standing::Passed { .. } => {
                self.drop_item(slot);
            }
        }
    }

    /// Takes a file out of everything.
    pub(super) fn drop_item(&mut self, slot: Slot) -> Option<Item> {
        self.behind.remove(&slot);
        self.drained.remove(&slot);
        self.leaving.remove(&slot);
        self.due.remove(&slot);
        self.failures.remove(&slot);
        self.copies.remove(&slot);
        self.missed.announced(slot);
        self.next_sweep = Duration::ZERO;
        let item = self.catalogue.remove(slot)?;
        if matches!(item.standing, Standing::Open(_)) {
            self.set_open_files(self.open_files.saturating_sub(1));
        }
        Some(item)
    }

    /// A file was cut away under its tail: what stands there now is looked into as another one.
    pub(super) fn cut_away(&mut self, slot: Slot, now: Duration) {
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        let Standing::Open(open) = std::mem::replace(&mut item.standing, Standing::Fresh) else {
            return;
        };
        let metadata = open.tail.file().and_then(|file| file.metadata().ok());
        let stamp = metadata.map_or(item.stamp, |metadata| Stamp::of(&metadata));
        let seen_bytes = item.peak.before_cut((&item.stamp, &stamp));
        tracing::info!(event.code = "file_truncated", path = %open.tail.path_text,
            "a file was truncated; it is read from its start");
        let tail = &open.tail;
        let bytes = tail.unsent_span(seen_bytes);
        let loss = Loss { file: tail.id, bytes, reason: Reason::Truncated };
        (item.stamp, item.peak) = (stamp, Peak::default());
        self.behind.remove(&slot);
        self.drained.remove(&slot);
        self.leaving.remove(&slot);
        self.due.remove(&slot);
        self.set_open_files(self.open_files.saturating_sub(1));
        self.discovery.cut_away(loss, self.around.clock.now(), now);
        if self.catalogue.get(slot).is_some_and(Item::has_name) {
            self.wake(slot);
        } else {
            self.drop_item(slot);
        }
        // A copy of what was cut away may have been made.
        self.wanted = crate::watch::Names::Changed;
    }

    /// Notes files that are gone, and forgets those that are gone for long.
    pub(super) fn sweep(&mut self, now: Duration) {
        if now < self.next_sweep {
            return;
        }
        self.next_sweep = now + SWEEP;
        let wall = self.around.clock.now();
        let catalogue = &self.catalogue;
        let presence = |_: FileId, node: &Node| match catalogue.on_disk(node) {
            OnDisk::Yes => Presence::There,
            OnDisk::No => Presence::Absent,
        };
        let mut registry = self.around.state.registry();
        // What lies in a folder that could not be looked into is not gone.
        if self.unseen.is_empty() {
            registry.mark_gone(presence, wall);
        }
        registry.expire(wall);
        drop(registry);
        self.discovery.lost_some();
    }

    /// Notes how long a file is, for the lag.
    pub(super) fn notice_growth(&mut self, slot: Slot, now: Duration) {
        let Some(item) = self.catalogue.get(slot) else { return };
        let id = match &item.standing {
            Standing::Fresh => None,
            // What is no line yet, or no new one, is no lag.
            Standing::Passed { .. } => return,
            Standing::Unsaved(id) | Standing::Closed { id, .. } => Some(*id),
            Standing::Open(open) => Some(open.tail.id),
        };
        let size = item.stamp.size;
        let age = item.stamp.age(self.around.clock.now());
        let registry = self.around.state.registry();
        let committed = id.and_then(|id| registry.committed(id));
        let acknowledged = committed.map_or(0, |mark| mark.offset.get());
        drop(registry);
        if size > acknowledged {
            let fresh = || (id, Growth::from(acknowledged));
            let (known, growth) = self.behind.entry(slot).or_insert_with(fresh);
            *known = id;
            growth.reached(size, now, age);
        }
    }
}
