//! Where readings come from: one figure per group and bucket, or the honest word that it is unknown.
//!
//! A [`SeriesSource`] answers an [`Ask`] with whole readings or says why they are partial; a partial answer is never
//! taken for 0. [`Cluster`] asks Elasticsearch, [`Table`] reads CSV.

mod answer;
mod cluster;
mod group;
pub mod query;
mod table;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

pub use cluster::Cluster;
pub use group::Group;
pub use table::{Table, TableError};

use crate::model::Reading;
use crate::rule::{Rule, Window};

/// What one rule wants to know.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The buckets; both ends lie on bucket starts.
    pub window: Window,
    /// How long the search may take.
    pub time_limit: Duration,
}

/// The readings of buckets that hold documents, by group. A pair that is not here is a bucket without documents.
pub type Readings = BTreeMap<Group, BTreeMap<Timestamp, Reading>>;

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Everything that was asked for.
    Whole(Readings),
    /// The rule has more groups than its cap; these are the first ones, whole.
    Capped(Readings),
    /// Something is missing, so nothing can be said.
    Partial {
        /// Why.
        reason: String,
    },
}

/// Where to go on in a composite: its `after_key`.
#[derive(Debug, Clone, PartialEq)]
pub struct Page(pub serde_json::Value);

/// Answers what rules ask. A failure is an answer too: [`Answer::Partial`].
pub trait SeriesSource {
    /// Answers every ask, in order.
    fn read(&self, asks: &[Ask<'_>]) -> impl Future<Output = Vec<Answer>>;
}
