//! How lines end.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why lines were filtered or bytes lost: the name of a rule such as `health_path`, or a reason such as `truncated`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cause(Cow<'static, str>);

impl Cause {
    /// Returns a cause that this program knows.
    pub const fn of(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Returns its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How the bytes of a file ended. A line of several events ends as its worst event did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Acknowledged, but nobody wrote down how: before there was a ledger, or while it could not be written.
    Unrecorded,
    /// A rule dropped it.
    Filtered(Cause),
    /// The cluster had it.
    Duplicate,
    /// The cluster took it.
    Stored,
    /// The cluster put it into its failure store.
    Redirected,
    /// The cluster refused it for good; it lies, or lay, in the dead letters.
    DeadLettered,
    /// It was gone before it was read.
    Lost(Cause),
    /// Lines of several classes: what is left of many small tiles. The totals still tell them apart.
    Mixed,
}

impl Outcome {
    /// Returns how bad it is; of the parts of one line the worst counts.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Unrecorded => 0,
            Self::Filtered(_) => 1,
            Self::Duplicate => 2,
            Self::Stored => 3,
            Self::Mixed => 4,
            Self::Redirected => 5,
            Self::DeadLettered => 6,
            Self::Lost(_) => 7,
        }
    }

    /// Returns the name of its class.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Unrecorded => "unrecorded",
            Self::Filtered(_) => "filtered",
            Self::Duplicate => "duplicate",
            Self::Stored => "stored",
            Self::Redirected => "redirected",
            Self::DeadLettered => "dead_lettered",
            Self::Lost(_) => "lost",
            Self::Mixed => "mixed",
        }
    }

    /// Returns its cause, where it has one.
    pub const fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Filtered(cause) | Self::Lost(cause) => Some(cause),
            Self::Unrecorded
            | Self::Duplicate
            | Self::Stored
            | Self::Redirected
            | Self::DeadLettered
            | Self::Mixed => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause() {
            Some(cause) => write!(f, "{}/{}", self.class(), cause.as_str()),
            None => f.write_str(self.class()),
        }
    }
}

/// The text names no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no outcome of a line")]
pub struct NoOutcome(String);

impl FromStr for Outcome {
    type Err = NoOutcome;

    fn from_str(text: &str) -> Result<Self, NoOutcome> {
        let cause = |name: &str| Cause(Cow::Owned(name.to_owned()));
        Ok(match text.split_once('/') {
            Some(("filtered", rule)) => Self::Filtered(cause(rule)),
            Some(("lost", reason)) => Self::Lost(cause(reason)),
            None if text == "unrecorded" => Self::Unrecorded,
            None if text == "duplicate" => Self::Duplicate,
            None if text == "stored" => Self::Stored,
            None if text == "redirected" => Self::Redirected,
            None if text == "dead_lettered" => Self::DeadLettered,
            None if text == "mixed" => Self::Mixed,
            Some(_) | None => return Err(NoOutcome(text.to_owned())),
        })
    }
}

impl Serialize for Outcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_survives_its_text() {
        for outcome in [
            Outcome::Unrecorded,
            Outcome::Filtered(Cause::of("health_path")),
            Outcome::Duplicate,
            Outcome::Stored,
            Outcome::Redirected,
            Outcome::DeadLettered,
            Outcome::Lost(Cause::of("truncated")),
            Outcome::Mixed,
        ] {
            assert_eq!(outcome.to_string().parse(), Ok(outcome));
        }
        assert!("filtered".parse::<Outcome>().is_err(), "a filtered line has a rule");
        assert!("eaten".parse::<Outcome>().is_err());
    }
}
