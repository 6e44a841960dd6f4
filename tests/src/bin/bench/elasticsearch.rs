//! The shipper into a real Elasticsearch, acknowledgement included: with our ids, with the cluster's own, and what the
//! cluster takes from a plain bulk loop, so that it is clear who is the bottleneck.

use anyhow::{Result, ensure};

use crate::cluster::{Cluster, namespace};
use crate::figure::Figure;
use crate::logs::{self, Lines};
use crate::plain::{self, Sample};
use crate::work::{Ids, Shipment, Work};
use crate::{Size, tell};

const LINES: u32 = 300_000;

/// Measures mixed lines of a shop, then access lines in four ways; each run goes into streams of its own.
pub(crate) fn measure(size: &Size) -> Result<Vec<Figure>> {
    let cluster = Cluster::start();
    let count = size.lines(LINES);
    let mut figures = mixed(size, &cluster, count)?;
    figures.extend(ids(size, &cluster, count)?);
    Ok(figures)
}

fn mixed(size: &Size, cluster: &Cluster, count: u64) -> Result<Vec<Figure>> {
    let work = Work::make()?;
    tell(&format!("writing {count} lines (mixed)"));
    logs::write(&work.path("logs"), Lines::Mixed, count)?;
    let mut speeds = Vec::new();
    let mut documents = Vec::new();
    for number in 1..=size.runs {
        let (seconds, stored) = ship(&work, cluster, Lines::Mixed, Ids::Origin)?;
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

/// Interleaved: a cluster that slows down, as its segments grow, does so for all.
fn ids(size: &Size, cluster: &Cluster, count: u64) -> Result<Vec<Figure>> {
    let work = Work::make()?;
    tell(&format!("writing {count} lines (access)"));
    logs::write(&work.path("logs"), Lines::Access, count)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut plain_ours, mut plain_theirs) = (Vec::new(), Vec::new());
    for number in 1..=size.runs {
        for (ids, shipped, plain) in
            [(Ids::Origin, &mut ours, &mut plain_ours), (Ids::Auto, &mut theirs, &mut plain_theirs)]
        {
            let (seconds, _) = ship(&work, cluster, Lines::Access, ids)?;
            let speed = count as f64 / seconds;
            let loop_speed = plain_loop(cluster, count, ids)?;
            tell(&format!(
                "run {number}, {ids:?}: {speed:.0} lines/s, plain loop {loop_speed:.0} documents/s"
            ));
            shipped.push(speed);
            plain.push(loop_speed);
        }
    }
    let pairs = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a / b).collect();
    let ratio = Figure::new("elasticsearch.ids.ratio", "times", pairs(&ours, &theirs));
    let share = Figure::new("elasticsearch.share", "times", pairs(&ours, &plain_ours));
    let what =
        format!("{count} access lines, until the last is acknowledged; {}", Cluster::describe());
    Ok(vec![
        Figure::new("elasticsearch.ids.ours", "lines/s", ours).noted(what),
        Figure::new("elasticsearch.ids.auto", "lines/s", theirs).noted("`bulk.ids: auto`"),
        ratio.noted("our ids by the cluster's own, run by run"),
        Figure::new("elasticsearch.plain.ours", "documents/s", plain_ours)
            .noted("a plain loop of prepared requests with ids like ours, two at once"),
        Figure::new("elasticsearch.plain.auto", "documents/s", plain_theirs),
        share.noted("the shipper by the plain loop: near 1, the cluster is the bottleneck"),
    ])
}

fn ship(work: &Work, cluster: &Cluster, lines: Lines, ids: Ids) -> Result<(f64, u64)> {
    let namespace = namespace()?;
    let keys = work.path(&format!("keys-{}", namespace.as_str()));
    cluster.set_up(&namespace, &keys)?;
    let logs = work.path("logs");
    let (spent, shipped) = work.ship(&Shipment {
        cluster: cluster.settings(&keys, "shipper"),
        namespace: namespace.as_str(),
        store: "bench",
        logs: &logs,
        lines,
        ids,
    })?;
    let stored = cluster.count(&namespace)?;
    ensure!(stored == shipped.stored, "{stored} documents are there, {shipped:?} were shipped");
    Ok((spent.wall_seconds, stored))
}

fn plain_loop(cluster: &Cluster, count: u64, ids: Ids) -> Result<f64> {
    let (work, namespace) = (Work::make()?, namespace()?);
    cluster.set_up(&namespace, &work.path("keys"))?;
    let sample = Sample::of(Lines::Access, namespace.as_str())?;
    let bodies = sample.bodies(count, ids);
    let speed = plain::send(&cluster.reached(), &sample.stream, &bodies)?;
    ensure!(cluster.count(&namespace)? == count, "the plain loop lost documents");
    Ok(speed)
}
