//! What it costs to know how lines ended: blocks of 2,600 lines (256 KiB of access log) are opened and settled.
//!
//! `counted` is what was done before there was a ledger, kept here to be compared with: one number a block, and nothing is
//! known but that all is acknowledged. The figure is the time per block; the pipeline takes some milliseconds for one.

use std::collections::VecDeque;

use divan::{Bencher, black_box};
use event::{ByteOffset, Dataset, Datasets, FileId, Span};
use jiff::Timestamp;
use shipper::acknowledge::Mark;
use shipper::identity::{Host, HostId, Node, Print};
use shipper::ledger::{Exception, Filtered, Load, Outcome, Settled};
use shipper::registry::{Found, Registry};

const LINES: u64 = 2_600;
const LINE_BYTES: u64 = 100;
const BLOCKS: u64 = 100;
const ID: FileId = FileId::from_bytes([1; 16]);

fn main() {
    divan::main();
}

fn registry() -> Registry {
    let host = Host { id: HostId::from_bytes([7; 16]), machine: None, name: "shop".to_owned() };
    let mut registry = Registry::new(host);
    let found = Found {
        id: ID,
        node: Node { device: 1, inode: 2, born_ns: None },
        generation: 0,
        head: Print::EMPTY,
        path: std::path::Path::new("/a.log"),
        start: Mark::START,
    };
    registry.register(&found, Timestamp::UNIX_EPOCH);
    registry
}

fn block(number: u64) -> Span {
    let start = number * LINES * LINE_BYTES;
    ByteOffset::new(start)..ByteOffset::new(start + LINES * LINE_BYTES)
}

fn line(number: u64, line: u64) -> Span {
    let start = (number * LINES + line) * LINE_BYTES;
    ByteOffset::new(start)..ByteOffset::new(start + LINE_BYTES)
}

fn events() -> usize {
    usize::try_from(LINES).unwrap_or_default()
}

/// Opens and settles blocks; `load` and `settled` say what each holds and how it ends.
fn run(bencher: Bencher<'_, '_>, load: fn(u64) -> Load, settled: fn(u64) -> Settled) {
    let blocks = || (registry(), (0..BLOCKS).map(|at| (load(at), settled(at))).collect::<Vec<_>>());
    bencher.counter(BLOCKS).with_inputs(blocks).bench_local_values(|(mut registry, blocks)| {
        for (number, (load, settled)) in (0..BLOCKS).zip(blocks) {
            let opened = registry.open(
                ID,
                &block(number),
                Print::EMPTY,
                (Datasets::only(Dataset::Traffic), load),
            );
            if let Ok(ticket) = opened {
                registry.settle(ID, ticket, settled);
            }
        }
        black_box(registry)
    });
}

fn all(_: u64) -> Load {
    Load { events: events(), filtered: Vec::new() }
}

#[divan::bench]
fn counted(bencher: Bencher<'_, '_>) {
    bencher.counter(BLOCKS).bench_local(|| {
        let mut stretches: VecDeque<(ByteOffset, usize)> = VecDeque::new();
        let mut committed = ByteOffset::ZERO;
        for number in 0..BLOCKS {
            stretches.push_back((block(number).end, events()));
            if let Some(last) = stretches.back_mut() {
                last.1 -= black_box(events());
            }
            while let Some((end, _)) = stretches.pop_front_if(|(_, open)| *open == 0) {
                committed = end;
            }
        }
        black_box(committed)
    });
}

#[divan::bench]
fn stored(bencher: Bencher<'_, '_>) {
    run(bencher, all, |_| Settled { events: events(), ..Settled::default() });
}

#[divan::bench]
fn all_duplicates(bencher: Bencher<'_, '_>) {
    run(bencher, all, |number| {
        let exception =
            Exception { span: block(number), events: LINES, outcome: Outcome::Duplicate };
        Settled { events: events(), keyed_duplicates: 0, exceptions: vec![exception] }
    });
}

#[divan::bench]
fn every_tenth_filtered(bencher: Bencher<'_, '_>) {
    let load = |number| {
        let mut filtered = Vec::new();
        for place in (0..LINES).step_by(10) {
            Filtered::append(&mut filtered, &line(number, place), "health_path");
        }
        Load { events: events() * 9 / 10, filtered }
    };
    run(bencher, load, |_| Settled { events: events() * 9 / 10, ..Settled::default() });
}
