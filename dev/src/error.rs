//! What can go wrong before a server answers.

use std::io;
use std::path::{Path, PathBuf};

use crate::Flavour;

/// Why a server could not be made ready, started or reached.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This machine lacks a program.
    #[error(
        "{what}: needed to start {flavour} here; install {install}, or set ELASTICSEARCH_URL to a cluster that you have"
    )]
    Missing {
        /// The server that needs it.
        flavour: Flavour,
        /// What was looked for and not found.
        what: String,
        /// What to install.
        install: &'static str,
    },
    /// Maven or a Java tool ended with an error.
    #[error("{act} ended with {status}\n{output}")]
    Tool {
        /// What the program was to do.
        act: &'static str,
        /// How it ended.
        status: String,
        /// The end of what it said, when it was not shown already.
        output: String,
    },
    /// The server ended, or did not answer in time.
    #[error("{flavour} {what}; the end of its log:\n{log}")]
    Server {
        /// Which server.
        flavour: Flavour,
        /// What it did.
        what: String,
        /// The last lines of its log.
        log: String,
    },
    /// The process that watches or holds a server did not do its part.
    #[error("the {role} of {flavour} {what}")]
    Companion {
        /// `watcher` or `holder`.
        role: &'static str,
        /// Which server.
        flavour: Flavour,
        /// What it did.
        what: String,
    },
    /// A file, a folder or a process of this machine.
    #[error("cannot {act} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        act: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// Tells whether another machine, or another setting, would help: there is no server to be had here.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    pub(crate) fn io(act: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { act, path, source }
    }
}
