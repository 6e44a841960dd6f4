//! The settings as `detector.yml` writes them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use elastic::RawCluster;
use runtime::admin::RawAdmin;
use runtime::logs::RawLogs;
use runtime::unit::Span;
use serde::Deserialize;

use super::channel::RawChannel;

/// `detector.yml`; unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawDetector {
    pub(super) cluster: RawCluster,
    pub(super) namespace: String,
    pub(super) store: Option<String>,
    pub(super) instance: Option<String>,
    pub(super) rules_dir: Option<PathBuf>,
    pub(super) disabled_rules: Vec<String>,
    pub(super) timezone: String,
    pub(super) query_delay: Span,
    pub(super) query_time_limit: Span,
    pub(super) history: Span,
    pub(super) lease: RawLease,
    pub(super) kibana_url: Option<String>,
    pub(super) channels: BTreeMap<String, RawChannel>,
    pub(super) admin: RawAdmin,
    /// How the detector tells of itself.
    pub logs: RawLogs,
}

/// The block `lease`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLease {
    pub(super) ttl: Span,
}

impl Default for RawLease {
    fn default() -> Self {
        Self { ttl: Span::seconds(30) }
    }
}

impl Default for RawDetector {
    fn default() -> Self {
        Self {
            cluster: RawCluster::default(),
            namespace: "default".to_owned(),
            store: None,
            instance: None,
            rules_dir: None,
            disabled_rules: Vec::new(),
            timezone: "Asia/Shanghai".to_owned(),
            query_delay: Span::seconds(60),
            query_time_limit: Span::seconds(30),
            history: Span::days(28),
            lease: RawLease::default(),
            kibana_url: None,
            channels: BTreeMap::new(),
            admin: RawAdmin::default(),
            logs: RawLogs::default(),
        }
    }
}
