//! `enricher test`: golden cases, and a file under these settings and older ones. The work is [`enricher::golden`].
//!
//! `NAME.yml` beside `NAME.in` holds settings of that case (`store`, `redact`, `input`); without it those of the command line
//! hold.

use std::io::Write;

use anyhow::Result;
use enricher::golden::{self, Act, Case, Under, Went};
use runtime::settings::{Environment, Settings};
use runtime::{Exit, Failure};

use crate::cli::TestArgs;
use crate::config::{self, Config};

/// Runs all cases, or compares what two settings make of a file, and prints how it went.
pub(crate) fn run(args: &TestArgs, environment: &Environment, out: &mut dyn Write) -> Result<Exit> {
    if let Some(old) = &args.against {
        let old = Settings::of_file(old, environment.clone())?;
        let (old, new) = (config::check(&old)?, config::load(&args.config, environment.clone())?);
        let compared =
            golden::against(under(&old), under(&new), &args.path, out).map_err(failure)?;
        let (lines, different) = (compared.lines, compared.different);
        writeln!(out, "{lines} lines, {different} different")?;
        return Ok(if different > 0 { Exit::Difference } else { Exit::Done });
    }
    let act = if args.update { Act::Update } else { Act::Compare };
    let mut different = 0;
    let cases = golden::find(&args.path).map_err(failure)?;
    for case in &cases {
        let config = settings(case, args, environment)?;
        let went = golden::run(case, under(&config), act, out).map_err(failure)?;
        different += usize::from(went == Went::Otherwise);
    }
    writeln!(out, "{} cases, {different} different", cases.len())?;
    Ok(if different > 0 { Exit::Difference } else { Exit::Done })
}

fn under(config: &Config) -> Under<'_> {
    Under { store: &config.store, input: &config.input }
}

fn settings(case: &Case, args: &TestArgs, environment: &Environment) -> Result<Config> {
    let own = case.path.with_extension("yml");
    if own != case.path && own.try_exists()? {
        let settings = Settings::of_file(&own, environment.clone())?;
        return Ok(config::check(&settings)?);
    }
    Ok(config::load(&args.config, environment.clone())?)
}

fn failure(error: golden::Error) -> Failure {
    let exit = match &error {
        golden::Error::NoCase { .. } => Exit::Usage,
        golden::Error::NotACase { .. } => Exit::Configuration,
        golden::Error::Read { .. } | golden::Error::Write { .. } | golden::Error::Print(_) => {
            Exit::Io
        }
    };
    Failure::new(exit, "cannot test").caused_by(error)
}
