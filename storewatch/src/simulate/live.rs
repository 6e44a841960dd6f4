//! A shop at work: each line is written when its time comes.

use std::time::Duration;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use runtime::Clock;
use runtime::shutdown::Shutdown;
use shop::{Folder, Line, Written};

/// Others read the logs while they grow, so nothing waits longer than this in our buffers.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// How many lines are written between two looks at whether the process is asked to end.
const LINES_A_STEP: u64 = 1_000;

/// How fast the past is caught up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Start of the plan.
    pub(super) from: Timestamp,
    /// When writing began.
    pub(super) started: Timestamp,
    /// How many times as fast as it passed the past is written.
    pub(super) speed: f64,
}

impl Pace {
    /// Returns when a line is written: sooner than it was, if it lies in the past, but never before its time.
    pub(super) fn due(&self, written_at: Timestamp) -> Timestamp {
        let distance_s = written_at.duration_since(self.from).as_secs_f64() / self.speed;
        let distance = SignedDuration::try_from_secs_f64(distance_s).unwrap_or(SignedDuration::MAX);
        self.started.checked_add(distance).unwrap_or(Timestamp::MAX).max(written_at)
    }
}

/// Writes the lines at their pace, until there are no more or the process is asked to end.
pub(super) async fn write_live(
    lines: impl Iterator<Item = Line>,
    pace: Pace,
    folder: &mut Folder,
    (clock, shutdown): (&dyn Clock, &Shutdown),
) -> Result<Written> {
    let mut written = Written::default();
    for line in lines {
        let due = pace.due(line.written_at);
        if written.lines.is_multiple_of(LINES_A_STEP) {
            // A signal is only noticed where the loop lets others run, and catching up never waits.
            tokio::task::yield_now().await;
        }
        loop {
            let wait = Duration::try_from(due.duration_since(clock.now())).unwrap_or_default();
            if shutdown.has_begun() || wait.is_zero() {
                break;
            }
            folder.flush()?;
            // Dropping a sleep or the wait for a signal loses nothing: both are asked again.
            tokio::select! {
                () = clock.sleep(wait.min(LONGEST_WAIT)) => {}
                () = shutdown.begun() => {}
            }
        }
        if shutdown.has_begun() {
            break;
        }
        folder.append(&line)?;
        written.count(&line);
    }
    folder.flush()?;
    written.files = folder.files();
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::ManualClock;
    use shop::{Existing, Plan, Rotation, Shop, ShopConfig};

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn the_past_is_caught_up_faster_than_it_passed_and_the_future_is_not() {
        let (from, started) = (at("2026-03-02T10:00:00Z"), at("2026-03-02T12:00:00Z"));
        let pace = Pace { from, started, speed: 60.0 };
        let check = |written_at, due| assert_eq!(pace.due(at(written_at)), at(due), "{written_at}");
        check("2026-03-02T10:00:00Z", "2026-03-02T12:00:00Z");
        check("2026-03-02T11:00:00Z", "2026-03-02T12:01:00Z");
        check("2026-03-02T12:00:00Z", "2026-03-02T12:02:00Z");
        check("2026-03-02T13:00:00Z", "2026-03-02T13:00:00Z");
    }

    async fn write(clock: &ManualClock, shutdown: &Shutdown) -> Written {
        let temporary = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(temporary.path(), Existing::Refused, Rotation::Off).unwrap();
        let (from, started) = (at("2026-03-02T12:00:00Z"), at("2026-03-02T12:00:00Z"));
        let plan = Plan::new(from, from + SignedDuration::from_mins(10));
        let lines = Shop::new(ShopConfig::small(1)).events(&plan);
        let pace = Pace { from, started, speed: 1.0 };
        write_live(lines, pace, &mut folder, (clock, shutdown)).await.unwrap()
    }

    #[tokio::test]
    async fn when_the_time_of_all_lines_has_come_all_are_written() {
        let from = at("2026-03-02T12:00:00Z");
        let plan = Plan::new(from, from + SignedDuration::from_mins(10));
        let count = Shop::new(ShopConfig::small(1)).events(&plan).count() as u64;
        let clock = ManualClock::new(at("2026-03-02T12:10:00Z"));
        assert_eq!(write(&clock, &Shutdown::new()).await.lines, count);
    }

    #[tokio::test]
    async fn a_line_whose_time_has_not_come_waits_and_the_end_of_the_process_does_not() {
        let clock = ManualClock::new(at("2026-03-02T12:05:00Z"));
        let shutdown = Shutdown::new();
        let ending = async {
            tokio::task::yield_now().await;
            shutdown.begin();
        };
        let (written, ()) = tokio::join!(write(&clock, &shutdown), ending);
        let all = write(&ManualClock::new(at("2026-03-02T12:10:00Z")), &Shutdown::new()).await;
        assert!(written.lines < all.lines * 6 / 10, "{} of {}", written.lines, all.lines);
    }
}
