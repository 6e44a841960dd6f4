//! A secret of a poll: where it lies, so that a renewed one is found while we run.

use std::path::PathBuf;

use runtime::secret::{Places, SecretString};

/// Where a secret lies: systemd's credentials, a file, the environment, in this order.
#[derive(Debug, Clone)]
pub struct Secret {
    places: Places,
    name: String,
    file: Option<PathBuf>,
    inline: Option<SecretString>,
}

/// A secret cannot be had. The text never holds it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// No place has it.
    #[error("no place has it: name a file, a credential {0}, or write ${{NAME}}")]
    Nowhere(String),
    /// The place cannot be used.
    #[error("{0}")]
    Unusable(String),
}

impl Secret {
    /// Returns a secret of this name, which is that of its credential, too.
    pub fn new(
        places: Places,
        name: String,
        file: Option<PathBuf>,
        inline: Option<SecretString>,
    ) -> Self {
        Self { places, name, file, inline }
    }

    /// Returns the name of the credential of a poll's secret: letters, digits and underscores, so that a variable of the
    /// environment can have it.
    pub fn name(poll: &str, what: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        format!("poll_{}_{what}", poll.chars().map(plain).collect::<String>())
    }

    /// Reads it from where it lies now.
    pub fn read(&self) -> Result<SecretString, NoSecret> {
        match self.places.find(&self.name, self.file.as_deref()) {
            Ok(found) => found
                .or_else(|| self.inline.clone())
                .ok_or_else(|| NoSecret::Nowhere(self.name.clone())),
            Err(error) => {
                let cause = std::error::Error::source(&error);
                let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
                Err(NoSecret::Unusable(format!("{error}{cause}")))
            }
        }
    }
}
