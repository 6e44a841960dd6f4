//! The binary `detector`: settings, build, run, exit code. See the library for how it works.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser as _};
use detector::cli::{Cli, Command, RulesCommand};
use detector::command::{self, Style};
use detector::rule::{Rule, RuleSet};
use detector::run::{self, Means, Past, RunError};
use detector::settings::{DetectorSettings, RawDetector};
use detector::source::{Cluster, Table};
use jiff::Timestamp;
use runtime::settings::{self, Check, Environment, Findings, Settings, Sources};
use runtime::shutdown::{Shutdown, Signals};
use runtime::{Clock, Exit, Failure, SystemClock, logs, report};
use tokio::sync::mpsc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let is_question = !error.use_stderr();
            // When nobody reads what we print, the exit code still tells.
            drop(error.print());
            return if is_question { Exit::Done.into() } else { Exit::Usage.into() };
        }
    };
    match command(&cli) {
        Ok(exit) => exit,
        Err(error) => report("detector", error.as_ref()),
    }
    .into()
}

fn command(cli: &Cli) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    match &cli.command {
        Command::Run { from, until, look, admin_address } => {
            drop(out);
            let past = from.zip(*until).map(stretch).transpose()?;
            run(cli, admin_address.clone(), (past, look.style()))
        }
        Command::Check { connect, look } => {
            let asks = if *connect { Asks::Cluster } else { Asks::Nobody };
            let (findings, exit) = check(cli, asks)?;
            let lines = match look.style() {
                Style::Json => settings::Style::Json,
                Style::Lines => settings::Style::Lines,
            };
            findings.write(&mut out, lines)?;
            Ok(exit)
        }
        Command::Test { rule, from, to, csv, look } => {
            let (_, settings) = load(cli, None)?;
            let found = settings.rules.get(rule);
            let rule = found
                .ok_or_else(|| Failure::new(Exit::Usage, format!("there is no rule {rule}")))?;
            let past = stretch((*from, *to))?;
            let tried = test(&settings, (rule, past), csv.as_deref())?;
            command::write(&tried, look.style(), &mut out)?;
            Ok(Exit::Done)
        }
        Command::Rules { command: RulesCommand::List { look } } => {
            command::rules(&rules(cli)?, look.style(), &mut out)?;
            Ok(Exit::Done)
        }
        Command::Status { look } => {
            let (_, settings) = load(cli, None)?;
            let address = settings.admin.socket();
            let status = network()?.block_on(command::status(address));
            let status = status.with_context(|| format!("no detector tells its status at {address}; it may not run, or `admin.address` differs"))?;
            command::write_status(&status, look.style(), &mut out)?;
            Ok(Exit::Done)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "detector", &mut script);
            out.write_all(&script)?;
            Ok(Exit::Done)
        }
        Command::Version { look } => {
            let version = env!("CARGO_PKG_VERSION");
            match look.style() {
                Style::Json => {
                    let version = serde_json::json!({"name": "detector", "version": version});
                    writeln!(out, "{version}")?;
                }
                Style::Lines => writeln!(out, "detector {version}")?,
            }
            Ok(Exit::Done)
        }
    }
}

/// Returns a past stretch. A watermark of the future would blind the detector until then, so none is made.
fn stretch((from, until): (Timestamp, Timestamp)) -> Result<Past, Failure> {
    let past = Past::try_new(from, until, SystemClock::new().now());
    past.map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}

fn sources(cli: &Cli, admin_address: Option<String>) -> Sources {
    let beside = cli.config.parent().map(|folder| folder.join("conf.d"));
    let sources = Sources::new("detector")
        .file(&cli.config)
        .environment(Environment::of_process())
        .flag("--admin-address", "admin.address", admin_address);
    match cli.conf_dir.clone().or(beside) {
        Some(folder) => sources.conf_dir(folder),
        None => sources,
    }
}

fn load(cli: &Cli, admin: Option<String>) -> Result<(Settings, DetectorSettings), Findings> {
    let settings = Settings::load(sources(cli, admin))?;
    let (checked, _) = DetectorSettings::check(&settings)?;
    Ok((settings, checked))
}

/// The rules can be listed without a configuration: those that are shipped.
fn rules(cli: &Cli) -> anyhow::Result<RuleSet> {
    match cli.config.try_exists() {
        Ok(false) => Ok(RuleSet::load(None, "UTC")?),
        Ok(true) | Err(_) => Ok(load(cli, None)?.1.rules),
    }
}

fn means(settings: &DetectorSettings) -> anyhow::Result<Means> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let client = elastic::Client::new(&settings.cluster, Arc::clone(&clock)).map_err(|error| {
        Failure::new(Exit::Configuration, "cannot make a client").caused_by(error)
    })?;
    Ok(Means { client, clock, shutdown: Shutdown::new() })
}

fn network() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn run(
    cli: &Cli,
    admin_address: Option<String>,
    (past, style): (Option<Past>, Style),
) -> anyhow::Result<Exit> {
    let (settings, checked) = load(cli, admin_address)?;
    let raw: RawDetector = settings.read()?;
    let _logs = logs::init_with("detector", raw.logs)?;
    let means = means(&checked)?;
    let outcome = network()?.block_on(async {
        let Some(past) = past else { return run::live(&checked, &means).await.map(|()| None) };
        let signals = Signals::listen(means.shutdown.clone()).map_err(RunError::Signals)?;
        let (requests, _asked) = mpsc::channel(1);
        tokio::select! {
            // The stretch is whole or taken up again by the next run; signals are waited for as long as it runs.
            summary = run::past(&checked, &means, past) => summary.map(Some),
            () = signals.run(requests) => Ok(None),
        }
    });
    match outcome {
        Ok(Some(summary)) => {
            let stopped = means.shutdown.has_begun();
            command::write_summary(&summary, style, &mut io::stdout().lock())?;
            if stopped {
                let text =
                    "stopped before the end of the stretch; run it again to go on from there";
                return Err(Failure::new(Exit::Temporary, text).into());
            }
            Ok(Exit::Done)
        }
        Ok(None) => Ok(Exit::Done),
        Err(error) => Err(Failure::new(run_exit(&error), "the run ended").caused_by(error).into()),
    }
}

fn run_exit(error: &RunError) -> Exit {
    match error {
        RunError::Channel { .. } | RunError::Admin(_) => Exit::Configuration,
        RunError::Signals(_) => Exit::Io,
        RunError::Work(error) if error.is_permission() => Exit::Permission,
        RunError::Work(_) => Exit::Temporary,
    }
}

fn test(
    settings: &DetectorSettings,
    (rule, past): (&Rule, Past),
    csv: Option<&std::path::Path>,
) -> anyhow::Result<command::Tried> {
    let setup = run::setup(settings)?;
    let network = network()?;
    if let Some(path) = csv {
        let table = Table::open(path, rule)
            .map_err(|error| Failure::new(Exit::Difference, "no figures").caused_by(error))?;
        return Ok(network.block_on(command::try_table(&setup, &table, (rule, past)))?);
    }
    let source = Cluster::new(means(settings)?.client, settings.namespace.clone());
    let tried = network.block_on(command::try_rule(&setup, &source, (rule, past)));
    tried.map_err(|error| {
        Failure::new(Exit::Temporary, "cannot try the rule").caused_by(error).into()
    })
}

#[derive(Clone, Copy)]
enum Asks {
    Nobody,
    Cluster,
}

fn check(cli: &Cli, asks: Asks) -> anyhow::Result<(Findings, Exit)> {
    let settings = match Settings::load(sources(cli, None)) {
        Ok(settings) => settings,
        Err(findings) => return Ok((findings, Exit::Configuration)),
    };
    let (checked, warnings) = match DetectorSettings::check(&settings) {
        Ok(checked) => checked,
        Err(findings) => return Ok((findings, Exit::Configuration)),
    };
    if matches!(asks, Asks::Nobody) {
        return Ok((warnings, Exit::Done));
    }
    let means = means(&checked)?;
    let now = means.clock.now();
    let check = Check::new(&settings);
    let asked = network()?.block_on(command::connect(&checked, &means.client, check, now));
    let mut findings = warnings;
    findings.extend(asked.findings);
    Ok((findings, asked.exit))
}
