//! The run loops: the only place of this room that waits and holds a clock.

mod live;
mod metrics;
mod past;

use std::sync::Arc;
use std::time::Duration;

use elastic::Client;
use runtime::Clock;
use runtime::shutdown::Shutdown;

pub use live::live;
pub use metrics::Metrics;
pub use past::{NoStretch, Past, Summary, past};

use crate::alert::Site;
use crate::cycle::Setup;
use crate::notify::Channels;
use crate::settings::DetectorSettings;
use crate::source::Cluster;
use crate::store::{Claim, Now, Store, Tenure, Watched};

/// Looks at another's lease this often.
const LOOK_EACH: Duration = Duration::from_millis(500);

/// Why a run ended badly.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A channel cannot be made.
    #[error("cannot make channel {name}")]
    Channel {
        /// Its name.
        name: String,
        /// Why not.
        source: crate::notify::NoWebhook,
    },
    /// The work could not be done.
    #[error("the detector cannot work")]
    Work(#[source] crate::Error),
    /// The admin endpoint cannot listen.
    #[error("no admin endpoint")]
    Admin(#[source] runtime::admin::Error),
    /// Signals cannot be taken over.
    #[error("cannot listen to signals")]
    Signals(#[source] std::io::Error),
}

/// What every run needs.
#[derive(Debug, Clone)]
pub struct Means {
    /// The client.
    pub client: Client,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Ends the run.
    pub shutdown: Shutdown,
}

/// Builds what the cycles have in common out of the settings.
///
/// # Errors
/// When a channel cannot be made.
pub fn setup(settings: &DetectorSettings) -> Result<Setup, RunError> {
    let mut channels = Channels::new();
    for (name, channel) in &settings.channels {
        let notifier =
            channel.build().map_err(|source| RunError::Channel { name: name.clone(), source })?;
        channels.insert(name.clone(), notifier);
    }
    Ok(Setup {
        rules: settings.rules.iter().cloned().collect(),
        site: Site {
            detector: settings.instance.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            zone: settings.zone.clone(),
            // Without an address the link is a path, which opens from any board of the right Kibana.
            kibana: Some(settings.kibana_url.clone().unwrap_or_default()),
            namespace: settings.namespace.clone(),
        },
        query_delay: settings.query_delay,
        query_time_limit: settings.query_time_limit,
        history: settings.history,
        channels,
    })
}

/// Waits until the lease is ours. `None` when the run is to end first.
async fn tenure(
    settings: &DetectorSettings,
    store: &Store,
    means: &Means,
) -> Result<Option<Tenure>, crate::Error> {
    let mut watched = Watched::default();
    loop {
        let now = Now { wall: means.clock.now(), monotonic: means.clock.monotonic() };
        let wanted = (settings.instance.as_str(), settings.lease_ttl);
        match store.claim(wanted, &mut watched, now).await? {
            Claim::Held(lease) => {
                tracing::info!(event.code = "lease.held", term = lease.term, "this process judges");
                return Ok(Some(Tenure::new(store.clone(), lease, Arc::clone(&means.clock))));
            }
            Claim::Taken { holder } => {
                tracing::info!(
                    event.code = "lease.waiting", holder = %runtime::plain(&holder),
                    "another process judges, or one that ended left its lease; waiting for it"
                );
            }
        }
        tokio::select! {
            // Dropping a sleep loses nothing.
            () = means.clock.sleep(LOOK_EACH) => {}
            () = means.shutdown.begun() => return Ok(None),
        }
    }
}

fn stores(settings: &DetectorSettings, client: &Client) -> (Cluster, Store) {
    let namespace = settings.namespace.clone();
    (Cluster::new(client.clone(), namespace.clone()), Store::new(client.clone(), namespace))
}
