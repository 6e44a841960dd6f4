//! Which of the two servers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the two servers that we develop against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// Elasticsearch with security, API keys and no more aggregations and types than every licence has.
    Elasticsearch,
    /// OpenSearch with all ingest processors and without security.
    OpenSearch,
}

impl Flavour {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Elasticsearch, Self::OpenSearch];

    /// Returns the name as it stands in commands and file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Elasticsearch => "elasticsearch",
            Self::OpenSearch => "opensearch",
        }
    }

    /// Returns the version of the server that is started.
    pub const fn version(self) -> &'static str {
        match self {
            Self::Elasticsearch => "8.19.9",
            Self::OpenSearch => "2.19.1",
        }
    }

    /// Returns the name of the server's own settings file.
    pub(crate) const fn settings_file(self) -> &'static str {
        match self {
            Self::Elasticsearch => "elasticsearch.yml",
            Self::OpenSearch => "opensearch.yml",
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Says that a word names neither server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is neither elasticsearch nor opensearch")]
pub struct UnknownFlavour {
    word: String,
}

impl FromStr for Flavour {
    type Err = UnknownFlavour;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|flavour| flavour.name() == word)
            .ok_or_else(|| UnknownFlavour { word: word.to_owned() })
    }
}
