//! A past stretch, judged bucket by bucket with a stepped clock, as if live.

use jiff::Timestamp;
use serde::Serialize;

use super::{Means, RunError, setup, stores, tenure};
use crate::cycle::{Detector, StartAt, Told};
use crate::settings::DetectorSettings;

/// The stretch to judge.
#[derive(Debug, Clone, Copy)]
pub struct Past {
    /// Its first bucket begins here.
    pub from: Timestamp,
    /// Its last bucket ends here.
    pub until: Timestamp,
}

/// A stretch that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoStretch {
    /// It ends before it begins.
    #[error("the stretch from {from} until {until} has no length; give the earlier time first")]
    Empty {
        /// Where it should begin.
        from: Timestamp,
        /// Where it should end.
        until: Timestamp,
    },
    /// It has not happened yet. Judging it would leave a watermark before which nothing is judged again.
    #[error("{until} lies in the future; give a time up to now, {now}")]
    Future {
        /// Where it should end.
        until: Timestamp,
        /// What time it is.
        now: Timestamp,
    },
}

impl Past {
    /// Returns a stretch that has a length and has passed.
    ///
    /// # Errors
    /// When it has not.
    pub fn try_new(from: Timestamp, until: Timestamp, now: Timestamp) -> Result<Self, NoStretch> {
        if from >= until {
            return Err(NoStretch::Empty { from, until });
        }
        if until > now {
            return Err(NoStretch::Future { until, now });
        }
        Ok(Self { from, until })
    }
}

/// What judging a stretch brought.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// Everything before this is judged now, whichever run did it.
    pub judged_to: Option<Timestamp>,
    /// Cycles that were run.
    pub cycles: usize,
    /// Buckets that were judged.
    pub judged: usize,
    /// Transitions, in order.
    pub told: Vec<Told>,
    /// Messages that were sent.
    pub sent: usize,
    /// Messages that still wait in the outbox.
    pub waiting: usize,
}

/// Judges a past stretch and ends. What an earlier run of the same stretch did is not done again.
///
/// # Errors
/// When the cluster cannot be asked or told; running again is safe.
pub async fn past(
    settings: &DetectorSettings,
    means: &Means,
    Past { from, until }: Past,
) -> Result<Summary, RunError> {
    let (source, store) = stores(settings, &means.client);
    let mut summary = Summary::default();
    let Some(tenure) = tenure(settings, &store, means).await.map_err(RunError::Work)? else {
        return Ok(summary);
    };
    let start = StartAt::Past(from);
    let detector = Detector::start(setup(settings)?, (source, store, tenure), start).await;
    let mut detector = detector.map_err(RunError::Work)?;
    let delay = settings.query_delay;
    let end = until.saturating_add(delay).unwrap_or(Timestamp::MAX);
    // The earliest rule decides where to go on; the others have nothing due until then.
    let begin = detector.watermark().unwrap_or(until).min(until);
    let mut now = begin.saturating_add(delay).unwrap_or(end);
    while now <= end && !means.shutdown.has_begun() {
        let report = detector.cycle(now).await.map_err(RunError::Work)?;
        summary.cycles += 1;
        summary.judged += report.judged;
        summary.sent += report.sent;
        summary.told.extend(report.told);
        match detector.next_close(now) {
            Some(next) if next > now => now = next,
            Some(_) | None => break,
        }
    }
    summary.judged_to = detector.watermark();
    summary.waiting = detector.rows_waiting();
    detector.end().await.map_err(RunError::Work)?;
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_has_a_length_and_has_passed() {
        let at = |hour: i64| Timestamp::from_second(1_767_225_600 + hour * 3_600).unwrap();
        let stretch = Past::try_new(at(0), at(2), at(2)).unwrap();
        assert_eq!((stretch.from, stretch.until), (at(0), at(2)));
        let swapped = Past::try_new(at(2), at(0), at(3)).unwrap_err();
        assert_eq!(
            swapped.to_string(),
            "the stretch from 2026-01-01T02:00:00Z until 2026-01-01T00:00:00Z has no length; give the earlier time first"
        );
        assert!(matches!(Past::try_new(at(1), at(1), at(3)), Err(NoStretch::Empty { .. })));
        assert!(matches!(Past::try_new(at(0), at(4), at(3)), Err(NoStretch::Future { .. })));
    }
}
