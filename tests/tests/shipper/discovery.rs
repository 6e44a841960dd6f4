//! Which files are found, when, and in which order they are read: D1 to D9, S2, S3.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use harness::scripted::{Act, Outcome};
use harness::{Program, Running, eventually};

use crate::desk::{Desk, LIMIT, ask, descriptors, line, metric};

fn input(desk: &mut Desk, more: &str) {
    desk.inputs =
        format!("{{ id: app, paths: [\"logs/**/*.log*\"], dataset: app, format: plain{more} }}");
}

fn set_age(path: &Path, age: Duration) {
    let file = OpenOptions::new().append(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

fn lag_bytes(shipper: &Running) -> f64 {
    metric(shipper, "shipper_lag_bytes{source=\"app\"}")
}

/// D1: the setting of one input goes before that of all.
#[test]
fn d1_files_of_the_first_start_begin_where_start_at_says_and_later_ones_at_their_beginning() {
    let mut desk = Desk::new();
    desk.read_with(", start_at: end");
    desk.inputs = "{ id: app, paths: [\"logs/a*.log\"], dataset: app, format: plain }\n  - { id: all, paths: [\"logs/b*.log\"], start_at: beginning, dataset: app, format: plain }".to_owned();
    desk.lines("a.log", 0..10);
    desk.lines("b.log", 100..110);
    desk.ship_once();
    desk.holds(100..110);
    desk.lines("a.log", 10..20);
    desk.lines("a2.log", 20..30);
    desk.ship_once();
    desk.holds((10..30).chain(100..110));
}

/// D2: nested folders that are made, moved in and moved on; what is excluded stays out.
#[test]
fn d2_new_folders_and_folders_that_are_moved_are_watched() {
    let mut desk = Desk::new();
    // So long that only notifications can be the reason that anything is found.
    desk.read = "{ scan_interval: 1h, rotate_wait: 300ms }".to_owned();
    input(&mut desk, ", exclude: [\"logs/**/skip/*\"]");
    desk.lines("first.log", 0..1);
    let shipper = desk.start();
    desk.wait_for(1);
    fs::create_dir_all(desk.log("a/b/c")).unwrap();
    desk.lines("a/b/c/x.log", 1..10);
    desk.wait_for(10);
    fs::create_dir_all(desk.path("aside/in/skip")).unwrap();
    desk.lines("../aside/in/y.log", 10..20);
    desk.lines("../aside/in/skip/z.log", 900..910);
    fs::rename(desk.path("aside/in"), desk.log("in")).unwrap();
    desk.wait_for(20);
    fs::rename(desk.log("in"), desk.log("a/moved")).unwrap();
    desk.lines("a/moved/y.log", 20..30);
    desk.wait_for(30);
    // Another folder under an old name.
    fs::create_dir(desk.log("in")).unwrap();
    desk.lines("in/y.log", 30..40);
    desk.wait_for(40);
    desk.lines("in/y.log", 40..50);
    desk.wait_for(50);
    let missed = metric(&shipper, "shipper_missed_wakeups_total");
    shipper.terminate(LIMIT);
    desk.holds(0..50);
    assert!(missed.abs() < 0.5, "{missed} wake-ups counted as missed");
}

/// D3
#[test]
fn d3_an_old_file_is_passed_over_until_it_grows_and_a_touch_is_no_growth() {
    let mut desk = Desk::new();
    input(&mut desk, ", ignore_older: 1h");
    desk.lines("old.log", 0..10);
    desk.lines("young.log", 10..20);
    set_age(&desk.log("old.log"), Duration::from_hours(2));
    let shipper = desk.start();
    desk.wait_for(10);
    set_age(&desk.log("old.log"), Duration::ZERO);
    desk.lines("young.log", 20..21);
    desk.wait_for(11);
    shipper.terminate(LIMIT);
    desk.ship_once();
    desk.holds(10..21);
    desk.lines("old.log", 21..30);
    desk.ship_once();
    desk.holds(10..30);
}

/// D4: rights that are given later. Rights do not bind root, so the shipper runs as nobody.
#[test]
fn d4_an_unreadable_file_is_told_and_read_once_it_becomes_readable() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10);
    let mode = |mode| fs::set_permissions(desk.log("a.log"), fs::Permissions::from_mode(mode));
    mode(0o000).unwrap();
    let shipper = as_nobody(&desk).start();
    eventually(LIMIT, || ask(&shipper, "/readyz").contains("a.log"));
    desk.lines("b.log", 10..20);
    desk.wait_for(10);
    mode(0o644).unwrap();
    desk.wait_for(20);
    eventually(LIMIT, || !ask(&shipper, "/readyz").contains("a.log"));
    shipper.terminate(LIMIT);
    desk.holds(0..20);
}

fn as_nobody(desk: &Desk) -> Program {
    // Writes the configuration.
    drop(desk.shipper(&["run"]));
    if !rustix::process::geteuid().is_root() {
        return desk.shipper(&["run"]);
    }
    let program = desk.path("shipper");
    fs::copy(harness::binary("shipper"), &program).unwrap();
    for path in [desk.path(""), desk.path("logs"), desk.path("shipper.yml")] {
        let mode = if path.is_dir() { 0o777 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    Program::at(Path::new("/usr/bin/setpriv"))
        .folder(&desk.path(""))
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .args([program.into_os_string(), "--config".into(), desk.path("shipper.yml").into()])
        .args(["run"])
}

/// D4
#[test]
fn d4_a_root_that_appears_later_is_found() {
    let mut desk = Desk::new();
    desk.inputs =
        "{ id: app, paths: [\"later/deep/*.log\"], dataset: app, format: plain }".to_owned();
    let shipper = desk.start();
    eventually(LIMIT, || ask(&shipper, "/readyz").contains("200"));
    fs::create_dir_all(desk.path("later/deep")).unwrap();
    desk.lines("../later/deep/a.log", 0..10);
    desk.wait_for(10);
    desk.lines("../later/deep/a.log", 10..20);
    desk.wait_for(20);
    shipper.terminate(LIMIT);
    desk.holds(0..20);
}

/// D5: what is written under a name in a folder that nobody watches is not announced under the name that we read.
#[test]
fn d5_a_change_that_nothing_announced_is_counted_and_puts_its_input_on_a_fast_scan() {
    let mut desk = Desk::new();
    desk.read = "{ scan_interval: 3s, rotate_wait: 300ms }".to_owned();
    fs::create_dir(desk.path("aside")).unwrap();
    desk.lines("a.log", 0..10);
    fs::hard_link(desk.log("a.log"), desk.path("aside/a")).unwrap();
    let mut shipper = desk.start();
    desk.wait_for(10);
    desk.lines("a.log", 10..20);
    desk.wait_for(20);
    assert!(metric(&shipper, "shipper_missed_wakeups_total").abs() < 0.5);
    // The scan that finds these may have been announced by the lines before; the one that finds the next was not.
    desk.lines("../aside/a", 20..30);
    desk.wait_for(30);
    desk.lines("../aside/a", 30..40);
    desk.wait_for(40);
    eventually(LIMIT, || metric(&shipper, "shipper_missed_wakeups_total") > 0.5);
    shipper.wait_for_error(LIMIT, "wakeup_missed");
    shipper.terminate(LIMIT);
    desk.holds(0..40);
}

/// D5
#[test]
fn d5_a_used_up_watch_limit_is_called_by_its_name_and_all_is_found_by_scans() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10);
    drop(desk.shipper(&["run"]));
    let script = format!(
        "echo 0 > /proc/sys/user/max_inotify_watches; exec {} --config shipper.yml run",
        harness::binary("shipper").display()
    );
    let mut shipper = Program::at(Path::new("/usr/bin/unshare"))
        .folder(&desk.path(""))
        .args(["-Ur", "sh", "-c", &script])
        .start();
    shipper.wait_for_error(LIMIT, "fs.inotify.max_user_watches");
    desk.wait_for(10);
    desk.lines("a.log", 10..20);
    desk.lines("b.log", 20..30);
    desk.wait_for(30);
    let ended = shipper.terminate(LIMIT);
    assert!(!ended.errors.contains("space"), "{}", ended.errors);
    desk.holds(0..30);
}

/// D5: on a file system that does not announce everything.
#[test]
fn d5_an_input_on_layers_is_scanned_once_a_second() {
    let mut desk = Desk::new();
    desk.read = "{ scan_interval: 1h, rotate_wait: 300ms }".to_owned();
    for folder in ["lower", "upper", "work"] {
        fs::create_dir(desk.path(folder)).unwrap();
    }
    desk.lines("../lower/a.log", 0..10);
    drop(desk.shipper(&["run"]));
    let script = format!(
        "mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work logs && exec {} --config shipper.yml run",
        harness::binary("shipper").display()
    );
    let mut shipper = Program::at(Path::new("/usr/bin/unshare"))
        .folder(&desk.path(""))
        .args(["-Urm", "sh", "-c", &script])
        .start();
    shipper.wait_for_error(LIMIT, "overlay file systems do not announce all changes");
    desk.wait_for(10);
    // Through the layer below, where no watch of ours is.
    desk.lines("../lower/a.log", 10..20);
    desk.wait_for(20);
    shipper.terminate(LIMIT);
    desk.holds(0..20);
}

/// D6
#[test]
fn d6_more_files_than_may_be_open_are_all_read() {
    let mut desk = Desk::new();
    desk.read_with(", max_open_files: 4");
    for file in 0..40 {
        desk.lines(&format!("{file}.log"), file * 200..file * 200 + 100);
    }
    let shipper = desk.start();
    desk.wait_for(4_000);
    for file in 0..40 {
        desk.lines(&format!("{file}.log"), file * 200 + 100..file * 200 + 200);
        assert!(descriptors(&shipper, &desk.path("logs")) <= 4);
    }
    desk.wait_for(8_000);
    // One that is looked into is open for a moment beyond those that are read.
    assert!(descriptors(&shipper, &desk.path("logs")) <= 5);
    shipper.terminate(LIMIT);
    desk.holds(0..8_000);
}

/// D6: longer than a block, so that a turn does not end it.
#[test]
fn d6_lines_longer_than_a_block_are_read_though_descriptors_go_round() {
    let mut desk = Desk::new();
    desk.read_with(", max_open_files: 1, max_line: 4MiB");
    for file in 0..3 {
        for number in 0..4 {
            let text = format!("{file} {number} {}\n", "x".repeat(900_000));
            desk.append(&format!("{file}.log"), &text);
        }
    }
    desk.ship_once();
    assert_eq!(desk.server.stored(crate::desk::STREAM), 12);
}

/// D7
#[test]
fn d7_a_quiet_file_is_not_starved_by_a_busy_one_unless_the_oldest_goes_first() {
    let order = |order: &str| {
        let mut desk = Desk::new();
        desk.read_with(&format!(", order: {order}"));
        desk.bulk_with(", max_inflight: 1MiB");
        desk.lines("busy.log", 0..12_000);
        // The clock of a file system ticks in milliseconds.
        let born = |path: &Path| fs::metadata(path).unwrap().created().unwrap();
        eventually(LIMIT, || {
            fs::remove_file(desk.path("probe")).ok();
            fs::write(desk.path("probe"), "").unwrap();
            born(&desk.path("probe")) > born(&desk.log("busy.log"))
        });
        desk.lines("quiet.log", 12_000..12_010);
        desk.ship_once();
        desk.holds(0..12_010);
        let documents = desk.server.documents(crate::desk::STREAM);
        let text = format!("\"line {} ", 12_009);
        let finder = |json: &[u8]| String::from_utf8_lossy(json).contains(&text);
        documents.iter().position(|document| finder(&document.json)).unwrap()
    };
    let (fair, oldest_first) = (order("fair"), order("oldest_first"));
    assert!(fair < 8_000, "the quiet file came after {fair} documents");
    assert!(oldest_first > 11_000, "the younger file came after {oldest_first} documents");
}

/// D8
#[test]
fn d8_a_file_is_deleted_only_once_everything_of_it_is_acknowledged() {
    let mut desk = Desk::new();
    input(&mut desk, ", delete_after_ack: true");
    desk.server.rule(|_| Act::EveryItem(Outcome::throttled()));
    desk.lines("a.log", 0..10);
    desk.lines("partial.log", 10..20);
    desk.append("partial.log", "the last line has no end");
    let shipper = desk.start();
    eventually(LIMIT, || desk.server.counts().requests > 3);
    assert!(desk.log("a.log").is_file());
    desk.server.serve();
    desk.wait_for(20);
    eventually(LIMIT, || !desk.log("a.log").is_file());
    assert!(desk.log("partial.log").is_file(), "its last line is not acknowledged");
    shipper.terminate(LIMIT);
    desk.holds(0..20);
    // What was read and acknowledged before a stop goes after the next start.
    desk.append("partial.log", ", now it has\n");
    input(&mut desk, "");
    desk.ship_once();
    assert!(desk.log("partial.log").is_file());
    input(&mut desk, ", delete_after_ack: true");
    let shipper = desk.start();
    eventually(LIMIT, || !desk.log("partial.log").is_file());
    shipper.terminate(LIMIT);
}

/// D9: `STOREWATCH_FILES` says how many; 100,000 by hand.
#[test]
fn d9_of_very_many_files_the_first_events_do_not_wait_for_the_last_file() {
    let files = std::env::var("STOREWATCH_FILES").ok().and_then(|files| files.parse().ok());
    let files: u32 = files.unwrap_or(2_000);
    let mut desk = Desk::new();
    input(&mut desk, "");
    for file in 0..files {
        if file % 1_000 == 0 {
            fs::create_dir(desk.log(&(file / 1_000).to_string())).unwrap();
        }
        desk.lines(&format!("{}/{file}.log", file / 1_000), [file]);
    }
    let checkpoint = desk.path("state/checkpoint.json");
    let entered = Arc::new(Mutex::new(None));
    let first = Arc::clone(&entered);
    desk.server.rule(move |_| {
        let mut first = first.lock().unwrap();
        first.get_or_insert_with(|| {
            let text = fs::read(&checkpoint).unwrap();
            let read: serde_json::Value = serde_json::from_slice(&text).unwrap();
            read["files"].as_array().unwrap().len()
        });
        Act::Serve
    });
    desk.ship_once();
    desk.holds(0..files);
    let entered = entered.lock().unwrap().unwrap();
    assert!(entered > 0 && entered < files as usize / 2, "{entered} of {files} were entered first");
    desk.ship_once();
    assert_eq!(desk.server.counts().duplicates, 0, "nothing is read again");
}

/// S2
#[test]
fn s2_a_file_that_exists_is_never_forgotten_and_one_that_is_gone_is_kept_for_a_day() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10);
    desk.lines("gone.log", 10..20);
    desk.ship_once();
    fs::remove_file(desk.log("gone.log")).unwrap();
    let path = desk.path("state/checkpoint.json");
    let read =
        || -> serde_json::Value { serde_json::from_slice(&fs::read(&path).unwrap()).unwrap() };
    let names = |checkpoint: &serde_json::Value| -> Vec<String> {
        let files = checkpoint["files"].as_array().unwrap();
        let mut names: Vec<String> = files
            .iter()
            .map(|file| file["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    desk.ship_once();
    let mut checkpoint = read();
    assert_eq!(names(&checkpoint), ["a.log", "gone.log"]);
    // Both were last heard of long ago.
    for file in checkpoint["files"].as_array_mut().unwrap() {
        file["first_seen"] = "2020-01-01T00:00:00Z".into();
        if file["state"].is_object() {
            file["state"]["gone"] = "2020-01-02T00:00:00Z".into();
        }
    }
    fs::write(&path, checkpoint.to_string()).unwrap();
    desk.ship_once();
    assert_eq!(names(&read()), ["a.log"]);
    desk.lines("a.log", 20..30);
    desk.ship_once();
    desk.holds(0..30);
}

/// S3
#[test]
fn s3_what_is_written_while_a_file_is_closed_is_read() {
    let mut desk = Desk::new();
    desk.read_with(", close_inactive: 300ms");
    desk.lines("a.log", 0..10);
    desk.append("b.log", "no end yet");
    let shipper = desk.start();
    desk.wait_for(10);
    let open = || descriptors(&shipper, &desk.path("logs"));
    eventually(LIMIT, || open() == 0);
    assert!(metric(&shipper, "shipper_open_files").abs() < 0.5);
    for round in 1..5 {
        desk.lines("a.log", round * 10..round * 10 + 10);
        desk.wait_for(round as usize * 10 + 10);
        eventually(LIMIT, || open() == 0);
    }
    // Renamed while it is closed.
    desk.rename("a.log", "a.log.1");
    desk.lines("a.log.1", 50..60);
    desk.wait_for(60);
    shipper.terminate(LIMIT);
    desk.holds(0..60);
}

/// Deleted files are held until they are read; past the limit the oldest is given up, and that is told.
#[test]
fn deleted_files_are_held_up_to_a_limit_and_what_is_given_up_is_counted() {
    let mut desk = Desk::new();
    desk.read_with(", max_held_bytes: 4MiB");
    desk.bulk_with(", max_inflight: 1MiB");
    desk.lines("first.log", 0..1);
    let shipper = desk.start();
    desk.wait_for(1);
    desk.server.rule(|_| Act::Status(503));
    let held = |shipper: &Running| metric(shipper, "shipper_held_bytes");
    desk.lines("a.log", 1..30_000);
    let opened = |count| eventually(LIMIT, || descriptors(&shipper, &desk.path("logs")) == count);
    opened(2);
    fs::remove_file(desk.log("a.log")).unwrap();
    eventually(LIMIT, || held(&shipper) > 2e6);
    desk.lines("b.log", 30_000..58_000);
    opened(3);
    fs::remove_file(desk.log("b.log")).unwrap();
    let lost = || metric(&shipper, "shipper_lost_bytes_total{reason=\"held\"}");
    eventually(LIMIT, || lost() > 0.0);
    assert!(ask(&shipper, "/readyz").contains("max_held_bytes"));
    desk.server.serve();
    eventually(LIMIT, || desk.stored().contains_key(&line(57_999)));
    eventually(LIMIT, || held(&shipper) < 0.5);
    let lost = lost();
    shipper.terminate(LIMIT);
    let stored = desk.stored();
    let missing: u64 = (0..58_000)
        .map(line)
        .filter(|line| !stored.contains_key(line))
        .map(|line| line.len() as u64 + 1)
        .sum();
    assert!((missing as f64 - lost).abs() < 0.5, "{missing} bytes are missing, {lost} were told");
}

/// Lag is told in bytes and seconds, with the time to drain, and goes when all is acknowledged.
#[test]
fn lag_grows_while_the_output_is_blocked_and_is_nothing_after() {
    let desk = Desk::new();
    let shipper = desk.start();
    desk.server.rule(|_| Act::Status(503));
    desk.lines("a.log", 0..1_000);
    desk.append("a.log", "an incomplete line is no lag");
    let bytes = fs::metadata(desk.log("a.log")).unwrap().len() as f64;
    let seconds = || metric(&shipper, "shipper_lag_seconds{source=\"app\"}");
    let drain = || metric(&shipper, "shipper_drain_seconds{source=\"app\"}");
    eventually(LIMIT, || lag_bytes(&shipper) > bytes - 100.0 && seconds() > 1.0);
    assert!(drain() > 600_000.0, "nothing moves: {}", drain());
    desk.server.serve();
    desk.wait_for(1_000);
    eventually(LIMIT, || lag_bytes(&shipper) < 0.5 && seconds() < 0.001 && drain() < 0.001);
    shipper.terminate(LIMIT);
}
