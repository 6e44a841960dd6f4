//! Descriptors: who gets one, and who gives it back.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use event::FileId;
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use crate::identity::Stamp;
use crate::watch::Names;

use super::super::catalogue::{Item, Line, Open, Slot, Standing};
use super::super::discover::Looked;
use super::super::{Content, Resume, Tail};
use super::{OPENS, Reader};

/// Descriptors that are left for everything but log files: sockets, checkpoint, folders.
const RESERVED: u64 = 64;
/// When there are more files than descriptors, a file reads so many blocks before another gets its descriptor.
const QUANTUM: u32 = 8;
/// Files that are asked to give their descriptor back before the one that waits for it has to wait longer.
const ASKED: usize = 64;

/// Returns how many files may be open: what is configured, or what the process may open at all.
pub(super) fn limit(configured: usize) -> usize {
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let allowed = usize::try_from(allowed.saturating_sub(RESERVED)).unwrap_or(usize::MAX).max(1);
    if allowed < configured {
        tracing::warn!(
            event.code = "few_descriptors",
            configured,
            allowed,
            "the limit of open files (ulimit -n) is below read.max_open_files; files take turns earlier"
        );
    }
    configured.min(allowed)
}

/// Tells whether a path still leads to a file.
fn leads_to(path: &Path, file: &Metadata) -> bool {
    fs::metadata(path).is_ok_and(|named| (named.dev(), named.ino()) == (file.dev(), file.ino()))
}

pub(super) fn is_out_of_descriptors(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::MFILE | Errno::NFILE))
}

impl Reader {
    /// Opens a few of the files that wait for a descriptor; tells whether there was one.
    pub(super) fn open_some(&mut self, now: Duration) -> bool {
        for done in 0..OPENS {
            if self.lines.open.is_empty()
                || (self.open_files >= self.open_limit && !self.close_one())
            {
                return done > 0;
            }
            let Some(slot) = self.lines.open.pop() else { return done > 0 };
            self.leave_line(slot);
            self.open(slot, now);
        }
        true
    }

    fn open(&mut self, slot: Slot, now: Duration) {
        match self.look(slot, now) {
            Some(Looked::Known { id, start, content, file, stamp }) => {
                let opening = (file, stamp, content);
                if let Err(error) = self.start(slot, (id, start), opening, now) {
                    tracing::warn!(event.code = "read_failed", %error, "cannot start to read a file");
                }
            }
            // It was cut away while it was closed, and is another file now.
            Some(Looked::Entered(id)) => self.entered(slot, id),
            Some(Looked::Passed(why, checked)) => self.pass(slot, why, checked),
            Some(Looked::Swapped) => self.wanted = Names::Changed,
            None => {}
        }
    }

    fn start(
        &mut self,
        slot: Slot,
        (id, start): (FileId, Resume),
        (file, stamp, content): (File, Stamp, Content),
        now: Duration,
    ) -> io::Result<()> {
        let Some(item) = self.catalogue.get_mut(slot) else { return Ok(()) };
        let place = (id, item.input, item.node);
        let Some(source) = self.sources.get(item.input) else { return Ok(()) };
        let making = (&source.making, self.reading.max_line);
        let mut tail = Tail::open(place, (&item.path, file, &content), start, making)?;
        tail.see(stamp.size);
        {
            let registry = self.around.state.registry();
            tail.head = registry.head(id);
            tail.heed(registry.seals(id, start.offset));
        }
        item.peak.reach(stamp.size);
        item.standing = Standing::Open(Box::new(Open {
            tail,
            last_read: now,
            blocks: 0,
            settled_since: None,
            nameless_since: None,
        }));
        self.opened.push_back(slot);
        self.set_open_files(self.open_files + 1);
        self.wake(slot);
        Ok(())
    }

    /// Closes one of the files that can wait, if there is one.
    fn close_one(&mut self) -> bool {
        for _ in 0..self.opened.len().min(ASKED) {
            let Some(slot) = self.opened.pop_front() else { return false };
            let Some(item) = self.catalogue.get(slot) else { continue };
            let Some(open) = item.open() else { continue };
            let has_had_its_turn = item.line == Line::None || open.blocks >= QUANTUM;
            // A line longer than a block must not be begun for ever.
            let has_moved_on =
                item.line == Line::None || open.tail.unsent() > open.tail.opened_at();
            // Opened anew it would end its event there before that is on disk.
            let waits_for_its_seal = item.line == Line::Seal;
            if item.has_name()
                && !waits_for_its_seal
                && has_had_its_turn
                && has_moved_on
                && self.close(slot)
            {
                return true;
            }
            self.opened.push_back(slot);
        }
        false
    }

    /// Gives the descriptor of a file back. What is not sent of it is read again once it is opened; one that grew just now
    /// and was at rest stays open.
    fn close(&mut self, slot: Slot) -> bool {
        let now = self.around.clock.now();
        let Some(item) = self.catalogue.get_mut(slot) else { return false };
        let Standing::Open(open) = &item.standing else { return false };
        let metadata = open.tail.file().and_then(|file| file.metadata().ok());
        let Some(metadata) = metadata else { return false };
        let stamp = Stamp::of(&metadata);
        let is_read = open.tail.is_read(stamp.size);
        let was_at_rest = item.line == Line::None;
        if was_at_rest && !is_read {
            self.wake(slot);
            return false;
        }
        // It may have lost its name since the last scan: then no other descriptor leads to what was not sent.
        let is_sent = is_read && open.tail.unsent() == open.tail.position();
        if !is_sent && !leads_to(&item.path, &metadata) {
            self.wanted = Names::Changed;
            return false;
        }
        let checked = is_read.then(|| stamp.trusted(now));
        item.peak.reach(stamp.size);
        item.standing = Standing::Closed { id: open.tail.id, checked };
        item.line = Line::None;
        self.drained.remove(&slot);
        self.leaving.remove(&slot);
        self.due.remove(&slot);
        self.set_open_files(self.open_files.saturating_sub(1));
        if !is_read {
            self.wake(slot);
        }
        true
    }

    /// Closes files that were quiet for long. One whose last line is incomplete stays open: if it is deleted, only its
    /// descriptor still leads to these bytes.
    pub(super) fn close_inactive(&mut self, now: Duration) {
        let limit = self.reading.close_inactive;
        let is_inactive = |item: &Item| {
            item.line == Line::None
                && item.has_name()
                && item.open().is_some_and(|open| {
                    now.saturating_sub(open.last_read) >= limit
                        && open.tail.position() == open.tail.unsent()
                })
        };
        let inactive = |(slot, item)| is_inactive(item).then_some(slot);
        let inactive: Vec<Slot> = self.catalogue.iter().filter_map(inactive).collect();
        for slot in inactive {
            if !self.leaving.contains(&slot) {
                self.close(slot);
            }
        }
    }

    /// A rotated file is read and acknowledged: it is opened again only when it changes.
    pub(super) fn finish(&mut self, slot: Slot) {
        if self.catalogue.get(slot).is_some_and(Item::has_name) {
            if let Some(open) = self.catalogue.open_mut(slot)
                && open.tail.is_compressed()
            {
                let bytes = open.tail.done_bytes();
                self.around.state.registry().finish(open.tail.id, bytes);
            }
            self.close(slot);
        } else {
            self.drop_item(slot);
        }
    }

    /// The system has no more descriptors: we do with fewer than we have.
    pub(super) fn lower_open_limit(&mut self) {
        self.open_limit = self.open_files.saturating_sub(OPENS).max(1);
        tracing::warn!(
            event.code = "few_descriptors",
            allowed = self.open_limit,
            "the system gives no more descriptors; files take turns"
        );
        for _ in 0..OPENS {
            self.close_one();
        }
    }

    pub(super) fn set_open_files(&mut self, count: usize) {
        self.open_files = count;
        self.around.metrics.open_files.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}
