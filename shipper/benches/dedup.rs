//! The deduplication window with four million keys: time per key, memory, and the start that reads them from disk.
//!
//! Memory and start are printed first, since they are no time per step: what is resident with all keys less what was before,
//! and the time from opening the folder to knowing every key.

use std::io::Write;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use divan::{Bencher, black_box};
use enricher::Window as _;
use event::{ByteOffset, EventId, FileId, Origin};
use jiff::Timestamp;
use runtime::{Clock, RealDisk, SystemClock};
use shipper::dedup::{Acknowledged, Place, Store, Window};

/// Names the folder to a child that fills it.
const FILL: &str = "STOREWATCH_FILL";
const KEYS: u64 = 4_000_000;
const ID: FileId = FileId::from_bytes([1; 16]);
const CONTENT: NonZeroU32 = NonZeroU32::MIN;
/// Keys that are known before a batch of them is looked up, so that their making is not measured.
const BATCH: u64 = 10_000;

static WINDOW: OnceLock<Arc<Window>> = OnceLock::new();

fn main() {
    if let Some(folder) = std::env::var_os(FILL) {
        return fill(Path::new(&folder));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let this = std::env::current_exe().expect("this program");
    let filled = Command::new(this).env(FILL, folder.path()).status();
    assert!(filled.expect("this program").success(), "the keys are written");
    let before = resident_mib();
    let clock = SystemClock::new();
    let began = clock.monotonic();
    let window = open(folder.path()).1;
    let seconds = clock.monotonic().saturating_sub(began).as_secs_f64();
    let out = &mut std::io::stdout();
    let grown = resident_mib() - before;
    writeln!(out, "{} keys: {grown:.1} MiB resident, read in {seconds:.3} s", window.len())
        .expect("an open terminal");
    assert_eq!(window.len(), KEYS, "all keys are known");
    WINDOW.set(window).expect("set once");
    divan::main();
}

fn open(folder: &Path) -> (Store, Arc<Window>) {
    let opened = Store::open(Arc::new(RealDisk), folder.join("dedup"), Timestamp::UNIX_EPOCH);
    let (store, found) = opened.expect("a folder");
    (store, found.window)
}

/// Writes all keys as a shipper would. In a process of its own: what it frees would hide what reading takes.
fn fill(folder: &Path) {
    let (mut store, window) = open(folder);
    for first in (0..KEYS).step_by(40_000) {
        window.note((first..first + 40_000).map(|number| Acknowledged {
            key: key(number),
            content: CONTENT,
            place: Place::of(ID, ByteOffset::new(number), 0),
        }));
        store.save(&window, Timestamp::UNIX_EPOCH).expect("room for the keys");
    }
}

fn key(number: u64) -> EventId {
    EventId::from_parts(&[&number.to_string()])
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
}

fn lookups(bencher: Bencher<'_, '_>, first: u64) {
    let window = WINDOW.get().expect("set before");
    // Spread over all keys: neighbours in time are no neighbours in memory.
    let keys: Vec<EventId> =
        (0..BATCH).map(|number| key(first + number * (KEYS / BATCH))).collect();
    let span = ByteOffset::new(u64::MAX - 1)..ByteOffset::new(u64::MAX);
    let origin = Origin { file: ID, span, part: 0 };
    bencher.counter(BATCH).bench_local(|| {
        for key in &keys {
            black_box(window.seen(*key, CONTENT, &origin));
        }
    });
}

#[divan::bench]
fn ten_thousand_known_keys(bencher: Bencher<'_, '_>) {
    lookups(bencher, 0);
}

#[divan::bench]
fn ten_thousand_unknown_keys(bencher: Bencher<'_, '_>) {
    lookups(bencher, KEYS);
}
