//! T10: an id is unique within one backing index only, so what is in flight when a stream rolls over may be doubled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::Writing;
use harness::desk::Desk;
use harness::scripted::Act;

use crate::kill::Moments;
use crate::plan::{Dose, Row};
use crate::probe::Found;

pub(crate) fn run(dose: Dose) -> Vec<Row> {
    let desk = Desk::new();
    let over = Duration::from_secs(dose.pick(8, 600));
    let writing = Writing {
        files: 4,
        lines: dose.pick(10_000, 200_000),
        rotate_every: 5_000,
        kept: 20,
        over,
    };
    // Documents whose reply was cut, or whose sender was killed: their outcome is unknown to the shipper.
    let unknown = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&unknown);
    desk.server.rule(move |request| {
        if request.number % 10 == 9 {
            counted.fetch_add(request.documents() as u64, Ordering::Relaxed);
            return Act::CutReply;
        }
        Act::Serve
    });
    let mut rolls = 0;
    let mut killed = 0_u64;
    thread::scope(|scope| {
        scope.spawn(|| writing.write(&desk));
        let began = Instant::now();
        let mut moments = Moments::default();
        let mut rolled = Instant::now();
        while began.elapsed() < over {
            let shipper = desk.start();
            let before = desk.server.counts().items;
            thread::sleep(moments.next());
            drop(shipper.kill());
            // The checkpoint is at most a second old, so all that went out since the start may come again.
            killed += desk.server.counts().items - before;
            if rolled.elapsed() > Duration::from_secs(dose.pick(2, 5)) {
                desk.server.roll_over();
                rolled = Instant::now();
                rolls += 1;
            }
        }
    });
    desk.ship_once();
    let Found { lost, doubled, alien } = Found::of(&desk, 0..writing.all());
    let bound = unknown.load(Ordering::Relaxed) + killed;
    vec![
        Row::none("lines lost", lost),
        Row::none("lines that nobody wrote", alien),
        Row::told("rollovers", rolls),
        Row::at_most("lines doubled, against those in flight", doubled as f64, bound as f64, ""),
    ]
}
