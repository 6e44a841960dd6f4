//! The thread that writes all spools: one sync for all orders that wait, then the marks, then the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use runtime::Clock;
use runtime::admin::AdminState;

use crate::metrics::Metrics;
use crate::state::State;

use super::board::{Flow, NotKept, Order, Spools};
use super::store::{Error, Spool};

/// How often the owner looks what was acknowledged: an old place only means that rows are sent again.
const ROUND: Duration = Duration::from_secs(1);

/// What the owner works with.
#[derive(Debug)]
pub struct OwnerTools {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What was acknowledged.
    pub state: Arc<State>,
    /// Where orders come from.
    pub spools: Spools,
    /// What is counted.
    pub metrics: Metrics,
    /// Where trouble is shown.
    pub admin: AdminState,
    /// What all spools may take on disk, in bytes.
    pub limit_bytes: u64,
}

/// Writes spools until it is told to end.
#[derive(Debug)]
pub struct Owner {
    tools: OwnerTools,
    spools: Vec<Spool>,
    /// Spools whose last order found no room.
    refused: BTreeSet<usize>,
    next_look: Duration,
}

impl Owner {
    /// Returns the owner of these spools.
    pub fn new(tools: OwnerTools, spools: Vec<Spool>) -> Self {
        Self { tools, spools, refused: BTreeSet::new(), next_look: Duration::ZERO }
    }

    /// Writes until the board is closed; everything that was acknowledged by then is noted.
    pub fn run(mut self) {
        loop {
            let (orders, flow) = self.tools.spools.take(ROUND);
            self.serve(orders);
            let now = self.tools.clock.monotonic();
            if flow == Flow::Closed || now >= self.next_look {
                self.acknowledge(Spool::acknowledge);
                self.next_look = now + ROUND;
            }
            if flow == Flow::Closed {
                return;
            }
        }
    }

    fn bytes(&self) -> u64 {
        self.spools.iter().map(Spool::bytes).sum()
    }

    fn serve(&mut self, orders: Vec<Order>) {
        let mut by_spool: BTreeMap<usize, Vec<Order>> = BTreeMap::new();
        for order in orders {
            by_spool.entry(order.spool).or_default().push(order);
        }
        for (at, orders) in by_spool {
            let (fitting, others) = self.fitting(orders);
            let kept = self.keep(at, &fitting);
            for order in fitting {
                // A poll that is gone asks again after the next start.
                drop(order.answer.send(kept.clone()));
            }
            for (order, refusal) in others {
                drop(order.answer.send(Err(refusal)));
            }
        }
    }

    /// Splits orders by whether there is room for them.
    fn fitting(&mut self, orders: Vec<Order>) -> (Vec<Order>, Vec<(Order, NotKept)>) {
        let limit_bytes = self.tools.limit_bytes;
        let wanted: u64 = orders.iter().map(weight).sum();
        if self.bytes() + wanted > limit_bytes {
            self.acknowledge(Spool::acknowledge_for_room);
        }
        let mut bytes = self.bytes();
        let (mut fitting, mut others) = (Vec::new(), Vec::new());
        for order in orders {
            let after = bytes + weight(&order);
            // One that is larger than the limit is let in when it is alone: it would wait for ever.
            if after <= limit_bytes || bytes == 0 || order.records.is_empty() {
                bytes = after;
                fitting.push(order);
            } else {
                others.push((order, NotKept::Full { bytes: after, limit_bytes }));
            }
        }
        for order in &fitting {
            self.refused.remove(&order.spool);
        }
        self.refused.extend(others.iter().map(|(order, _)| order.spool));
        if self.refused.is_empty() {
            self.tools.admin.ready("spool");
        } else {
            let text =
                format!("the spools are full ({bytes} of {limit_bytes} bytes), polling waits");
            self.tools.admin.not_ready("spool", text);
        }
        (fitting, others)
    }

    fn keep(&mut self, at: usize, orders: &[Order]) -> Result<(), NotKept> {
        let Some(spool) = self.spools.get_mut(at) else { return Err(NotKept::Closed) };
        let records: Vec<&Vec<u8>> = orders.iter().flat_map(|order| &order.records).collect();
        let mark = orders.iter().rev().find_map(|order| order.mark.clone());
        let kept = spool.keep(&records, mark);
        self.tools.spools.publish(at, spool.view());
        self.show();
        kept.map_err(|error| self.trouble(&error))
    }

    fn acknowledge(&mut self, note: impl Fn(&mut Spool, event::ByteOffset) -> Result<(), Error>) {
        let mut failed = None;
        for (at, spool) in self.spools.iter_mut().enumerate() {
            let committed = self.tools.state.registry().committed(spool.file());
            let place = committed.map_or(spool.acknowledged(), |mark| mark.offset);
            failed = note(spool, place).err().or(failed);
            self.tools.spools.publish(at, spool.view());
        }
        match failed {
            Some(error) => drop(self.trouble(&error)),
            None => self.tools.admin.ready("spool_disk"),
        }
        self.show();
    }

    fn trouble(&self, error: &Error) -> NotKept {
        let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        let text = format!("{error}: {cause}");
        self.tools.admin.not_ready("spool_disk", text.clone());
        tracing::error!(event.code = "spool_failed", %error, cause,
            "cannot keep rows on disk; polling waits, nothing is passed over");
        NotKept::Disk(text)
    }

    fn show(&self) {
        let bytes = i64::try_from(self.bytes()).unwrap_or(i64::MAX);
        self.tools.metrics.spool_bytes.set(bytes);
    }
}

/// Returns about what an order takes on disk.
fn weight(order: &Order) -> u64 {
    order.records.iter().map(|record| record.len() as u64 + 8).sum()
}
