//! Everything that can be wrong from outside: a clear message, the right exit code, nothing lost.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use harness::{Ended, Program};

use crate::desk::{Desk, LIMIT, ask, line};

fn check(desk: &Desk, arguments: &[&str]) -> Ended {
    desk.shipper(arguments).run(LIMIT)
}

#[track_caller]
fn refused(more: &str, code: i32, message: &str) {
    let mut desk = Desk::new();
    more.clone_into(&mut desk.more);
    desk.lines("a.log", 0..1);
    for command in ["check", "run"] {
        let ended = check(&desk, &[command]);
        let text = format!("{}{}", ended.output, ended.errors);
        assert_eq!(ended.code, Some(code), "{command}: {text}");
        assert!(text.contains(message), "{command}: {text}");
    }
    assert_eq!(desk.server.counts().requests, 0);
}

#[test]
fn a_good_configuration_passes_and_a_glob_without_a_match_is_told() {
    let desk = Desk::new();
    let ended = check(&desk, &["check"]);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(ended.output.contains("match no file"), "{}", ended.output);
    desk.lines("a.log", 0..1);
    assert!(check(&desk, &["check"]).output.contains("no findings"));
}

#[test]
fn an_unknown_key_is_named_with_file_and_line() {
    refused("bulk_size: 5MiB\n", 78, "shipper.yml:9: bulk_size");
}

#[test]
fn a_wrong_unit_and_a_value_out_of_range_are_named_with_what_is_allowed() {
    refused("dead_letters: { max_bytes: 3 apples }\n", 78, "shipper.yml:9: dead_letters.max_bytes");
}

#[test]
fn a_missing_configuration_is_named() {
    let desk = Desk::new();
    let program = Program::new("shipper").args(["--config", "/nowhere/shipper.yml"]);
    let ended = program.args(["check"]).run(LIMIT);
    let text = format!("{}{}", ended.output, ended.errors);
    assert_eq!(ended.code, Some(78), "{text}");
    assert!(text.contains("/nowhere/shipper.yml"), "{text}");
    drop(desk);
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_64() {
    let desk = Desk::new();
    assert_eq!(check(&desk, &["fly"]).code, Some(64));
    assert_eq!(check(&desk, &["--help"]).code, Some(0));
}

#[test]
fn a_cluster_that_is_not_there_fails_the_check_with_69_and_not_the_run() {
    let mut desk = Desk::new();
    desk.lines("a.log", 0..10);
    let program = desk.shipper(&["check", "--connect"]);
    let server = std::mem::replace(&mut desk.server, harness::scripted::Scripted::keeping());
    let stopped = server.stop();
    let ended = program.run(LIMIT);
    assert_eq!(ended.code, Some(69), "{}{}", ended.output, ended.errors);
    assert!(ended.output.contains("cannot reach"), "{}", ended.output);
    drop(stopped);
}

#[test]
fn a_corrupt_checkpoint_falls_back_to_the_previous_one_and_two_end_the_run_with_78() {
    let desk = Desk::new();
    desk.lines("a.log", 0..50);
    desk.ship_once();
    desk.lines("a.log", 50..100);
    desk.ship_once();
    let checkpoint = desk.path("state/checkpoint.json");
    fs::write(&checkpoint, "\0\0\0").unwrap();
    desk.ship_once();
    desk.holds(0..100);
    fs::write(&checkpoint, "{").unwrap();
    fs::write(desk.path("state/checkpoint.json.prev"), "").unwrap();
    let ended = check(&desk, &["run"]);
    assert_eq!(ended.code, Some(78), "{}", ended.errors);
    assert!(ended.errors.contains("checkpoint.json"), "{}", ended.errors);
    assert_eq!(fs::read_to_string(&checkpoint).unwrap(), "{", "nothing is wiped");
}

#[test]
fn a_checkpoint_of_a_later_version_ends_the_run_with_78() {
    let desk = Desk::new();
    desk.lines("a.log", 0..5);
    desk.ship_once();
    fs::write(desk.path("state/checkpoint.json"), r#"{"format":7,"files":{}}"#).unwrap();
    let ended = check(&desk, &["run"]);
    assert_eq!(ended.code, Some(78), "{}", ended.errors);
    assert!(ended.errors.contains("format 7"), "{}", ended.errors);
}

#[test]
fn a_state_directory_that_cannot_be_made_ends_the_run_with_78() {
    let desk = Desk::new();
    fs::write(desk.path("state"), "a file").unwrap();
    let ended = check(&desk, &["run"]);
    assert_eq!(ended.code, Some(78), "{}", ended.errors);
}

#[test]
fn a_full_disk_under_the_state_directory_makes_us_red_and_stops_no_event() {
    let desk = Desk::new();
    desk.lines("a.log", 0..100);
    let mut shipper = desk.shipper_on_a_full_disk("run").start();
    desk.wait_for(100);
    shipper.wait_for_error(LIMIT, "checkpoint_failed");
    let ready = ask(&shipper, "/readyz");
    assert!(ready.starts_with("HTTP/1.0 503") && ready.contains("checkpoint"), "{ready}");
    shipper.terminate(LIMIT);
    desk.holds(0..100);
}

#[test]
fn a_check_tells_that_there_is_no_room_for_a_state() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10);
    fs::create_dir(desk.path("state")).unwrap();
    drop(desk.shipper(&["check"]));
    let script = format!(
        "mount -t tmpfs -o size=64k tmpfs state && exec {} --config shipper.yml check",
        harness::binary("shipper").display()
    );
    let ended = Program::at(Path::new("/usr/bin/unshare"))
        .folder(&desk.path(""))
        .args(["-Urm", "sh", "-c", &script])
        .run(LIMIT);
    assert_eq!(ended.code, Some(74), "{}{}", ended.output, ended.errors);
    let said = format!("{}{}", ended.output, ended.errors);
    assert!(said.contains("64.0 KiB are free there, and 1.0 MiB are needed"), "{said}");
}

#[test]
fn a_refused_key_holds_everything_and_shows_red() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10);
    desk.server.rule(|_| harness::scripted::Act::Status(401));
    let mut shipper = desk.start();
    shipper.wait_for_error(LIMIT, "bulk_held");
    let ready = ask(&shipper, "/readyz");
    assert!(ready.starts_with("HTTP/1.0 503") && ready.contains("answer 401"), "{ready}");
    let metrics = ask(&shipper, "/metrics");
    assert!(metrics.contains("shipper_bulk_requests_total{code=\"401\"} 1"), "{metrics}");
    // The key is right again: within 30 s it is tried, and nothing was dropped.
    desk.server.serve();
    desk.wait_for(10);
    harness::eventually(LIMIT, || ask(&shipper, "/readyz").starts_with("HTTP/1.0 200"));
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds(0..10);
}

#[test]
fn a_line_of_64_mib_is_cut_and_its_neighbours_are_intact() {
    let desk = Desk::new();
    desk.lines("a.log", 0..3);
    desk.append("a.log", &"y".repeat(64 << 20));
    desk.append("a.log", "\n");
    desk.lines("a.log", 3..6);
    desk.ship_once();
    let stored = desk.stored();
    assert_eq!(stored.len(), 7);
    for number in 0..6 {
        assert!(stored.contains_key(&line(number)), "{number}");
    }
    let documents = desk.server.documents(crate::desk::STREAM);
    let cut = documents.iter().map(harness::scripted::Document::value);
    let cut: Vec<_> =
        cut.filter(|document| document["store"]["pipeline"]["truncated"] == true).collect();
    assert_eq!(cut.len(), 1);
    assert!(cut[0]["message"].as_str().unwrap().len() <= 1 << 20);
}

#[test]
fn binary_garbage_and_invalid_utf_8_are_kept_as_well_as_they_can_be() {
    let desk = Desk::new();
    desk.lines("a.log", 0..2);
    let mut garbage: Vec<u8> =
        (0..20_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    garbage.extend_from_slice(b"\nna\xefve caf\xe9\n");
    let mut file = fs::OpenOptions::new().append(true).open(desk.log("a.log")).unwrap();
    std::io::Write::write_all(&mut file, &garbage).unwrap();
    desk.lines("a.log", 2..4);
    desk.ship_once();
    let stored = desk.stored();
    for number in 0..4 {
        assert!(stored.contains_key(&line(number)), "{number}");
    }
    assert!(stored.keys().any(|message| message.contains("caf")), "the odd line is kept");
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_read_when_it_can_be() {
    if rustix_is_root() {
        return; // Root reads everything.
    }
    let desk = Desk::new();
    desk.lines("a.log", 0..5);
    desk.lines("b.log", 5..10);
    let closed = fs::Permissions::from_mode(0o000);
    fs::set_permissions(desk.log("b.log"), closed).unwrap();
    let mut shipper = desk.start();
    shipper.wait_for_error(LIMIT, "file_unreadable");
    desk.wait_for(5);
    fs::set_permissions(desk.log("b.log"), fs::Permissions::from_mode(0o600)).unwrap();
    desk.wait_for(10);
    shipper.terminate(LIMIT);
    desk.holds(0..10);
}

fn rustix_is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}
