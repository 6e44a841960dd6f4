//! The run loop: puts the parts together, starts the threads, and ends them in order.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use elastic::{Client, Trust};
use enricher::{Context, Pipeline};
use runtime::admin::{Admin, AdminState};
use runtime::shutdown::{Request, Shutdown, Signals};
use runtime::{Clock, Disk, Exit, RealDisk, SystemClock};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::agent::Agent;
use crate::budget::Budget;
use crate::chunk::Chunk;
use crate::commands::replay::{Choice, Replay, Replayed};
use crate::dlq::{self, DeadLetters};
use crate::heartbeat::Heartbeat;
use crate::keep::{Crowded, Keeper, Kept, Mailbox};
use crate::metrics::Metrics;
use crate::publish::{Delivered, Publisher, Renew, Tools};
use crate::queue;
use crate::redactor::Redactor;
use crate::report::Reporter;
use crate::settings::Shipper;
use crate::state::{self, DEAD_LETTERS, Start, State};
use crate::summary::Summary;
use crate::tail::{Mode, Reader, Surroundings};
use crate::watch::Bell;

/// Bytes of documents that may wait between reader and publisher.
const CHANNEL_BYTES: usize = 8 << 20;

/// Why the shipper cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] state::Error),
    /// The dead letters cannot be opened.
    #[error("cannot open the dead letters")]
    Letters(#[source] dlq::Error),
    /// No client can be made of the settings.
    #[error("cannot make a client")]
    Client(#[source] elastic::Error),
    /// The operating system gives no thread, timer or signal.
    #[error("cannot start {what}")]
    Start {
        /// What was to be started.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// Returns how the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::State(state::Error::InUse { .. }) => Exit::Temporary,
            Self::State(state::Error::Host(_)) | Self::Start { .. } => Exit::Io,
            Self::State(
                state::Error::Folder { .. }
                | state::Error::Untrusted { .. }
                | state::Error::Ledger(_),
            )
            | Self::Letters(_)
            | Self::Client(_) => Exit::Configuration,
        }
    }
}

/// Everything that is shared by the threads.
#[derive(Debug, Clone)]
struct Shared {
    clock: Arc<dyn Clock>,
    state: Arc<State>,
    metrics: Metrics,
    admin: AdminState,
    bell: Bell,
    mailbox: Mailbox,
    /// Begins when reading is to stop and what was read is to drain.
    shutdown: Shutdown,
    /// Begins when all is drained: until then signals are heard and the admin endpoint answers.
    over: Shutdown,
    context: Context,
}

/// Ships until a signal asks to stop, or until all is read and acknowledged. Returns how the program ends and what became
/// of all events.
pub fn run(shipper: &Shipper, mode: Mode, renew: Renew) -> Result<(Exit, Summary), Error> {
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
    let folder = shipper.state_dir.join(DEAD_LETTERS);
    let letters = DeadLetters::open(disk, folder, shipper.dead_letters);
    let letters = letters.map_err(Error::Letters)?;
    let client = Client::new(&shipper.cluster, Arc::clone(&clock)).map_err(Error::Client)?;
    let context = context(&state);
    let shared = Shared {
        clock,
        state,
        metrics,
        admin,
        bell: Bell::default(),
        mailbox: Mailbox::default(),
        shutdown: Shutdown::new(),
        over: Shutdown::new(),
        context,
    };
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let tokio = tokio.map_err(|source| Error::Start { what: "the network's loop", source })?;
    let metrics = shared.metrics.clone();
    let exit = tokio.block_on(ship(shipper, shared, letters, client, (mode, start, renew)))?;
    Ok((exit, Summary::of(&metrics)))
}

fn context(state: &State) -> Context {
    let registry = state.registry();
    let host = registry.host();
    Context {
        host_name: host.name.clone(),
        agent_id: host.id.to_string(),
        agent_type: "shipper".to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

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

async fn ship(
    shipper: &Shipper,
    shared: Shared,
    letters: DeadLetters,
    client: Client,
    (mode, start, renew): (Mode, Start, Renew),
) -> Result<Exit, Error> {
    let budget = Budget::new(shipper.bulk.inflight, shipper.inputs.len(), shared.bell.clone());
    let (sender, receiver) = queue::channel(CHANNEL_BYTES, Chunk::bytes);
    let reader = spawn_reader(shipper, &shared, budget.clone(), sender, (mode, start))?;
    let keeper = spawn_keeper(shipper, &shared, letters, budget)?;
    let tools = Tools {
        clock: Arc::clone(&shared.clock),
        client,
        limits: shipper.bulk,
        state: Arc::clone(&shared.state),
        mailbox: shared.mailbox.clone(),
        redactor: redactor(shipper, &shared),
        metrics: shared.metrics.clone(),
        admin: shared.admin.clone(),
        renew,
    };
    let streams: Vec<String> =
        shipper.inputs.iter().map(|input| input.stream.to_string()).collect();
    let mut side = JoinSet::new();
    serve(shipper, &shared, &mut side).await?;
    let reporter = Arc::new(Reporter {
        clock: Arc::clone(&shared.clock),
        client: tools.client.clone(),
        agent: Agent {
            context: shared.context.clone(),
            store_id: shipper.store.id.clone(),
            namespace: shipper.store.namespace.clone(),
        },
        state: Arc::clone(&shared.state),
    });
    if mode == Mode::Forever {
        let heartbeat = Heartbeat {
            clock: Arc::clone(&shared.clock),
            client: tools.client.clone(),
            agent: reporter.agent.clone(),
        };
        side.spawn(heartbeat.run(shared.shutdown.clone()));
        side.spawn(Arc::clone(&reporter).run(shared.shutdown.clone()));
    }
    shared.admin.ready("starting");
    tracing::info!(event.code = "started", inputs = shipper.inputs.len(), "shipping");
    let publisher = Publisher::new(tools, &streams);
    let delivered = publisher.run(receiver, shared.shutdown.clone()).await;
    shared.shutdown.begin();
    shared.bell.ring();
    shared.mailbox.close();
    let read = reader.join();
    let kept = keeper.join();
    reporter.finish().await;
    shared.state.save(shared.clock.now(), shared.clock.monotonic());
    shared.over.begin();
    side.join_all().await;
    Ok(finish(delivered, read, kept))
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

fn spawn_reader(
    shipper: &Shipper,
    shared: &Shared,
    budget: Budget,
    sender: queue::Sender<Chunk>,
    ends: (Mode, Start),
) -> Result<JoinHandle<()>, Error> {
    let pipelines = shipper.inputs.iter();
    let pipelines = pipelines
        .map(|input| Pipeline::new(&shipper.store, &input.pipeline, &shared.context))
        .collect();
    let around = Surroundings {
        clock: Arc::clone(&shared.clock),
        state: Arc::clone(&shared.state),
        budget,
        bell: shared.bell.clone(),
        metrics: shared.metrics.clone(),
        shutdown: shared.shutdown.clone(),
    };
    let reader = Reader::new(around, shipper.reading, &shipper.inputs, pipelines, ends);
    let thread = std::thread::Builder::new().name("reader".to_owned());
    thread
        .spawn(move || reader.run(&sender))
        .map_err(|source| Error::Start { what: "the reader's thread", source })
}

fn spawn_keeper(
    shipper: &Shipper,
    shared: &Shared,
    letters: DeadLetters,
    budget: Budget,
) -> Result<JoinHandle<Kept>, Error> {
    let keeper = Keeper {
        clock: Arc::clone(&shared.clock),
        state: Arc::clone(&shared.state),
        mailbox: shared.mailbox.clone(),
        letters,
        redactor: redactor(shipper, shared),
        inputs: shipper
            .inputs
            .iter()
            .map(|input| (input.id.clone(), input.pipeline.dataset))
            .collect(),
        metrics: shared.metrics.clone(),
        admin: shared.admin.clone(),
        budget,
        crowded: Crowded::No,
    };
    let thread = std::thread::Builder::new().name("keeper".to_owned());
    thread
        .spawn(move || keeper.run())
        .map_err(|source| Error::Start { what: "the keeper's thread", source })
}

fn redactor(shipper: &Shipper, shared: &Shared) -> Redactor {
    Redactor::new(&shipper.store, &shipper.inputs, &shared.context)
}

/// Starts what stands beside the work: signals, the admin endpoint, the bell that tells the reader to stop.
async fn serve(shipper: &Shipper, shared: &Shared, side: &mut JoinSet<()>) -> Result<(), Error> {
    let (requests, mut asked) = mpsc::channel(1);
    let signals = Signals::listen(shared.shutdown.clone());
    let signals = signals.map_err(|source| Error::Start { what: "signals", source })?;
    side.spawn(signals.run(requests));
    let (shutdown, bell) = (shared.shutdown.clone(), shared.bell.clone());
    side.spawn(async move {
        shutdown.begun().await;
        bell.ring();
    });
    let (over, admin) = (shared.over.clone(), shared.admin.clone());
    side.spawn(async move {
        loop {
            let request = tokio::select! {
                // Both only wait; what was not taken stays.
                request = asked.recv() => request,
                () = over.begun() => None,
            };
            match request {
                None => return,
                Some(Request::Status) => {
                    tracing::info!(event.code = "status", status = %admin.status(), "status");
                }
                Some(Request::Reload) => {
                    tracing::warn!(
                        event.code = "reload",
                        "a changed configuration needs a restart"
                    );
                }
            }
        }
    });
    match Admin::bind(shipper.admin).await {
        Ok(admin) => {
            let address = admin.address().map(|address| address.to_string()).unwrap_or_default();
            tracing::info!(event.code = "admin", address, "the admin endpoint listens");
            let (state, over) = (shared.admin.clone(), shared.over.clone());
            side.spawn(async move {
                if let Err(error) = admin.serve(state, over).await {
                    tracing::warn!(event.code = "admin_failed", %error, "the admin endpoint ended");
                }
            });
        }
        Err(error) => {
            // Events matter more than being watched; another shipper may hold the port.
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(event.code = "admin_failed", %error, cause, "there is no admin endpoint");
        }
    }
    Ok(())
}
