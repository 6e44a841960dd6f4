//! Waiting until documents are stored in a scripted server, from the outside: nothing is asked of who sends them.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use harness::scripted::Scripted;

const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Part of the name of the stream that holds what programs tell of themselves.
const OWN: &str = "store.pipeline-";

/// How waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// How many came; fewer than wanted when nothing came any more.
    pub(crate) count: u64,
    /// When the last of them came.
    pub(crate) last: Instant,
}

/// Returns how many documents are stored that are events: what a shipper tells of itself is none.
pub(crate) fn events(server: &Scripted) -> u64 {
    let streams = server.streams().into_iter().filter(|stream| !stream.contains(OWN));
    streams.map(|stream| server.stored(&stream) as u64).sum()
}

/// Waits until so many were counted, or until nothing more has come for as long as patience lasts.
///
/// `look` is called all the while; an error of it ends the wait.
pub(crate) fn wait(
    wanted: u64,
    patience: Duration,
    count: impl Fn() -> u64,
    mut look: impl FnMut() -> Result<()>,
) -> Result<Arrival> {
    let mut arrival = Arrival { count: count(), last: Instant::now() };
    while arrival.count < wanted && arrival.last.elapsed() < patience {
        look()?;
        thread::sleep(LOOK_EVERY);
        let counted = count();
        if counted != arrival.count {
            arrival = Arrival { count: counted, last: Instant::now() };
        }
    }
    Ok(arrival)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn waiting_ends_when_all_is_there_or_nothing_more_comes() {
        let seen = Cell::new(0);
        let count = || {
            seen.set((seen.get() + 1).min(5));
            seen.get()
        };
        let patience = Duration::from_millis(50);
        assert_eq!(wait(4, patience, count, || Ok(())).unwrap().count, 4);
        assert_eq!(wait(9, patience, count, || Ok(())).unwrap().count, 5);
        assert!(wait(9, patience, count, || anyhow::bail!("it ended")).is_err());
    }
}
