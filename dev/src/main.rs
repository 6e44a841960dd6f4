//! `dev`: a real Elasticsearch or OpenSearch by one command.

mod cli;
mod stay;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use cli::{Cli, Print, Start, Transport, Verb};
use dev::{Credentials, Engine, Error, Flavour, Options, Storage, Target};

/// No server can be had on this machine.
const UNREACHABLE: u8 = 69;
/// Something else went wrong.
const BUG: u8 = 70;

fn main() -> ExitCode {
    match run(Cli::parse().verb) {
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
        Verb::Elasticsearch(start) => start_and_stay(Flavour::Elasticsearch, start),
        Verb::OpenSearch(start) => start_and_stay(Flavour::OpenSearch, start),
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

fn start_and_stay(flavour: Flavour, start: Start) -> Result<()> {
    let program = env::current_exe().context("cannot find the running program")?;
    let mut options = Options::new(Target::find()?.cache(), program);
    options.heap_mib = start.heap;
    if let Some(folder) = start.data {
        options.storage = Storage::Keep(folder);
    }
    options.transport = match (start.transport, flavour) {
        (Transport::Plain, _) => dev::Transport::Plain,
        (Transport::Tls, Flavour::Elasticsearch) => dev::Transport::Tls,
        (Transport::Tls, Flavour::OpenSearch) => {
            bail!("--tls is for elasticsearch: opensearch has no security here")
        }
    };
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
