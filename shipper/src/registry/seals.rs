//! Places at which something was ended although nothing in the text ends it.
//!
//! A group that was quiet for long, or the incomplete last line of a rotated file, is sent as it is. Should more of it come
//! while we are down, before its place is in the checkpoint, a reader would find a longer event at the same place, and with
//! the same id: the cluster would take it for the one that it has, and what came would be lost. So the end is put on disk
//! before the event is sent, and whoever reads the file again ends the event there again.

use event::{ByteOffset, FileId};

use super::Registry;

impl Registry {
    /// Notes that what begins before a place of a file ends there. It holds once it is on disk.
    pub fn seal(&mut self, id: FileId, at: ByteOffset) {
        if let Some(entry) = self.files.get_mut(&id)
            && !entry.seals.contains(&at)
        {
            entry.seals.push(at);
            self.changed = true;
        }
    }

    /// Returns the places behind `start` at which a file is to be ended, in order.
    pub fn seals(&self, id: FileId, start: ByteOffset) -> Vec<ByteOffset> {
        let seals = self.files.get(&id).map_or(&[][..], |entry| &entry.seals);
        let mut seals: Vec<ByteOffset> = seals.iter().copied().filter(|&at| at > start).collect();
        seals.sort_unstable();
        seals
    }
}
