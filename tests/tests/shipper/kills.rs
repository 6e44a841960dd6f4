//! SIGKILL at any moment, while four files are written and rotated: 0 lost, 0 doubled, every payload equal.

use std::time::{Duration, Instant};

use crate::desk::Desk;

const FILES: u32 = 4;
const LINES: u32 = 50_000;
const ROTATE_EVERY: u32 = 4_000;
const KEPT: u32 = 20;
/// How many lines are written in all.
pub(crate) const ALL: u32 = FILES * LINES;

/// Ten kills, or as many as `STOREWATCH_KILLS` says.
fn kills() -> u32 {
    std::env::var("STOREWATCH_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10)
}

fn write(desk: &Desk, file: u32, stop_after: Duration) {
    let began = Instant::now();
    for (batch, first) in (0..LINES).step_by(100).enumerate() {
        let numbers = (first..first + 100).map(|number| number * FILES + file);
        desk.lines(&format!("f{file}.log"), numbers);
        if (first + 100) % ROTATE_EVERY == 0 {
            for age in (1..KEPT).rev() {
                let from = format!("f{file}.log.{age}");
                if desk.log(&from).is_file() {
                    desk.rename(&from, &format!("f{file}.log.{}", age + 1));
                }
            }
            desk.rename(&format!("f{file}.log"), &format!("f{file}.log.1"));
        }
        // Spread over the time of the kills, whatever the machine's speed.
        let due = stop_after * u32::try_from(batch).unwrap() / (LINES / 100);
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    }
}

/// Kills the shipper at random moments while four files are written and rotated.
pub(crate) fn kill_while_writing(desk: &Desk) {
    let kills = kills();
    std::thread::scope(|scope| {
        for file in 0..FILES {
            scope.spawn(move || write(desk, file, Duration::from_millis(600) * kills));
        }
        let mut seed = 0x9e37_79b9_u32;
        for _ in 0..kills {
            let shipper = desk.start();
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            std::thread::sleep(Duration::from_millis(50 + u64::from(seed >> 22)));
            shipper.kill();
        }
    });
}

#[test]
fn a_killed_shipper_loses_nothing_and_doubles_nothing() {
    let desk = Desk::new();
    kill_while_writing(&desk);
    desk.ship_once();
    desk.holds(0..ALL);
}
