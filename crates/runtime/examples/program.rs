//! A whole program in a page: settings, logs, admin endpoint, signals, exit code. The tests of the process run it.
//!
//! `program SETTINGS.yml check` only reads its settings, `run` runs until it is told to stop, `hang` never ends its
//! draining, so that a second signal has something to end.

use std::{error::Error, future::pending, io, net::SocketAddr, process::ExitCode, sync::Arc};

use runtime::{
    Exit, Failure, SystemClock,
    admin::{Address, Admin, AdminState, RawAdmin},
    logs::{self, RawLogs},
    settings::{Check, Environment, Findings, Settings, Sources, Style},
    shutdown::{Request, Shutdown, Signals},
};
use serde::Deserialize;
use tokio::{sync::mpsc, task::JoinSet};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Raw {
    admin: RawAdmin,
    logs: RawLogs,
}

struct Checked {
    admin: Address,
    logs: RawLogs,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Drain {
    Quickly,
    Never,
}

fn main() -> ExitCode {
    let outcome = start();
    outcome.unwrap_or_else(|error| runtime::report("program", &*error)).into()
}

fn start() -> Result<Exit, Box<dyn Error>> {
    let usage = || Failure::new(Exit::Usage, "usage: program SETTINGS.yml check|run|hang");
    let mut arguments = std::env::args().skip(1);
    let (path, verb) = arguments.next().zip(arguments.next()).ok_or_else(usage)?;
    let sources = Sources::new("program").file(path).environment(Environment::of_process());
    let loaded = load(sources);
    let drain = match verb.as_str() {
        "check" => return check(loaded.map(|(_, warnings)| warnings)),
        "run" => Drain::Quickly,
        "hang" => Drain::Never,
        _ => return Err(usage().into()),
    };
    let (settings, _) = loaded?;
    let _logs = logs::init_with("program", settings.logs)?;
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio.block_on(run(settings.admin, drain))
}

fn load(sources: Sources) -> Result<(Checked, Findings), Findings> {
    let settings = Settings::load(sources)?;
    let raw: Raw = settings.read()?;
    let mut check = Check::new(&settings);
    let admin = raw.admin.check(&mut check, SocketAddr::from(([127, 0, 0, 1], 0)));
    check.finish(Checked { admin, logs: raw.logs })
}

fn check(loaded: Result<Findings, Findings>) -> Result<Exit, Box<dyn Error>> {
    let (findings, exit) = match loaded {
        Ok(warnings) => (warnings, Exit::Done),
        Err(findings) => (findings, Exit::Configuration),
    };
    findings.write(&mut io::stdout(), Style::Json)?;
    Ok(exit)
}

async fn run(address: Address, drain: Drain) -> Result<Exit, Box<dyn Error>> {
    let (requests, mut asked) = mpsc::channel(4);
    let shutdown = Shutdown::new();
    let signals = Signals::listen(shutdown.clone())?;
    let state = AdminState::new(Arc::new(SystemClock::new()));
    let admin = Admin::bind(address).await?;
    let address = admin.address()?;
    let mut tasks = JoinSet::new();
    tasks.spawn(admin.serve(state.clone(), shutdown.clone()));
    tasks.spawn(async {
        signals.run(requests).await;
        Ok(())
    });
    state.ready("starting");
    tracing::info!(event.code = "started", url.domain = %address, "started");
    loop {
        // Neither branch loses anything when it is dropped: a flag stays set, a message stays in its channel.
        let request = tokio::select! {
            () = shutdown.begun() => break,
            request = asked.recv() => request,
        };
        match request {
            Some(Request::Reload) => tracing::info!(event.code = "reloaded", "nothing to reload"),
            Some(Request::Status) => tracing::info!(event.code = "status", "all is well"),
            None => break,
        }
    }
    if drain == Drain::Never {
        pending::<()>().await;
    }
    drop(asked); // ends the watch over signals
    while let Some(outcome) = tasks.join_next().await {
        outcome??;
    }
    tracing::info!(event.code = "ended", "ended");
    Ok(Exit::Done)
}
