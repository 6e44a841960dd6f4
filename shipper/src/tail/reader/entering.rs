//! Looks into files, enters new ones, and lets them go on once their ids are on disk.

use std::time::Duration;

use event::FileId;

use crate::identity::Stamp;
use crate::settings::Afterwards;
use crate::watch::Names;

use super::super::catalogue::{Passed, Peak, Sight, Slot, Standing};
use super::super::discover::{Looked, Seen};
use super::{LOOKS, Reader};

/// Files that are entered before the first of them go on. The checkpoint is written once for all of them, and it grows
/// with every file that is known, so the next portions grow too: all of them together write it a few times only.
const PORTION: usize = 256;
/// New files do not wait longer than this for the checkpoint, however long it takes to write it.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

impl Reader {
    /// Looks into a few files; tells whether there was one.
    pub(super) fn look_into_some(&mut self, now: Duration) -> bool {
        if !self.may_look() {
            return false;
        }
        for done in 0..LOOKS {
            let Some(slot) = self.lines.look.pop_front() else { return done > 0 };
            self.leave_line(slot);
            self.look_at(slot, now);
        }
        true
    }

    fn look_at(&mut self, slot: Slot, now: Duration) {
        let looked = self.look(slot, now);
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        let Some(looked) = looked else { return };
        if !matches!(looked, Looked::Passed(Passed::Suspect, _)) {
            item.sight = Sight::Later;
        }
        match looked {
            Looked::Known { id, content, stamp, .. } if content.is_gzip() => {
                // What was decompressed to its end is not decompressed again to find it.
                let done = self.around.state.registry().done_bytes(id);
                let is_done = done == Some(stamp.size);
                let checked = is_done.then(|| stamp.trusted(self.around.clock.now()));
                item.standing = Standing::Closed { id, checked };
                self.behind.remove(&slot);
                if !is_done {
                    self.wake(slot);
                }
            }
            Looked::Known { id, start, stamp, .. } => {
                item.standing = Standing::Closed { id, checked: None };
                if start.offset.get() == stamp.size {
                    self.behind.remove(&slot);
                    self.rest_or_open(slot, stamp);
                } else {
                    self.notice_growth(slot, now);
                    self.wake(slot);
                }
            }
            Looked::Entered(id) => self.entered(slot, id),
            Looked::Passed(why, checked) => self.pass(slot, why, checked),
            Looked::Swapped => self.wanted = Names::Changed,
        }
    }

    pub(super) fn pass(&mut self, slot: Slot, why: Passed, checked: Stamp) {
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        item.standing = Standing::Passed { checked };
        self.behind.remove(&slot);
        match why {
            Passed::Incomplete => {}
            Passed::Suspect => self.suspects.push(slot),
            Passed::Copy => {
                self.copies.insert(slot);
            }
        }
    }

    pub(super) fn entered(&mut self, slot: Slot, id: FileId) {
        if let Some(item) = self.catalogue.get_mut(slot) {
            item.standing = Standing::Unsaved(id);
            item.peak = Peak::first(item.stamp.size);
            self.unsaved.push(slot);
        }
    }

    /// A file that has been read and was quiet for long needs no descriptor; one that lives is held open, so that what is
    /// written just before it is deleted can be read.
    fn rest_or_open(&mut self, slot: Slot, stamp: Stamp) {
        let now = self.around.clock.now();
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        let is_kept = self
            .sources
            .get(item.input)
            .is_none_or(|source| source.rules.afterwards == Afterwards::Keep);
        let is_old = stamp.age(now) >= self.reading.close_inactive;
        if is_kept && (is_old || self.open_files >= self.open_limit) {
            if let Standing::Closed { checked, .. } = &mut item.standing {
                *checked = Some(stamp.trusted(now));
            }
        } else {
            self.wake(slot);
        }
    }

    /// Looks into the file of a slot; what fails is noted.
    pub(super) fn look(&mut self, slot: Slot, now: Duration) -> Option<Looked> {
        let item = self.catalogue.get(slot)?;
        let source = self.sources.get(item.input)?;
        let seen = Seen {
            path: &item.path,
            node: item.node,
            links: source.globs.links(),
            rules: source.rules,
            making: &source.making,
            sight: item.sight,
            stamp: item.stamp,
            peak: item.peak,
        };
        let on_disk = |node: &_| self.catalogue.on_disk(node);
        let looked = self.discovery.look_into(&seen, &on_disk, (self.around.clock.now(), now));
        match looked {
            Ok(looked) => {
                if self.failures.remove(&slot).is_some() {
                    self.show_failures();
                }
                Some(looked)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // It went since the scan; the next one says so.
                self.wanted = Names::Changed;
                None
            }
            Err(error) if super::opening::is_out_of_descriptors(&error) => {
                self.lower_open_limit();
                self.fail(slot, &error);
                None
            }
            Err(error) => {
                self.fail(slot, &error);
                None
            }
        }
    }

    fn fail(&mut self, slot: Slot, error: &std::io::Error) {
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        if matches!(item.standing, Standing::Fresh) {
            item.standing = Standing::Passed { checked: item.stamp };
        }
        let failure = format!("{}: {error}", item.path.display());
        if self.failures.get(&slot) != Some(&failure) {
            tracing::warn!(event.code = "file_unreadable", path = %failure, "cannot read a file");
            self.failures.insert(slot, failure);
            self.show_failures();
        }
    }

    /// Tells whether there is a file to be looked into, and the portion before it is on disk.
    pub(super) fn may_look(&self) -> bool {
        !self.lines.look.is_empty() && self.unsaved.len() < self.portion()
    }

    fn portion(&self) -> usize {
        PORTION.max(self.around.state.registry().count() / 2)
    }

    /// Writes the checkpoint, and lets the next one wait by how long it took.
    pub(super) fn save(&mut self, now: Duration) {
        self.around.state.save(self.around.clock.now(), now);
        let ended = self.around.clock.monotonic();
        let took = ended.saturating_sub(now);
        self.earliest_save = ended + (took * 10).min(LONGEST_WAIT);
    }

    /// Writes the checkpoint, so that the ids of entered files are on disk, and lets these files go on. A disk that is
    /// full must not stop us.
    pub(super) fn save_entered(&mut self, now: Duration) {
        let is_whole = self.lines.look.is_empty() || self.unsaved.len() >= self.portion();
        if self.unsaved.is_empty() || !is_whole || now < self.earliest_save {
            return;
        }
        self.save(now);
        for slot in std::mem::take(&mut self.unsaved) {
            let Some(item) = self.catalogue.get_mut(slot) else { continue };
            let Standing::Unsaved(id) = item.standing else { continue };
            item.standing = Standing::Closed { id, checked: None };
            self.notice_growth(slot, now);
            self.wake(slot);
        }
    }
}
