//! Cleans lines on stdin into events on stdout; checks settings; holds settings against golden cases.

mod cli;
mod config;
mod lines;
mod run;
mod test;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser as _};
use runtime::settings::{Environment, Style};
use runtime::{Exit, SystemClock, report};

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error).into(),
    };
    match act(cli) {
        Ok(exit) => exit,
        Err(error) if is_broken_pipe(&error) => Exit::Done,
        Err(error) => report("enricher", &*error),
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

/// Who reads us may have read enough: `enricher run | head` is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

fn act(cli: Cli) -> Result<Exit> {
    let environment = Environment::of_process();
    let mut out = io::stdout().lock();
    match cli.command {
        Command::Run(args) => run::run(&args, environment, &SystemClock::new(), &mut out),
        Command::Check(args) => match config::load(&args.settings(), environment) {
            Ok(_) => {
                writeln!(out, "the settings are valid")?;
                Ok(Exit::Done)
            }
            Err(findings) => {
                let style = if args.json { Style::Json } else { Style::Lines };
                findings.write(&mut out, style)?;
                Ok(Exit::Configuration)
            }
        },
        Command::Test(args) => test::run(&args, &environment, &mut out),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "enricher", &mut out);
            Ok(Exit::Done)
        }
    }
}
