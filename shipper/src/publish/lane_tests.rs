use super::*;
use crate::acknowledge::Watermark;
use crate::budget::Budget;
use crate::chunk::{Cargo, Chunk};
use crate::watch::Bell;
use event::{ByteOffset, EventId, FileId};
use proptest::prelude::*;
use std::path::Path;

const LIMITS: BulkLimits = BulkLimits {
    bytes: 1_000,
    documents: 4,
    wait: Duration::from_secs(1),
    requests: 8,
    inflight: 1 << 20,
    ids: Ids::Origin,
};

fn chunk(sizes: &[usize]) -> Arc<Chunk> {
    let budget = Budget::new(1 << 20, 1, Bell::default());
    let mut watermark = Watermark::new(crate::acknowledge::Mark::START);
    let span = ByteOffset::ZERO..ByteOffset::new(1);
    let load = crate::ledger::Load { events: sizes.len(), filtered: Vec::new() };
    let opened = watermark.open(&span, crate::identity::Print::EMPTY, load, &mut |_| {});
    let ticket = opened.unwrap();
    let mut cargo = Cargo::default();
    for (number, &size) in sizes.iter().enumerate() {
        let id = EventId::from_parts(&[&number.to_string()]);
        cargo.add(id, &vec![b'x'; size]);
    }
    Arc::new(Chunk {
        input: 0,
        file: FileId::from_bytes([1; 16]),
        path: Path::new("/a.log").into(),
        ticket,
        reservation: budget.reserve(0, 0),
        cargo,
    })
}

fn lane(sizes: &[usize]) -> Lane {
    let mut lane = Lane::new("logs-store.traffic-default".to_owned());
    fill(&mut lane, sizes, 10);
    lane
}

fn fill(lane: &mut Lane, sizes: &[usize], at: u64) {
    let chunk = chunk(sizes);
    for place in 0..sizes.len() {
        lane.push(Parcel::new(Arc::clone(&chunk), place), Duration::from_secs(at));
    }
}

fn take(lane: &mut Lane, at: f64, hurry: Hurry) -> Vec<usize> {
    let batch = lane.take(&LIMITS, LIMITS.bytes, Duration::from_secs_f64(at), hurry);
    batch.map_or(Vec::new(), |batch| batch.parcels.iter().map(Parcel::place).collect())
}

#[test]
fn a_batch_leaves_when_it_is_full_or_old_or_nothing_more_comes() {
    let mut full = lane(&[10; 5]);
    assert_eq!(take(&mut full, 10.0, Hurry::No), [0, 1, 2, 3]);
    assert_eq!(take(&mut full, 10.0, Hurry::No), [0_usize; 0]);
    assert_eq!(take(&mut full, 11.0, Hurry::No), [4]);
    assert_eq!(take(&mut lane(&[10]), 10.9, Hurry::No), [0_usize; 0]);
    assert_eq!(take(&mut lane(&[10]), 10.0, Hurry::Yes), [0]);
    assert_eq!(take(&mut lane(&[600, 600]), 10.0, Hurry::No), [0]);
}

#[test]
fn an_event_beyond_the_limit_goes_alone() {
    let mut lane = lane(&[10, 5_000, 10]);
    assert_eq!(take(&mut lane, 10.0, Hurry::Yes), [0]);
    assert_eq!(take(&mut lane, 10.0, Hurry::Yes), [1]);
    assert_eq!(take(&mut lane, 10.0, Hurry::Yes), [2]);
}

#[test]
fn events_that_come_again_go_first_when_their_time_has_come() {
    let mut lane = lane(&[10, 10]);
    let again = Parcel::new(chunk(&[10; 8]), 7);
    lane.push_again([again], Duration::from_secs(12));
    assert_eq!(take(&mut lane, 11.0, Hurry::No), [0, 1]);
    assert_eq!(take(&mut lane, 11.0, Hurry::Yes), [0_usize; 0]);
    fill(&mut lane, &[10], 12);
    assert_eq!(take(&mut lane, 12.0, Hurry::No), [7, 0]);
    assert!(lane.is_empty());
}

#[test]
fn a_held_lane_waits_whatever_is_in_it() {
    let mut lane = lane(&[10; 5]);
    lane.hold(Duration::from_secs(40));
    assert_eq!(take(&mut lane, 39.0, Hurry::Yes), [0_usize; 0]);
    assert_eq!(lane.due(&LIMITS, 1_000, Hurry::No), Some(Duration::from_secs(40)));
    assert_eq!(take(&mut lane, 40.0, Hurry::No).len(), 4);
}

proptest! {
    #[test]
    fn requests_keep_their_limits_and_every_event_leaves_once(
        sizes in proptest::collection::vec(0_usize..2_000, 1..60),
        bytes in 100_usize..3_000,
    ) {
        let mut lane = lane(&sizes);
        let mut left: Vec<usize> = Vec::new();
        while let Some(batch) = lane.take(&LIMITS, bytes, Duration::from_secs(100), Hurry::Yes) {
            prop_assert!(batch.parcels.len() <= LIMITS.documents);
            prop_assert!(batch.bytes <= bytes || batch.parcels.len() == 1);
            prop_assert_eq!(batch.bytes, batch.parcels.iter().map(Parcel::bytes).sum::<usize>());
            let mut builder = BulkBuilder::new();
            batch.write(&mut builder, Ids::Origin);
            prop_assert!(builder.raw_bytes() <= batch.bytes);
            left.extend(batch.parcels.iter().map(Parcel::place));
        }
        prop_assert_eq!(left, (0..sizes.len()).collect::<Vec<_>>());
    }
}
