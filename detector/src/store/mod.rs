//! What the detector keeps in the cluster: states of episodes, outbox, groups, watermarks, the lease, and the streams.
//!
//! Everything that changes lies in plain indices and is written by condition; streams are only ever added to, and an id
//! that is already there counts as written.

mod lease;
mod load;
mod tenure;
mod write;

use elastic::Client;
use event::{Dataset, Namespace, Stream};

pub use lease::{Claim, Lease, Now, Watched};
pub use load::{Mark, Progress, StoredEpisode};
pub use tenure::Tenure;
pub use write::{Outcome, Write};

/// The indices and streams of one namespace.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    namespace: Namespace,
}

/// An index of the detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// One document for each episode.
    State,
    /// One row for each message to a channel.
    Outbox,
    /// Groups that were seen.
    Groups,
    /// Lease and watermarks.
    Detector,
    /// The stream of transitions.
    Alerts,
    /// The stream of judged buckets.
    Series,
}

impl Index {
    /// The plain indices, which are read and written by condition.
    pub const STATE: [Self; 4] = [Self::State, Self::Outbox, Self::Groups, Self::Detector];
}

impl Store {
    /// Returns the store of a namespace.
    pub fn new(client: Client, namespace: Namespace) -> Self {
        Self { client, namespace }
    }

    /// Returns the client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the name of an index or stream.
    pub fn name(&self, index: Index) -> String {
        let plain = |name: &str| format!("storewatch-{name}-{}", self.namespace);
        let stream = |dataset| Stream { dataset, namespace: self.namespace.clone() }.to_string();
        match index {
            Index::State => plain("alerts-state"),
            Index::Outbox => plain("outbox"),
            Index::Groups => plain("groups"),
            Index::Detector => plain("detector-state"),
            Index::Alerts => stream(Dataset::Alert),
            Index::Series => stream(Dataset::Series),
        }
    }
}
