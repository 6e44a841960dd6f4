//! What the detector measures of itself.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::cycle::{CycleReport, RuleStatus};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRule {
    rule: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByResult {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByAlert {
    rule: String,
    severity: &'static str,
    action: &'static str,
}

/// The metrics of a detector.
#[derive(Debug, Clone)]
pub struct Metrics {
    cycles: Family<ByResult, Counter>,
    cycle_duration: Histogram,
    lag: Family<ByRule, Gauge<f64, AtomicU64>>,
    groups: Family<ByRule, Gauge>,
    alerts: Family<ByAlert, Counter>,
    sent: Counter,
    waiting: Gauge,
    leader: Gauge,
}

impl Metrics {
    /// Registers the metrics.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            cycles: Family::default(),
            cycle_duration: Histogram::new(exponential_buckets(0.01, 2.0, 14)),
            lag: Family::default(),
            groups: Family::default(),
            alerts: Family::default(),
            sent: Counter::default(),
            waiting: Gauge::default(),
            leader: Gauge::default(),
        };
        let registry = registry.sub_registry_with_prefix("detector");
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which build this is", build);
        registry.register("cycles", "Cycles by result", metrics.cycles.clone());
        registry.register_with_unit(
            "cycle_duration",
            "How long cycles take",
            Unit::Seconds,
            metrics.cycle_duration.clone(),
        );
        registry.register_with_unit(
            "window_lag",
            "How far a rule's watermark is behind",
            Unit::Seconds,
            metrics.lag.clone(),
        );
        registry.register("groups", "Groups a rule follows", metrics.groups.clone());
        registry.register("alerts", "Transitions told", metrics.alerts.clone());
        registry.register("notifications", "Messages sent", metrics.sent.clone());
        registry.register("outbox_rows", "Messages that wait", metrics.waiting.clone());
        registry.register("leader", "1 while this process judges", metrics.leader.clone());
        metrics
    }

    /// Takes what a cycle did.
    pub fn cycle(&self, report: &CycleReport, took: Duration) {
        self.cycles.get_or_create(&ByResult { result: "ok" }).inc();
        self.cycle_duration.observe(took.as_secs_f64());
        self.sent.inc_by(u64::try_from(report.sent).unwrap_or(u64::MAX));
        for told in &report.told {
            let rule = told.rule.clone();
            let by = ByAlert { rule, severity: told.severity, action: told.action };
            self.alerts.get_or_create(&by).inc();
        }
    }

    /// Takes a cycle that failed.
    pub fn failed(&self) {
        self.cycles.get_or_create(&ByResult { result: "error" }).inc();
        self.leader.set(0);
    }

    /// Takes how the rules stand.
    pub fn stand(&self, rules: &[RuleStatus], waiting: usize) {
        self.leader.set(1);
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        for status in rules {
            let by = ByRule { rule: status.rule.clone() };
            self.lag.get_or_create(&by).set(status.lag_seconds);
            let groups = i64::try_from(status.groups).unwrap_or(i64::MAX);
            self.groups.get_or_create(&by).set(groups);
        }
    }
}
