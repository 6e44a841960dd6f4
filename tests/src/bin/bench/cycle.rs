//! A cycle of the detector with the rules that are shipped, over the history of the demo.
//!
//! More than a million events are the logs of more shops: each has the hours, the size and the incidents of the demo's,
//! but its own seed and `store.id`, and all ship into one namespace. So every bucket that a cycle reads holds more, and
//! not only what it does not look at.

mod judge;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use event::Namespace;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use shop::{Existing, Folder, Rotation, demo_plan, write_history};

use crate::cluster::{Cluster, namespace};
use crate::figure::{Figure, median};
use crate::logs::Lines;
use crate::work::{Ids, Shipment, Work};
use crate::{Size, tell};
use judge::Hour;

/// What one shop of the demo comes to in its 21 days, at most.
const EVENTS_OF_A_SHOP: u64 = 1_000_000;
const ROTATE: Rotation = Rotation::AtBytes(64 * 1024 * 1024);
/// A process of its own judges half an hour; then an hour is judged cycle by cycle.
const HALF_AN_HOUR: SignedDuration = SignedDuration::from_mins(30);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// More do not lie in the hours that the demo judges.
const MOST_RUNS: u32 = 5;

/// A cluster with the history of shops in it.
struct Filled {
    work: Work,
    cluster: Cluster,
    namespace: Namespace,
    keys: PathBuf,
    /// Where judging begins.
    from: Timestamp,
    shops: u64,
    events: u64,
}

/// Measures cycles, the start before them, and the process as a whole.
pub(crate) fn measure(size: &Size) -> Result<Vec<Figure>> {
    let filled = Filled::fill(size)?;
    let settings = filled.settings()?;
    let mut processes = Vec::new();
    let mut hours = Vec::new();
    for number in 0..size.runs.min(MOST_RUNS) {
        let from = filled.from + (HALF_AN_HOUR + HOUR) * i32::try_from(number)?;
        processes.push(filled.judge_by_process(&settings, from)?);
        let hour = judge::hour(&settings, from + HALF_AN_HOUR)?;
        tell(&format!(
            "run {}: {} cycles, {:.3} s each, {:.3} s with all rules",
            number + 1,
            hour.cycles.len(),
            hour.mean_seconds(),
            hour.all_rules_seconds()
        ));
        hours.push(hour);
    }
    let (shops, events) = (filled.shops, filled.events);
    let what = format!(
        "{events} events of {shops} shop(s) in 21 days; 10 rules; queries, models, series and watermarks written; {}",
        Cluster::describe()
    );
    let of_hours = |of: fn(&Hour) -> f64| hours.iter().map(of).collect();
    let of_processes = |of: fn(&Process) -> f64| processes.iter().map(of).collect();
    Ok(vec![
        Figure::new("cycle.events", "events", vec![events as f64]),
        Figure::new("cycle.mean", "s", of_hours(Hour::mean_seconds))
            .noted(format!("mean of the cycles of an hour, one each 5 minutes, timed within the process; {what}")),
        Figure::new("cycle.all_rules", "s", of_hours(Hour::all_rules_seconds))
            .noted("the one cycle of an hour in which all ten rules have a closed bucket"),
        Figure::new("cycle.slowest", "s", of_hours(Hour::slowest_seconds)),
        Figure::new("cycle.start", "s", of_hours(|hour| hour.start_seconds))
            .noted("before the first cycle: lease, state, and 21 days learned anew"),
        Figure::new("cycle.process", "s", of_processes(|process| process.wall_seconds))
            .noted("`detector run --from --until` on half an hour as a process: start, learning and 6 cycles"),
        Figure::new("cycle.process.cpu", "CPU s", of_processes(|process| process.cpu_seconds)),
        Figure::new("cycle.process.peak_memory", "MiB", of_processes(|process| process.peak_mib)),
    ])
}

struct Process {
    wall_seconds: f64,
    cpu_seconds: f64,
    peak_mib: f64,
}

/// What a detector says at its end.
#[derive(Debug, Deserialize)]
struct Summary {
    judged: usize,
}

impl Filled {
    fn fill(size: &Size) -> Result<Self> {
        let shops = size.events.div_ceil(EVENTS_OF_A_SHOP).max(1);
        let (work, cluster, namespace) = (Work::make()?, Cluster::start(), namespace()?);
        let keys = work.path("keys");
        cluster.set_up(&namespace, &keys)?;
        let now = Timestamp::now();
        let mut filled = Self { work, cluster, namespace, keys, from: now, shops, events: 0 };
        for seed in 1..=shops {
            let mut demo = demo_plan(now, seed);
            demo.shop.orders_per_day *= size.scale;
            demo.shop.store_id = format!("bench-{seed}");
            filled.from = demo.judged_from;
            filled.ship(&demo)?;
            tell(&format!("shop {seed} of {shops} is shipped"));
        }
        filled.events = filled.cluster.count(&filled.namespace)?;
        tell(&format!("{} events are stored; waiting until nothing is merged", filled.events));
        filled.cluster.settle()?;
        Ok(filled)
    }

    fn ship(&self, demo: &shop::Demo) -> Result<()> {
        let logs = self.work.path("logs");
        let mut folder = Folder::open(&logs, Existing::Refused, ROTATE)?;
        write_history(&demo.shop, &demo.plan, &mut folder, &mut |_| ())?;
        self.work.ship(&Shipment {
            cluster: self.cluster.settings(&self.keys, "shipper"),
            namespace: self.namespace.as_str(),
            store: &demo.shop.store_id,
            logs: &logs,
            lines: Lines::Mixed,
            ids: Ids::Origin,
        })?;
        // Ten shops at once would take gigabytes of disk.
        Ok(fs::remove_dir_all(&logs)?)
    }

    /// Writes the settings of a detector that has all rules as they are shipped.
    fn settings(&self) -> Result<PathBuf> {
        let settings = json!({
            "cluster": self.cluster.settings(&self.keys, "detector"),
            "namespace": self.namespace.as_str(),
            "admin": {"address": "127.0.0.1:0"},
        });
        self.work.settings("detector.yml", &settings)
    }

    /// Lets the real program judge half an hour.
    fn judge_by_process(&self, settings: &std::path::Path, from: Timestamp) -> Result<Process> {
        let (config, until) = (settings.to_string_lossy(), from + HALF_AN_HOUR);
        let (from, until) = (from.to_string(), until.to_string());
        let arguments = ["--config", &config, "run", "--from", &from, "--until", &until, "--json"];
        let spent = self.work.run("detector", &arguments)?;
        let last = spent.output.lines().last().unwrap_or_default();
        let summary: Summary = serde_json::from_str(last)
            .with_context(|| format!("the detector's summary cannot be read: {last:?}"))?;
        ensure!(summary.judged > 0, "nothing was judged: {last}");
        Ok(Process {
            wall_seconds: spent.wall_seconds,
            cpu_seconds: spent.cpu_seconds,
            peak_mib: spent.peak_bytes as f64 / f64::from(1 << 20),
        })
    }
}

impl Hour {
    fn mean_seconds(&self) -> f64 {
        let sum: f64 = self.cycles.iter().map(|cycle| cycle.seconds).sum();
        sum / self.cycles.len() as f64
    }

    fn slowest_seconds(&self) -> f64 {
        self.cycles.iter().map(|cycle| cycle.seconds).fold(0.0, f64::max)
    }

    fn all_rules_seconds(&self) -> f64 {
        let whole = self.cycles.iter().filter(|cycle| cycle.rules == self.rules);
        median(&whole.map(|cycle| cycle.seconds).collect::<Vec<_>>())
    }
}
