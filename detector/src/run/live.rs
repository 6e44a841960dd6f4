//! The long-running detector: a cycle whenever a bucket closes, at a fixed rate by the wall clock.

use std::time::Duration;

use jiff::Timestamp;
use runtime::admin::{Admin, AdminState};
use runtime::chain;
use runtime::shutdown::Signals;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Means, Metrics, RunError, setup, stores, tenure};
use crate::command::Status;
use crate::cycle::{Detector, StartAt};
use crate::settings::DetectorSettings;

/// After an error the detector begins again from what is stored, first after this, then later and later.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_mins(1);

/// Judges until the run is to end.
///
/// # Errors
/// Only when something is wrong that trying again cannot mend: the admin address, a channel, signals.
pub async fn live(settings: &DetectorSettings, means: &Means) -> Result<(), RunError> {
    let admin = AdminState::new(std::sync::Arc::clone(&means.clock));
    let metrics = admin.register(Metrics::register);
    let endpoint = Admin::bind(settings.admin).await.map_err(RunError::Admin)?;
    let signals = Signals::listen(means.shutdown.clone()).map_err(RunError::Signals)?;
    let mut tasks = JoinSet::new();
    let (state, shutdown) = (admin.clone(), means.shutdown.clone());
    tasks.spawn(async move {
        if let Err(error) = endpoint.serve(state, shutdown).await {
            tracing::error!(event.code = "admin.ended", error = %error, "the admin endpoint ended");
        }
    });
    let (requests, mut asked) = mpsc::channel(4);
    tasks.spawn(signals.run(requests));
    let shown = admin.clone();
    tasks.spawn(async move {
        while let Some(request) = asked.recv().await {
            tracing::info!(
                event.code = "detector.status", request = ?request, status = %shown.status(),
                "the status was asked for"
            );
        }
    });
    let mut rest = FIRST_REST;
    while !means.shutdown.has_begun() {
        match term(settings, means, (&admin, &metrics)).await {
            Ok(()) => rest = FIRST_REST,
            Err(RunError::Work(error)) => {
                metrics.failed();
                admin.not_ready("cluster", chain(&error));
                tracing::error!(
                    event.code = "detector.restart", error = %chain(&error),
                    rest_ms = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX),
                    "the work broke off; it begins again from what is stored"
                );
                wait(means, rest).await;
                rest = (rest * 2).min(LONGEST_REST);
            }
            Err(error) => return Err(error),
        }
    }
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// Judges for as long as the lease is held.
async fn term(
    settings: &DetectorSettings,
    means: &Means,
    (admin, metrics): (&AdminState, &Metrics),
) -> Result<(), RunError> {
    let (source, store) = stores(settings, &means.client);
    let Some(tenure) = tenure(settings, &store, means).await.map_err(RunError::Work)? else {
        return Ok(());
    };
    let start = StartAt::Now(means.clock.now());
    let detector = Detector::start(setup(settings)?, (source, store, tenure), start).await;
    let mut detector = detector.map_err(RunError::Work)?;
    catch_up(settings, means, (&mut detector, admin)).await?;
    while !means.shutdown.has_begun() {
        let began = means.clock.monotonic();
        let now = means.clock.now();
        let report = detector.cycle(now).await.map_err(RunError::Work)?;
        metrics.cycle(&report, means.clock.monotonic().saturating_sub(began));
        let rules = detector.status(now);
        metrics.stand(&rules, detector.rows_waiting());
        admin.set_status(&Status { rules, outbox_waiting: detector.rows_waiting() });
        admin.ready("starting");
        admin.ready("cluster");
        admin.beat();
        wait(means, next(settings, &detector, now)).await;
    }
    detector.end().await.map_err(RunError::Work)
}

/// Judges what was missed, bucket by bucket, before the present.
async fn catch_up(
    settings: &DetectorSettings,
    means: &Means,
    (detector, admin): (&mut Detector, &AdminState),
) -> Result<(), RunError> {
    let Some(behind) = detector.watermark() else { return Ok(()) };
    let mut step = behind.saturating_add(settings.query_delay).unwrap_or(Timestamp::MAX);
    while !means.shutdown.has_begun() {
        let now = means.clock.now();
        match detector.next_close(step) {
            Some(next) if next <= now => step = next,
            Some(_) | None => break,
        }
        detector.cycle(step).await.map_err(RunError::Work)?;
        admin.beat();
    }
    detector.caught_up(means.clock.now()).await.map_err(RunError::Work)
}

/// Returns how long nothing is due: no bucket closes, no message is tried, the lease holds.
fn next(settings: &DetectorSettings, detector: &Detector, now: Timestamp) -> Duration {
    let until =
        |at: Timestamp| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO);
    let due = [detector.next_close(now), detector.next_try()].into_iter().flatten().map(until);
    // The lease is renewed by the cycle, which has nothing else to do then.
    due.min()
        .unwrap_or(settings.lease_ttl)
        .min(settings.lease_ttl / 3)
        .max(Duration::from_millis(50))
}

async fn wait(means: &Means, span: Duration) {
    tokio::select! {
        // Dropping a sleep loses nothing.
        () = means.clock.sleep(span) => {}
        () = means.shutdown.begun() => {}
    }
}
