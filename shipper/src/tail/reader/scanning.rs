//! Scans: when, of which inputs, and what they tell about notifications.

use std::time::Duration;

use crate::watch::{Change, Extent, Globs, Lost, Names, Scan, Trust, Unwatched, scan, watch_limit};

use super::super::catalogue::{Announced, Difference, Slot, Standing};
use super::{POLL, Reader, SCAN_PAUSE};

impl Reader {
    /// Scans what is due; everything, when names are said to have changed.
    pub(super) fn scan_in_turn(&mut self) {
        let now = self.around.clock.monotonic();
        if self.wanted == Names::Changed && now >= self.earliest_scan {
            return self.scan_all();
        }
        let due = self.rhythm.due(now);
        if due.len() == self.sources.len() {
            self.scan_all();
        } else if !due.is_empty() {
            self.scan(&due, Extent::Some);
        }
    }

    pub(super) fn scan_all(&mut self) {
        let all: Vec<usize> = (0..self.sources.len()).collect();
        self.scan(&all, Extent::All);
    }

    fn scan(&mut self, inputs: &[usize], extent: Extent) {
        let began = self.around.clock.monotonic();
        let globs: Vec<(usize, &Globs)> = inputs
            .iter()
            .filter_map(|&input| Some((input, &self.sources.get(input)?.globs)))
            .collect();
        let mut found = scan(&globs, &self.own);
        self.note_failures(&found, extent);
        let folders = std::mem::take(&mut found.folders);
        let changes = self.catalogue.merge(found, inputs, extent);
        for (slot, difference) in changes {
            // Names that are said to have changed announce every new one.
            self.suspect(slot, difference, began);
            self.apply(slot, difference, began);
        }
        self.retry_failures();
        let followed = self.watches.follow(&folders, extent);
        for input in 0..self.sources.len() {
            let trust = if self.watches.is_troubled(input) { Trust::None } else { Trust::Full };
            self.rhythm.set_trust(input, trust);
        }
        followed.unwatched.iter().for_each(|folder| self.tell_unwatched(folder));
        let ended = self.around.clock.monotonic();
        self.rhythm.scanned(inputs, ended);
        self.earliest_scan = ended + SCAN_PAUSE.max(ended.saturating_sub(began) * 10);
        if extent == Extent::All {
            // What came into a folder between our look and its watch is found by one more look.
            self.wanted = if followed.added > 0 { Names::Changed } else { Names::Unchanged };
            self.sweep(began);
        } else if followed.added > 0 {
            self.wanted = Names::Changed;
        }
    }

    /// Fears that a change was not announced, where it should have been.
    fn suspect(&mut self, slot: Slot, difference: Difference, now: Duration) {
        let Some(item) = self.catalogue.get(slot) else { return };
        let change = match difference {
            Difference::New if self.wanted == Names::Unchanged => Change::Name,
            Difference::Changed { before, announced: Announced::No } => {
                // A touch is no change, and what was read already needs no announcement.
                let known_bytes = item
                    .open()
                    .map_or(before.size, |open| open.tail.position().get().max(before.size));
                if item.stamp.size <= known_bytes {
                    return;
                }
                Change::Bytes
            }
            Difference::New
            | Difference::Changed { .. }
            | Difference::Renamed
            | Difference::Vanished => return,
        };
        let place = item.target.as_ref().unwrap_or(&item.path);
        let is_watched = place.parent().is_some_and(|folder| self.watches.was_watched(folder));
        if is_watched && item.has_name() && self.rhythm.trust(item.input) == Trust::Full {
            self.missed.suspect(slot, item.input, change, now);
        }
    }

    /// Counts changes that were announced neither before nor since.
    pub(super) fn count_missed(&mut self, now: Duration) {
        for input in self.missed.take(now) {
            self.around.metrics.missed_wakeups.inc();
            if self.rhythm.distrust(input, now) == Trust::Full {
                let input = self.sources.get(input).map_or("", |source| source.id.as_str());
                tracing::warn!(
                    event.code = "wakeup_missed",
                    input,
                    "a change was not announced by the system; the input is scanned once a second"
                );
            }
        }
    }

    pub(super) fn lose_notifications(&mut self, lost: &Lost) {
        let now = self.around.clock.monotonic();
        self.missed.all_announced();
        self.wanted = Names::Changed;
        let before = (0..self.sources.len()).fold(Trust::None, |before, input| {
            match self.rhythm.distrust(input, now) {
                Trust::Full => Trust::Full,
                Trust::None => before,
            }
        });
        if before == Trust::None {
            return;
        }
        let reason = match lost {
            Lost::Overflow => "the queue of notifications was full: more changed at once than fs.inotify.max_queued_events".to_owned(),
            Lost::WatchLimit => watch_limit(),
            Lost::Other(reason) => reason.clone(),
        };
        tracing::warn!(
            event.code = "notifications_lost",
            reason,
            "notifications were lost; all inputs are scanned once a second for a while"
        );
    }

    fn tell_unwatched(&self, unwatched: &Unwatched) {
        let input = self.sources.get(unwatched.input).map_or("", |source| source.id.as_str());
        tracing::warn!(event.code = "watch_failed", input, folder = %unwatched.folder.display(),
            reason = unwatched.why,
            "changes in a folder are not all announced; the input is scanned once a second");
    }

    fn note_failures(&mut self, found: &Scan, extent: Extent) {
        let failed =
            found.failed.iter().map(|(path, error)| format!("{}: {error}", path.display()));
        let failed: Vec<String> = failed.collect();
        for failure in failed.iter().filter(|failure| !self.unseen.contains(failure)) {
            tracing::warn!(event.code = "folder_unreadable", path = %failure,
                "cannot look into a folder; its files stay as they are known");
        }
        if extent == Extent::All || !failed.is_empty() {
            self.unseen = failed;
        }
    }

    /// What could not be opened is tried again at each scan: a right that was given changes nothing that a scan sees.
    fn retry_failures(&mut self) {
        let failed: Vec<Slot> = self.failures.keys().copied().collect();
        for slot in failed {
            match self.catalogue.get(slot).map(|item| &item.standing) {
                None => {
                    self.failures.remove(&slot);
                }
                Some(Standing::Passed { .. } | Standing::Closed { .. }) => self.wake(slot),
                Some(_) => {}
            }
        }
        self.show_failures();
    }

    pub(super) fn show_failures(&self) {
        let failed: Vec<String> =
            self.unseen.iter().chain(self.failures.values()).cloned().collect();
        self.around.state.set_unreadable(&failed);
    }

    /// Looks at suspects again, since nothing announces that a copy is complete.
    pub(super) fn look_at_suspects(&mut self) {
        for slot in std::mem::take(&mut self.suspects) {
            self.wake(slot);
        }
    }

    pub(super) fn poll_again(&mut self, now: Duration) {
        self.next_tending = now + POLL;
    }
}
