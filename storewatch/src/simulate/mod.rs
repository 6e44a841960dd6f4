//! `storewatch simulate`: writes the event logs of a simulated shop, with incidents and the truth about them.

mod args;
mod live;
mod plant;
mod report;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use runtime::shutdown::{Meaning, Shutdown, Signals};
use runtime::{Clock, DurableFile, Exit, Failure, RealDisk, SystemClock};
use shop::{
    Existing, Folder, FolderError, Plan, Rotation, Shop, ShopConfig, Written, demo_plan, truth,
    write_history,
};

pub(crate) use args::SimulateArgs;
use live::{Pace, write_live};

use crate::cli::Output;

/// Does what the command line asks for.
pub(crate) fn run(args: &SimulateArgs, out: &mut dyn Write) -> Result<Exit> {
    if let Some(name) = args.describe {
        writeln!(out, "{}\n{}", name.title(), name.describe())?;
        return Ok(Exit::Done);
    }
    let clock = SystemClock::new();
    // Whole seconds: the span of a plan is read by people.
    let started = Timestamp::from_second(clock.now().as_second())?;
    let path = args.out.as_deref().unwrap_or(Path::new("."));
    let (shop, plan) = plan(args, started)?;
    let rotation = Rotation::AtBytes(args.rotate.bytes());
    let existing = if args.force { Existing::Kept } else { Existing::Refused };
    let mut folder = Folder::open(path, existing, rotation).map_err(explain)?;
    if let Some(file) = &args.truth {
        write_truth(file, path, &plan)?;
    }
    let written = match args.span.speed {
        None => write_at_once(&shop, &plan, &mut folder)?,
        Some(speed) => {
            let pace = Pace { from: plan.from, started, speed };
            write_as_time_passes(&shop, &plan, &mut folder, (pace, &clock))?
        }
    };
    match args.output.output() {
        Output::Text => report::text(out, (path, &written), (&shop, &plan))?,
        Output::Json => report::json(out, (path, &written), (&shop, &plan))?,
    }
    Ok(Exit::Done)
}

/// Returns the shop and the plan that the command line asks for.
fn plan(args: &SimulateArgs, now: Timestamp) -> Result<(ShopConfig, Plan)> {
    if args.planted.demo {
        let demo = demo_plan(args.span.until.unwrap_or(now), args.shop.seed);
        return Ok((demo.shop, demo.plan));
    }
    let shop = ShopConfig {
        zone: args.shop.zone.clone(),
        orders_per_day: args.shop.orders_per_day,
        ..ShopConfig::small(args.shop.seed)
    };
    let history = args.span.history().duration();
    let (end_of_history, until) = match (args.span.until, args.span.speed) {
        (Some(until), None) => (until, until),
        (Some(until), Some(_)) => (until.min(now), until),
        (None, None) => (now, now),
        (None, Some(_)) => (now, Timestamp::MAX),
    };
    let from = end_of_history.checked_sub(history)?;
    let mut plan = Plan::new(from, until);
    for planted in &args.planted.scenarios {
        let incident = planted.place(&plan);
        plan.incidents.push(incident.map_err(|error| usage(error.to_string()))?);
    }
    plan.controls.clone_from(&args.planted.controls);
    Ok((shop, plan))
}

/// Writes the truth, which must never pass through what ships the logs.
fn write_truth(file: &Path, logs: &Path, plan: &Plan) -> Result<()> {
    let folder = std::path::absolute(file)?.parent().map(Path::to_path_buf);
    if folder == Some(std::path::absolute(logs)?) {
        let message = format!("{} would lie among the logs", file.display());
        return Err(usage(message).into());
    }
    let mut text = Vec::new();
    for planted in truth(plan) {
        planted.write_line(&mut text)?;
    }
    DurableFile::replace(&RealDisk, file, &text)?;
    Ok(())
}

fn write_at_once(shop: &ShopConfig, plan: &Plan, folder: &mut Folder) -> Result<Written> {
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
    shop: &ShopConfig,
    plan: &Plan,
    folder: &mut Folder,
    (pace, clock): (Pace, &SystemClock),
) -> Result<Written> {
    let lines = Shop::new(shop.clone()).events(plan);
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
