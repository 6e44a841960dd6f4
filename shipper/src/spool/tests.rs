//! A spool on a disk that loses power at each of its calls: what was confirmed is there, in order, whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use event::ByteOffset;
use jiff::Timestamp;
use proptest::prelude::*;
use runtime::{Disk, Fault, FaultyDisk, Survivors};

use crate::identity::HostId;
use crate::segment::{self, Step};

use super::{Mark, Spool};

const SEGMENT_BYTES: u64 = 64;

fn folder() -> PathBuf {
    PathBuf::from("/state/spool/orders")
}

fn open(disk: &FaultyDisk) -> Result<Spool, super::Error> {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let host = HostId::from_bytes([7; 16]);
    Spool::open(&shared, folder(), (&host, "orders"), SEGMENT_BYTES, Timestamp::UNIX_EPOCH)
}

fn mark(batch: usize) -> Mark {
    Mark { until: None, cursor: Some(batch.to_string()) }
}

/// Returns what a feed would read from the acknowledged place on.
fn rows(disk: &FaultyDisk, spool: &Spool) -> Vec<String> {
    let mut rows = Vec::new();
    let mut at = spool.acknowledged();
    while let Some((segment, end)) = spool.view().find(at) {
        let length = usize::try_from(end - at).unwrap();
        let bytes = disk.read_at(&segment.path, at - segment.start, length).unwrap();
        for step in segment::read(&bytes) {
            match step {
                Step::Record(_, row) => rows.push(String::from_utf8(row.to_vec()).unwrap()),
                other @ (Step::Damaged(_) | Step::Torn(_)) => panic!("{other:?} at {at}"),
            }
        }
        at = end;
    }
    rows
}

/// What a run was told.
#[derive(Debug, Default)]
struct Told {
    /// Batches whose rows were confirmed.
    rows: usize,
    /// The batch of the last confirmed mark.
    mark: Option<usize>,
    /// The batch up to which everything was acknowledged by the cluster.
    acknowledged: usize,
}

/// Keeps some batches of two rows, each with its mark, and acknowledges half of what it kept now and then.
fn work(disk: &FaultyDisk, batches: usize) -> Told {
    let mut told = Told::default();
    let Ok(mut spool) = open(disk) else { return told };
    let mut ends = Vec::new();
    for batch in 0..batches {
        let new = [format!("row {batch} a"), format!("row {batch} b")];
        // Now with its mark at once, now with a mark of its own behind it.
        let at_once = (batch % 2 == 1).then(|| mark(batch));
        if spool.keep(&new, at_once).is_err() {
            return told;
        }
        ends.push(spool.view().end);
        told.rows = batch + 1;
        if batch % 2 == 0 && spool.keep(&[] as &[String], Some(mark(batch))).is_err() {
            return told;
        }
        told.mark = Some(batch);
        if batch % 3 == 2 {
            // What the cluster has is known before we try to note it.
            told.acknowledged = batch / 2 + 1;
            if spool.acknowledge(ends[batch / 2]).is_err() {
                return told;
            }
        }
    }
    told
}

fn check(disk: &FaultyDisk, told: &Told, context: &str) {
    let spool = open(disk).unwrap_or_else(|error| panic!("{context}: {error}"));
    let left = rows(disk, &spool);
    let row = |batch: usize, part: &str| format!("row {batch} {part}");
    for batch in told.acknowledged..told.rows {
        for part in ["a", "b"] {
            let found = left.iter().filter(|left| **left == row(batch, part)).count();
            assert_eq!(
                found,
                1,
                "{context}: {} is there {found} times: {left:?}",
                row(batch, part)
            );
        }
    }
    assert!(left.is_sorted_by_key(|row| row.split(' ').nth(1).unwrap().parse::<usize>().unwrap()));
    let marked = spool.mark().cursor.as_ref().map(|cursor| cursor.parse::<usize>().unwrap());
    assert!(
        marked >= told.mark,
        "{context}: the mark is {marked:?}, confirmed was {:?}",
        told.mark
    );
    // A mark may be newer than what was confirmed, but its rows are there: that is what it says.
    if let Some(marked) = marked.filter(|&marked| marked >= told.acknowledged) {
        assert!(left.contains(&row(marked, "b")), "{context}: mark {marked} without its rows");
    }
}

/// T2
#[test]
fn whenever_the_power_fails_what_was_confirmed_is_there() {
    let whole = FaultyDisk::new();
    work(&whole, 12);
    let calls = whole.operations();
    assert!(calls > 100, "{calls} calls");
    for call in 0..calls {
        for survivors in [(0, 0), (0, 9), (1, 5), (9, 0), (9, 99)] {
            let disk = FaultyDisk::new();
            disk.fail_at(call, Fault::PowerLoss);
            let told = work(&disk, 12);
            let (names, bytes) = survivors;
            disk.restart(Survivors { names, bytes });
            check(&disk, &told, &format!("call {call}, survivors {survivors:?}"));
        }
    }
}

#[test]
fn a_call_that_fails_loses_nothing_that_was_confirmed_and_the_spool_goes_on() {
    let keep = |spool: &mut Spool| {
        let row = |batch: usize| format!("row {batch} a");
        let kept = (0..8).filter(|&batch| spool.keep(&[row(batch)], Some(mark(batch))).is_ok());
        kept.map(row).collect::<Vec<String>>()
    };
    let whole = FaultyDisk::new();
    let mut spool = open(&whole).unwrap();
    let first = whole.operations();
    keep(&mut spool);
    for call in first..whole.operations() {
        let disk = FaultyDisk::new();
        disk.fail_at(call, Fault::Error(std::io::ErrorKind::Other));
        let mut spool = open(&disk).unwrap();
        let kept = keep(&mut spool);
        let left = rows(&disk, &spool);
        // The rows of a refused order may be there too, when only its mark could not be written.
        assert!(kept.iter().all(|row| left.contains(row)), "call {call}: {kept:?} {left:?}");
        assert!(kept.len() >= 7, "call {call}: one failure costs one order, {kept:?}");
        drop(spool);
        let again = rows(&disk, &open(&disk).unwrap());
        assert!(kept.iter().all(|row| again.contains(row)), "call {call}: {kept:?} {again:?}");
    }
}

#[test]
fn acknowledged_segments_go_and_the_place_is_published_before() {
    let disk = FaultyDisk::new();
    let mut spool = open(&disk).unwrap();
    for batch in 0..20 {
        spool.keep(&[format!("row {batch} a")], None).unwrap();
    }
    let full = spool.bytes();
    let end = spool.view().end;
    spool.acknowledge_for_room(end).unwrap();
    assert_eq!((spool.bytes(), spool.view().segments.len()), (0, 0), "{full} bytes before");
    spool.keep(&["row 20 a".to_owned()], None).unwrap();
    drop(spool);
    let again = open(&disk).unwrap();
    assert_eq!(again.acknowledged(), end, "an offset is never used twice");
    assert_eq!(rows(&disk, &again), ["row 20 a"]);
}

/// S4
#[test]
fn s4_a_segment_with_a_damaged_record_is_set_aside_and_its_neighbours_are_read() {
    let disk = FaultyDisk::new();
    let mut spool = open(&disk).unwrap();
    spool.keep(&["one", "two", "three"], Some(mark(1))).unwrap();
    let end = spool.view().end;
    drop(spool);
    let path = folder().join(format!("{:020}.spool", 0));
    let mut bytes = disk.read(&path).unwrap();
    bytes[11 + 8] ^= 1;
    disk.plant(&path, &bytes);
    let mut spool = open(&disk).unwrap();
    assert_eq!(spool.view().end, end);
    spool.acknowledge(end).unwrap();
    let names = disk.list(&folder()).unwrap();
    let aside = Path::new("/state/spool/orders/00000000000000000000.damaged");
    assert!(names.iter().any(|name| name == aside), "{names:?}");
    assert_eq!(disk.read(aside).unwrap(), bytes);
}

#[test]
fn a_place_that_cannot_be_trusted_stops_the_start_and_nothing_is_wiped() {
    let disk = FaultyDisk::new();
    disk.plant(&folder().join("state.json"), br#"{"format":99}"#);
    let error = open(&disk).unwrap_err();
    assert!(error.to_string().contains("later version"), "{error}");
    assert_eq!(disk.read(&folder().join("state.json")).unwrap(), br#"{"format":99}"#);
}

/// Seeds in the test; `STOREWATCH_SEEDS` says how many by hand.
#[expect(clippy::disallowed_methods, reason = "a person asks a test for more")]
fn seeds() -> u32 {
    std::env::var("STOREWATCH_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(256)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(seeds()))]

    /// T2
    #[test]
    fn two_power_cuts_lose_nothing_either(
        first in 0_usize..90, second in 0_usize..30, bytes in 0_usize..40,
    ) {
        let disk = FaultyDisk::new();
        disk.fail_at(first, Fault::PowerLoss);
        let told = work(&disk, 9);
        disk.restart(Survivors { names: 1, bytes });
        let before = rows(&disk, &open(&disk).unwrap());
        check(&disk, &told, "first");
        disk.fail_at(disk.operations() + second, Fault::PowerLoss);
        let kept = open(&disk).is_ok_and(|mut spool| spool.keep(&["row 99 a"], None).is_ok());
        disk.restart(Survivors { names: 0, bytes });
        let after = rows(&disk, &open(&disk).unwrap());
        prop_assert!(before.iter().all(|row| after.contains(row)), "{before:?} {after:?}");
        prop_assert!(!kept || after.iter().filter(|row| *row == "row 99 a").count() == 1);
    }
}

#[test]
fn an_offset_behind_the_acknowledged_ones_is_not_found() {
    let disk = FaultyDisk::new();
    let mut spool = open(&disk).unwrap();
    spool.keep(&["one"], None).unwrap();
    assert!(spool.view().find(ByteOffset::new(11)).is_none());
    assert!(spool.view().find(ByteOffset::ZERO).is_some());
}
