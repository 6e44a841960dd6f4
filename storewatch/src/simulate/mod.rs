//! `storewatch simulate`: writes the event logs of a simulated shop, with incidents and the truth about them.

mod args;
mod live;
mod plant;
mod report;
mod settings;
mod shops;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use runtime::shutdown::{Meaning, Shutdown, Signals};
use runtime::{Clock, DurableFile, Exit, Failure, RealDisk, SystemClock};
use shop::{Existing, Folder, FolderError, Rotation, Shop, Written, write_history};

pub(crate) use args::SimulateArgs;
use live::{Pace, write_live};
use shops::{Planned, planned};

use crate::cli::Output;

/// Does what the command line asks for.
pub(crate) fn run(args: &SimulateArgs, out: &mut dyn Write) -> Result<Exit> {
    if let Some(name) = args.telling.describe {
        writeln!(out, "{}\n{}", name.title(), name.describe())?;
        return Ok(Exit::Done);
    }
    if args.telling.list {
        report::list(out)?;
        return Ok(Exit::Done);
    }
    let clock = SystemClock::new();
    // Whole seconds: the span of a plan is read by people.
    let started = Timestamp::from_second(clock.now().as_second())?;
    let path = args.out.as_deref().unwrap_or(Path::new("."));
    let shops = planned(args, started)?;
    let existing = if args.force { Existing::Kept } else { Existing::Refused };
    let rotation = Rotation::AtBytes(args.rotate.bytes());
    Folder::open(path, existing, rotation).map_err(explain)?;
    if let Some(file) = &args.truth {
        write_truth(file, path, &shops)?;
    }
    let mut settings = Vec::new();
    if let Some(folder) = &args.settings {
        for planned in &shops {
            settings.push(settings::write(folder, &planned.shop, &planned.logs(path))?);
        }
    }
    let mut settings = settings.into_iter();
    let mut told = Vec::new();
    for planned in &shops {
        let logs = planned.logs(path);
        let mut folder = Folder::open(&logs, existing, rotation).map_err(explain)?;
        let written = match args.span.speed {
            None => write_at_once(planned, &mut folder)?,
            Some(speed) => {
                let pace = Pace { from: planned.plan.from, started, speed };
                write_as_time_passes(planned, &mut folder, (pace, &clock))?
            }
        };
        let one = report::Told { folder: logs, written, planned, settings: settings.next() };
        if args.output.output() == Output::Text {
            report::text(out, &one)?;
        }
        told.push(one);
    }
    if args.output.output() == Output::Json {
        report::json(out, &told)?;
    }
    Ok(Exit::Done)
}

/// Writes the truth, which must never pass through what ships the logs.
fn write_truth(file: &Path, logs: &Path, shops: &[Planned]) -> Result<()> {
    if std::path::absolute(file)?.starts_with(std::path::absolute(logs)?) {
        let message = format!("{} would lie among the logs", file.display());
        return Err(usage(message).into());
    }
    let mut text = Vec::new();
    for planned in shops {
        for planted in planned.truth() {
            planted.write_line(&mut text)?;
        }
    }
    DurableFile::replace(&RealDisk, file, &text)?;
    Ok(())
}

fn write_at_once(planned: &Planned, folder: &mut Folder) -> Result<Written> {
    let Planned { shop, plan, .. } = planned;
    let seconds = plan.until.duration_since(plan.from).as_secs();
    let bar = ProgressBar::new(seconds.unsigned_abs())
        .with_style(ProgressStyle::with_template("writing {bar:40} {percent:>3} % {elapsed}")?);
    let told = &mut |moment: Timestamp| {
        bar.set_position(moment.duration_since(plan.from).as_secs().unsigned_abs());
    };
    let written = write_history(shop, plan, folder, told);
    bar.finish_and_clear();
    Ok(written?)
}

fn write_as_time_passes(
    planned: &Planned,
    folder: &mut Folder,
    (pace, clock): (Pace, &SystemClock),
) -> Result<Written> {
    let lines = Shop::new(planned.shop.clone()).events(&planned.plan);
    let loops = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    loops.block_on(async {
        let shutdown = Shutdown::new();
        let mut signals = Signals::listen(shutdown.clone())?;
        let mut writing = std::pin::pin!(write_live(lines, pace, folder, (clock, &shutdown)));
        loop {
            // A signal that was not taken stays, and the writing is asked again where it stood.
            tokio::select! {
                written = &mut writing => return written,
                meaning = signals.next() => if let Meaning::End(code) = meaning {
                    runtime::shutdown::end_at_once(code);
                },
            }
        }
    })
}

fn explain(error: FolderError) -> anyhow::Error {
    match error {
        FolderError::NotEmpty { .. } => {
            Failure::new(Exit::Usage, format!("{error}; --force appends to what it holds")).into()
        }
        FolderError::Io { .. } => error.into(),
    }
}

fn usage(message: String) -> Failure {
    Failure::new(Exit::Usage, message)
}
