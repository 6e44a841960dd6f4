//! Waiting for the word to end.

use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dev::{Engine, Life};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time;

use crate::cli::Until;

/// A server that died is reported this soon.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Returns when a signal, or the end of standard input, says so; a server that ends by itself is an error.
pub(crate) fn until_told(until: Until, engine: &mut Engine) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start waiting")?.block_on(wait(until, engine))
}

async fn wait(until: Until, engine: &mut Engine) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot take signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot take signals")?;
    let mut hangup = signal(SignalKind::hangup()).context("cannot take signals")?;
    let (_never, mut input_ended) = match until {
        Until::Told => {
            let (sender, receiver) = oneshot::channel();
            (Some(sender), receiver)
        }
        Until::Stdin => (None, end_of_input()),
    };
    let mut look = time::interval(LOOK_EVERY);
    loop {
        // Each branch only waits; dropping one loses nothing, since the state lives in the value it borrows.
        tokio::select! {
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
            _ = hangup.recv() => return Ok(()),
            _ = &mut input_ended => return Ok(()),
            _ = look.tick() => match engine.life()? {
                Life::Running => {}
                Life::Ended => bail!("the server ended by itself; the end of its log:\n{}", engine.end_of_log()),
            },
        }
    }
}

fn end_of_input() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    // A thread, since a read of standard input cannot be given up; the end of the process takes it along.
    thread::spawn(move || {
        let mut ignored = [0; 256];
        while io::stdin().read(&mut ignored).is_ok_and(|read| read > 0) {}
        drop(sender);
    });
    receiver
}
