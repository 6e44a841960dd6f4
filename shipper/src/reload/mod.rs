//! SIGHUP: the configuration is read again, checked, its output probed if it is another one, and only then taken over.
//! On any error the configuration that holds stays, and says so.
//!
//! What was not changed goes on untouched: an input whose block is the same keeps its number, its tails and its pipeline.
//! Others get a new number ([`Inputs`]), so what was read before the reload still goes where it belonged.

mod plan;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use elastic::{Client, Cluster, Error};
use enricher::{Context, Pipeline, StoreSettings};
use runtime::admin::AdminState;
use runtime::settings::{Findings, Settings, Severity};
use runtime::{Clock, Exit};
use tokio::sync::mpsc;

use crate::budget::Budget;
use crate::commands::check::Checked;
use crate::dedup;
use crate::inbox::Inbox;
use crate::inputs::Inputs;
use crate::metrics::Metrics;
use crate::publish::{Moved, NewOutput, Renew};
use crate::settings::{Same, Shipper, Written};
use crate::tail::{Assigned, Assignment};
use crate::watch::Bell;

use plan::{Known, Plan, plan};

/// A new output that has not answered within this time is not taken.
const PROBE: Duration = Duration::from_secs(20);
/// The name under which `/readyz` and `status` tell of a configuration that was not taken.
const REASON: &str = "configuration";

/// Reads the configuration again, from where it was read at the start.
#[derive(Clone)]
pub struct Reread(pub Arc<dyn Fn() -> Result<(Settings, Shipper), Findings> + Send + Sync>);

impl fmt::Debug for Reread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reread")
    }
}

impl Reread {
    /// Returns how the credentials are read again, as long as the cluster that they belong to is the one that holds: a key
    /// for another one must not be shown to this one.
    pub fn renewing(&self, held: &Held) -> Renew {
        let (reread, held) = (self.clone(), held.clone());
        Renew(Arc::new(move || {
            let (settings, shipper) = (reread.0)().ok()?;
            let is_same = Written::of(&settings).same(&held.get(), "cluster") == Same::Yes;
            is_same.then_some(shipper.cluster)
        }))
    }
}

/// What was written in the configuration that holds. Clones are the same.
#[derive(Debug, Clone)]
pub struct Held {
    written: Arc<RwLock<Written>>,
}

impl Held {
    /// Returns what was written in these settings, which hold from now on.
    pub fn new(settings: &Settings) -> Self {
        Self { written: Arc::new(RwLock::new(Written::of(settings))) }
    }

    fn get(&self) -> Written {
        self.written.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, written: Written) {
        *self.written.write().unwrap_or_else(PoisonError::into_inner) = written;
    }
}

/// Takes a changed configuration over.
#[derive(Debug)]
pub struct Reloader {
    /// Where the configuration is read.
    pub reread: Reread,
    /// What was written in the configuration that holds.
    pub held: Held,
    /// The cluster that is sent to.
    pub cluster: Cluster,
    /// The inputs by number.
    pub inputs: Inputs,
    /// The shop, which a reload does not change.
    pub store: StoreSettings,
    /// Who reads.
    pub context: Context,
    /// The client of all who send.
    pub client: Client,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Bytes on their way.
    pub budget: Budget,
    /// What is counted.
    pub metrics: Metrics,
    /// Where trouble is shown.
    pub admin: AdminState,
    /// Where the reader finds its new inputs.
    pub assignments: Inbox<Assignment>,
    /// Wakes the reader.
    pub bell: Bell,
    /// Keys of events that were acknowledged.
    pub window: Arc<dedup::Window>,
    /// Where the publisher is told of its new output.
    pub outputs: mpsc::Sender<NewOutput>,
}

/// Why a configuration was not taken.
#[derive(Debug)]
struct Kept(String);

impl Reloader {
    /// Reads the configuration again and takes it over, or keeps the one that holds and says why.
    pub async fn reload(&mut self) {
        match self.try_reload().await {
            Ok(plan) => {
                self.admin.ready(REASON);
                self.metrics.reloaded("taken");
                tracing::info!(
                    event.code = "reloaded",
                    kept = plan.kept(),
                    new = plan.fresh(),
                    gone = plan.gone(),
                    "the configuration was taken over"
                );
            }
            Err(Kept(reason)) => {
                self.metrics.reloaded("refused");
                tracing::error!(
                    event.code = "reload_refused",
                    reason,
                    "the changed configuration is not taken; the one before it holds"
                );
                self.admin.not_ready(
                    REASON,
                    format!("a reload was refused, the old one holds: {reason}"),
                );
            }
        }
    }

    async fn try_reload(&mut self) -> Result<Plan, Kept> {
        // A few small files, read once: that is no work worth a thread.
        let (settings, shipper) =
            (self.reread.0)().map_err(|findings| Kept(findings.to_string()))?;
        let (held, written) = (self.held.get(), Written::of(&settings));
        let restart = held.needs_restart(&written);
        if !restart.is_empty() {
            let names = restart.join(", ");
            return Err(Kept(format!("{names} changed, which needs a restart of the shipper")));
        }
        let moved = self.output(&settings, &shipper, held.same(&written, "cluster")).await?;
        let known = self.known(&held);
        let plan = plan(&known, &written, &shipper.inputs, held.same(&written, "read"));
        self.take(&shipper, &plan, moved).await;
        self.held.set(written);
        self.cluster = shipper.cluster;
        Ok(plan)
    }

    fn known<'a>(&self, held: &'a Written) -> Vec<Known<'a>> {
        let active = self.inputs.active().into_iter().enumerate();
        active
            .filter_map(|(place, (number, input))| {
                Some(Known { number, id: input.id.clone(), written: held.input(place)? })
            })
            .collect()
    }

    /// Probes another output and moves the client there; the same one may have other credentials.
    async fn output(
        &self,
        settings: &Settings,
        shipper: &Shipper,
        cluster: Same,
    ) -> Result<Moved, Kept> {
        // The file of certificates may hold others now under the same name.
        let trusts_same = self.cluster.trust() == shipper.cluster.trust();
        if cluster == Same::Yes && trusts_same {
            self.client.renew(&shipper.cluster);
            return Ok(Moved::No);
        }
        let there = Client::new(&shipper.cluster, Arc::clone(&self.clock));
        let there = there.map_err(|error: Error| Kept(format!("the new output: {error}")))?;
        let mut checked = Checked { findings: Findings::default(), exit: Exit::Done };
        tokio::select! {
            // A question that is dropped has changed nothing.
            () = checked.connect(settings, shipper, &there, self.clock.now()) => {}
            () = self.clock.sleep(PROBE) => {
                return Err(Kept(format!("the new output did not answer within {} s", PROBE.as_secs())));
            }
        }
        let refused = checked.findings.iter().find(|finding| finding.severity == Severity::Error);
        if let Some(finding) = refused {
            return Err(Kept(format!("the new output: {}", finding.message)));
        }
        // Its connections are open already: what is sent next finds them.
        self.client.follow(&there);
        Ok(Moved::Yes)
    }

    async fn take(&self, shipper: &Shipper, plan: &Plan, moved: Moved) {
        let numbers = plan.numbers(|input| self.inputs.add(input.clone()), &shipper.inputs);
        for id in plan.gone_ids() {
            self.metrics.forget_source(id);
        }
        self.inputs.activate(numbers);
        self.budget.change(shipper.bulk.inflight, shipper.sources().len());
        // The publisher is gone only when everything ends.
        let _ends = self.outputs.send(NewOutput { limits: shipper.bulk, moved }).await.is_err();
        let assigned = self.inputs.active().into_iter().map(|(number, input)| {
            let window = self.window.clone();
            let pipeline =
                Pipeline::with_window(&self.store, &input.pipeline, &self.context, Some(window));
            Assigned { number, input, pipeline }
        });
        let assigned = assigned.collect();
        self.assignments.put(Assignment { reading: shipper.reading, inputs: assigned });
        self.bell.ring();
    }
}
