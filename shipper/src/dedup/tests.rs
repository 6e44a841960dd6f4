use super::*;
use enricher::Window as _;
use event::ByteOffset;
use runtime::{Fault, FaultyDisk};
use std::io;
use std::path::Path;
use std::sync::Arc;

const FILE: FileId = FileId::from_bytes([7; 16]);

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + minutes * 60).unwrap()
}

fn origin(offset: u64) -> Origin {
    let start = ByteOffset::new(offset);
    Origin { file: FILE, span: start..ByteOffset::new(offset + 1), part: 0 }
}

fn key(number: u64) -> EventId {
    EventId::from_parts(&[&number.to_string()])
}

fn content(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Notes keys of lines that stood at ten times their number.
fn note(window: &Window, keys: impl Iterator<Item = u64>) {
    window.note(keys.map(|number| Acknowledged {
        key: key(number),
        content: content(1),
        place: Place::of(FILE, ByteOffset::new(number * 10), 0),
    }));
}

fn open(disk: &FaultyDisk, minutes: i64) -> (Store, Arc<Window>) {
    let opened = Store::open(Arc::new(disk.clone()), Path::new("/state/dedup").into(), at(minutes));
    let (store, found) = opened.unwrap();
    assert_eq!(found.damaged, [] as [std::path::PathBuf; 0]);
    (store, found.window)
}

fn seen(window: &Window, number: u64) -> Seen {
    window.seen(key(number), content(1), &origin(999_999))
}

#[test]
fn a_key_is_known_with_its_content_and_its_place() {
    let (_, window) = open(&FaultyDisk::new(), 0);
    assert_eq!(seen(&window, 1), Seen::Never);
    note(&window, 1..2);
    assert_eq!(seen(&window, 1), Seen::Same);
    assert_eq!(window.seen(key(1), content(2), &origin(20)), Seen::Different);
    assert_eq!(window.seen(key(1), content(1), &origin(10)), Seen::Never, "its own line");
    assert_eq!(seen(&window, 2), Seen::Never);
}

#[test]
fn keys_outlive_a_restart_and_a_kill_before_they_were_saved_only_costs_the_last_of_them() {
    let disk = FaultyDisk::new();
    let (mut store, window) = open(&disk, 0);
    note(&window, 0..500);
    store.save(&window, at(0)).unwrap();
    note(&window, 500..600);
    store.save(&window, at(1)).unwrap();
    note(&window, 600..700);
    drop((store, window));
    let (mut store, window) = open(&disk, 2);
    assert_eq!(window.len(), 600);
    assert!((0..600).all(|number| seen(&window, number) == Seen::Same));
    assert!((600..700).all(|number| seen(&window, number) == Seen::Never));
    note(&window, 600..700);
    store.save(&window, at(2)).unwrap();
    assert_eq!(open(&disk, 3).1.len(), 700);
}

#[test]
fn keys_leave_when_the_window_is_over_and_their_segments_with_them() {
    let disk = FaultyDisk::new();
    let (mut store, window) = open(&disk, 0);
    for hour in 0..30 {
        note(&window, hour * 10..hour * 10 + 10);
        store.save(&window, at(i64::try_from(hour).unwrap() * 60)).unwrap();
    }
    // A save sees that a bucket is old and begins the next one: the one of 29 hours holds the last keys.
    store.save(&window, at(29 * 60)).unwrap();
    assert_eq!(seen(&window, 0), Seen::Never);
    assert_eq!(seen(&window, 10 * 28), Seen::Same);
    assert!(window.len() <= 280, "{}", window.len());
    let known = window.len();
    drop((store, window));
    assert_eq!(open(&disk, 29 * 60).1.len(), known);
    assert_eq!(open(&disk, 100 * 60).1.len(), known, "they go at the first save");
    let (mut store, window) = open(&disk, 100 * 60);
    store.save(&window, at(100 * 60)).unwrap();
    store.save(&window, at(100 * 60)).unwrap();
    assert_eq!(window.len(), 0);
    assert_eq!(open(&disk, 101 * 60).1.len(), 0);
}

#[test]
fn of_too_many_keys_the_oldest_leave_and_are_counted() {
    let (mut store, window) = open(&FaultyDisk::new(), 0);
    window.limit(Limits { keys: 6_400, ..Limits::default() });
    for round in 0..100 {
        note(&window, round * 100..round * 100 + 100);
        store.save(&window, at(0)).unwrap();
    }
    assert!((6_300..=6_400).contains(&window.len()), "{}", window.len());
    assert_eq!(window.take_evicted() + window.len(), 10_000);
    assert_eq!(window.take_evicted(), 0);
    assert_eq!(seen(&window, 0), Seen::Never);
    assert_eq!(seen(&window, 9_999), Seen::Same);
}

#[test]
fn a_limit_of_no_keys_switches_it_off() {
    let (_, window) = open(&FaultyDisk::new(), 0);
    window.limit(Limits { keys: 0, ..Limits::default() });
    note(&window, 0..10);
    assert!(window.is_empty());
}

#[test]
fn a_disk_that_refuses_costs_no_key() {
    let disk = FaultyDisk::new();
    let (mut store, window) = open(&disk, 0);
    let mut refused = 0;
    for failing in 0..12 {
        let first = disk.operations();
        let after = usize::try_from(failing).unwrap();
        disk.fail_at(first + after, Fault::Error(io::ErrorKind::StorageFull));
        note(&window, failing * 10..failing * 10 + 10);
        refused += u32::from(store.save(&window, at(0)).is_err());
    }
    while store.save(&window, at(0)).is_err() {}
    let real: &dyn runtime::Disk = &disk;
    // Faults that are still to come are not meant for what follows.
    for _ in 0..12 {
        drop(real.list(Path::new("/state")));
    }
    assert!(refused > 2, "{refused}");
    let (_, window) = open(&disk, 0);
    assert!((0..120).all(|number| seen(&window, number) == Seen::Same));
}

#[test]
fn a_clock_that_jumps_back_forgets_nothing() {
    let disk = FaultyDisk::new();
    let (mut store, window) = open(&disk, 600);
    note(&window, 0..10);
    store.save(&window, at(600)).unwrap();
    note(&window, 10..20);
    store.save(&window, at(0)).unwrap();
    store.save(&window, at(0)).unwrap();
    assert!((0..20).all(|number| seen(&window, number) == Seen::Same));
}

#[test]
fn a_later_format_is_refused_and_left_alone() {
    let disk = FaultyDisk::new();
    let mut bytes = Vec::new();
    crate::segment::write(br#"{"format":2,"colour":"red"}"#, &mut bytes);
    let folder = Path::new("/state/dedup");
    let real: &dyn runtime::Disk = &disk;
    real.create_folder(folder).unwrap();
    real.create(&folder.join("00000001.keys")).unwrap().write(&bytes).unwrap();
    let error = Store::open(Arc::new(disk.clone()), folder.into(), at(0)).unwrap_err();
    assert!(matches!(error, Error::Newer { format: 2, .. }), "{error}");
    assert_eq!(real.read(&folder.join("00000001.keys")).unwrap(), bytes);
}

#[test]
fn a_slot_is_read_as_it_was_written() {
    let event =
        Acknowledged { key: key(1), content: content(u32::MAX - 1), place: Place(0xAB_CDEF) };
    let slot = Slot::new(event, 0x1_23);
    let mut bytes = Vec::new();
    slot.write(&mut bytes);
    let read = Slot::read(bytes.try_into().unwrap());
    assert_eq!((read, read.place(), read.content()), (slot, Place(0xAB_CDEF), u32::MAX - 1));
}
