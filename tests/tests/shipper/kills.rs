//! SIGKILL at any moment, while four files are written and rotated: 0 lost, 0 doubled, every payload equal.

use std::time::Duration;

use harness::Writing;

use crate::desk::Desk;

const FILES: u32 = 4;
const LINES: u32 = 50_000;
/// How many lines are written in all.
pub(crate) const ALL: u32 = FILES * LINES;

/// Ten kills, or as many as `STOREWATCH_KILLS` says.
fn kills() -> u32 {
    std::env::var("STOREWATCH_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10)
}

/// Kills the shipper at random moments while four files are written and rotated.
pub(crate) fn kill_while_writing(desk: &Desk) {
    let kills = kills();
    let writing = Writing {
        files: FILES,
        lines: LINES,
        rotate_every: 4_000,
        kept: 20,
        // The writing lasts as long as the kills.
        over: Duration::from_millis(600) * kills,
    };
    std::thread::scope(|scope| {
        scope.spawn(|| writing.write(desk));
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
