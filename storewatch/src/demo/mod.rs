//! `storewatch demo`: fills a cluster with a small shop's logs, plants incidents, and shows them found.
//!
//! It does what a user would do by hand: `setup`, log files, the real `shipper`, the real `detector`. Everything lies in
//! a namespace and a temporary folder of its own, and goes when the demo ends.

mod child;
mod clean;
mod judge;
mod progress;
mod read;
mod report;
mod work;

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use elastic::Credentials;
use event::Namespace;
use jiff::Timestamp;
use kibana::import::Kibana;
use pipelines::install::Part;
use pipelines::keys::KeyHolder;
use runtime::settings::Environment;
use runtime::shutdown::{Shutdown, Signals};
use runtime::{Clock, Exit, Failure, SystemClock};
use shop::{Existing, Folder, Rotation, Written, demo_plan, truth, write_history};

use crate::cli::{DemoArgs, Leftovers, Output};
use crate::connection::{Connection, explain, kibana};
use crate::setup::{Direction, Outcome as SetUp, Setup};
use child::Run;
use progress::{Phase, Progress};
use report::{Outcome, Shipped};
use work::Work;

/// Logs rotate by renaming at this size, so the shipper meets rotated files too.
const ROTATE_BYTES: u64 = 64 * 1024 * 1024;

/// A demo under way.
struct Demo<'a> {
    args: &'a DemoArgs,
    environment: &'a Environment,
    connection: Connection,
    kibana: Option<Kibana>,
    namespace: Namespace,
    work: Work,
    clock: SystemClock,
    progress: Progress,
}

/// Runs the command. It ends well when every planted incident was found and nothing else.
pub(crate) async fn run(
    args: &DemoArgs,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Exit> {
    let clock = SystemClock::new();
    if args.connection.namespace != Namespace::default() {
        let text =
            "the demo makes a namespace of its own and takes it away again; leave out --namespace";
        return Err(Failure::new(Exit::Usage, text).into());
    }
    let connection = Connection::open(&args.connection, environment)?;
    let kibana = kibana(&args.kibana, environment, &connection.credentials)?;
    let namespace = demo_namespace(clock.now())?;
    let progress = Progress::new();
    let work = Work::make()?;
    let demo = Demo { args, environment, connection, kibana, namespace, work, clock, progress };

    let shutdown = Shutdown::new();
    let mut signals = Signals::listen(shutdown)?;
    let outcome = tokio::select! {
        // Dropping a demo ends its programs; what it left in the cluster is taken away below.
        outcome = demo.play() => Some(outcome),
        _ = signals.next() => None,
    };
    demo.progress.end();
    let exit = match outcome {
        Some(Ok(outcome)) => {
            // Whoever reads us may have read enough; what the demo left in the cluster goes all the same.
            let shown = demo.show(&outcome, out);
            if args.exit || shown.is_err() || args.output.output() == Output::Json {
                None
            } else {
                Some(signals.next().await)
            };
            let good = outcome.adds_up()
                && outcome.verdict.missed == 0
                && outcome.verdict.false_alerts == 0;
            shown.map(|()| if good { Exit::Done } else { Exit::Difference })
        }
        Some(Err(error)) => Err(error),
        None => {
            progress::say("stopped; taking away what the demo left in the cluster");
            Ok(Exit::Temporary)
        }
    };
    let swept = match args.documents {
        Leftovers::Remove => clean::sweep(&demo.connection.client, &demo.namespace).await,
        Leftovers::Keep => Ok(clean::Swept::All),
    };
    // The first fault counts: a cluster that does not answer cannot be swept either.
    let exit = exit?;
    if swept.map_err(explain)? == clean::Swept::NotStreams {
        progress::say(&format!(
            "the documents of namespace {} stay as long as this cluster does: it cannot delete a data stream",
            demo.namespace
        ));
    }
    Ok(exit)
}

/// Each demo has a namespace of its own, so that it meets neither the user's data nor another demo.
fn demo_namespace(now: Timestamp) -> Result<Namespace> {
    Ok(format!("demo_{}", now.as_millisecond()).parse()?)
}

impl Demo<'_> {
    async fn play(&self) -> Result<Outcome> {
        let bin_dir = child::bin_dir(self.args.bin_dir.as_deref())?;
        let (shipper, detector) =
            (child::program(&bin_dir, "shipper")?, child::program(&bin_dir, "detector")?);
        let began = self.clock.monotonic();
        let plan = demo_plan(self.clock.now(), self.args.seed);

        self.progress.begin(Phase::SetUp, None);
        self.connection.client.server().await.map_err(explain)?;
        self.set_up().await?;
        self.progress.begin(Phase::Write, Some(100));
        let written = self.write(&plan)?;
        self.progress.begin(Phase::Ship, Some(written.lines));
        let counts = self.ship(&shipper, &plan.shop.store_id).await?;
        self.progress.begin(Phase::Judge, None);
        self.judge(&detector, &plan).await?;
        self.progress.begin(Phase::Read, None);
        read::refresh(&self.connection.client, &self.namespace).await?;
        let alerts = read::alerts(&self.connection.client, &self.namespace).await?;
        Ok(Outcome {
            namespace: self.namespace.clone(),
            lines_written: written.lines,
            shipped: counts,
            documents_stored: read::documents(&self.connection.client, &self.namespace).await?,
            verdict: judge::judge(&truth(&plan.plan), &alerts),
            alerts,
            seconds: self.clock.monotonic().saturating_sub(began).as_secs_f64(),
            zone: plan.shop.zone,
        })
    }

    async fn set_up(&self) -> Result<()> {
        let wanted = (self.work.keys(), Direction::Install);
        let setup =
            Setup::survey(&self.connection, self.kibana.as_ref(), &self.namespace, wanted).await?;
        let steps = setup.plan(&Part::ALL).await?;
        let outcomes = setup.apply(&steps, |_| ()).await?;
        for (step, outcome) in steps.iter().zip(outcomes) {
            if let SetUp::Failed(why) = outcome {
                anyhow::bail!("setup failed at {} {}: {why}", step.subject, step.name);
            }
        }
        if matches!(self.connection.credentials, Credentials::ApiKey(_)) {
            progress::say(
                "a key made by a key carries no rights, so the one key that was given is used throughout",
            );
        }
        Ok(())
    }

    fn write(&self, demo: &shop::Demo) -> Result<Written> {
        let mut folder =
            Folder::open(&self.work.logs(), Existing::Refused, Rotation::AtBytes(ROTATE_BYTES))?;
        let span = demo.plan.until.duration_since(demo.plan.from).as_secs();
        let mut progress = |at: Timestamp| {
            let done = at.duration_since(demo.plan.from).as_secs() * 100 / span.max(1);
            self.progress.at(u64::try_from(done).unwrap_or_default());
        };
        Ok(write_history(&demo.shop, &demo.plan, &mut folder, &mut progress)?)
    }

    async fn ship(&self, program: &Path, store_id: &str) -> Result<Shipped> {
        let cluster =
            self.work.cluster(&self.connection, &self.args.connection, KeyHolder::Shipper)?;
        let settings = self.work.shipper_settings(&cluster, store_id, &self.namespace)?;
        let arguments = ["--config", &settings.to_string_lossy(), "run", "--until-idle", "--json"];
        let run = Run::start("shipper", program, &arguments, self.work.path("shipper.log"))?;
        let text = run
            .wait(&self.clock, async || {
                // Only for the bar: a count that fails is no reason to stop.
                if let Ok(count) = read::documents(&self.connection.client, &self.namespace).await {
                    self.progress.at(count);
                }
            })
            .await?;
        let last = text.lines().last().unwrap_or_default();
        serde_json::from_str(last)
            .with_context(|| format!("the shipper's summary cannot be read: {last:?}"))
    }

    async fn judge(&self, program: &Path, demo: &shop::Demo) -> Result<()> {
        let cluster =
            self.work.cluster(&self.connection, &self.args.connection, KeyHolder::Detector)?;
        let kibana_url =
            self.args.kibana.kibana_url.as_deref().or(self.environment.get("KIBANA_URL"));
        let settings = self.work.detector_settings(&cluster, &self.namespace, kibana_url)?;
        read::refresh(&self.connection.client, &self.namespace).await?;
        let (from, until) = (demo.judged_from.to_string(), demo.plan.until.to_string());
        let arguments =
            ["--config", &settings.to_string_lossy(), "run", "--from", &from, "--until", &until];
        let run = Run::start("detector", program, &arguments, self.work.path("detector.log"))?;
        run.wait(&self.clock, async || ()).await.map(|_| ())
    }

    fn show(&self, outcome: &Outcome, out: &mut dyn Write) -> Result<()> {
        if self.args.output.output() == Output::Json {
            writeln!(out, "{}", outcome.to_json())?;
            return Ok(());
        }
        outcome.print(out)?;
        if !self.args.exit {
            self.what_to_open(out)?;
        }
        Ok(())
    }

    /// Says where to look; the cluster stays up until the demo is told to end.
    fn what_to_open(&self, out: &mut dyn Write) -> Result<()> {
        writeln!(out)?;
        if let Some(url) =
            self.args.kibana.kibana_url.as_deref().or(self.environment.get("KIBANA_URL"))
        {
            let board = kibana::board::board_id("alerts");
            writeln!(out, "Open {}/app/dashboards#/view/{board}", url.trim_end_matches('/'))?;
        } else {
            let file = self.work.path("storewatch.ndjson");
            let objects = kibana::object::to_ndjson(&kibana::boards::objects());
            runtime::DurableFile::replace(&runtime::RealDisk, &file, objects.as_bytes())?;
            writeln!(
                out,
                "The boards, for Stack Management > Saved objects > Import: {}",
                file.display()
            )?;
        }
        let login = match &self.connection.credentials {
            Credentials::None => String::new(),
            Credentials::ApiKey(_) => {
                "-H \"Authorization: ApiKey $ELASTICSEARCH_API_KEY\" ".to_owned()
            }
            Credentials::Basic { username, .. } => {
                format!("-u {username}:$ELASTICSEARCH_PASSWORD ")
            }
        };
        let url = self.connection.address.url().as_str().trim_end_matches('/').to_owned();
        let namespace = &self.namespace;
        writeln!(
            out,
            "The alerts:  curl -s {login}'{url}/logs-store.alert-{namespace}/_search?size=20&pretty'"
        )?;
        writeln!(
            out,
            "The series:  curl -s {login}'{url}/metrics-store.series-{namespace}/_search?size=20&pretty'"
        )?;
        writeln!(
            out,
            "The orders:  curl -s {login}'{url}/logs-store.order-{namespace}/_search?size=5&pretty'"
        )?;
        let fate = match self.args.documents {
            Leftovers::Remove => "takes its documents away",
            Leftovers::Keep => "leaves its documents",
        };
        writeln!(out, "Ctrl-C ends the demo and {fate}.")?;
        out.flush()?;
        Ok(())
    }
}
