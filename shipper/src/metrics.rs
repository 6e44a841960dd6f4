//! What the shipper counts, under the names that dashboards and alert rules use.

use std::sync::atomic::{AtomicI64, AtomicU64};

use enricher::{Behaviour, Counters, Failure, Redaction, Rule, STEPS};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::chunk::TIMED_LINES;
use crate::shed::Turned;
use crate::tail::Lag;

type Labels = Vec<(&'static str, String)>;
type Counts = Family<Labels, Counter<u64, AtomicU64>>;
type Level = Gauge<i64, AtomicI64>;
type Seconds = Gauge<f64, AtomicU64>;

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ended {
    /// The cluster took it.
    Stored,
    /// The cluster had it.
    Duplicate,
    /// The cluster put it into its failure store.
    Redirected,
    /// A named rule dropped it.
    Filtered,
    /// The cluster refused it for good; it lies in the dead letters.
    DeadLettered,
}

impl Ended {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Stored, Self::Duplicate, Self::Redirected, Self::Filtered, Self::DeadLettered];

    /// Returns the value of the label `outcome`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Redirected => "redirected",
            Self::Filtered => "filtered",
            Self::DeadLettered => "dead_lettered",
        }
    }
}

/// All counters, gauges and the one histogram. Clones count into the same places.
#[derive(Debug, Clone)]
pub struct Metrics {
    lines_read: Counts,
    bytes_read: Counts,
    /// Events that lines gave; a filtered line gives none.
    pub events_made: Counter,
    ended: Counts,
    lines_truncated: Counts,
    filtered: Counts,
    parse_failures: Counts,
    redactions: Counts,
    lost_bytes: Counts,
    bulk_requests: Counts,
    bulk_items: Counts,
    bulk_bytes: Counts,
    retries: Counts,
    reloads: Counts,
    rule_seconds: Family<Labels, Counter<f64, AtomicU64>>,
    polls: Counts,
    /// Documents of which one field was moved out of the cluster's way.
    pub fields_moved: Counter,
    /// Seconds from the sending of a bulk request to its whole reply.
    pub bulk_seconds: Histogram,
    /// Bytes read and not yet acknowledged.
    pub inflight_bytes: Level,
    /// Bulk requests that may be under way at once.
    pub concurrency_limit: Level,
    /// Bytes that a bulk request may hold.
    pub batch_limit_bytes: Level,
    /// Bytes on disk that are not acknowledged, by input.
    lag_bytes: Family<Labels, Level>,
    /// How long the oldest of them is there, in seconds, by input.
    lag_seconds: Family<Labels, Seconds>,
    /// How long it takes to acknowledge them at the rate of late, in seconds, by input.
    drain_seconds: Family<Labels, Seconds>,
    /// 1 while an input leaves lines out because it is far behind.
    shedding: Family<Labels, Level>,
    /// Bytes of deleted files that are held open until they are read.
    pub held_bytes: Level,
    /// Files that are open.
    pub open_files: Level,
    /// Seconds since the last checkpoint that was written.
    pub checkpoint_age_seconds: Level,
    /// Dead letters on disk.
    pub dead_letters: Level,
    /// Keys of delivered events that are known.
    pub dedup_keys: Level,
    /// Keys that left early because there were too many.
    pub dedup_evicted: Counter,
    /// Events whose key another event with other content has.
    key_conflicts: Counter,
    /// Clients that were looked up in geo databases, by result.
    located: Counts,
    /// Requests of clients that pose as people and are taken for bots, by what told.
    judged: Counts,
    /// Bytes that spools take on disk.
    pub spool_bytes: Level,
    /// Dead letters that were dropped to make room for others.
    pub dead_letters_dropped: Counter,
    /// Changes that the scan found and nothing announced.
    pub missed_wakeups: Counter,
    /// Seconds until the key of the cluster ends, where that is known.
    api_key_expiry_seconds: Family<Labels, Level>,
    /// 1 while the cluster's certificate is not verified.
    pub tls_verification_disabled: Level,
}

impl Metrics {
    /// Returns fresh metrics.
    pub fn new() -> Self {
        Self {
            lines_read: Counts::default(),
            bytes_read: Counts::default(),
            events_made: Counter::default(),
            ended: Counts::default(),
            lines_truncated: Counts::default(),
            filtered: Counts::default(),
            parse_failures: Counts::default(),
            redactions: Counts::default(),
            lost_bytes: Counts::default(),
            bulk_requests: Counts::default(),
            bulk_items: Counts::default(),
            bulk_bytes: Counts::default(),
            retries: Counts::default(),
            reloads: Counts::default(),
            rule_seconds: Family::default(),
            polls: Counts::default(),
            fields_moved: Counter::default(),
            bulk_seconds: Histogram::new([
                0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
            ]),
            inflight_bytes: Level::default(),
            concurrency_limit: Level::default(),
            batch_limit_bytes: Level::default(),
            lag_bytes: Family::default(),
            lag_seconds: Family::default(),
            drain_seconds: Family::default(),
            shedding: Family::default(),
            held_bytes: Level::default(),
            open_files: Level::default(),
            checkpoint_age_seconds: Level::default(),
            dead_letters: Level::default(),
            dedup_keys: Level::default(),
            dedup_evicted: Counter::default(),
            key_conflicts: Counter::default(),
            located: Counts::default(),
            judged: Counts::default(),
            spool_bytes: Level::default(),
            dead_letters_dropped: Counter::default(),
            missed_wakeups: Counter::default(),
            api_key_expiry_seconds: Family::default(),
            tls_verification_disabled: Level::default(),
        }
    }

    /// Enters all of them into the registry of the admin endpoint.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("shipper");
        let mut counts =
            |name, help, counts: &Counts| registry.register(name, help, counts.clone());
        counts("lines_read", "Lines read", &self.lines_read);
        counts("bytes_read", "Bytes read", &self.bytes_read);
        counts("events", "Events by how they ended", &self.ended);
        counts("lines_truncated", "Lines that lost their end to a limit", &self.lines_truncated);
        counts("filtered", "Lines dropped, by rule", &self.filtered);
        counts("parse_failures", "Lines that could not be parsed", &self.parse_failures);
        counts("redactions", "Values redacted, by kind", &self.redactions);
        counts("lost_bytes", "Bytes that were gone before they were read", &self.lost_bytes);
        counts("bulk_requests", "Bulk requests by HTTP status", &self.bulk_requests);
        counts("bulk_items", "Items of bulk requests by verdict", &self.bulk_items);
        counts("bulk_bytes", "Bytes of bulk requests", &self.bulk_bytes);
        counts("polls", "Polls of APIs, by how they ended", &self.polls);
        counts("located", "Clients looked up in geo databases, by result", &self.located);
        counts("judged", "Requests of bots that pose as people, by what told", &self.judged);
        counts("retries", "Items sent again, by reason", &self.retries);
        counts("reloads", "Changed configurations, by result", &self.reloads);
        registry.register(
            "rule_seconds",
            "Time that lines spent in each step of their pipeline, from a sample of them",
            self.rule_seconds.clone(),
        );
        registry.register("events_made", "Events that lines gave", self.events_made.clone());
        registry.register("fields_moved", "Fields moved aside", self.fields_moved.clone());
        registry.register(
            "dead_letters_dropped",
            "Dead letters dropped to make room",
            self.dead_letters_dropped.clone(),
        );
        let evicted = "Keys of delivered events that left early because there were too many";
        registry.register("dedup_evicted", evicted, self.dedup_evicted.clone());
        let conflicts = "Events whose key another event with other content has";
        registry.register("key_conflicts", conflicts, self.key_conflicts.clone());
        registry.register(
            "missed_wakeups",
            "Changes that only the scan found",
            self.missed_wakeups.clone(),
        );
        registry.register(
            "bulk_duration_seconds",
            "Time of a bulk request",
            self.bulk_seconds.clone(),
        );
        registry.register("lag_bytes", "Bytes not acknowledged", self.lag_bytes.clone());
        registry.register("lag_seconds", "Age of the oldest of them", self.lag_seconds.clone());
        let drain = "Time until they are acknowledged at the rate of late";
        registry.register("drain_seconds", drain, self.drain_seconds.clone());
        let shedding = "Whether lines are left out because the input is far behind";
        registry.register("shedding", shedding, self.shedding.clone());
        registry.register(
            "api_key_expiry_seconds",
            "Seconds until the key of the cluster ends",
            self.api_key_expiry_seconds.clone(),
        );
        let mut level = |name, help, level: &Level| registry.register(name, help, level.clone());
        level("inflight_bytes", "Bytes read and not acknowledged", &self.inflight_bytes);
        level("concurrency_limit", "Requests allowed at once", &self.concurrency_limit);
        level("batch_limit_bytes", "Bytes allowed in a request", &self.batch_limit_bytes);
        level("open_files", "Open files", &self.open_files);
        level("held_bytes", "Bytes of deleted files held open", &self.held_bytes);
        level("checkpoint_age_seconds", "Age of the checkpoint", &self.checkpoint_age_seconds);
        level("spool_bytes", "Bytes of spools on disk", &self.spool_bytes);
        level("dedup_keys", "Keys of delivered events that are known", &self.dedup_keys);
        level("dead_letters", "Dead letters on disk", &self.dead_letters);
        level(
            "tls_verification_disabled",
            "Whether the cluster's certificate is not verified",
            &self.tls_verification_disabled,
        );
        let build: Family<Labels, Level> = Family::default();
        build.get_or_create(&vec![("version", env!("CARGO_PKG_VERSION").to_owned())]).set(1);
        registry.register("build_info", "Version that runs", build);
        // An alert on the increase of a counter does not see the step from nothing to one.
        for (counts, label, value) in [
            (&self.lost_bytes, "reason", "truncated"),
            (&self.reloads, "result", "taken"),
            (&self.reloads, "result", "refused"),
        ] {
            drop(counts.get_or_create(&vec![(label, value.to_owned())]));
        }
    }

    /// Counts events that ended.
    pub fn ended(&self, how: Ended, events: u64) {
        count(&self.ended, ("outcome", how.as_str()), events);
    }

    /// Returns how many events ended so.
    pub fn total(&self, how: Ended) -> u64 {
        self.ended.get_or_create(&vec![("outcome", how.as_str().to_owned())]).get()
    }

    /// Counts a span of lines that was read.
    pub fn read(&self, source: &str, lines: u64, bytes: u64) {
        count(&self.lines_read, ("source", source), lines);
        count(&self.bytes_read, ("source", source), bytes);
    }

    /// Counts lines and groups that lost their end to a limit.
    pub fn truncated(&self, source: &str, lines: u64) {
        count(&self.lines_truncated, ("source", source), lines);
    }

    /// Counts lines that a rule dropped; each ends as one filtered event.
    pub fn filtered(&self, rule: &str, lines: u64) {
        count(&self.filtered, ("rule", rule), lines);
        self.ended(Ended::Filtered, lines);
    }

    /// Returns how many lines a rule dropped.
    pub fn filtered_by(&self, rule: Rule) -> u64 {
        self.filtered.get_or_create(&vec![("rule", rule.as_str().to_owned())]).get()
    }

    /// Counts bytes that were gone before they were read.
    pub fn lost(&self, reason: &str, bytes: u64) {
        count(&self.lost_bytes, ("reason", reason), bytes);
    }

    /// Counts a bulk request by the status of its answer, or a word where there was none.
    pub fn bulk_request(&self, code: &str) {
        count(&self.bulk_requests, ("code", code), 1);
    }

    /// Counts items by verdict.
    pub fn bulk_items(&self, status: &str, items: u64) {
        count(&self.bulk_items, ("status", status), items);
    }

    /// Counts the bytes of a request before and after compression.
    pub fn bulk_bytes(&self, raw: u64, wire: u64) {
        count(&self.bulk_bytes, ("stage", "raw"), raw);
        count(&self.bulk_bytes, ("stage", "wire"), wire);
    }

    /// Counts items that are sent again.
    pub fn retried(&self, reason: &str, items: u64) {
        count(&self.retries, ("reason", reason), items);
    }

    /// Shows how long the key of the cluster is good, in seconds; nothing where nobody knows.
    pub fn key_expires_in(&self, seconds: Option<i64>) {
        let none = Labels::new();
        if let Some(seconds) = seconds {
            self.api_key_expiry_seconds.get_or_create(&none).set(seconds);
        } else {
            self.api_key_expiry_seconds.remove(&none);
        }
    }

    /// Counts a changed configuration that was `taken` or `refused`.
    pub fn reloaded(&self, result: &str) {
        count(&self.reloads, ("result", result), 1);
    }

    /// Counts a poll by how it ended.
    pub fn polled(&self, source: &str, outcome: &str) {
        let labels = vec![("source", source.to_owned()), ("outcome", outcome.to_owned())];
        self.polls.get_or_create(&labels).inc();
    }

    /// Sets how far an input is behind.
    pub fn lag(&self, source: &str, lag: &Lag) {
        let label = vec![("source", source.to_owned())];
        self.lag_bytes.get_or_create(&label).set(i64::try_from(lag.bytes).unwrap_or(i64::MAX));
        self.lag_seconds.get_or_create(&label).set(lag.age.as_secs_f64());
        self.drain_seconds.get_or_create(&label).set(lag.drain.as_secs_f64());
    }

    /// Returns how old the oldest byte of an input is that is not acknowledged, and how long all of them take to drain, in
    /// seconds.
    pub fn lag_seconds_of(&self, source: &str) -> (f64, f64) {
        let label = vec![("source", source.to_owned())];
        let age = self.lag_seconds.get_or_create(&label).get();
        (age, self.drain_seconds.get_or_create(&label).get())
    }

    /// Shows whether an input leaves lines out.
    pub fn shedding(&self, source: &str, turned: Turned) {
        let gauge = self.shedding.get_or_create(&vec![("source", source.to_owned())]);
        gauge.set(i64::from(turned == Turned::On));
    }

    /// Tells whether an input leaves lines out.
    pub fn is_shedding(&self, source: &str) -> bool {
        self.shedding
            .get(&vec![("source", source.to_owned())])
            .is_some_and(|gauge| gauge.get() == 1)
    }

    /// Returns how many bytes of an input wait on disk.
    pub fn lag_of(&self, source: &str) -> u64 {
        let gauge = self.lag_bytes.get_or_create(&vec![("source", source.to_owned())]);
        u64::try_from(gauge.get()).unwrap_or_default()
    }

    /// Forgets how far an input is that is not read any more; what was counted of it stays.
    pub fn forget_source(&self, source: &str) {
        let label = vec![("source", source.to_owned())];
        self.lag_bytes.remove(&label);
        self.lag_seconds.remove(&label);
        self.drain_seconds.remove(&label);
        self.shedding.remove(&label);
    }

    /// Counts what a pipeline counted since it was last asked.
    pub fn pipeline(&self, parser: &'static str, now: &Counters, before: &Counters) {
        for &rule in Rule::ALL {
            let lines = now.filtered(rule) - before.filtered(rule);
            if lines > 0 {
                self.filtered(rule.as_str(), lines);
            }
        }
        for &kind in Redaction::ALL {
            let values = now.redacted(kind) - before.redacted(kind);
            count(&self.redactions, ("kind", kind.as_str()), values);
        }
        self.key_conflicts.inc_by(now.conflicts - before.conflicts);
        for &how in Behaviour::ALL {
            count(&self.judged, ("rule", how.as_str()), now.judged(how) - before.judged(how));
        }
        count(&self.located, ("result", "found"), now.located - before.located);
        count(&self.located, ("result", "unknown"), now.not_located - before.not_located);
        let spent = now.nanos().iter().zip(before.nanos()).map(|(now, before)| now - before);
        for (step, nanos) in STEPS.into_iter().zip(spent).filter(|(_, nanos)| *nanos > 0) {
            // One line stands for all of its sample.
            let seconds = nanos as f64 / 1e9 * f64::from(TIMED_LINES);
            self.rule_seconds.get_or_create(&vec![("rule", step.to_owned())]).inc_by(seconds);
        }
        for &failure in Failure::ALL {
            let lines = now.failed(failure) - before.failed(failure);
            if lines > 0 {
                let labels =
                    vec![("parser", parser.to_owned()), ("reason", failure.as_str().to_owned())];
                self.parse_failures.get_or_create(&labels).inc_by(lines);
            }
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

fn count(counts: &Counts, label: (&'static str, &str), by: u64) {
    // A label that never counted anything is not shown.
    if by > 0 {
        counts.get_or_create(&vec![(label.0, label.1.to_owned())]).inc_by(by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn names_and_labels_are_those_of_the_manual() {
        let metrics = Metrics::new();
        metrics.ended(Ended::Stored, 3);
        metrics.filtered("health_path", 2);
        let (age, drain) = (Duration::from_millis(1_500), Duration::from_secs(3));
        metrics.lag("access", &Lag { bytes: 10, age, drain });
        metrics.polled("orders", "finished");
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "shipper_events_total{outcome=\"stored\"} 3",
            "shipper_events_total{outcome=\"filtered\"} 2",
            "shipper_filtered_total{rule=\"health_path\"} 2",
            "shipper_lag_bytes{source=\"access\"} 10",
            "shipper_lag_seconds{source=\"access\"} 1.5",
            "shipper_drain_seconds{source=\"access\"} 3.0",
            "shipper_held_bytes 0",
            "shipper_dead_letters 0",
            "shipper_spool_bytes 0",
            "shipper_polls_total{source=\"orders\",outcome=\"finished\"} 1",
            "shipper_bulk_duration_seconds_count 0",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
