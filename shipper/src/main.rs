//! The binary `shipper`: settings, build, run, exit code. See the library for how it works.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser as _};
use enricher::golden::{self, Act};
use runtime::settings::{Environment, Findings, Settings, Sources, Style};
use runtime::{Clock, Exit, Failure, SystemClock, logs, report};
use shipper::cli::{Cli, Command, Letters};
use shipper::commands::{again, audit, check::Checked, export, letters, replay, status, test, top};
use shipper::dlq::{DeadLetters, Kept};
use shipper::reload::Reread;
use shipper::run::Startup;
use shipper::settings::Shipper;
use shipper::summary::Summary;
use shipper::tail::Mode;

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
        Err(error) => report("shipper", error.as_ref()),
    }
    .into()
}

fn command(cli: &Cli) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    match &cli.command {
        Command::Run { until_idle, json, admin_address } => {
            drop(out);
            let mode = if *until_idle { Mode::UntilIdle } else { Mode::Forever };
            let (exit, summary) = run(cli, admin_address.clone(), mode)?;
            let mut out = io::stdout().lock();
            match (until_idle, json) {
                (false, _) => {}
                (true, false) => writeln!(out, "{summary}")?,
                (true, true) => writeln!(out, "{}", serde_json::to_string(&summary)?)?,
            }
            Ok(exit)
        }
        Command::Check { connect, json } => {
            let checked = check(cli, if *connect { Asks::Cluster } else { Asks::Nobody })?;
            checked.findings.write(&mut out, if *json { Style::Json } else { Style::Lines })?;
            Ok(checked.exit)
        }
        Command::Status { json } => {
            let (_, shipper) = load(cli)?;
            let style = if *json { status::Style::Json } else { status::Style::Lines };
            let address = shipper.admin.socket();
            status::status(address, style, &mut out).with_context(|| status::no_answer(address))?;
            Ok(Exit::Done)
        }
        Command::Top => {
            drop(out);
            top::needs_a_terminal()?;
            let address = load(cli)?.1.admin.socket();
            top::run(address)?;
            Ok(Exit::Done)
        }
        Command::Health { live } => {
            let probe = if *live { status::Probe::Alive } else { status::Probe::Ready };
            let address = load(cli)?.1.admin.socket();
            let health = status::health(address, probe, &mut out)
                .with_context(|| status::no_answer(address))?;
            Ok(if health == status::Health::Well { Exit::Done } else { Exit::Temporary })
        }
        Command::ExportConfig { json } => {
            let (settings, _) = load(cli)?;
            let style = if *json { status::Style::Json } else { status::Style::Lines };
            export::export(&settings, style, &mut out)?;
            Ok(Exit::Done)
        }
        Command::Test { path, against, input, update } => {
            let act = if *update { Act::Update } else { Act::Compare };
            let beside = cli.config.with_file_name("cases");
            let path = path.as_deref().unwrap_or(&beside);
            test(cli, path, act, against.as_deref().zip(Some(input.as_deref())), &mut out)
        }
        Command::Audit { path, ranges, json } => {
            let (_, shipper) = load(cli)?;
            let detail = if *ranges { audit::Detail::Ranges } else { audit::Detail::Sums };
            let books = audit::Audit::read(&shipper.state_dir, path.as_deref(), detail)?;
            if *json {
                books.print_json(&mut out)?;
            } else {
                books.print(&mut out)?;
            }
            Ok(books.exit())
        }
        Command::Replay { paths, since, bytes, input, dry_run, json } => {
            let (_, shipper) = load(cli)?;
            let _logs = logs::init_with("shipper", shipper.logs)?;
            let effect = if *dry_run { again::Effect::Show } else { again::Effect::Send };
            let choice = again::Choice { since: *since, bytes: bytes.clone() };
            let again = (effect, choice, input.clone());
            let style = if *json { again::Style::Json } else { again::Style::Lines };
            network()?.block_on(again::run(&shipper, paths, again, (style, &mut out)))
        }
        Command::Dlq { command } => dead_letters(cli, command, &mut out),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "shipper", &mut script);
            out.write_all(&script)?;
            Ok(Exit::Done)
        }
        Command::Version { json: false } => {
            writeln!(out, "shipper {}", env!("CARGO_PKG_VERSION"))?;
            Ok(Exit::Done)
        }
        Command::Version { json: true } => {
            let version =
                serde_json::json!({ "name": "shipper", "version": env!("CARGO_PKG_VERSION") });
            writeln!(out, "{version}")?;
            Ok(Exit::Done)
        }
    }
}

fn sources(cli: &Cli, admin_address: Option<String>, environment: Environment) -> Sources {
    let beside = cli.config.parent().map(|folder| folder.join("conf.d"));
    let sources = Sources::new("shipper")
        .file(&cli.config)
        .environment(environment)
        .flag("--state-dir", "state_dir", cli.state_dir.clone())
        .flag("--admin-address", "admin.address", admin_address)
        .append(&["inputs", "polls"]);
    match cli.conf_dir.clone().or(beside) {
        Some(folder) => sources.conf_dir(folder),
        None => sources,
    }
}

fn load(cli: &Cli) -> Result<(Settings, Shipper), Findings> {
    let settings = Settings::load(sources(cli, None, Environment::of_process()))?;
    let shipper = Shipper::check(&settings)?;
    Ok((settings, shipper))
}

fn run(cli: &Cli, admin_address: Option<String>, mode: Mode) -> anyhow::Result<(Exit, Summary)> {
    let environment = Environment::of_process();
    let again = sources(cli, admin_address, environment.clone());
    let reread = Reread(Arc::new(move || {
        let settings = Settings::load(again.clone())?;
        let shipper = Shipper::check(&settings)?;
        Ok((settings, shipper))
    }));
    let (settings, shipper) = (reread.0)()?;
    let _logs = logs::init_with("shipper", shipper.logs)?;
    for warning in &shipper.warnings {
        tracing::warn!(event.code = "settings", %warning, "a setting that a person should know about");
    }
    let startup =
        Startup { settings: &settings, shipper: &shipper, reread, environment: &environment };
    shipper::run::run(startup, mode)
        .map_err(|error| Failure::new(error.exit(), "cannot run").caused_by(error).into())
}

#[derive(Clone, Copy)]
enum Asks {
    Nobody,
    Cluster,
}

fn check(cli: &Cli, asks: Asks) -> anyhow::Result<Checked> {
    let (settings, shipper) = match load(cli) {
        Ok(loaded) => loaded,
        Err(findings) => return Ok(Checked::refused(findings)),
    };
    let mut checked = Checked::accepted(&settings, &shipper);
    if matches!(asks, Asks::Cluster) {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let client = elastic::Client::new(&shipper.cluster, clock).map_err(|error| {
            Failure::new(Exit::Configuration, "cannot make a client").caused_by(error)
        })?;
        checked.hold_against_system(&settings, &shipper);
        let now = SystemClock::new().now();
        network()?.block_on(checked.connect(&settings, &shipper, &client, now));
    }
    Ok(checked)
}

/// Runs golden cases, or compares what an older configuration makes of a file.
fn test(
    cli: &Cli,
    path: &Path,
    act: Act,
    against: Option<(&Path, Option<&str>)>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let (_, shipper) = load(cli)?;
    let different = match against {
        None => test::cases(&shipper, path, act, out).map_err(not_tested)? > 0,
        Some((old, input)) => {
            let sources = Sources::new("shipper").file(old).append(&["inputs"]);
            let environment = Environment::of_process();
            let old = Shipper::check(&Settings::load(sources.environment(environment))?)?;
            let compared = test::against((&old, &shipper), path, input, out);
            compared.map_err(not_tested)?.different > 0
        }
    };
    Ok(if different { Exit::Difference } else { Exit::Done })
}

fn not_tested(error: test::Error) -> Failure {
    let exit = match &error {
        test::Error::NoInput { .. } | test::Error::Golden(golden::Error::NoCase { .. }) => {
            Exit::Usage
        }
        test::Error::Golden(golden::Error::NotACase { .. }) => Exit::Configuration,
        test::Error::Golden(
            golden::Error::Read { .. } | golden::Error::Write { .. } | golden::Error::Print(_),
        ) => Exit::Io,
    };
    Failure::new(exit, "cannot test").caused_by(error)
}

fn network() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn dead_letters(cli: &Cli, command: &Letters, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (_, shipper) = load(cli)?;
    let kept = || -> anyhow::Result<Kept> { Ok(DeadLetters::peek(&shipper.state_dir)?) };
    match command {
        Letters::List { json: false } => letters::list(&kept()?, out)?,
        Letters::List { json: true } => letters::list_json(&kept()?, out)?,
        Letters::Show { id, json } => {
            let id = id.parse().map_err(|error: String| Failure::new(Exit::Usage, error))?;
            let style = if *json { status::Style::Json } else { status::Style::Lines };
            if letters::show(&kept()?, id, (style, out))? == letters::Shown::NoSuchLetter {
                return Err(Failure::new(
                    Exit::Difference,
                    format!("there is no dead letter {id}"),
                )
                .into());
            }
        }
        Letters::Replay { since, reason, dry_run } => {
            let choice = replay::Choice { since: *since, reason: reason.clone() };
            if *dry_run {
                letters::list(&choice.of(kept()?), out)?;
                return Ok(Exit::Done);
            }
            let _logs = logs::init_with("shipper", shipper.logs)?;
            let replayed = network()?.block_on(shipper::run::replay(&shipper, &choice));
            let replayed = replayed
                .map_err(|error| Failure::new(error.exit(), "cannot replay").caused_by(error))?;
            writeln!(
                out,
                "{} stored, {} already there, {} filtered, {} refused again, {} left",
                replayed.stored,
                replayed.duplicate,
                replayed.filtered,
                replayed.refused,
                replayed.left
            )?;
            let all = replayed.refused + replayed.left == 0;
            return Ok(if all { Exit::Done } else { Exit::Difference });
        }
    }
    Ok(Exit::Done)
}
