//! Ends of events that nothing in the text ends: first on disk, then sent.
//!
//! See the registry's `seals` for why. The checkpoint is written once for all files that wait for it.

use std::time::Duration;

use event::ByteOffset;

use super::super::catalogue::{Line, Slot};
use super::Reader;
use crate::chunk::Chunk;
use crate::queue::{Closed, Sender};

/// What is ended by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// A group that was quiet.
    Group,
    /// Everything that is held back: the file was rotated and will not grow any more.
    All,
}

impl Reader {
    /// Lets a file wait until it is on disk where its open event ends. Until then nothing more of it is read.
    pub(super) fn seal(&mut self, slot: Slot, ending: Ending) {
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        let Some(open) = item.open() else { return };
        let (id, at) = (open.tail.id, end_of(&open.tail, ending));
        item.line = Line::Seal;
        self.around.state.registry().seal(id, at);
        self.sealing.push((slot, ending));
    }

    /// Writes the checkpoint and sends what waited for it. A disk that is full must not stop us.
    pub(super) fn send_sealed(
        &mut self,
        now: Duration,
        sender: &Sender<Chunk>,
    ) -> Result<bool, Closed> {
        if self.sealing.is_empty() || now < self.earliest_save {
            return Ok(false);
        }
        self.save(now);
        for (slot, ending) in std::mem::take(&mut self.sealing) {
            // It may have been closed or dropped meanwhile: who reads it again finds the seal.
            if self.catalogue.get(slot).is_none_or(|item| item.line != Line::Seal) {
                continue;
            }
            self.leave_line(slot);
            match ending {
                Ending::Group => self.load(slot, sender, |tail, _, give| tail.close(give))?,
                Ending::All => self.load(slot, sender, |tail, _, give| tail.flush(give))?,
            }
            self.wake(slot);
        }
        Ok(true)
    }
}

fn end_of(tail: &super::super::Tail, ending: Ending) -> ByteOffset {
    match ending {
        Ending::Group => tail.group_end(),
        Ending::All => tail.position(),
    }
}
