//! A clock that is moved by hand until something has happened.

use std::time::Duration;

use runtime::ManualClock;

use crate::wait::eventually;

/// The work between two steps is done by other threads, which may be slow, but not as slow as this.
const REAL_LIMIT: Duration = Duration::from_mins(1);

/// Moves the clock on by one step after another until the condition holds, and panics when it never does.
///
/// Returns the time on the clock that it took: no more than a few steps beyond what the threads under test needed.
#[track_caller]
pub fn step_until(
    clock: &ManualClock,
    step: Duration,
    mut condition: impl FnMut() -> bool,
) -> Duration {
    let mut moved = Duration::ZERO;
    eventually(REAL_LIMIT, || {
        if condition() {
            return true;
        }
        clock.advance(step);
        moved += step;
        false
    });
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::Clock;

    #[test]
    fn an_hour_passes_in_steps_and_not_in_real_time() {
        let clock = ManualClock::new("2026-03-01T00:00:00Z".parse().unwrap());
        let hour = Duration::from_hours(1);
        let moved = step_until(&clock, Duration::from_mins(20), || clock.monotonic() >= hour);
        assert_eq!(moved, hour);
        assert_eq!(clock.now().to_string(), "2026-03-01T01:00:00Z");
    }
}
