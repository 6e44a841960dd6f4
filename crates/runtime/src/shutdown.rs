//! The end of a process, in order: the first signal asks it to drain, the second ends it at once.
//!
//! [`Shutdown`] is a flag that threads read and futures wait for. [`Signals`] turns SIGTERM and SIGINT into it, and
//! SIGHUP and SIGUSR1 into [`Request`]s. A second SIGTERM or SIGINT ends the process with 143 or 130.

use std::{
    io,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, watch},
};

/// Whether the process is asked to end. Clones are the same flag.
#[derive(Debug, Clone)]
pub struct Shutdown {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    begun: AtomicBool,
    broadcast: watch::Sender<Progress>,
    lock: Mutex<()>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Running,
    Draining,
}

impl Shutdown {
    /// Returns a flag that is not set.
    pub fn new() -> Self {
        let (broadcast, _) = watch::channel(Progress::Running);
        let begun = AtomicBool::new(false);
        let shared = Shared { begun, broadcast, lock: Mutex::new(()), changed: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Asks the process to drain; a second call changes nothing.
    pub fn begin(&self) {
        // The lock is held so that a thread between its look at the flag and its wait does not miss the change.
        let _held = self.shared.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.begun.store(true, Ordering::SeqCst);
        self.shared.broadcast.send_replace(Progress::Draining);
        self.shared.changed.notify_all();
    }

    /// Returns whether the process is asked to end: for threads, once in each round.
    pub fn has_begun(&self) -> bool {
        self.shared.begun.load(Ordering::SeqCst)
    }

    /// Waits until the process is asked to end. Dropping the future is safe at any moment.
    pub async fn begun(&self) {
        let mut progress = self.shared.broadcast.subscribe();
        // The sender lives in `self`, which this future borrows: the channel cannot close.
        let _closed = progress.wait_for(|now| *now == Progress::Draining).await.is_err();
    }

    /// Holds a thread until the process is asked to end, at most for `limit` of real time. Returns whether it is.
    pub fn wait(&self, limit: Duration) -> Wait {
        let held = self.shared.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let running = |(): &mut ()| !self.has_begun();
        let waited = self.shared.changed.wait_timeout_while(held, limit, running);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        if self.has_begun() { Wait::Begun } else { Wait::TimeIsUp }
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a wait for the shutdown ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The process is asked to end.
    Begun,
    /// The limit passed.
    TimeIsUp,
}

/// A second signal within this time is an echo of the first.
const ECHO: Duration = Duration::from_millis(20);

/// What a signal asks for, besides ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// SIGHUP: read the configuration again.
    Reload,
    /// SIGUSR1: write the status into the log.
    Status,
}

/// What a signal means at its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The first SIGTERM or SIGINT: drain, then end.
    Drain,
    /// The second one: end at once, with this exit code.
    End(u8),
    /// Something else is asked for.
    Asks(Request),
}

/// The signals of this process, from the moment of [`Signals::listen`] on.
#[derive(Debug)]
pub struct Signals {
    shutdown: Shutdown,
    /// When the first signal that ends came.
    first: Option<std::time::Instant>,
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    user: Signal,
}

impl Signals {
    /// Takes the signals of the process over. Needs a tokio runtime with I/O.
    pub fn listen(shutdown: Shutdown) -> io::Result<Self> {
        Ok(Self {
            shutdown,
            first: None,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            user: signal(SignalKind::user_defined1())?,
        })
    }

    /// Waits for the next signal, sets the flag at the first that ends, and says what it means. Dropping the future is
    /// safe: a signal that was not taken stays.
    #[expect(
        clippy::disallowed_methods,
        reason = "signals come by the clock of the world, whatever clock a run holds"
    )]
    pub async fn next(&mut self) -> Meaning {
        loop {
            let meaning = self.take().await;
            let now = std::time::Instant::now();
            match (meaning, self.first) {
                (Meaning::Drain, _) => self.first = Some(now),
                // Some supervisors signal a process and then its group: that is one wish, not two.
                (Meaning::End(_), Some(first)) if now.duration_since(first) < ECHO => continue,
                (Meaning::End(_) | Meaning::Asks(_), _) => {}
            }
            return meaning;
        }
    }

    async fn take(&mut self) -> Meaning {
        // Each branch only waits for a mark of its own; the ones not taken keep theirs.
        let code = tokio::select! {
            _ = self.terminate.recv() => 128 + 15,
            _ = self.interrupt.recv() => 128 + 2,
            _ = self.hang_up.recv() => return Meaning::Asks(Request::Reload),
            _ = self.user.recv() => return Meaning::Asks(Request::Status),
        };
        if self.shutdown.has_begun() {
            return Meaning::End(code);
        }
        self.shutdown.begin();
        Meaning::Drain
    }

    /// Watches the signals for a run loop, which puts this future into its `JoinSet`. It sets the flag, passes requests
    /// on, and ends the process at the second signal. It returns when nobody takes requests any more.
    pub async fn run(mut self, requests: mpsc::Sender<Request>) {
        loop {
            let meaning = tokio::select! {
                // Dropping `next` loses no signal; see there.
                meaning = self.next() => meaning,
                () = requests.closed() => return,
            };
            match meaning {
                Meaning::Drain => {
                    tracing::info!(
                        event.code = "draining",
                        "asked to end, draining; again ends at once"
                    );
                }
                Meaning::End(code) => end_at_once(code),
                // When the run loop has not taken the last request yet, one more says nothing new.
                Meaning::Asks(request) => drop(requests.try_send(request)),
            }
        }
    }
}

/// Ends the process without draining. What was not acknowledged is sent again after the next start.
#[expect(clippy::exit, reason = "a person asked twice, and the checkpoint makes it safe")]
pub fn end_at_once(code: u8) -> ! {
    tracing::warn!(event.code = "ended_at_once", exit_code = code, "asked to end twice");
    std::process::exit(i32::from(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Signal as Number, getpid, kill_process};

    #[tokio::test]
    async fn the_flag_wakes_threads_and_futures_and_stays_set() {
        let shutdown = Shutdown::new();
        assert!(!shutdown.has_begun());
        assert_eq!(shutdown.wait(Duration::ZERO), Wait::TimeIsUp);
        let thread = std::thread::spawn({
            let shutdown = shutdown.clone();
            move || shutdown.wait(Duration::MAX)
        });
        shutdown.begin();
        shutdown.begin();
        shutdown.begun().await;
        assert_eq!(thread.join().unwrap(), Wait::Begun);
        assert!(shutdown.has_begun());
    }

    // One test for all signals: they belong to the whole process, and tests share it.
    #[tokio::test]
    async fn the_first_signal_drains_the_second_ends_and_others_are_requests() {
        let shutdown = Shutdown::new();
        let mut signals = Signals::listen(shutdown.clone()).unwrap();
        let send = |number| kill_process(getpid(), number).unwrap();
        send(Number::HUP);
        assert_eq!(signals.next().await, Meaning::Asks(Request::Reload));
        send(Number::USR1);
        assert_eq!(signals.next().await, Meaning::Asks(Request::Status));
        assert!(!shutdown.has_begun());
        send(Number::TERM);
        assert_eq!(signals.next().await, Meaning::Drain);
        assert!(shutdown.has_begun());
        // `timeout` signals a process and then its group; that is one wish.
        send(Number::TERM);
        let echo = tokio::time::timeout(ECHO * 2, signals.next());
        assert!(echo.await.is_err());
        send(Number::TERM);
        assert_eq!(signals.next().await, Meaning::End(143));
        send(Number::INT);
        assert_eq!(signals.next().await, Meaning::End(130));
        let (requests, mut taken) = mpsc::channel(1);
        let running = tokio::task::JoinSet::from_iter([signals.run(requests)]);
        send(Number::USR1);
        assert_eq!(taken.recv().await, Some(Request::Status));
        drop(taken);
        running.join_all().await;
    }
}
