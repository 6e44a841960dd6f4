//! Cleans lines on stdin into events on stdout; checks settings; holds settings against golden cases; explains.

mod audit;
mod cli;
mod config;
mod explain_lines;
mod lines;
mod run;
mod test;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser as _};
use runtime::settings::{Environment, Findings, Style};
use runtime::{Exit, SystemClock, report};

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error).into(),
    };
    match act(cli) {
        Ok(exit) => exit,
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

fn act(cli: Cli) -> Result<Exit> {
    let environment = Environment::of_process();
    let mut out = io::stdout().lock();
    match cli.command {
        Command::Run(args) => run::run(&args, environment, &SystemClock::new(), &mut out),
        Command::Check(args) => match config::load(&args.settings(), environment) {
            Ok(_) if args.json => {
                Findings::default().write(&mut out, Style::Json)?;
                Ok(Exit::Done)
            }
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
        Command::Audit(args) => audit::run(&args, environment, &SystemClock::new(), &mut out),
        Command::Explain(args) => {
            explain_lines::run(&args, environment, &SystemClock::new(), &mut out)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "enricher", &mut script);
            out.write_all(&script)?;
            Ok(Exit::Done)
        }
        Command::Version { json } => {
            let version = env!("CARGO_PKG_VERSION");
            if json {
                writeln!(out, "{}", serde_json::json!({"name": "enricher", "version": version}))?;
            } else {
                writeln!(out, "enricher {version}")?;
            }
            Ok(Exit::Done)
        }
    }
}
