//! T6: partitions, a black hole, resets in the middle of bodies, cut replies, a handshake that stalls, a drip.

use std::thread;
use std::time::{Duration, Instant};

use harness::desk::{Desk, LIMIT, STREAM};

use crate::plan::{Dose, Row, Rows};
use crate::probe::Found;
use crate::proxy::{Proxy, Wire};

/// The time limit to one request here; the one that is shipped is a minute.
const TIME_LIMIT: u64 = 3;

pub(crate) fn run(dose: Dose) -> Rows {
    let mut desk = Desk::new();
    let proxy = Proxy::start(&desk.server.url())?;
    desk.cluster =
        Some(format!("{{ addresses: [\"{}\"], time_limit: {TIME_LIMIT}s }}", proxy.url()));
    let desk = desk;
    let shipper = desk.start();
    let mut written = 0;
    let mut rows = Vec::new();
    let faults = [
        ("partition", Wire::Cut, dose.pick(2, 60)),
        ("black hole", Wire::Frozen, dose.pick(4, 60)),
        ("one request of a hundred pieces cut", Wire::CutsRequests(100), dose.pick(3, 60)),
        ("replies cut", Wire::CutsReplies(3), dose.pick(3, 60)),
        ("a drip of 4 KB/s", Wire::Drips(4_096), dose.pick(4, 60)),
    ];
    for _ in 0..dose.pick(1, 5) {
        for (name, wire, seconds) in faults {
            proxy.set(wire);
            let began = Instant::now();
            while began.elapsed() < Duration::from_secs(seconds) {
                desk.lines("a.log", written..written + 200);
                written += 200;
                thread::sleep(Duration::from_millis(100));
            }
            proxy.set(Wire::Whole);
            let healed = Instant::now();
            harness::eventually(Duration::from_mins(3), || {
                desk.server.stored(STREAM) >= written as usize
            });
            let after = healed.elapsed().as_secs_f64();
            rows.push(Row::told(
                &format!("all is there again after: {name}"),
                format!("{after:.1} s"),
            ));
        }
    }
    drop(shipper.terminate(LIMIT));
    rows.extend(Found::of(&desk, 0..written).rows());
    rows.push(black_hole()?);
    rows.extend(stalled_handshake()?);
    Ok(rows)
}

/// A request into a black hole ends with the time limit, and its lines go out when the hole is gone.
fn black_hole() -> anyhow::Result<Row> {
    let mut desk = Desk::new();
    let proxy = Proxy::start(&desk.server.url())?;
    desk.cluster =
        Some(format!("{{ addresses: [\"{}\"], time_limit: {TIME_LIMIT}s }}", proxy.url()));
    let shipper = desk.start();
    desk.lines("a.log", 0..100);
    desk.wait_for(100);
    proxy.set(Wire::Frozen);
    desk.lines("a.log", 100..200);
    let began = Instant::now();
    harness::eventually(LIMIT, || shipper.errors().contains("bulk_unknown"));
    let seconds = began.elapsed().as_secs_f64();
    proxy.set(Wire::Whole);
    desk.wait_for(200);
    drop(shipper.terminate(LIMIT));
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    let limit = TIME_LIMIT as f64 + 1.0;
    Ok(Row::at_most("a black hole is left after", seconds, limit, "s"))
}

/// One of two addresses never finishes its handshake: the other one carries everything.
fn stalled_handshake() -> anyhow::Result<Vec<Row>> {
    let mut desk = Desk::new();
    let stalled = Proxy::start(&desk.server.url())?;
    stalled.set(Wire::Frozen);
    let https = stalled.url().replace("http://", "https://");
    desk.cluster = Some(format!(
        "{{ addresses: [\"{https}\", \"{}\"], time_limit: {TIME_LIMIT}s }}",
        desk.server.url()
    ));
    let shipper = desk.start();
    desk.lines("a.log", 0..2_000);
    desk.wait_for(2_000);
    drop(shipper.terminate(LIMIT));
    let found = Found::of(&desk, 0..2_000);
    Ok(vec![Row::none(
        "lost or doubled beside a TLS handshake that stalls",
        found.lost + found.doubled,
    )])
}
