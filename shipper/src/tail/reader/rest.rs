//! When the reader has nothing to do, and for how long.

use std::time::Duration;

use crate::watch::Names;

use super::super::Owes;
use super::super::catalogue::Item;
use super::Reader;

/// The reader comes round at least so often, so that others see that it lives.
const LONGEST_ROUND: Duration = Duration::from_secs(5);

impl Reader {
    /// Looks once more; what is written while we look is read too.
    pub(super) fn is_all_read(&mut self) -> bool {
        self.scan_all();
        let owes =
            |item: &Item| item.open().is_some_and(|open| open.tail.owes() == Owes::Something);
        !self.has_work()
            && self.suspects.is_empty()
            && !self.catalogue.iter().any(|(_, item)| owes(item))
    }

    fn has_work(&self) -> bool {
        !self.lines.look.is_empty()
            || !self.lines.open.is_empty()
            || !self.lines.read.is_empty()
            || self.lines.room.iter().any(|line| !line.is_empty())
            || !self.unsaved.is_empty()
            || !self.sealing.is_empty()
    }

    pub(super) fn until_next(&self) -> Duration {
        let now = self.around.clock.monotonic();
        let mut next = self.rhythm.next();
        if self.wanted == Names::Changed {
            next = next.min(self.earliest_scan);
        }
        if !self.unsaved.is_empty() || !self.sealing.is_empty() {
            next = next.min(self.earliest_save);
        }
        let is_tended = !self.drained.is_empty()
            || !self.leaving.is_empty()
            || !self.due.is_empty()
            || !self.suspects.is_empty()
            || !self.lines.open.is_empty();
        if is_tended {
            next = next.min(self.next_tending);
        }
        if !self.behind.is_empty() {
            next = next.min(self.next_lag);
        }
        next = [self.missed.next(), self.discovery.losses.next()]
            .into_iter()
            .flatten()
            .fold(next, Duration::min);
        if self.may_look() || !self.lines.read.is_empty() {
            return Duration::ZERO;
        }
        next.saturating_sub(now).min(LONGEST_ROUND)
    }
}
