//! The run loop: puts the parts together, starts the threads, and ends them in order.

mod error;
mod parts;
mod replay;
mod side;

use std::sync::Arc;

use elastic::{Client, Trust};
use runtime::admin::AdminState;
use runtime::settings::{Environment, Settings};
use runtime::shutdown::Shutdown;
use runtime::{Clock, Disk, Exit, RealDisk, SystemClock};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::budget::Budget;
use crate::chunk::Chunk;
use crate::dlq::DeadLetters;
use crate::inbox::Inbox;
use crate::inputs::Inputs;
use crate::keep::{Kept, Mailbox};
use crate::metrics::Metrics;
use crate::poll::Polling;
use crate::publish::Delivered;
use crate::pulse::Pulse;
use crate::queue;
use crate::reload::{Held, Reread};
use crate::settings::Shipper;
use crate::state::{DEAD_LETTERS, Start, State};
use crate::summary::Summary;
use crate::systemd::Systemd;
use crate::tail::Mode;
use crate::watch::Bell;

pub use error::Error;
pub use replay::replay;

use parts::{Shared, context};

/// Bytes of documents that may wait between reader and publisher.
const CHANNEL_BYTES: usize = 8 << 20;

/// What a run starts from.
#[derive(Debug)]
pub struct Startup<'a> {
    /// The configuration as it was written.
    pub settings: &'a Settings,
    /// The same, checked.
    pub shipper: &'a Shipper,
    /// How it is read again.
    pub reread: Reread,
    /// The environment of the process.
    pub environment: &'a Environment,
}

/// Ships until a signal asks to stop, or until all is read and acknowledged. Returns how the program ends and what became
/// of all events.
pub fn run(startup: Startup<'_>, mode: Mode) -> Result<(Exit, Summary), Error> {
    let shipper = startup.shipper;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let admin = AdminState::new(Arc::clone(&clock));
    let metrics = Metrics::new();
    admin.register(|registry| metrics.register(registry));
    if matches!(shipper.cluster.trust(), Trust::Unverified) {
        metrics.tls_verification_disabled.set(1);
        tracing::warn!(event.code = "tls_unverified", "the cluster's certificate is not verified");
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let shown = (admin.clone(), metrics.clone());
    let (state, start) = State::open(&shipper.state_dir, Arc::clone(&disk), clock.now(), shown)?;
    state.window().limit(shipper.dedup);
    let folder = shipper.state_dir.join(DEAD_LETTERS);
    let letters = DeadLetters::open(disk, folder, shipper.dead_letters);
    let letters = letters.map_err(Error::Letters)?;
    let bell = Bell::default();
    let context = context(&state);
    let shared = Shared {
        client: Client::new(&shipper.cluster, Arc::clone(&clock)).map_err(Error::Client)?,
        clock,
        state,
        inputs: Inputs::new(shipper),
        budget: Budget::new(shipper.bulk.inflight, shipper.sources().len(), bell.clone()),
        metrics: metrics.clone(),
        admin,
        bell,
        mailbox: Mailbox::default(),
        assignments: Inbox::default(),
        reader: Pulse::default(),
        systemd: Systemd::of(startup.environment, std::process::id()),
        shutdown: Shutdown::new(),
        over: Shutdown::new(),
        context,
    };
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let tokio = tokio.map_err(|source| Error::Start { what: "the network's loop", source })?;
    let exit = tokio.block_on(ship(startup, shared, letters, (mode, start)))?;
    Ok((exit, Summary::of(&metrics)))
}

async fn ship(
    startup: Startup<'_>,
    shared: Shared,
    letters: DeadLetters,
    (mode, start): (Mode, Start),
) -> Result<Exit, Error> {
    let Startup { settings, shipper, reread, .. } = startup;
    let held = Held::new(settings);
    let (sender, receiver) = queue::channel(CHANNEL_BYTES, Chunk::bytes);
    let mut side = JoinSet::new();
    let polling = Polling::start(shipper, shared.polling(sender.clone(), mode), &mut side)?;
    let reader = shared.spawn_reader(shipper, sender, (mode, start))?;
    let keeper = shared.spawn_keeper(shipper, letters)?;
    let (outputs, changed) = mpsc::channel(1);
    let publisher = shared.publisher(shipper, (&reread, &held), changed);
    let reloader = shared.reloader(shipper, (reread, held), outputs);
    side::serve(shipper.admin, &shared, reloader, &mut side).await?;
    let reporter = Arc::new(shared.reporter(shipper));
    if mode == Mode::Forever {
        side.spawn(shared.heartbeat(&reporter).run(shared.shutdown.clone()));
        side.spawn(shared.backlog(&reporter).run(shared.shutdown.clone()));
        side.spawn(Arc::clone(&reporter).run(shared.shutdown.clone()));
    }
    shared.admin.ready("starting");
    shared.systemd.ready();
    let (inputs, polls) = (shipper.inputs.len(), shipper.polls.len());
    tracing::info!(event.code = "started", inputs, polls, "shipping");
    let delivered = publisher.run(receiver, shared.shutdown.clone()).await;
    let stopped = if shared.shutdown.has_begun() { Stopped::Asked } else { Stopped::Idle };
    shared.shutdown.begin();
    shared.bell.ring();
    shared.mailbox.close();
    let read = reader.join();
    let kept = keeper.join();
    // Behind the keeper: a row that went to the dead letters is acknowledged, too.
    let read = read.and(polling.map_or(Ok(()), Polling::finish));
    reporter.finish().await;
    shared.state.save(shared.clock.now(), shared.clock.monotonic());
    shared.over.begin();
    side.join_all().await;
    Ok(match (finish(delivered, read, kept), mode, stopped) {
        (Exit::Done, Mode::UntilIdle, Stopped::Asked) => {
            tracing::warn!(
                event.code = "stopped_early",
                "stopped before everything was shipped; run it again to go on from there"
            );
            Exit::Temporary
        }
        (exit, _, _) => exit,
    })
}

/// Why shipping ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    /// A signal asked for it.
    Asked,
    /// All was read and acknowledged.
    Idle,
}

fn finish(
    delivered: Delivered,
    read: std::thread::Result<()>,
    kept: std::thread::Result<Kept>,
) -> Exit {
    match (delivered, read, kept) {
        // The panic itself has been printed; the next start goes on from the checkpoint.
        (_, Err(_), _) | (_, _, Err(_)) => Exit::Bug,
        (_, _, Ok(Kept::NotAll)) => {
            tracing::error!(
                event.code = "dead_letters_left",
                "some dead letters are not on disk; their lines are read again"
            );
            Exit::Io
        }
        (Delivered::NotAll, _, _) => {
            tracing::warn!(
                event.code = "drain_over",
                "not everything was acknowledged in time; the rest is sent after the next start"
            );
            Exit::Done
        }
        (Delivered::All, _, _) => {
            tracing::info!(event.code = "stopped", "everything that was read is acknowledged");
            Exit::Done
        }
    }
}
