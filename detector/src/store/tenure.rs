//! The time during which this process judges: it holds the lease and renews it between steps of its work.

use std::sync::Arc;

use runtime::Clock;

use super::{Lease, Now, Store};
use crate::Error;

/// A held lease with the clock that renews it. It is given to the work as a whole, so that no step reads a clock.
#[derive(Debug)]
pub struct Tenure {
    store: Store,
    lease: Lease,
    clock: Arc<dyn Clock>,
}

impl Tenure {
    /// Returns the time during which `lease` is held.
    pub fn new(store: Store, lease: Lease, clock: Arc<dyn Clock>) -> Self {
        Self { store, lease, clock }
    }

    /// Renews the lease where it is time; called before each step that writes.
    ///
    /// # Errors
    /// When the lease is lost: nothing may be written any more.
    pub async fn beat(&mut self) -> Result<(), Error> {
        let now = Now { wall: self.clock.now(), monotonic: self.clock.monotonic() };
        self.store.keep(&mut self.lease, now).await
    }

    /// Returns the term.
    pub fn term(&self) -> u64 {
        self.lease.term
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// When the cluster cannot be told; the lease then ends by itself.
    pub async fn end(self) -> Result<(), Error> {
        self.store.release(&self.lease, self.clock.now()).await
    }
}
