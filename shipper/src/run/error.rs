//! Why the shipper cannot run.

use std::io;

use runtime::Exit;

use crate::dlq;
use crate::poll;
use crate::spool;
use crate::state;

/// Why the shipper cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] state::Error),
    /// The dead letters cannot be opened.
    #[error("cannot open the dead letters")]
    Letters(#[source] dlq::Error),
    /// No client can be made of the settings.
    #[error("cannot make a client")]
    Client(#[source] elastic::Error),
    /// Polling cannot start.
    #[error(transparent)]
    Polling(#[from] poll::Error),
    /// The operating system gives no thread, timer or signal.
    #[error("cannot start {what}")]
    Start {
        /// What was to be started.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// Returns how the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::State(state::Error::InUse { .. }) => Exit::Temporary,
            Self::State(state::Error::Denied { .. }) => Exit::Permission,
            Self::State(state::Error::Host(_))
            | Self::Start { .. }
            | Self::Polling(
                poll::Error::Thread { .. }
                | poll::Error::Spool {
                    source: spool::Error::Disk { .. } | spool::Error::Place(_),
                    ..
                },
            ) => Exit::Io,
            Self::State(
                state::Error::Folder { .. }
                | state::Error::Untrusted { .. }
                | state::Error::Ledger(_)
                | state::Error::Dedup(_),
            )
            | Self::Letters(_)
            | Self::Polling(poll::Error::Client(_) | poll::Error::Spool { .. })
            | Self::Client(_) => Exit::Configuration,
        }
    }
}
