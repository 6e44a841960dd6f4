//! What the publisher works with.

use std::sync::Arc;

use elastic::Client;
use runtime::Clock;
use runtime::admin::AdminState;
use tokio::sync::mpsc;

use crate::inputs::Inputs;
use crate::keep::Mailbox;
use crate::metrics::Metrics;
use crate::pulse::Pulse;
use crate::redactor::Redactor;
use crate::settings::BulkLimits;
use crate::state::State;
use crate::supervisor::Supervisor;

use super::output::NewOutput;

/// What the publisher works with.
#[derive(Debug)]
pub struct Tools {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The cluster.
    pub client: Client,
    /// Limits of requests.
    pub limits: BulkLimits,
    /// Where events come from.
    pub inputs: Inputs,
    /// What was acknowledged.
    pub state: Arc<State>,
    /// Where refused events go.
    pub mailbox: Mailbox,
    /// Makes lines fit to be sent alone.
    pub redactor: Redactor,
    /// What is counted.
    pub metrics: Metrics,
    /// Where trouble is shown.
    pub admin: AdminState,
    /// Reads the credentials again; a key may have been renewed while we ran.
    pub renew: Renew,
    /// Where a changed configuration comes from.
    pub outputs: mpsc::Receiver<NewOutput>,
    /// When the reader last came round.
    pub reader: Pulse,
    /// Who wants to hear that we live.
    pub supervisor: Supervisor,
}

/// Reads the credentials of the cluster again, from where they were read at the start.
#[derive(Clone)]
pub struct Renew(pub Arc<dyn Fn() -> Option<elastic::Cluster> + Send + Sync>);

impl std::fmt::Debug for Renew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Renew")
    }
}
