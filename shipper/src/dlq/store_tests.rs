use super::*;
use crate::dlq::Reason;
use event::{ByteOffset, Dataset, EventId, FileId};
use runtime::{Fault, FaultyDisk, RealDisk, Survivors};

const FOLDER: &str = "/state/dead_letters";

fn letter(number: u64) -> Letter {
    Letter {
        time: "2026-01-01T00:00:00Z".parse().unwrap(),
        file: FileId::from_bytes([1; 16]),
        path: "/var/log/a.log".to_owned(),
        span: ByteOffset::new(number)..ByteOffset::new(number + 1),
        part: 0,
        input: "access".to_owned(),
        dataset: Dataset::Traffic,
        id: EventId::from_parts(&[&number.to_string()]),
        rule: "rejected".to_owned(),
        status: 400,
        reason: Reason::new("failed to parse field [x]"),
        line: format!("line {number}"),
    }
}

const LIMITS: Limits = Limits { bytes: 1 << 20, when_full: WhenFull::Hold };

fn open(disk: &FaultyDisk) -> DeadLetters {
    DeadLetters::open(Arc::new(disk.clone()), FOLDER.into(), LIMITS).unwrap()
}

fn lines(letters: &DeadLetters) -> Vec<String> {
    letters.read().unwrap().letters.into_iter().map(|(_, letter)| letter.line).collect()
}

#[test]
fn letters_survive_a_restart_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        DeadLetters::open(Arc::new(RealDisk), folder.path().join("dead_letters"), LIMITS).unwrap()
    };
    open().append(&[letter(1), letter(2)]).unwrap();
    let mut again = open();
    assert_eq!(again.count(), 2);
    again.append(&[letter(3)]).unwrap();
    assert_eq!(lines(&open()), ["line 1", "line 2", "line 3"]);
}

#[test]
fn a_power_cut_after_append_loses_nothing_whatever_step_it_hits_before() {
    for step in 0.. {
        let disk = FaultyDisk::new();
        let mut letters = open(&disk);
        letters.append(&[letter(1)]).unwrap();
        disk.fail_at(disk.operations() + step, Fault::PowerLoss);
        let second = letters.append(&[letter(2)]);
        disk.restart(Survivors::default());
        let read = lines(&open(&disk));
        match second {
            Ok(()) => {
                assert_eq!(read, ["line 1", "line 2"], "step {step}");
                return;
            }
            Err(_) => assert_eq!(read, ["line 1"], "step {step}"),
        }
    }
}

#[test]
fn a_full_disk_keeps_the_letter_with_its_sender_and_goes_on_later() {
    let disk = FaultyDisk::new();
    let mut letters = open(&disk);
    disk.fail_at(disk.operations(), Fault::Full);
    assert!(matches!(letters.append(&[letter(1)]), Err(Error::Disk { .. })));
    disk.repair();
    letters.append(&[letter(1)]).unwrap();
    assert_eq!(lines(&open(&disk)), ["line 1"]);
}

#[test]
fn the_limit_holds_letters_back_rather_than_lose_old_ones() {
    let disk = FaultyDisk::new();
    let limits = Limits { bytes: 500, when_full: WhenFull::Hold };
    let mut letters = DeadLetters::open(Arc::new(disk), FOLDER.into(), limits).unwrap();
    letters.append(&[letter(1)]).unwrap();
    assert!(matches!(letters.append(&[letter(2)]), Err(Error::Full { limit_bytes: 500, .. })));
    assert_eq!(lines(&letters), ["line 1"]);
}

#[test]
fn delivered_letters_leave_and_the_others_stay() {
    let disk = FaultyDisk::new();
    let mut letters = open(&disk);
    letters.append(&[letter(1), letter(2), letter(3)]).unwrap();
    let kept = letters.read().unwrap().letters;
    letters.remove(&[kept[0].0, kept[2].0]).unwrap();
    assert_eq!(lines(&letters), ["line 2"]);
    let rest = letters.read().unwrap().letters;
    letters.remove(&[rest[0].0]).unwrap();
    assert_eq!((lines(&letters).len(), letters.count(), letters.bytes()), (0, 0, 0));
}

#[test]
fn the_oldest_letters_leave_where_that_is_wanted_and_are_counted() {
    let disk = FaultyDisk::new();
    let limits = Limits { bytes: 4_000, when_full: WhenFull::DropOldest };
    let mut letters = DeadLetters::open(Arc::new(disk), FOLDER.into(), limits).unwrap();
    let mut dropped = 0;
    for number in 0..100 {
        letters.append(&[letter(number)]).unwrap();
        dropped += letters.take_dropped();
        assert!(letters.bytes() <= 4_000);
    }
    let lines = lines(&letters);
    assert_eq!(lines.last().map(String::as_str), Some("line 99"));
    assert_eq!((letters.count(), dropped), (lines.len(), 100 - lines.len()));
    assert!(lines.len() > 3, "no more than needed leave: {}", lines.len());
}

fn damage(disk: &FaultyDisk, at: usize) -> DeadLetters {
    let mut letters = open(disk);
    letters.append(&[letter(1), letter(2), letter(3)]).unwrap();
    let path = Path::new(FOLDER).join("00000001.letters");
    let mut bytes = disk.read(&path).unwrap();
    bytes[at] ^= 0xFF;
    disk.plant(&path, &bytes);
    open(disk)
}

fn aside(disk: &FaultyDisk) -> usize {
    let paths = disk.list(Path::new(FOLDER)).unwrap();
    paths.iter().filter(|path| path.extension().is_some_and(|end| end == "damaged")).count()
}

/// S4
#[test]
fn a_record_with_a_bad_checksum_is_set_aside_and_never_deleted() {
    // In the payload, in the checksum, in the length.
    for at in [20, 5, 3] {
        let disk = FaultyDisk::new();
        let mut letters = damage(&disk, at);
        assert_eq!(lines(&letters), ["line 2", "line 3"], "byte {at}");
        assert_eq!((letters.count(), aside(&disk)), (2, 1));
        let kept = letters.read().unwrap();
        assert!(kept.damaged.is_empty(), "it is no longer in the way");
        letters.remove(&[kept.letters[0].0, kept.letters[1].0]).unwrap();
        assert_eq!((open(&disk).count(), aside(&disk)), (0, 1));
    }
}

/// S4
#[test]
fn a_damaged_record_is_set_aside_whatever_step_fails_and_the_rest_is_used_meanwhile() {
    for step in 0..12 {
        let disk = FaultyDisk::new();
        drop(damage(&disk, 20));
        let path = Path::new(FOLDER).join("00000001.letters");
        let mut bytes = Vec::new();
        (1..=2).for_each(|number| letter(number).write(&mut bytes));
        bytes[20] ^= 0xFF;
        disk.plant(&path, &bytes);
        disk.fail_at(disk.operations() + 3 + step, Fault::PowerLoss);
        let opened = DeadLetters::open(Arc::new(disk.clone()), FOLDER.into(), LIMITS);
        assert!(opened.is_ok(), "step {step}");
        disk.restart(Survivors::default());
        assert_eq!(lines(&open(&disk)), ["line 2"], "step {step}");
        assert!(aside(&disk) >= 1, "step {step}");
    }
}
