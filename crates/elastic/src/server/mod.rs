//! Which server this is and what it can do. Asked once at start; no other room compares versions or names an engine.

mod probe;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Whose server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flavour {
    /// Elasticsearch.
    Elasticsearch,
    /// OpenSearch.
    OpenSearch,
}

/// The version of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number.
    pub patch: u16,
}

/// Something that not every server can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// Data streams can be made, listed and removed by `_data_stream`.
    DataStreams,
    /// A template may hold `lifecycle`: the stream removes its own old documents.
    Lifecycle,
    /// Policies of index lifecycle management.
    LifecyclePolicies,
    /// API keys.
    ApiKeys,
    /// `random_sampler` in aggregations.
    RandomSampler,
}

/// What a probe found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Whose server it is.
    pub flavour: Flavour,
    /// Its version, the oldest of its nodes; none when we have no right to ask.
    pub release: Option<Release>,
    /// What it can do.
    pub capabilities: BTreeSet<Capability>,
    /// The ingest processors that every node has; none when we have no right to ask.
    pub processors: Option<BTreeSet<String>>,
}

impl Server {
    /// Tells whether it can do something.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// Tells whether its ingest pipelines may use a processor. When we may not ask, it is taken for missing.
    pub fn has_processor(&self, name: &str) -> bool {
        self.processors.as_ref().is_some_and(|processors| processors.contains(name))
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.flavour)?;
        match self.release {
            Some(release) => write!(f, " {release}"),
            None => f.write_str(" of a version that we may not ask for"),
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elasticsearch => "Elasticsearch",
            Self::OpenSearch => "OpenSearch",
        })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no version of a server")]
pub struct NoRelease(String);

impl FromStr for Release {
    type Err = NoRelease;

    fn from_str(text: &str) -> Result<Self, NoRelease> {
        // What follows a dash or plus names a build: 9.0.0-SNAPSHOT.
        let plain = text.split(['-', '+']).next().unwrap_or(text);
        let numbers: Option<Vec<u16>> = plain.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[major, minor, patch]) => Ok(Self { major, minor, patch }),
            _ => Err(NoRelease(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_ordered_as_numbers() {
        let release = |text: &str| text.parse::<Release>().unwrap();
        assert!(release("8.9.0") < release("8.12.1"));
        assert_eq!(release("9.0.0-SNAPSHOT").to_string(), "9.0.0");
        for text in ["", "8", "8.1", "8.x.1", "8.1.2.3"] {
            assert!(text.parse::<Release>().is_err(), "{text}");
        }
    }
}
