//! Sends dead letters again, with the state to itself.

use std::sync::Arc;

use elastic::Client;
use runtime::admin::AdminState;
use runtime::{Clock, Disk, RealDisk, SystemClock};

use crate::commands::replay::{Choice, Replay, Replayed};
use crate::dlq::DeadLetters;
use crate::metrics::Metrics;
use crate::settings::Shipper;
use crate::state::{DEAD_LETTERS, State};

use super::error::Error;
use super::parts::context;

/// Sends dead letters again; no other shipper may run on this state.
pub async fn replay(shipper: &Shipper, choice: &Choice) -> Result<Replayed, Error> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let admin = AdminState::new(Arc::clone(&clock));
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let shown = (admin, Metrics::new());
    let (state, _) = State::open(&shipper.state_dir, Arc::clone(&disk), clock.now(), shown)?;
    let folder = shipper.state_dir.join(DEAD_LETTERS);
    let opened = DeadLetters::open(disk, folder, shipper.dead_letters);
    let mut letters = opened.map_err(Error::Letters)?;
    let client = Client::new(&shipper.cluster, Arc::clone(&clock)).map_err(Error::Client)?;
    let replay = Replay { shipper, client: &client, clock: &*clock, context: context(&state) };
    replay.run(&mut letters, choice).await.map_err(Error::Letters)
}
