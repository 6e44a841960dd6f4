use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::*;
use crate::{Fault, FaultyDisk, RealDisk, Survivors};

const PATH: &str = "/state/checkpoint.json";

/// A content is `v1:` and a number; `v2:` is of a later version, all else is damage.
fn decode(bytes: &[u8]) -> Result<u32, Refused> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::Damaged("is not text".into()))?;
    match text.split_once(':') {
        Some(("v2", _)) => Err(Refused::Newer("has format 2, and this program knows 1".into())),
        Some(("v1", number)) => {
            number.parse().map_err(|_| Refused::Damaged("has no number".into()))
        }
        _ => Err(Refused::Damaged("has no version".into())),
    }
}

fn encode(number: u32) -> Vec<u8> {
    format!("v1:{number}").into_bytes()
}

fn open(disk: &FaultyDisk) -> DurableFile {
    DurableFile::new(Arc::new(disk.clone()), PATH)
}

fn prev() -> PathBuf {
    PathBuf::from(format!("{PATH}.prev"))
}

#[test]
fn a_file_that_was_never_written_is_absent() {
    assert_eq!(open(&FaultyDisk::new()).read(decode), Reading::Absent);
}

#[test]
fn the_last_content_is_current_and_the_one_before_stays_beside_it() {
    let disk = FaultyDisk::new();
    let mut file = open(&disk);
    (1..=3).for_each(|number| file.write(&encode(number)).unwrap());
    assert_eq!(open(&disk).read(decode), Reading::Current(3));
    assert_eq!(disk.read(&prev()).unwrap(), encode(2));
    assert_eq!(disk.list(Path::new("/state")).unwrap().len(), 2);
}

#[test]
fn a_damaged_content_falls_back_to_the_previous_one_and_says_why() {
    let disk = FaultyDisk::new();
    disk.plant(&prev(), &encode(1));
    disk.plant(Path::new(PATH), b"\0\0\0");
    let expected = Reading::Previous(1, format!("{PATH}: has no version"));
    assert_eq!(open(&disk).read(decode), expected);
}

#[test]
fn writing_after_damage_keeps_both_the_good_previous_and_the_damaged_content() {
    let disk = FaultyDisk::new();
    disk.plant(&prev(), &encode(1));
    disk.plant(Path::new(PATH), b"damage");
    let mut file = open(&disk);
    file.read(decode);
    file.write(&encode(2)).unwrap();
    assert_eq!(disk.read(&prev()).unwrap(), encode(1));
    assert_eq!(disk.read(&beside(Path::new(PATH), "damaged")).unwrap(), b"damage");
    assert_eq!(open(&disk).read(decode), Reading::Current(2));
}

#[test]
fn when_both_are_damaged_nothing_is_wiped_and_both_are_named() {
    let disk = FaultyDisk::new();
    disk.plant(&prev(), b"v1:x");
    disk.plant(Path::new(PATH), b"");
    let Reading::Unreadable(reason) = open(&disk).read(decode) else { panic!("it was read") };
    assert_eq!(reason, format!("{PATH}: has no version; {PATH}.prev: has no number"));
    assert_eq!(disk.list(Path::new("/state")).unwrap().len(), 2);
}

#[test]
fn a_later_format_is_not_replaced_by_an_older_content() {
    let disk = FaultyDisk::new();
    disk.plant(&prev(), &encode(1));
    disk.plant(Path::new(PATH), b"v2:7");
    assert!(matches!(open(&disk).read(decode), Reading::Unreadable(_)));
}

#[test]
fn after_a_failed_fsync_the_next_write_goes_to_a_fresh_file() {
    let disk = FaultyDisk::new();
    let mut file = open(&disk);
    file.write(&encode(1)).unwrap();
    // remove, create, write, sync
    disk.fail_at(disk.operations() + 3, Fault::Error(io::ErrorKind::Other));
    assert_eq!(file.write(&encode(2)).unwrap_err().act, "sync");
    assert_eq!(disk.list(Path::new("/state")).unwrap(), [PathBuf::from(PATH)]);
    assert_eq!(open(&disk).read(decode), Reading::Current(1));
    file.write(&encode(3)).unwrap();
    disk.restart(Survivors::default());
    assert_eq!(open(&disk).read(decode), Reading::Current(3));
}

#[test]
fn a_full_disk_keeps_the_old_content_and_the_next_write_works_when_there_is_room() {
    let disk = FaultyDisk::new();
    let mut file = open(&disk);
    file.write(&encode(1)).unwrap();
    disk.fail_at(disk.operations() + 2, Fault::Full);
    let error = file.write(&encode(2)).unwrap_err();
    assert_eq!(error.source.kind(), io::ErrorKind::StorageFull);
    assert_eq!(error.to_string(), format!("cannot write {PATH}.tmp"));
    assert_eq!(open(&disk).read(decode), Reading::Current(1));
    disk.repair();
    file.write(&encode(2)).unwrap();
    assert_eq!(open(&disk).read(decode), Reading::Current(2));
}

#[test]
fn on_the_real_disk_it_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.json");
    let mut file = DurableFile::new(Arc::new(RealDisk), &path);
    file.write(&encode(1)).unwrap();
    file.write(&encode(2)).unwrap();
    assert_eq!(file.read(decode), Reading::Current(2));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_replaced_file_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("board.ndjson");
    DurableFile::replace(&RealDisk, &path, b"one").unwrap();
    DurableFile::replace(&RealDisk, &path, b"two").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"two");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn value(reading: Reading<u32>) -> Option<u32> {
    match reading {
        Reading::Current(value) | Reading::Previous(value, _) => Some(value),
        Reading::Absent => None,
        Reading::Unreadable(reason) => panic!("{reason}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The power goes at any operation; the disk may have finished any part of what was not synced. A reader gets the
    /// last content whose write returned, or the one that was being written.
    #[test]
    fn after_a_power_cut_the_old_or_the_new_content_is_read(
        cut in 0_usize..60,
        names in 0_usize..8,
        bytes in 0_usize..6,
        rounds in prop::collection::vec(1_u32..4, 1..4),
    ) {
        let disk = FaultyDisk::new();
        disk.fail_at(cut, Fault::PowerLoss);
        let (mut acknowledged, mut tried) = (None, None);
        let mut number = 0;
        for writes in rounds {
            // Each round is a process that starts, reads and writes until its power goes.
            let mut file = open(&disk);
            file.read(decode);
            for _ in 0..writes {
                number += 1;
                tried = Some(number);
                if file.write(&encode(number)).is_err() {
                    break;
                }
                acknowledged = Some(number);
            }
            disk.restart(Survivors { names, bytes });
            let read = value(open(&disk).read(decode));
            prop_assert!(read == acknowledged || read == tried, "{read:?} {acknowledged:?} {tried:?}");
            acknowledged = read;
        }
    }

    /// Any one operation of a write fails, without a power cut: the file stays readable, and the next write goes through.
    #[test]
    fn after_any_failed_operation_the_file_is_readable_and_writable(
        round in 1_u32..4,
        operation in 0_usize..7,
    ) {
        let disk = FaultyDisk::new();
        let mut file = open(&disk);
        for number in 1..=round {
            if number == round {
                let kind = io::ErrorKind::PermissionDenied;
                disk.fail_at(disk.operations() + operation, Fault::Error(kind));
            }
            let outcome = file.write(&encode(number));
            prop_assert_eq!(outcome.is_err(), number == round);
        }
        let read = value(open(&disk).read(decode)).unwrap_or(0);
        prop_assert!(read == round || read == round - 1);
        file.write(&encode(9)).unwrap();
        disk.restart(Survivors::default());
        prop_assert_eq!(value(open(&disk).read(decode)), Some(9));
    }
}
