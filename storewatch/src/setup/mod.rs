//! `storewatch setup`: asks the cluster what it has, shows a plan, carries it out.

mod dashboards;
mod keys;
mod render;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use event::Namespace;
use kibana::import::Kibana;
use pipelines::assets;
use pipelines::install::{self, Part};
use pipelines::plan::{Step, Subject};
use pipelines::survey::Survey;
use runtime::settings::Environment;
use runtime::{Exit, Failure};

use crate::cli::{Effect, Output, SetupArgs};
use crate::connection::{Connection, explain, kibana};
use crate::told;

pub(crate) use keys::key_file;

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done, or there was nothing to do.
    Done,
    /// It failed, and why.
    Failed(String),
}

/// Whether what is there is built up or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Built up.
    Install,
    /// Built up, with new keys beside the old ones.
    InstallWithNewKeys,
    /// Taken away.
    Remove,
}

/// A cluster, what it has, and what is wanted of it.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) kibana: Option<&'a Kibana>,
    pub(crate) namespace: &'a Namespace,
    pub(crate) keys_dir: PathBuf,
    pub(crate) direction: Direction,
    survey: Survey,
}

impl<'a> Setup<'a> {
    /// Asks the cluster what it has.
    pub(crate) async fn survey(
        connection: &'a Connection,
        kibana: Option<&'a Kibana>,
        namespace: &'a Namespace,
        (keys_dir, direction): (PathBuf, Direction),
    ) -> Result<Self> {
        let survey =
            Survey::take(&connection.client, &assets::all(), namespace).await.map_err(explain)?;
        Ok(Self { connection, kibana, namespace, keys_dir, direction, survey })
    }

    /// Returns what would be done.
    pub(crate) async fn plan(&self, parts: &[Part]) -> Result<Vec<Step>> {
        let mut steps = match self.direction {
            Direction::Remove => install::plan_remove(&self.survey, parts),
            Direction::Install | Direction::InstallWithNewKeys => {
                install::plan(&self.survey, self.namespace, parts)
            }
        };
        if parts.contains(&Part::Keys) {
            steps.extend(self.plan_keys().await?);
        }
        if parts.contains(&Part::Dashboards) {
            steps.extend(dashboards::plan(self.kibana, self.direction).await?);
        }
        Ok(steps)
    }

    /// Carries out a plan and returns what became of each step. One that fails does not stop those that do not need it.
    pub(crate) async fn apply(
        &self,
        steps: &[Step],
        mut progress: impl FnMut(&Step),
    ) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(steps.len());
        for step in steps {
            progress(step);
            outcomes.push(match step.subject {
                Subject::ApiKey => self.apply_key(step).await,
                // Boards are imported in one request, after the rest.
                Subject::Dashboard => Outcome::Done,
                Subject::IngestPipeline
                | Subject::ComponentTemplate
                | Subject::IndexTemplate
                | Subject::DataStream
                | Subject::Lifecycle
                | Subject::StateIndex => {
                    match install::carry_out(&self.connection.client, step).await {
                        Ok(()) => Outcome::Done,
                        Err(error) => Outcome::Failed(error.to_string()),
                    }
                }
            });
        }
        dashboards::apply(self.kibana, steps, &mut outcomes).await?;
        Ok(outcomes)
    }
}

/// Runs the command and returns how it ends: 65 if anything was refused or failed.
pub(crate) async fn run(
    args: &SetupArgs,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Exit> {
    if args.mode.rotate_keys && !parts(args).contains(&Part::Keys) {
        let text = "--rotate-keys makes new keys, and --only leaves keys out; add `keys` to --only";
        return Err(Failure::new(Exit::Usage, text).into());
    }
    let connection = Connection::open(&args.connection, environment)?;
    let server = connection.client.server().await.map_err(explain)?;
    let kibana = kibana(&args.kibana, environment, &connection.credentials)?;
    let namespace = &args.connection.namespace;
    let wanted = (args.keys_dir.clone(), direction(args));
    let setup = Setup::survey(&connection, kibana.as_ref(), namespace, wanted).await?;
    let steps = setup.plan(&parts(args)).await?;

    let effect = args.mode.effect();
    let title = format!("{} ({server}), namespace {namespace}", connection.address);
    let shown = args.output.output();
    if shown == Output::Text {
        told(render::plan(out, &title, &steps, effect))?;
    }
    let outcomes = match effect {
        Effect::Apply => setup.apply(&steps, |_| ()).await?,
        Effect::Show | Effect::ShowDifferences => vec![Outcome::Done; steps.len()],
    };
    match shown {
        Output::Text => told(render::summary(out, &steps, &outcomes, effect))?,
        Output::Json => told(render::json(out, &title, &steps, &outcomes))?,
    }
    Ok(if render::is_clean(&steps, &outcomes) { Exit::Done } else { Exit::Difference })
}

fn direction(args: &SetupArgs) -> Direction {
    match (args.mode.remove, args.mode.rotate_keys) {
        (true, _) => Direction::Remove,
        (false, true) => Direction::InstallWithNewKeys,
        (false, false) => Direction::Install,
    }
}

fn parts(args: &SetupArgs) -> Vec<Part> {
    if args.only.is_empty() {
        Part::ALL.to_vec()
    } else {
        args.only.iter().map(|&part| part.into()).collect()
    }
}
