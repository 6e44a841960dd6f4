//! What is to be done from time to time: drained files, held bytes, files that may be deleted, losses.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use event::ByteOffset;

use crate::identity::Stamp;
use crate::settings::Afterwards;

use super::super::catalogue::{Item, Line, Slot};
use super::super::held::{Held, Level, judge};
use super::super::losses::{Loss, Reason};
use super::{LOOKS, Reader};

impl Reader {
    /// Does what is due.
    pub(super) fn tend(&mut self) {
        let now = self.around.clock.monotonic();
        self.count_missed(now);
        for loss in self.discovery.losses.take(now) {
            self.count_loss(&loss);
        }
        if now >= self.next_lag {
            self.show_lag(now);
        }
        if now < self.next_tending {
            return;
        }
        self.poll_again(now);
        self.look_at_suspects();
        self.measure_drained(now);
        self.mind_held();
        // A drained file may have no name that anybody could announce.
        let polled: Vec<Slot> =
            self.drained.iter().chain(&self.leaving).chain(&self.due).copied().collect();
        for slot in polled {
            self.wake(slot);
        }
        self.close_inactive(now);
    }

    /// No scan sees how files grow that have no name any more.
    fn measure_drained(&mut self, now: Duration) {
        let drained: Vec<Slot> = self.drained.iter().copied().collect();
        for slot in drained {
            let Some(item) = self.catalogue.get_mut(slot).filter(|item| !item.has_name()) else {
                continue;
            };
            let file = item.open().and_then(|open| open.tail.file());
            let Some(metadata) = file.and_then(|file| file.metadata().ok()) else { continue };
            item.stand(Stamp::of(&metadata));
            self.notice_growth(slot, now);
        }
    }

    /// Holds the deleted files that are still to be read against their limit.
    fn mind_held(&mut self) {
        let held = |&slot: &Slot| {
            let item = self.catalogue.get(slot)?;
            let open = item.open().filter(|_| !item.has_name())?;
            let metadata = open.tail.file()?.metadata().ok()?;
            // A file that was only moved elsewhere takes no room of ours.
            let is_deleted = metadata.nlink() == 0;
            let since = open.nameless_since.unwrap_or_default();
            is_deleted.then_some(Held { file: slot, since, bytes: metadata.len() })
        };
        let held: Vec<Held<Slot>> = self.drained.iter().filter_map(held).collect();
        let limit = self.reading.max_held_bytes;
        let (given_up, bytes, level) = judge(held, limit);
        for slot in given_up {
            self.give_up(slot);
        }
        self.around.metrics.held_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.around.state.show("held_files", self.trouble(bytes, level));
    }

    fn trouble(&self, bytes: u64, level: Level) -> Option<String> {
        let limit = self.reading.max_held_bytes;
        match (self.held_lost_bytes, level) {
            (0, Level::Fine) => None,
            (0, Level::High) => Some(format!(
                "{bytes} bytes of deleted files wait to be read, of {limit} that may (read.max_held_bytes); past it the oldest are lost"
            )),
            (lost, _) => Some(format!(
                "{lost} bytes of deleted files were given up unread since the start, because more than {limit} were held (read.max_held_bytes)"
            )),
        }
    }

    fn give_up(&mut self, slot: Slot) {
        let Some(item) = self.drop_item(slot) else { return };
        let Some(open) = item.open() else { return };
        let metadata = open.tail.file().and_then(|file| file.metadata().ok());
        let end = metadata.map_or(item.peak.bytes, |metadata| metadata.len());
        let bytes = open.tail.unsent_span(end);
        self.held_lost_bytes += bytes.end.saturating_sub(bytes.start);
        tracing::error!(event.code = "held_file_given_up", path = %item.path.display(),
            "more bytes of deleted files were held than read.max_held_bytes allows: the oldest is given up");
        self.count_loss(&Loss { file: open.tail.id, bytes, reason: Reason::Held });
    }

    fn count_loss(&self, loss: &Loss) {
        let bytes = loss.bytes.end.saturating_sub(loss.bytes.start);
        if bytes == 0 {
            return;
        }
        self.around.metrics.lost(loss.reason.as_str(), bytes);
        let span = ByteOffset::new(loss.bytes.start)..ByteOffset::new(loss.bytes.end);
        self.around.state.registry().lose(loss.file, &span, loss.reason.as_str());
        tracing::error!(event.code = "bytes_lost", file = %loss.file, reason = loss.reason.as_str(),
            start = loss.bytes.start, bytes,
            "bytes were gone before they were read, and no copy has them");
    }

    /// Nobody will look for copies any more, and nothing leads to deleted files once their descriptors are closed: what
    /// is lost by that is told before we end.
    pub(super) fn tell_what_is_given_up(&mut self) {
        self.look_for_copies_once_more();
        for loss in self.discovery.losses.take_all() {
            self.count_loss(&loss);
        }
        let unread = |(_, item): (Slot, &Item)| {
            let tail = &item.open()?.tail;
            let metadata = tail.file()?.metadata().ok().filter(|file| file.nlink() == 0)?;
            let bytes = tail.unsent_span(metadata.len());
            Some(Loss { file: tail.id, bytes, reason: Reason::Deleted })
        };
        let unread: Vec<Loss> = self.catalogue.iter().filter_map(unread).collect();
        for loss in unread {
            self.count_loss(&loss);
        }
    }

    /// A copy that was made since the last scan has what was cut away: it is read after the next start.
    fn look_for_copies_once_more(&mut self) {
        let now = self.around.clock.monotonic();
        let is_cut = |(slot, item): (Slot, &Item)| {
            let tail = &item.open()?.tail;
            let metadata = tail.file()?.metadata().ok()?;
            (metadata.nlink() == 0 && metadata.len() < tail.read_bytes()).then_some(slot)
        };
        let cut: Vec<Slot> = self.catalogue.iter().filter_map(is_cut).collect();
        for slot in cut {
            self.cut_away(slot, now);
        }
        if !self.discovery.losses.is_empty() {
            self.scan_all();
            for _ in 0..=self.lines.look.len() / LOOKS {
                self.look_into_some(now);
            }
        }
    }

    /// Deletes a file of an input that wants it so, once everything of it is acknowledged and it has been quiet.
    pub(super) fn leave_when_acknowledged(&mut self, slot: Slot) {
        let now = self.around.clock.monotonic();
        let Some(item) = self.catalogue.get(slot).filter(|item| item.line == Line::None) else {
            return;
        };
        let rules = self.sources.get(item.input).map(|source| source.rules).unwrap_or_default();
        let Some(open) = item.open().filter(|_| item.has_name()) else { return };
        if rules.afterwards == Afterwards::Keep {
            return;
        }
        self.leaving.insert(slot);
        let quiet = now.saturating_sub(open.last_read);
        let end = open.tail.position();
        let committed = self.around.state.registry().committed(open.tail.id);
        let is_acknowledged = committed.is_some_and(|mark| mark.offset == end);
        if !is_acknowledged || quiet < self.reading.rotate_wait || !stands_at_its_name(item) {
            return;
        }
        self.leaving.remove(&slot);
        match fs::remove_file(&item.path) {
            Ok(()) => {
                tracing::info!(event.code = "file_deleted", path = %item.path.display(), bytes = end.get(),
                    "everything of a file is acknowledged; it is deleted as delete_after_ack says");
                self.wanted = crate::watch::Names::Changed;
            }
            Err(error) => {
                tracing::warn!(event.code = "delete_failed", path = %item.path.display(), %error,
                    "cannot delete a file that is acknowledged; it stays");
            }
        }
    }
}

/// Tells whether the open file is the one under its name, and nothing was appended to it.
fn stands_at_its_name(item: &Item) -> bool {
    let Some(open) = item.open() else { return false };
    let held = open.tail.file().and_then(|file| file.metadata().ok());
    let named = fs::symlink_metadata(&item.path).ok();
    held.zip(named).is_some_and(|(held, named)| {
        named.is_file()
            && (held.dev(), held.ino()) == (named.dev(), named.ino())
            && open.tail.is_read(held.len())
            && open.tail.is_whole()
    })
}
