//! Rules: what is asked of which documents, how a bucket is judged, and what people are told.
//!
//! A rule file is read into [`RawRule`], which refuses unknown keys, and becomes a [`Rule`] only when all of it makes
//! sense. The ten rules that ship are files too ([`shipped()`]).

mod built_in;
mod check;
pub mod filter;
mod identity;
pub mod measure;
mod raw;
mod set;
mod shipped;
mod span;

use std::time::Duration;

use event::{Dataset, Field};

use crate::alert::{Patience, SeverityRule};
use crate::model::ModelConfig;

pub use built_in::built_in;
pub use filter::Filter;
pub use measure::{Absence, Measure};
pub use raw::RawRule;
pub use set::RuleSet;
pub use shipped::shipped;
pub use span::{BucketSpan, Window};

/// What makes a bucket anomalous, as a person would name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleType {
    /// Too many documents.
    Frequency,
    /// Too large or small a part.
    Percentage,
    /// Fewer than there must be.
    Flatline,
    /// A figure beyond a bound.
    Metric,
    /// A model gives a grade over its threshold.
    Anomaly,
}

impl RuleType {
    /// Returns the word of rule files and of `rule.category`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Frequency => "frequency",
            Self::Percentage => "percentage",
            Self::Flatline => "flatline",
            Self::Metric => "metric",
            Self::Anomaly => "anomaly",
        }
    }
}

/// When a judged bucket is anomalous.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fires {
    /// When the model's grade reaches its threshold.
    AtGrade,
    /// When fewer were seen although enough were expected.
    Fewer {
        /// Fewer than this.
        than: f64,
        /// Where at least this many are expected.
        expected: f64,
    },
}

/// What happens when an expected group has no data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoData {
    /// For how long data must be missing.
    pub after: Duration,
    /// What happens then.
    pub policy: NoDataPolicy,
}

/// What happens when an expected group has no data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoDataPolicy {
    /// People are told, and told again when data return.
    Alert,
    /// A bucket without data counts as normal.
    Ok,
    /// Everything stays as it is.
    Keep,
    /// A running episode ends.
    Resolve,
}

/// Who wrote a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruleset {
    /// It came with the program.
    Shipped,
    /// A file of the operator.
    Own,
    /// It is part of the program: the detector watches itself.
    BuiltIn,
}

impl Ruleset {
    /// Returns the value of `rule.ruleset`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Own => "own",
            Self::BuiltIn => "built-in",
        }
    }
}

/// A checked rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The word that names it everywhere.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it asks, in a sentence.
    pub description: String,
    /// What is measured, in words for the reason of an alert; the measure itself where the rule says nothing.
    pub quantity: Option<String>,
    /// What it is, for people.
    pub kind: RuleType,
    /// The streams it reads.
    pub datasets: Vec<Dataset>,
    /// The length of a bucket.
    pub span: BucketSpan,
    /// Which of the documents.
    pub filter: Filter,
    /// Which figure of them.
    pub measure: Measure,
    /// By which fields it is split.
    pub group_by: Vec<Field>,
    /// What judges the figure.
    pub model: ModelConfig,
    /// When a judged bucket is anomalous.
    pub fires: Fires,
    /// Least documents behind a figure; fewer say nothing.
    pub guard: f64,
    /// How many buckets open and end an episode.
    pub patience: Patience,
    /// What a group without data means.
    pub no_data: NoData,
    /// How bad its episodes are.
    pub severity: SeverityRule,
    /// Fields that may explain it.
    pub explain: Vec<Field>,
    /// Its words for `event.category`.
    pub category: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What it means, what to check first, what usually mends it.
    pub runbook: String,
    /// Where its runbook stands.
    pub reference: Option<String>,
    /// Its channels, if not all.
    pub channels: Option<Vec<String>>,
    /// Most groups it may have.
    pub group_cap: usize,
    /// Buckets after which a closed bucket is settled: late documents change it no more.
    pub settle: u16,
    /// Who wrote it.
    pub ruleset: Ruleset,
    /// Hash of its content.
    pub version: String,
    /// Hash of all that its models learn from.
    pub learned: String,
}
