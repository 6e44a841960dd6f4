//! Where polls leave orders for the owner of the spools, and where the feed sees what may be read.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::place::Mark;
use super::shelf::View;

/// All spools, by number. Clones are the same ones.
#[derive(Debug, Clone)]
pub struct Spools {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    desk: Mutex<Desk>,
    /// Orders came, or the end did.
    orders: Condvar,
    /// There is something to read, or there will not be any more.
    news: Condvar,
}

#[derive(Debug)]
struct Desk {
    /// A poll waits for the answer to its order before it makes another: there are never more than polls.
    orders: Vec<Order>,
    views: Vec<View>,
    /// How often there were news: who has not seen the last ones need not wait.
    news: u64,
    writers: Writers,
    flow: Flow,
}

/// Whether anything more may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writers {
    Some,
    Gone,
}

/// Whether the owner goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Open,
    Closed,
}

/// What a poll wants to be kept.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) spool: usize,
    pub(super) records: Vec<Vec<u8>>,
    pub(super) mark: Option<Mark>,
    pub(super) answer: oneshot::Sender<Result<(), NotKept>>,
}

/// Why rows are not in the spool.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// The limit is reached: polling pauses until the cluster has taken something.
    #[error("the spools take {bytes} bytes, spool.max_bytes is {limit_bytes}")]
    Full {
        /// What they would take.
        bytes: u64,
        /// What they may take.
        limit_bytes: u64,
    },
    /// The disk failed.
    #[error("{0}")]
    Disk(String),
    /// The owner is gone: the program ends.
    #[error("the program ends")]
    Closed,
}

impl Spools {
    /// Returns the board of spools with these views.
    pub fn new(views: Vec<View>) -> Self {
        let desk =
            Desk { orders: Vec::new(), views, news: 0, writers: Writers::Some, flow: Flow::Open };
        let (orders, news) = (Condvar::new(), Condvar::new());
        Self { shared: Arc::new(Shared { desk: Mutex::new(desk), orders, news }) }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // Each change is whole before the lock is let go.
        self.shared.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts records into a spool, and then the mark. Returns when they survive a power cut.
    ///
    /// Dropping the future does not take the order back: the rows are kept, nobody hears of it, and they are asked for
    /// again and have the same ids.
    pub async fn put(
        &self,
        spool: usize,
        records: Vec<Vec<u8>>,
        mark: Option<Mark>,
    ) -> Result<(), NotKept> {
        let (answer, answered) = oneshot::channel();
        self.desk().orders.push(Order { spool, records, mark, answer });
        self.shared.orders.notify_one();
        answered.await.unwrap_or(Err(NotKept::Closed))
    }

    /// Says that nothing more will be put into any spool.
    pub fn no_more(&self) {
        self.desk().writers = Writers::Gone;
        self.wake();
    }

    /// Lets the owner end; everything that will be acknowledged is.
    pub fn close(&self) {
        self.desk().flow = Flow::Closed;
        self.shared.orders.notify_one();
    }

    pub(super) fn take(&self, longest: Duration) -> (Vec<Order>, Flow) {
        let quiet = |desk: &mut Desk| desk.orders.is_empty() && desk.flow == Flow::Open;
        let waited = self.shared.orders.wait_timeout_while(self.desk(), longest, quiet);
        let (mut desk, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (mem::take(&mut desk.orders), desk.flow)
    }

    pub(super) fn publish(&self, spool: usize, view: &View) {
        if let Some(shown) = self.desk().views.get_mut(spool) {
            shown.clone_from(view);
        }
        self.wake();
    }

    pub(super) fn view(&self, spool: usize) -> View {
        self.desk().views.get(spool).cloned().unwrap_or_default()
    }

    pub(super) fn writers(&self) -> Writers {
        self.desk().writers
    }

    /// Wakes whoever waits for news.
    pub fn wake(&self) {
        self.desk().news += 1;
        self.shared.news.notify_all();
    }

    /// Waits for news that were not seen yet, or until the time is over; returns the number of the last ones.
    pub(super) fn wait(&self, seen: u64, longest: Duration) -> u64 {
        let known = |desk: &mut Desk| desk.news == seen;
        let waited = self.shared.news.wait_timeout_while(self.desk(), longest, known);
        waited.unwrap_or_else(PoisonError::into_inner).0.news
    }
}
