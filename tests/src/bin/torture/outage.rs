//! T5: the cluster is gone while files go on growing and being rotated away.

use std::thread;
use std::time::{Duration, Instant};

use harness::Writing;
use harness::desk::{Desk, LIMIT, STREAM};
use harness::scripted::Scripted;

use crate::plan::{Dose, Row, Rows};
use crate::probe::{Found, resident_mib};
use crate::proxy::{Proxy, Wire};

pub(crate) fn run(dose: Dose) -> Rows {
    let rate = 5_000_u32;
    let outage = dose.pick(10_u32, 1_800);
    let mut desk = Desk::with(Scripted::digesting());
    let proxy = Proxy::start(&desk.server.url())?;
    desk.cluster = Some(proxy.cluster());
    let desk = desk;
    // The outage lies inside of the writing: rotated away in it are more files than are kept.
    let writing = Writing {
        files: 1,
        lines: rate * (outage + 4),
        rotate_every: rate * outage / 5 / 100 * 100,
        kept: 3,
        over: Duration::from_secs(u64::from(outage) + 4),
    };
    thread::scope(|scope| {
        let shipper = desk.start();
        let writer = scope.spawn(|| writing.write(&desk));
        desk.wait_for(rate as usize);
        proxy.set(Wire::Cut);
        let began = Instant::now();
        let mut peak: f64 = 0.0;
        while began.elapsed() < Duration::from_secs(u64::from(outage)) {
            peak = peak.max(resident_mib(shipper.id())?);
            thread::sleep(Duration::from_millis(500));
        }
        let before = desk.server.stored(STREAM);
        proxy.set(Wire::Whole);
        // The client rests up to a minute between two tries; the catching up begins with the first request.
        harness::eventually(Duration::from_mins(3), || desk.server.stored(STREAM) > before);
        let back = Instant::now();
        let all = writing.all() as usize;
        harness::eventually(Duration::from_mins(30), || {
            peak = peak.max(resident_mib(shipper.id()).unwrap_or_default());
            desk.server.stored(STREAM) >= all
        });
        let seconds = back.elapsed().as_secs_f64();
        drop(writer.join());
        drop(shipper.terminate(LIMIT));
        let speed = (all - before) as f64 / seconds / f64::from(rate);
        let mut rows = Found::of(&desk, 0..writing.all()).rows();
        rows.push(Row::at_least("catch-up", speed, 10.0, "x live"));
        rows.push(Row::at_most("memory, peak", peak, 128.0, "MiB"));
        Ok(rows)
    })
}
