//! What can go wrong between us and a cluster, by what the caller does next.

use std::time::Duration;

use crate::address::Address;

/// Why a call gave no answer that the caller asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was sent: try later, or correct address, certificate or proxy.
    #[error("cannot reach {address}")]
    Unreachable {
        /// Where to.
        address: Address,
        /// Why not.
        source: Cause,
    },
    /// Sent, and no whole answer came: it may have happened or not.
    #[error("no whole answer from {address} to {act}")]
    Unknown {
        /// Where to.
        address: Address,
        /// Method and path.
        act: String,
        /// Why not.
        source: Cause,
    },
    /// 401: the server does not know the credentials.
    #[error("{act}: the credentials are refused (401): {reason}")]
    Unauthorized {
        /// Method and path.
        act: String,
        /// What the server said.
        reason: String,
    },
    /// 403: the server knows the credentials, and they lack a right.
    #[error("{act}: a right is missing (403): {reason}")]
    Forbidden {
        /// Method and path.
        act: String,
        /// What the server said.
        reason: String,
    },
    /// 404: there is no such thing.
    #[error("{act}: not found (404): {reason}")]
    NotFound {
        /// Method and path.
        act: String,
        /// What the server said.
        reason: String,
    },
    /// 429 or 5xx: the same call may work later.
    #[error("{act}: the cluster cannot do it now ({status}): {reason}")]
    Busy {
        /// Method and path.
        act: String,
        /// The HTTP status.
        status: u16,
        /// What the server said.
        reason: String,
        /// Until an address is free again.
        retry_after: Duration,
    },
    /// Another refusal: the same call will be refused again.
    #[error("{act}: refused ({status}): {reason}")]
    Refused {
        /// Method and path.
        act: String,
        /// The HTTP status.
        status: u16,
        /// The type of the error, such as `mapper_parsing_exception`.
        kind: String,
        /// What the server said.
        reason: String,
    },
    /// The server answered with something else than the call promises.
    #[error("{act}: the answer cannot be read: {reason}")]
    Unreadable {
        /// Method and path.
        act: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The call cannot be written as a request.
    #[error("{act}: {reason}")]
    NoRequest {
        /// Method and path.
        act: String,
        /// What stands in the way.
        reason: String,
    },
    /// No client can be made of the settings.
    #[error("no client for {address}")]
    NoClient {
        /// Where to.
        address: Address,
        /// Why not.
        source: Cause,
    },
}

/// What the HTTP client says; it never holds credentials.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// Tells whether the cluster did not answer at all.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unknown { .. } | Self::NoClient { .. })
    }

    /// Tells whether credentials are missing, wrong or too narrow.
    pub fn is_permission(&self) -> bool {
        matches!(self, Self::Unauthorized { .. } | Self::Forbidden { .. })
    }

    /// Tells whether the same call may work later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unknown { .. } | Self::Busy { .. })
    }
}
