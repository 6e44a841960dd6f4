//! Files that are renamed, cut, copied, linked and made again under our eyes and behind our back: I1 to I10.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::eventually;
use harness::scripted::Act;

use crate::desk::{Desk, LIMIT, STREAM, descriptors, line, metric};

fn truncate(desk: &Desk, name: &str) {
    OpenOptions::new().write(true).truncate(true).open(desk.log(name)).unwrap();
}

/// I1: while reading, after the end of the file, while stopped.
#[test]
fn i1_a_renamed_file_is_read_on_under_its_new_name() {
    let desk = Desk::new();
    desk.lines("a.log", 0..5_000);
    let shipper = desk.start();
    desk.wait_for(1);
    desk.rename("a.log", "a.log.1");
    desk.lines("a.log.1", 5_000..5_010);
    desk.wait_for(5_010);
    desk.rename("a.log.1", "a.log.2");
    desk.lines("a.log.2", 5_010..5_020);
    desk.wait_for(5_020);
    shipper.terminate(LIMIT);
    desk.rename("a.log.2", "b.log");
    desk.lines("b.log", 5_020..5_030);
    desk.ship_once();
    desk.holds(0..5_030);
    assert_eq!(desk.server.counts().duplicates, 0, "nothing is read again");
}

/// I2: several rotations in a row, many files that rotate fast, a chain without re-reading.
#[test]
fn i2_many_files_that_rotate_fast_are_read_once() {
    const FILES: u32 = 12;
    const ROUNDS: u32 = 12;
    let desk = Desk::new();
    let shipper = desk.start();
    for round in 0..ROUNDS {
        for file in 0..FILES {
            let first = (round * FILES + file) * 20;
            desk.lines(&format!("f{file}.log"), first..first + 20);
            for age in (0..round).rev() {
                let name = |age| match age {
                    0 => format!("f{file}.log"),
                    age => format!("f{file}.log.{age}"),
                };
                desk.rename(&name(age), &name(age + 1));
            }
        }
    }
    desk.wait_for((ROUNDS * FILES * 20) as usize);
    shipper.terminate(LIMIT);
    desk.ship_once();
    desk.holds(0..ROUNDS * FILES * 20);
    let counts = desk.server.counts();
    assert_eq!(counts.items, counts.documents, "nothing was sent twice");
}

/// I3
#[test]
fn i3_a_deleted_file_is_followed_and_then_its_descriptor_is_closed() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10);
    let shipper = desk.start();
    desk.wait_for(10);
    let mut writer = OpenOptions::new().append(true).open(desk.log("a.log")).unwrap();
    fs::remove_file(desk.log("a.log")).unwrap();
    writeln!(writer, "{}", line(10)).unwrap();
    desk.wait_for(11);
    eventually(LIMIT, || descriptors(&shipper, &desk.path("logs")) == 0);
    shipper.terminate(LIMIT);
    desk.holds(0..11);
}

/// I4: also with the same inode, which some file systems give to the next file at once.
#[test]
fn i4_a_file_made_again_at_its_path_is_another_one() {
    let desk = Desk::new();
    let shipper = desk.start();
    for round in 0..20 {
        // The same head each time, so that only the birth of the file tells.
        desk.lines("a.log", round * 10..round * 10 + 10);
        desk.wait_for((round as usize + 1) * 10);
        fs::remove_file(desk.log("a.log")).unwrap();
    }
    shipper.terminate(LIMIT);
    desk.lines("a.log", 200..210);
    desk.ship_once();
    fs::remove_file(desk.log("a.log")).unwrap();
    desk.lines("a.log", 210..220);
    desk.ship_once();
    desk.holds(0..220);
}

/// I5: with the file open; with the file closed; while we are stopped; rewritten to the same size.
#[test]
fn i5_a_file_truncated_and_rewritten_to_the_same_size_is_read_again() {
    let mut desk = Desk::new();
    desk.read_with(", close_inactive: 400ms");
    let numbers = |round: u32| (round * 60..round * 60 + 60).filter(|number| number % 60 < 30);
    let rewrite = |round: u32| {
        let lines: String = numbers(round).map(|number| line(number) + "\n").collect();
        // In place and at once, so that the size is never another.
        let mut file = OpenOptions::new().write(true).open(desk.log("a.log")).unwrap();
        file.write_all(lines.as_bytes()).unwrap();
        file.set_len(lines.len() as u64).unwrap();
    };
    desk.lines("a.log", numbers(100));
    let shipper = desk.start();
    desk.wait_for(30);
    rewrite(101);
    desk.wait_for(60);
    eventually(LIMIT, || descriptors(&shipper, &desk.path("logs")) == 0);
    rewrite(102);
    desk.wait_for(90);
    shipper.terminate(LIMIT);
    rewrite(103);
    desk.ship_once();
    desk.holds((100..104).flat_map(numbers));
}

/// I5: with the output blocked, unread bytes are gone for good, and that is told in bytes.
#[test]
fn i5_bytes_that_are_cut_away_while_the_output_is_blocked_are_counted_as_lost() {
    let mut desk = Desk::new();
    desk.bulk_with(", max_inflight: 1MiB");
    desk.lines("a.log", 0..10);
    let shipper = desk.start();
    desk.wait_for(10);
    desk.server.rule(|_| Act::Status(503));
    desk.lines("a.log", 10..40_000);
    let length = fs::metadata(desk.log("a.log")).unwrap().len();
    // All of it was seen, and not all of it read.
    eventually(LIMIT, || metric(&shipper, "shipper_lag_bytes{source=\"app\"}") > 3e6);
    truncate(&desk, "a.log");
    desk.lines("a.log", 40_000..40_010);
    desk.server.serve();
    eventually(LIMIT, || desk.stored().contains_key(&line(40_009)));
    let ended = shipper.terminate(LIMIT);
    let stored = desk.stored();
    let lost: u64 = (0..40_000)
        .map(line)
        .filter(|line| !stored.contains_key(line))
        .map(|line| line.len() as u64 + 1)
        .sum();
    assert!(lost > 0 && lost < length, "{lost} of {length}");
    let told = ended.errors.lines().find(|line| line.contains("bytes_lost")).unwrap();
    assert!(told.contains(&lost.to_string()), "{lost} bytes are lost: {told}");
}

/// I6: copies and truncates while a writer goes on.
#[test]
fn i6_copytruncate_under_load_loses_only_bytes_of_its_own_window() {
    const LINES: u32 = 30_000;
    let desk = Desk::new();
    let shipper = desk.start();
    let written = std::sync::atomic::AtomicU32::new(0);
    let done = AtomicBool::new(false);
    let mut windows: Vec<std::ops::Range<u32>> = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let path = desk.log("a.log");
            let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
            for number in 0..LINES {
                writeln!(file, "{}", line(number)).unwrap();
                written.store(number + 1, Ordering::SeqCst);
                if number % 100 == 0 {
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
            done.store(true, Ordering::SeqCst);
        });
        for round in 1.. {
            std::thread::sleep(Duration::from_millis(300));
            if done.load(Ordering::SeqCst) {
                break;
            }
            let before = written.load(Ordering::SeqCst);
            fs::copy(desk.log("a.log"), desk.log(&format!("a.log.{round}"))).unwrap();
            truncate(&desk, "a.log");
            windows.push(before..written.load(Ordering::SeqCst) + 1);
        }
    });
    eventually(LIMIT, || desk.stored().contains_key(&line(LINES - 1)));
    eventually(LIMIT, || metric(&shipper, "shipper_lag_bytes{source=\"app\"}") == 0.0);
    shipper.terminate(LIMIT);
    desk.ship_once();
    let stored = desk.stored();
    let doubled: Vec<_> = stored.iter().filter(|(_, count)| **count != 1).collect();
    assert!(doubled.is_empty(), "{} doubled: {:?}", doubled.len(), &doubled[..1]);
    let ours: BTreeSet<String> = (0..LINES).map(line).collect();
    // A line that the cut went through may leave its second half.
    let alien = stored.keys().filter(|line| !ours.contains(*line)).count();
    assert!(alien <= windows.len(), "{alien} alien lines, {} windows", windows.len());
    for number in (0..LINES).filter(|number| !stored.contains_key(&line(*number))) {
        let in_window = windows.iter().any(|window| window.contains(&number));
        assert!(in_window, "line {number} is lost, and no copy was made then: {windows:?}");
    }
}

/// I7
#[test]
fn i7_a_file_truncated_and_grown_beyond_the_old_place_before_we_look_is_read_from_its_start() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10);
    let shipper = desk.start();
    desk.wait_for(10);
    for round in 1..10 {
        let text: String =
            (round * 100..round * 100 + 40 + round).map(|number| line(number) + "\n").collect();
        fs::write(desk.log("a.log"), text).unwrap();
        let before: u32 = (1..=round).map(|round| 40 + round).sum();
        desk.wait_for(10 + before as usize);
    }
    shipper.terminate(LIMIT);
    desk.holds((0..10).chain((1..10).flat_map(|round| round * 100..round * 100 + 40 + round)));
}

fn linked() -> Desk {
    let mut desk = Desk::new();
    desk.inputs =
        "{ id: app, paths: [\"logs/*.log*\"], symlinks: follow, dataset: app, format: plain }"
            .to_owned();
    fs::create_dir(desk.path("real")).unwrap();
    desk
}

fn append(desk: &Desk, name: &str, numbers: std::ops::Range<u32>) {
    desk.lines(&format!("../real/{name}"), numbers);
}

/// I8: ignored by default, followed when opted in, dangling, removed, made again.
#[test]
fn i8_links_are_followed_only_where_the_input_says_so() {
    let desk = Desk::new();
    fs::create_dir(desk.path("real")).unwrap();
    append(&desk, "a", 0..10);
    symlink("../real/a", desk.log("a.log")).unwrap();
    desk.ship_once();
    assert_eq!(desk.server.counts().documents, 0);

    let desk = linked();
    symlink("../real/a", desk.log("a.log")).unwrap();
    let shipper = desk.start();
    append(&desk, "a", 0..10);
    desk.wait_for(10);
    append(&desk, "a", 10..20);
    desk.wait_for(20);
    fs::remove_file(desk.log("a.log")).unwrap();
    eventually(LIMIT, || descriptors(&shipper, &desk.path("real")) == 0);
    append(&desk, "a", 20..30);
    symlink("../real/a", desk.log("a.log")).unwrap();
    desk.wait_for(30);
    shipper.terminate(LIMIT);
    desk.holds(0..30);
}

/// I8: re-pointed, and the target rotated and truncated.
#[test]
fn i8_a_link_that_points_elsewhere_drains_its_old_target_and_opens_its_new_one() {
    let desk = linked();
    append(&desk, "one", 0..10);
    append(&desk, "two", 100..110);
    symlink("../real/one", desk.log("a.log")).unwrap();
    let shipper = desk.start();
    desk.wait_for(10);
    append(&desk, "one", 10..15);
    symlink("../real/two", desk.log("b")).unwrap();
    desk.rename("b", "a.log");
    desk.wait_for(25);
    fs::rename(desk.path("real/two"), desk.path("real/two.1")).unwrap();
    append(&desk, "two.1", 110..115);
    append(&desk, "two", 115..120);
    desk.wait_for(35);
    let target = OpenOptions::new().write(true).truncate(true).open(desk.path("real/two"));
    drop(target.unwrap());
    append(&desk, "two", 120..121);
    desk.wait_for(36);
    shipper.terminate(LIMIT);
    desk.holds((0..15).chain(100..121));
}

/// I9: a short file grows past the length of a head, is renamed, grows; and so does another that begins alike.
#[test]
fn i9_files_that_begin_alike_stay_apart_while_their_heads_grow() {
    let desk = Desk::new();
    let header = "# a header that all logs of this program begin with, as some do\n".repeat(30);
    let (first, _) = header.split_at(64);
    let (_, rest) = header.split_at(65);
    desk.append("a.log", first);
    let shipper = desk.start();
    desk.append("a.log", "\n");
    desk.append("a.log", rest);
    desk.lines("a.log", 0..20);
    desk.append("b.log", &header);
    desk.lines("b.log", 20..40);
    let headers = 30 * 2;
    desk.wait_for(40 + headers);
    desk.rename("a.log", "a.log.1");
    desk.lines("a.log.1", 40..45);
    desk.append("a.log", &header);
    desk.lines("a.log", 45..50);
    desk.wait_for(50 + headers + 30);
    shipper.terminate(LIMIT);
    desk.rename("b.log", "b.log.1");
    desk.lines("b.log.1", 50..55);
    desk.ship_once();
    let stored = desk.stored();
    for number in 0..55 {
        assert_eq!(stored.get(&line(number)), Some(&1), "line {number}");
    }
}

/// I9: an id is never computed anew for a known file, so another way to compute it, older or newer, doubles nothing.
#[test]
fn i9_a_file_keeps_the_id_that_the_checkpoint_has_however_it_was_made() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10);
    desk.ship_once();
    let path = desk.path("state/checkpoint.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut checkpoint: serde_json::Value = serde_json::from_str(&text).unwrap();
    checkpoint["files"][0]["id"] = "AQEBAQEBAQEBAQEBAQEBAQ".into();
    fs::write(&path, checkpoint.to_string()).unwrap();
    desk.lines("a.log", 10..20);
    desk.ship_once();
    desk.holds(0..20);
    let ids: BTreeSet<String> = desk
        .server
        .documents(STREAM)
        .iter()
        .map(|document| document.value()["store"]["origin"]["file_id"].to_string())
        .collect();
    assert!(ids.contains("\"AQEBAQEBAQEBAQEBAQEBAQ\""), "{ids:?}");
    // A format that is not known yet is refused and left as it is.
    checkpoint["format"] = 99.into();
    fs::write(&path, checkpoint.to_string()).unwrap();
    fs::copy(&path, desk.path("state/checkpoint.json.prev")).unwrap();
    let ended = desk.shipper(&["run", "--until-idle"]).run(LIMIT);
    assert_eq!(ended.code, Some(78), "{}", ended.errors);
    assert_eq!(fs::read_to_string(&path).unwrap(), checkpoint.to_string());
}

/// I10
#[test]
fn i10_a_file_of_two_inputs_belongs_to_the_first_and_check_names_both() {
    let mut desk = Desk::new();
    desk.inputs = "{ id: first, paths: [\"logs/a*.log\"], dataset: app, format: plain }\n  - { id: second, paths: [\"logs/*.log\"], dataset: app, format: plain }".to_owned();
    desk.lines("a.log", 0..10);
    desk.lines("b.log", 10..20);
    let shipper = desk.start();
    desk.wait_for(20);
    for source in ["first", "second"] {
        let read = metric(&shipper, &format!("shipper_lines_read_total{{source=\"{source}\"}}"));
        assert!((read - 10.0).abs() < 0.5, "{source}: {read}");
    }
    shipper.terminate(LIMIT);
    desk.holds(0..20);
    let checked = desk.shipper(&["check"]).run(LIMIT);
    assert_eq!(checked.code, Some(0), "{}", checked.output);
    let told = checked.output.lines().find(|line| line.contains("a.log")).unwrap_or_default();
    assert!(told.contains("first") && told.contains("second"), "{}", checked.output);
    desk.inputs = desk.inputs.replace("second", "first");
    let checked = desk.shipper(&["check"]).run(LIMIT);
    assert_eq!(checked.code, Some(78), "{}", checked.output);
}
