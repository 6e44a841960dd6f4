//! What stops the work, by what the caller does next.

use crate::model::RestoreError;

/// Why a cycle, a start or a search could not be carried through.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The cluster could not be asked or told: start again from what is stored.
    #[error("cannot {act}")]
    Cluster {
        /// What was to be done.
        act: &'static str,
        /// Why not.
        source: elastic::Error,
    },
    /// The cluster refused a document: a template, a right or a mapping is wrong.
    #[error("{index} refuses a document: {reason}")]
    Refused {
        /// The index or stream.
        index: String,
        /// Why.
        reason: String,
    },
    /// Somebody else changed what this process held to be its own: start again from what is stored.
    #[error("{what} was changed by another process")]
    Conflict {
        /// What was changed.
        what: String,
    },
    /// The lease could not be renewed in time: another process may hold it.
    #[error("the lease is lost")]
    LeaseLost,
    /// A stored document makes no sense.
    #[error("document {id} of {index} cannot be read")]
    Stored {
        /// The index.
        index: String,
        /// Its `_id`.
        id: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// A model cannot be built.
    #[error("cannot build the model of rule {rule}")]
    Model {
        /// The rule.
        rule: String,
        /// Why not.
        source: RestoreError,
    },
    /// History could not be read.
    #[error("cannot read the history of rule {rule}: {reason}")]
    History {
        /// The rule.
        rule: String,
        /// Why not.
        reason: String,
    },
}

impl Error {
    /// Returns what makes an error of the cluster one of ours.
    pub(crate) fn cluster(act: &'static str) -> impl FnOnce(elastic::Error) -> Self {
        move |source| Self::Cluster { act, source }
    }

    /// Tells whether credentials or rights are wrong, so that trying again will not help by itself.
    pub fn is_permission(&self) -> bool {
        matches!(self, Self::Cluster { source, .. } if source.is_permission())
    }
}
