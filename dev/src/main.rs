//! `dev`: a real Elasticsearch or OpenSearch by one command.

mod cli;
mod stay;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use cli::{Cli, Print, Start, Transport, Verb};
use dev::{Credentials, Engine, Error, Flavour, Options, Storage, Target};

/// The command line makes no sense.
const USAGE: u8 = 64;
/// No server can be had on this machine.
const UNREACHABLE: u8 = 69;
/// Something else went wrong.
const BUG: u8 = 70;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // When nobody reads what we print, the exit code still tells.
            drop(error.print());
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match run(cli.verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "dev: {error:#}"));
            let unreachable = error.downcast_ref::<Error>().is_some_and(Error::is_unreachable);
            ExitCode::from(if unreachable { UNREACHABLE } else { BUG })
        }
    }
}

fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Elasticsearch { start, transport } => {
            let transport = match transport {
                Transport::Plain => dev::Transport::Plain,
                Transport::Tls => dev::Transport::Tls,
            };
            start_and_stay(Flavour::Elasticsearch, start, transport)
        }
        Verb::OpenSearch(start) => {
            start_and_stay(Flavour::OpenSearch, start, dev::Transport::Plain)
        }
        Verb::Serve { flavour, cache, grace_ms } => {
            let program = env::current_exe().context("cannot find the running program")?;
            Ok(dev::share::run(
                flavour,
                &Options::new(cache, program),
                Duration::from_millis(grace_ms),
            )?)
        }
        Verb::Watch => Ok(dev::watch::run()?),
    }
}

fn start_and_stay(flavour: Flavour, start: Start, transport: dev::Transport) -> Result<()> {
    let program = env::current_exe().context("cannot find the running program")?;
    let mut options = Options::new(Target::find()?.cache(), program);
    options.heap_mib = start.heap;
    if let Some(folder) = start.data {
        options.storage = Storage::Keep(folder);
    }
    options.transport = transport;
    let mut engine = Engine::start(flavour, &options)?;
    tell(flavour, &engine, start.print).context("cannot print how to reach the server")?;
    stay::until_told(start.until, &mut engine)?;
    Ok(engine.stop()?)
}

fn tell(flavour: Flavour, engine: &Engine, print: Print) -> Result<()> {
    let access = engine.access();
    let mut out = io::stdout().lock();
    match print {
        Print::Json => {
            let mut line = serde_json::to_value(access)?;
            line["pid"] = engine.process().into();
            line["flavour"] = flavour.name().into();
            line["version"] = flavour.version().into();
            line["folder"] = engine.folder().display().to_string().into();
            writeln!(out, "{line}")?;
        }
        Print::Sentences => {
            writeln!(out, "{flavour} {} answers at {}", flavour.version(), access.url)?;
            match &access.credentials {
                Credentials::Basic { username, password } => {
                    writeln!(out, "user {username}, password {password}")?;
                }
                Credentials::ApiKey { .. } | Credentials::None {} => {
                    writeln!(out, "without security")?;
                }
            }
            if let Some(path) = &access.ca_file {
                writeln!(out, "its certificate authority: {}", path.display())?;
            }
            writeln!(out, "Ctrl-C ends it")?;
        }
    }
    Ok(out.flush()?)
}
