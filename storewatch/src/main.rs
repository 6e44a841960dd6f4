//! The operator's program: prepares a cluster, looks after it, shows the whole thing.

mod cli;
mod connection;
mod demo;
mod doctor;
mod setup;
mod simulate;
mod verify;

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};
use runtime::settings::Environment;
use runtime::{Exit, report};
use serde_json::json;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error).into(),
    };
    match run(cli) {
        Ok(exit) => exit,
        Err(error) => report("storewatch", &*error),
    }
    .into()
}

/// Help and version are no mistake; everything else on the command line is one.
fn usage(error: &clap::Error) -> Exit {
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
    // When the terminal is gone there is nobody left to tell.
    error.print().unwrap_or_default();
    exit
}

/// Prints what tells of work that is done whether or not anybody listens: who reads us may have read enough.
fn told(printed: io::Result<()>) -> io::Result<()> {
    match printed {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn run(cli: Cli) -> Result<Exit> {
    let environment = Environment::of_process();
    let mut out = io::stdout().lock();
    let loops = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match cli.command {
        Command::Setup(args) => loops.block_on(setup::run(&args, &environment, &mut out)),
        Command::Doctor(args) => loops.block_on(doctor::run(&args, &environment, &mut out)),
        Command::Verify(args) => loops.block_on(verify::run(&args, &environment, &mut out)),
        Command::Demo(args) => loops.block_on(demo::run(&args, &environment, &mut out)),
        Command::Simulate(args) => simulate::run(&args, &mut out),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "storewatch", &mut script);
            io::Write::write_all(&mut out, &script)?;
            Ok(Exit::Done)
        }
        Command::Version { json } => {
            let version = env!("CARGO_PKG_VERSION");
            let text = if json {
                json!({"name": "storewatch", "version": version}).to_string()
            } else {
                format!("storewatch {version}")
            };
            io::Write::write_all(&mut out, format!("{text}\n").as_bytes())?;
            Ok(Exit::Done)
        }
    }
}
