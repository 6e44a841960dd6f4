//! Rules as their files write them.

use runtime::unit::Span;
use serde::Deserialize;

use super::filter::RawClause;
use super::measure::RawMeasure;
use super::{NoDataPolicy, RuleType};
use crate::alert::SeverityRule;
use crate::model::RawModelConfig;
use event::Dataset;

/// A rule as its file writes it; unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) quantity: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: RuleType,
    #[serde(default)]
    pub(super) enabled: Enabled,
    pub(super) datasets: Vec<Dataset>,
    pub(super) span: Span,
    #[serde(default)]
    pub(super) filter: Vec<RawClause>,
    pub(super) measure: RawMeasure,
    #[serde(default)]
    pub(super) group_by: Vec<String>,
    pub(super) model: Option<RawModelConfig>,
    pub(super) at_least: Option<f64>,
    pub(super) at_most: Option<f64>,
    pub(super) fewer_than: Option<f64>,
    #[serde(default)]
    pub(super) guard: f64,
    #[serde(default, rename = "for")]
    pub(super) opens: RawPatience,
    #[serde(default = "two")]
    pub(super) recover: usize,
    #[serde(default)]
    pub(super) no_data: RawNoData,
    pub(super) severity: SeverityRule,
    #[serde(default)]
    pub(super) explain: Vec<String>,
    #[serde(default)]
    pub(super) category: Vec<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) runbook: String,
    pub(super) reference: Option<String>,
    pub(super) channels: Option<Vec<String>>,
    #[serde(default = "most_groups")]
    pub(super) group_cap: usize,
    #[serde(default = "three")]
    pub(super) settle_buckets: u16,
}

impl RawRule {
    /// Returns whether the file says that the rule is off.
    pub fn is_disabled(&self) -> bool {
        matches!(self.enabled, Enabled::No)
    }

    /// Returns the rule's id, not yet checked.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Whether a rule is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Enabled {
    #[default]
    Yes,
    No,
}

impl<'de> Deserialize<'de> for Enabled {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bool::deserialize(deserializer).map(|enabled| if enabled { Self::Yes } else { Self::No })
    }
}

/// How many anomalous buckets open an episode.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPatience {
    /// Anomalous buckets ..
    pub(super) hits: usize,
    /// .. of so many.
    pub(super) of: usize,
}

impl Default for RawPatience {
    fn default() -> Self {
        Self { hits: 1, of: 1 }
    }
}

/// What a group without data means.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawNoData {
    pub(super) after: Span,
    pub(super) policy: NoDataPolicy,
}

impl Default for RawNoData {
    fn default() -> Self {
        Self { after: Span::hours(1), policy: NoDataPolicy::Keep }
    }
}

fn two() -> usize {
    2
}

fn three() -> u16 {
    3
}

fn most_groups() -> usize {
    10_000
}
