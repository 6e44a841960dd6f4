//! A plain bulk loop: bodies that were built before, sent as fast as a server takes them.
//!
//! It shows what the server itself can take, so that it is clear whether the server or the program under test was the
//! bottleneck.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail, ensure};
use elastic::{BulkBuilder, BulkReply, BulkRequest, Client, Cluster, Verdict};
use harness::scripted::{Document, Scripted};
use runtime::SystemClock;

use crate::logs::{self, Lines};
use crate::work::{Ids, Shipment, Work};

/// As many documents as the shipper puts into a request at most.
const DOCUMENTS: u64 = 2_000;
/// Requests under way at once.
const AT_ONCE: usize = 2;
/// Lines whose documents are sent again and again under other ids.
const SAMPLE: u64 = 20_000;

/// Documents of a stream, as our shipper makes them of such lines.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) stream: String,
    documents: Vec<Document>,
}

impl Sample {
    /// Lets the shipper make documents of such lines for this namespace.
    pub(crate) fn of(lines: Lines, namespace: &str) -> Result<Self> {
        let (work, server) = (Work::make()?, Scripted::keeping());
        let logs = work.path("logs");
        logs::write(&logs, lines, SAMPLE)?;
        let shipment = Shipment { namespace, ..Shipment::to(&server.url(), &logs, lines) };
        work.ship(&shipment)?;
        let largest = server.streams().into_iter().max_by_key(|stream| server.stored(stream));
        let stream = largest.context("the shipper sent nothing")?;
        let documents = server.documents(&stream);
        Ok(Self { stream, documents })
    }

    /// Builds requests of so many documents, each with an id of its own or with none.
    pub(crate) fn bodies(&self, count: u64, ids: Ids) -> Vec<BulkRequest> {
        let mut builder = BulkBuilder::new();
        let mut bodies = Vec::new();
        for (number, document) in (0..count).zip(self.documents.iter().cycle()) {
            match ids {
                Ids::Origin => builder.push(&id(number), &document.json),
                Ids::Auto => builder.push_without_id(&document.json),
            }
            if builder.documents() as u64 == DOCUMENTS || number + 1 == count {
                bodies.push(builder.finish());
            }
        }
        bodies
    }
}

/// Sends all of them once; returns documents per second.
pub(crate) fn send(cluster: &Cluster, stream: &str, bodies: &[BulkRequest]) -> Result<f64> {
    let documents: usize = bodies.iter().map(BulkRequest::documents).sum();
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    thread::scope(|scope| {
        let senders: Vec<_> = (0..AT_ONCE)
            .map(|_| scope.spawn(|| harness::block_on(send_some(cluster, stream, bodies, &next))))
            .collect();
        let mut joined = senders.into_iter().map(thread::ScopedJoinHandle::join);
        joined.try_for_each(|ended| ended.map_err(|_| anyhow!("a sender panicked"))?)
    })?;
    Ok(documents as f64 / began.elapsed().as_secs_f64())
}

async fn send_some(
    cluster: &Cluster,
    stream: &str,
    bodies: &[BulkRequest],
    next: &AtomicUsize,
) -> Result<()> {
    let client = Client::new(cluster, Arc::new(SystemClock::new()))?;
    while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
        match client.bulk(stream, body).await {
            BulkReply::Items { verdicts, .. } => {
                let refused = verdicts.iter().find(|verdict| !matches!(verdict, Verdict::Stored));
                ensure!(refused.is_none(), "a document was not stored: {refused:?}");
            }
            refused @ (BulkReply::TooLarge
            | BulkReply::Busy { .. }
            | BulkReply::Held { .. }
            | BulkReply::Unknown { .. }) => bail!("a request was refused: {refused:?}"),
        }
    }
    Ok(())
}

/// Returns an id of 22 characters that no other number has and that looks like ours.
fn id(number: u64) -> String {
    format!("{number:021}A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_as_long_as_ours_and_differ() {
        assert_eq!(id(7).len(), 22);
        assert_ne!(id(7), id(70));
    }

    #[test]
    fn documents_are_spread_over_requests_until_there_are_enough() {
        let document = Document { id: "x".to_owned(), json: b"{}".to_vec() };
        let sample = Sample { stream: "s".to_owned(), documents: vec![document] };
        let bodies = sample.bodies(4_500, Ids::Origin);
        let counts: Vec<_> = bodies.iter().map(BulkRequest::documents).collect();
        assert_eq!(counts, [2_000, 2_000, 500]);
        let server = Scripted::start();
        let address = elastic::Address::parse(&server.url()).unwrap();
        let cluster = Cluster::try_new(vec![address], elastic::Credentials::None).unwrap();
        assert!(send(&cluster, "s", &bodies).unwrap() > 0.0);
        assert_eq!(server.stored("s"), 4_500);
        assert!(send(&cluster, "s", &bodies).is_err(), "the same ids are not stored twice");
    }
}
