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

/// What judging a stretch brought.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
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
    summary.waiting = detector.rows_waiting();
    detector.end().await.map_err(RunError::Work)?;
    Ok(summary)
}
