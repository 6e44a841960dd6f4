//! What stands beside the work: signals, the admin endpoint, the bell that tells the reader to stop.

use std::time::Duration;

use runtime::admin::{Address, Admin};
use runtime::shutdown::{Request, Signals};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::reload::Reloader;

use super::error::Error;
use super::parts::Shared;

/// Starts the tasks beside the work; they end when everything is over.
pub(super) async fn serve(
    address: Address,
    shared: &Shared,
    reloader: Reloader,
    side: &mut JoinSet<()>,
) -> Result<(), Error> {
    // One request waits while another is served: signals that come meanwhile ask for nothing that it does not do.
    let (requests, asked) = mpsc::channel(1);
    let signals = Signals::listen(shared.shutdown.clone());
    let signals = signals.map_err(|source| Error::Start { what: "signals", source })?;
    side.spawn(signals.run(requests));
    side.spawn(stop_reading(shared.clone()));
    side.spawn(hear(shared.clone(), reloader, asked));
    show(address, shared, side).await;
    Ok(())
}

async fn stop_reading(shared: Shared) {
    shared.shutdown.begun().await;
    shared.systemd.stopping();
    shared.bell.ring();
}

/// Does what signals ask for.
async fn hear(shared: Shared, mut reloader: Reloader, mut asked: mpsc::Receiver<Request>) {
    loop {
        let request = tokio::select! {
            // Both only wait; what was not taken stays.
            request = asked.recv() => request,
            () = shared.over.begun() => None,
        };
        match request {
            None => return,
            Some(Request::Status) => {
                let status = shared.admin.status();
                tracing::info!(event.code = "status", status = %status, "status");
            }
            Some(Request::Reload) => {
                shared.systemd.reloading(now_of_system());
                tokio::select! {
                    () = reloader.reload() => {}
                    // Half a reload is none: what was not taken over by now is read at the next start.
                    () = shared.over.begun() => return,
                }
                shared.systemd.ready();
            }
        }
    }
}

/// Returns the time of `CLOCK_MONOTONIC`, which systemd reads too; our own clock begins with the process.
fn now_of_system() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

async fn show(address: Address, shared: &Shared, side: &mut JoinSet<()>) {
    match Admin::bind(address).await {
        Ok(admin) => {
            let address = admin.address().map(|address| address.to_string()).unwrap_or_default();
            tracing::info!(event.code = "admin", address, "the admin endpoint listens");
            let (state, over) = (shared.admin.clone(), shared.over.clone());
            side.spawn(async move {
                if let Err(error) = admin.serve(state, over).await {
                    tracing::warn!(event.code = "admin_failed", %error, "the admin endpoint ended");
                }
            });
        }
        Err(error) => {
            // Events matter more than being watched; another shipper may hold the port.
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(event.code = "admin_failed", %error, cause, "there is no admin endpoint");
        }
    }
}
