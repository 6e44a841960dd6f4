//! Time as an argument: the system's clock, and one that a test moves by hand.

use std::{
    fmt::Debug,
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::watch;

/// A future that ends when the time has come.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Tells the time and waits; only run loops hold one.
pub trait Clock: Debug + Send + Sync {
    /// Returns the wall clock, which may jump.
    fn now(&self) -> Timestamp;

    /// Returns the time since the clock was made; it never runs backwards, so timers use it.
    fn monotonic(&self) -> Duration;

    /// Waits without holding a thread. Dropping the future is safe at any moment.
    fn sleep(&self, span: Duration) -> Sleep<'_>;

    /// Waits and holds the thread: for the threads that work on files.
    fn pause(&self, span: Duration);
}

/// The clock of the system.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Returns a clock whose monotonic time begins now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that the others take")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that the others take")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that the others take")]
    fn sleep(&self, span: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(span))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that the others take")]
    fn pause(&self, span: Duration) {
        std::thread::sleep(span);
    }
}

/// A clock that stands still until [`ManualClock::advance`] moves it. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    start: Timestamp,
    elapsed: Mutex<Duration>,
    moved: Condvar,
    // Async sleepers watch the same time through a channel, since a condition variable cannot wake a future.
    broadcast: watch::Sender<Duration>,
}

impl ManualClock {
    /// Returns a clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        let (broadcast, _) = watch::channel(Duration::ZERO);
        let shared =
            Shared { start, elapsed: Mutex::new(Duration::ZERO), moved: Condvar::new(), broadcast };
        Self { shared: Arc::new(shared) }
    }

    /// Moves the clock on and wakes everyone whose time has come.
    pub fn advance(&self, span: Duration) {
        let mut elapsed = self.elapsed();
        *elapsed = elapsed.saturating_add(span);
        self.shared.broadcast.send_replace(*elapsed);
        self.shared.moved.notify_all();
    }

    fn elapsed(&self) -> MutexGuard<'_, Duration> {
        // The guarded value is a plain number: a panic elsewhere cannot leave it half written.
        self.shared.elapsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let elapsed = *self.elapsed();
        self.shared.start.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    fn monotonic(&self) -> Duration {
        *self.elapsed()
    }

    fn sleep(&self, span: Duration) -> Sleep<'_> {
        let until = self.monotonic().saturating_add(span);
        let mut moved = self.shared.broadcast.subscribe();
        Box::pin(async move {
            // The sender lives in `self`, which this future borrows: the channel cannot close.
            let _closed = moved.wait_for(|elapsed| *elapsed >= until).await.is_err();
        })
    }

    fn pause(&self, span: Duration) {
        let mut elapsed = self.elapsed();
        let until = elapsed.saturating_add(span);
        while *elapsed < until {
            elapsed = self.shared.moved.wait(elapsed).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> ManualClock {
        ManualClock::new("2026-03-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved() {
        let clock = clock();
        assert_eq!(clock.now().to_string(), "2026-03-01T00:00:00Z");
        clock.advance(Duration::from_mins(5));
        assert_eq!(clock.now().to_string(), "2026-03-01T00:05:00Z");
        assert_eq!(clock.monotonic(), Duration::from_mins(5));
    }

    #[test]
    fn clones_of_a_manual_clock_show_the_same_time() {
        let clock = clock();
        let other = clock.clone();
        clock.advance(Duration::from_secs(1));
        assert_eq!(other.now(), clock.now());
    }

    #[tokio::test]
    async fn a_sleeper_wakes_only_when_its_time_has_come() {
        let clock = clock();
        let mut sleep = clock.sleep(Duration::from_secs(10));
        clock.advance(Duration::from_secs(9));
        let early = std::future::poll_fn(|context| {
            std::task::Poll::Ready(sleep.as_mut().poll(context).is_ready())
        });
        assert!(!early.await);
        clock.advance(Duration::from_secs(1));
        sleep.await;
    }

    #[test]
    fn a_paused_thread_goes_on_when_the_clock_is_moved() {
        let clock = clock();
        let until = clock.monotonic() + Duration::from_secs(3);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                clock.pause(until.saturating_sub(clock.monotonic()));
                clock.monotonic()
            });
            clock.advance(Duration::from_secs(3));
            assert_eq!(waiting.join().unwrap(), until);
        });
    }

    #[test]
    fn the_system_clock_never_runs_backwards() {
        let clock = SystemClock::new();
        let first = clock.monotonic();
        assert!(clock.monotonic() >= first);
    }
}
