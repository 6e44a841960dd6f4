//! Bytes that went before they were read. A copy may still bring them, so they count as lost only after a while.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use event::FileId;

/// Bytes that are gone are counted as lost when no copy has brought them after this time.
const LOSS_AFTER: Duration = Duration::from_mins(1);

/// Why bytes are gone; the value of the label `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// They were cut away in place.
    Truncated,
    /// Their file was deleted while it was not open.
    Deleted,
    /// Their file was deleted, and more bytes of such files were held than is allowed.
    Held,
}

impl Reason {
    /// Returns the word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Deleted => "deleted",
            Self::Held => "held",
        }
    }
}

/// Bytes of a file that are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loss {
    /// The file.
    pub(crate) file: FileId,
    /// The bytes.
    pub(crate) bytes: Range<u64>,
    /// Why.
    pub(crate) reason: Reason,
}

/// Losses that are not certain yet.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    feared: HashMap<FileId, (Loss, Duration)>,
}

impl Losses {
    /// Returns no losses.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Notes that bytes are gone, unless a copy of them turns up.
    pub(crate) fn fear(&mut self, loss: Loss, now: Duration) {
        if !loss.bytes.is_empty() {
            self.feared.insert(loss.file, (loss, now + LOSS_AFTER));
        }
    }

    /// Notes that a copy brought a file's bytes up to this place: what was written between copy and truncation stays lost.
    pub(crate) fn supplied(&mut self, file: FileId, end: u64) {
        if let Some((loss, _)) = self.feared.get_mut(&file) {
            loss.bytes.start = loss.bytes.start.max(end);
            if loss.bytes.is_empty() {
                self.feared.remove(&file);
            }
        }
    }

    /// Takes the losses that are certain by now.
    pub(crate) fn take(&mut self, now: Duration) -> Vec<Loss> {
        let mut certain = Vec::new();
        self.feared.retain(|_, (loss, due)| {
            let is_certain = *due <= now;
            if is_certain {
                certain.push(loss.clone());
            }
            !is_certain
        });
        certain
    }

    /// Tells whether there are any.
    pub(crate) fn is_empty(&self) -> bool {
        self.feared.is_empty()
    }

    /// Takes all of them: nobody will look for copies any more.
    pub(crate) fn take_all(&mut self) -> Vec<Loss> {
        self.feared.drain().map(|(_, (loss, _))| loss).collect()
    }

    /// Returns when the next one will be certain.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.feared.values().map(|(_, due)| *due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId::from_bytes([1; 16]);

    fn loss(bytes: Range<u64>) -> Loss {
        Loss { file: FILE, bytes, reason: Reason::Truncated }
    }

    /// I5
    #[test]
    fn bytes_that_no_copy_brings_are_lost_once() {
        let mut losses = Losses::new();
        losses.fear(loss(10..30), Duration::from_secs(5));
        losses.fear(Loss { file: FileId::from_bytes([2; 16]), ..loss(7..7) }, Duration::ZERO);
        assert_eq!(losses.take(Duration::from_secs(64)), []);
        assert_eq!(losses.take(Duration::from_secs(65)), [loss(10..30)]);
        assert_eq!(losses.take(Duration::from_secs(650)), []);
    }

    /// I6
    #[test]
    fn a_copy_brings_all_but_what_was_written_after_it_was_made() {
        let mut losses = Losses::new();
        losses.fear(loss(10..30), Duration::ZERO);
        losses.supplied(FILE, 25);
        assert_eq!(losses.take_all(), [loss(25..30)]);
        losses.fear(loss(10..30), Duration::ZERO);
        losses.supplied(FILE, 30);
        assert_eq!(losses.take_all(), []);
    }
}
