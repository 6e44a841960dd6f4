//! An hour of the past, judged cycle by cycle within this process, so that each can be timed.
//!
//! It does what `detector run --from --until` does. The time of a cycle cannot be had from that process from outside:
//! its start, which learns three weeks, takes longer and varies by more than a cycle lasts.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use detector::cycle::{Detector, StartAt};
use detector::run;
use detector::settings::DetectorSettings;
use detector::source::Cluster;
use detector::store::{Claim, Now, Store, Tenure, Watched};
use elastic::Client;
use jiff::Timestamp;
use runtime::settings::{Settings, Sources};
use runtime::{Clock, SystemClock};

use super::HOUR;

/// The process before gave its lease back; one that did not loses it after this.
const LEASE_LIMIT: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What an hour took.
#[derive(Debug)]
pub(super) struct Hour {
    pub(super) start_seconds: f64,
    pub(super) cycles: Vec<Cycle>,
    /// How many rules there are.
    pub(super) rules: usize,
}

/// What a cycle took.
#[derive(Debug)]
pub(super) struct Cycle {
    pub(super) seconds: f64,
    /// Rules that had a closed bucket to judge.
    pub(super) rules: usize,
}

/// Judges an hour with these settings.
pub(super) fn hour(settings: &Path, from: Timestamp) -> Result<Hour> {
    let settings = Settings::load(Sources::new("detector").file(settings))?;
    let (settings, _) = DetectorSettings::check(&settings)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let client = Client::new(&settings.cluster, Arc::clone(&clock))?;
    harness::block_on(judge(&settings, (client, clock), from))
}

async fn judge(
    settings: &DetectorSettings,
    (client, clock): (Client, Arc<dyn Clock>),
    from: Timestamp,
) -> Result<Hour> {
    let began = Instant::now();
    let store = Store::new(client.clone(), settings.namespace.clone());
    let source = Cluster::new(client, settings.namespace.clone());
    let tenure = tenure(settings, &store, clock).await?;
    let setup = run::setup(settings)?;
    let rules = setup.rules.len();
    let mut detector = Detector::start(setup, (source, store, tenure), StartAt::Past(from)).await?;
    let mut hour = Hour { start_seconds: began.elapsed().as_secs_f64(), cycles: Vec::new(), rules };

    let end = from + HOUR + settings.query_delay;
    let mut now = from + settings.query_delay;
    while let Some(next) = detector.next_close(now).filter(|next| *next <= end) {
        now = next;
        let began = Instant::now();
        let report = detector.cycle(now).await?;
        let seconds = began.elapsed().as_secs_f64();
        hour.cycles.push(Cycle { seconds, rules: report.rules_judged });
        // A rule that got no whole answer was not judged, however fast that was.
        let failing = detector.status(now).into_iter().find(|status| status.failing.is_some());
        ensure!(failing.is_none(), "a rule could not be judged: {failing:?}");
    }
    detector.end().await?;
    let whole = hour.cycles.iter().filter(|cycle| cycle.rules == rules).count();
    ensure!(whole > 0, "in no cycle were all {rules} rules judged: {:?}", hour.cycles);
    Ok(hour)
}

async fn tenure(
    settings: &DetectorSettings,
    store: &Store,
    clock: Arc<dyn Clock>,
) -> Result<Tenure> {
    let mut watched = Watched::default();
    let began = clock.monotonic();
    while clock.monotonic().saturating_sub(began) < LEASE_LIMIT {
        let now = Now { wall: clock.now(), monotonic: clock.monotonic() };
        let wanted = (settings.instance.as_str(), settings.lease_ttl);
        match store.claim(wanted, &mut watched, now).await? {
            Claim::Held(lease) => return Ok(Tenure::new(store.clone(), lease, clock)),
            Claim::Taken { .. } => clock.sleep(LOOK_EVERY).await,
        }
    }
    bail!("the lease is not given back")
}
