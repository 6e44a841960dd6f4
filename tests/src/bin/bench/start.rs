//! How soon the shipper lives, what it takes when nothing happens, how large the programs are.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::binary;
use harness::scripted::Scripted;

use crate::child::Run;
use crate::figure::Figure;
use crate::logs::{self, Lines};
use crate::work::{Shipment, Work};
use crate::{Size, tell};

const LIMIT: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_micros(500);
/// By then it has read the file and waits.
const SETTLED_AFTER: Duration = Duration::from_secs(5);
const LINES: u64 = 100;

/// Measures the start, the idle shipper and the sizes.
pub(crate) fn measure(size: &Size) -> Result<Vec<Figure>> {
    let mut starts = Vec::new();
    let mut idle = Vec::new();
    let shipper = binary("shipper");
    for number in 1..=size.runs {
        let once = once(&shipper)?;
        tell(&format!("run {number}: alive after {:.1} ms", once.alive_ms));
        starts.push(once.alive_ms);
        idle.push(once.idle_mib);
    }
    let mut figures = vec![
        Figure::new("start.alive", "ms", starts).noted("from exec of the shipper to 200 of /livez"),
        Figure::new("start.idle_memory", "MiB", idle).noted(format!(
            "resident, {} s after the start, one input on a file of {LINES} lines, all read",
            SETTLED_AFTER.as_secs()
        )),
    ];
    let sizes = [
        ("size.shipper", "shipper"),
        ("size.enricher", "enricher"),
        ("size.detector", "detector"),
        ("size.storewatch", "storewatch"),
    ];
    for (name, program) in sizes {
        let bytes = fs::metadata(binary(program))?.len();
        figures.push(Figure::new(name, "MiB", vec![mebibytes(bytes)]));
    }
    Ok(figures)
}

/// What one start gave.
pub(crate) struct Once {
    pub(crate) alive_ms: f64,
    pub(crate) idle_mib: f64,
}

/// Starts this shipper on a file of some lines, and lets it settle.
pub(crate) fn once(shipper: &Path) -> Result<Once> {
    let (work, server) = (Work::make()?, Scripted::start());
    let logs = work.path("logs");
    logs::write(&logs, Lines::Access, LINES)?;
    let settings = work.shipper_settings(&Shipment::to(&server.url(), &logs, Lines::Access))?;
    let admin = free_address()?;
    let config = settings.to_string_lossy();
    let arguments = ["--config", &config, "run", "--admin-address", &admin.to_string()];
    let folder = work.path("");
    let run = Run::start(shipper, &arguments, &folder)?;
    while !lives(admin) {
        ensure!(run.elapsed() < LIMIT, "it does not live after {LIMIT:?}");
        thread::sleep(LOOK_EVERY);
    }
    let alive_ms = run.elapsed().as_secs_f64() * 1e3;
    thread::sleep(SETTLED_AFTER);
    let idle_mib = mebibytes(run.resident_bytes()?);
    let counts = server.counts();
    ensure!(counts.documents > 0, "it shipped nothing: {counts:?}");
    run.terminate()?;
    run.wait(&folder, LIMIT).context("the shipper, told to end")?;
    Ok(Once { alive_ms, idle_mib })
}

/// Returns an address on loopback that nobody listens on now.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Tells whether a program says there that it lives.
fn lives(admin: SocketAddr) -> bool {
    let ask = || {
        let mut socket = TcpStream::connect(admin)?;
        socket.set_read_timeout(Some(LIMIT))?;
        write!(socket, "GET /livez HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
