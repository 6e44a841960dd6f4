//! The shipper into a real Elasticsearch, acknowledgement included.

use anyhow::{Result, ensure};

use crate::cluster::{Cluster, namespace};
use crate::figure::Figure;
use crate::logs::{self, Lines};
use crate::work::{Shipment, Work};
use crate::{Size, tell};

const LINES: u32 = 300_000;

/// Measures mixed lines of a shop, each run into streams of its own.
pub(crate) fn measure(size: &Size) -> Result<Vec<Figure>> {
    let work = Work::make()?;
    let count = size.lines(LINES);
    tell(&format!("writing {count} lines (mixed)"));
    logs::write(&work.path("logs"), Lines::Mixed, count)?;
    let cluster = Cluster::start();
    let mut speeds = Vec::new();
    let mut documents = Vec::new();
    for number in 1..=size.runs {
        let (seconds, stored) = once(&work, &cluster, number)?;
        speeds.push(count as f64 / seconds);
        documents.push(stored as f64 / seconds);
        tell(&format!("run {number}: {:.0} lines/s", count as f64 / seconds));
    }
    let what = format!(
        "{count} mixed lines, until the last is acknowledged; {}; ingest pipelines and streams as setup makes them",
        Cluster::describe()
    );
    Ok(vec![
        Figure::new("elasticsearch.speed", "lines/s", speeds).noted(what),
        Figure::new("elasticsearch.documents", "documents/s", documents),
    ])
}

fn once(work: &Work, cluster: &Cluster, number: u32) -> Result<(f64, u64)> {
    let (namespace, keys) = (namespace()?, work.path(&format!("keys-{number}")));
    cluster.set_up(&namespace, &keys)?;
    let logs = work.path("logs");
    let (spent, shipped) = work.ship(&Shipment {
        cluster: cluster.settings(&keys, "shipper"),
        namespace: namespace.as_str(),
        store: "bench",
        logs: &logs,
        lines: Lines::Mixed,
    })?;
    let stored = cluster.count(&namespace)?;
    ensure!(stored == shipped.stored, "{stored} documents are there, {shipped:?} were shipped");
    Ok((spent.wall_seconds, stored))
}
