//! How long a model refuses to learn from what it finds anomalous.

use super::RestoreError;
use super::fields::{Fields, write_count};

/// Buckets of a model's own episode are not learned, for one day at most; then the new level is.
///
/// Each bucket that is left out uses up patience, each ordinary one gives some back: a series that swings in and out of
/// its episode is still learned in the end.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    most: u64,
    used: u64,
}

/// Whether a bucket is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lesson {
    Learn,
    LeaveOut,
}

impl Patience {
    pub(super) fn new(buckets_a_day: u32) -> Self {
        Self { most: u64::from(buckets_a_day), used: 0 }
    }

    /// An ordinary bucket is learned.
    pub(super) fn ordinary(&mut self) -> Lesson {
        self.used = self.used.saturating_sub(1);
        Lesson::Learn
    }

    /// An anomalous bucket is left out while patience lasts.
    pub(super) fn anomalous(&mut self) -> Lesson {
        if self.used >= self.most {
            return Lesson::Learn;
        }
        self.used += 1;
        Lesson::LeaveOut
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_count(out, self.used);
    }

    pub(super) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        self.used = fields.count()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Lesson, Patience};

    #[test]
    fn a_lasting_change_is_learned_after_a_day() {
        let mut patience = Patience::new(24);
        let left_out = (0..100).filter(|_| patience.anomalous() == Lesson::LeaveOut).count();
        assert_eq!(left_out, 24);
    }

    #[test]
    fn ordinary_buckets_give_patience_back() {
        let mut patience = Patience::new(2);
        assert_eq!([patience.anomalous(), patience.anomalous()], [Lesson::LeaveOut; 2]);
        assert_eq!(patience.anomalous(), Lesson::Learn);
        assert_eq!(patience.ordinary(), Lesson::Learn);
        assert_eq!(patience.anomalous(), Lesson::LeaveOut);
    }
}
