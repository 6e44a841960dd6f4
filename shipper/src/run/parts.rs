//! The parts of a running shipper, each made from what all of them share.

use std::sync::Arc;
use std::thread::JoinHandle;

use elastic::Client;
use enricher::{Context, Pipeline};
use runtime::admin::AdminState;
use runtime::shutdown::Shutdown;
use runtime::{Clock, RealDisk};
use tokio::sync::mpsc;

use crate::agent::{Agent, Voice};
use crate::backlog::Backlog;
use crate::budget::Budget;
use crate::chunk::Chunk;
use crate::dlq::DeadLetters;
use crate::heartbeat::Heartbeat;
use crate::inbox::Inbox;
use crate::inputs::Inputs;
use crate::keep::{Crowded, Keeper, Kept, Mailbox};
use crate::metrics::Metrics;
use crate::poll::PollingTools;
use crate::publish::{NewOutput, Publisher, Tools};
use crate::pulse::Pulse;
use crate::queue;
use crate::redactor::Redactor;
use crate::reload::{Held, Reloader, Reread};
use crate::report::Reporter;
use crate::settings::Shipper;
use crate::state::{Start, State};
use crate::supervisor::Supervisor;
use crate::systemd::Systemd;
use crate::tail::{Assignment, Mode, Reader, Surroundings};
use crate::watch::Bell;

use super::error::Error;

/// Everything that is shared by the threads and tasks.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) state: Arc<State>,
    pub(super) client: Client,
    pub(super) inputs: Inputs,
    pub(super) budget: Budget,
    pub(super) metrics: Metrics,
    pub(super) admin: AdminState,
    pub(super) bell: Bell,
    pub(super) mailbox: Mailbox,
    pub(super) assignments: Inbox<Assignment>,
    pub(super) reader: Pulse,
    pub(super) systemd: Systemd,
    /// Begins when reading is to stop and what was read is to drain.
    pub(super) shutdown: Shutdown,
    /// Begins when all is drained: until then signals are heard and the admin endpoint answers.
    pub(super) over: Shutdown,
    pub(super) context: Context,
}

/// Returns who reads.
pub(super) fn context(state: &State) -> Context {
    let registry = state.registry();
    let host = registry.host();
    Context {
        host_name: host.name.clone(),
        agent_id: host.id.to_string(),
        agent_type: "shipper".to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

impl Shared {
    pub(super) fn spawn_reader(
        &self,
        shipper: &Shipper,
        sender: queue::Sender<Chunk>,
        ends: (Mode, Start),
    ) -> Result<JoinHandle<()>, Error> {
        let pipelines = shipper.inputs.iter();
        let pipelines = pipelines
            .map(|input| {
                let window = self.state.window().clone();
                Pipeline::with_window(&shipper.store, &input.pipeline, &self.context, Some(window))
            })
            .collect();
        let around = Surroundings {
            clock: Arc::clone(&self.clock),
            state: Arc::clone(&self.state),
            budget: self.budget.clone(),
            bell: self.bell.clone(),
            metrics: self.metrics.clone(),
            shutdown: self.shutdown.clone(),
            assignments: self.assignments.clone(),
            pulse: self.reader.clone(),
        };
        let reader = Reader::new(around, shipper.reading, &shipper.inputs, pipelines, ends);
        let thread = std::thread::Builder::new().name("reader".to_owned());
        thread
            .spawn(move || reader.run(&sender))
            .map_err(|source| Error::Start { what: "the reader's thread", source })
    }

    pub(super) fn polling(&self, sender: queue::Sender<Chunk>, mode: Mode) -> PollingTools {
        PollingTools {
            clock: Arc::clone(&self.clock),
            disk: Arc::new(RealDisk),
            state: Arc::clone(&self.state),
            metrics: self.metrics.clone(),
            admin: self.admin.clone(),
            shutdown: self.shutdown.clone(),
            context: self.context.clone(),
            budget: self.budget.clone(),
            sender,
            mode,
        }
    }

    pub(super) fn spawn_keeper(
        &self,
        shipper: &Shipper,
        letters: DeadLetters,
    ) -> Result<JoinHandle<Kept>, Error> {
        let keeper = Keeper {
            clock: Arc::clone(&self.clock),
            state: Arc::clone(&self.state),
            mailbox: self.mailbox.clone(),
            letters,
            redactor: self.redactor(shipper),
            inputs: self.inputs.clone(),
            metrics: self.metrics.clone(),
            admin: self.admin.clone(),
            budget: self.budget.clone(),
            crowded: Crowded::No,
        };
        let thread = std::thread::Builder::new().name("keeper".to_owned());
        thread
            .spawn(move || keeper.run())
            .map_err(|source| Error::Start { what: "the keeper's thread", source })
    }

    pub(super) fn publisher(
        &self,
        shipper: &Shipper,
        (reread, held): (&Reread, &Held),
        outputs: mpsc::Receiver<NewOutput>,
    ) -> Publisher {
        Publisher::new(Tools {
            clock: Arc::clone(&self.clock),
            client: self.client.clone(),
            limits: shipper.bulk,
            inputs: self.inputs.clone(),
            state: Arc::clone(&self.state),
            mailbox: self.mailbox.clone(),
            redactor: self.redactor(shipper),
            metrics: self.metrics.clone(),
            admin: self.admin.clone(),
            renew: reread.renewing(held),
            outputs,
            reader: self.reader.clone(),
            supervisor: Supervisor::new(
                self.systemd.clone(),
                self.inputs.clone(),
                self.metrics.clone(),
                self.admin.clone(),
            ),
        })
    }

    pub(super) fn reloader(
        &self,
        shipper: &Shipper,
        (reread, held): (Reread, Held),
        outputs: mpsc::Sender<NewOutput>,
    ) -> Reloader {
        Reloader {
            reread,
            held,
            cluster: shipper.cluster.clone(),
            inputs: self.inputs.clone(),
            store: shipper.store.clone(),
            context: self.context.clone(),
            client: self.client.clone(),
            clock: Arc::clone(&self.clock),
            budget: self.budget.clone(),
            metrics: self.metrics.clone(),
            admin: self.admin.clone(),
            assignments: self.assignments.clone(),
            bell: self.bell.clone(),
            window: Arc::clone(self.state.window()),
            outputs,
        }
    }

    pub(super) fn reporter(&self, shipper: &Shipper) -> Reporter {
        Reporter {
            clock: Arc::clone(&self.clock),
            client: self.client.clone(),
            agent: Agent {
                context: self.context.clone(),
                store_id: shipper.store.id.clone(),
                namespace: shipper.store.namespace.clone(),
            },
            state: Arc::clone(&self.state),
        }
    }

    pub(super) fn heartbeat(&self, reporter: &Reporter) -> Heartbeat {
        Heartbeat { voice: self.voice(reporter) }
    }

    pub(super) fn backlog(&self, reporter: &Reporter) -> Backlog {
        Backlog {
            voice: self.voice(reporter),
            inputs: self.inputs.clone(),
            metrics: self.metrics.clone(),
        }
    }

    fn voice(&self, reporter: &Reporter) -> Voice {
        Voice {
            clock: Arc::clone(&self.clock),
            client: self.client.clone(),
            agent: reporter.agent.clone(),
        }
    }

    fn redactor(&self, shipper: &Shipper) -> Redactor {
        Redactor::new(&shipper.store, &self.inputs, &self.context)
    }
}
