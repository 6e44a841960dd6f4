//! Compressed files, over restarts, rotations and damages.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use harness::eventually;

use crate::desk::{Desk, LIMIT, ask, line};
use crate::reading::{append, documents, gzip, text};

/// What happens to a file.
type Damage<'a> = &'a dyn Fn(Vec<u8>) -> Vec<u8>;

/// Compresses a log as logrotate does: into another file, and the log is gone when that is complete.
fn compress(desk: &Desk, name: &str, into: &str) {
    let text = fs::read_to_string(desk.log(name)).unwrap();
    append(&desk.log(into), &gzip(&text));
    fs::remove_file(desk.log(name)).unwrap();
}

fn reports(desk: &Desk) -> Vec<String> {
    let is_report = |document: &serde_json::Value| document["error"]["code"] == "compressed_file";
    let reports = documents(desk).into_iter().filter(is_report);
    reports.map(|document| document["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn r7_a_kill_inside_a_compressed_file_loses_and_doubles_nothing_and_its_end_is_its_end() {
    let desk = Desk::new();
    append(&desk.log("a.log.gz"), &gzip(&text(0..20_000)));
    append(&desk.log("a.log.gz"), &gzip(&text(20_000..30_000)));
    let shipper = desk.start();
    desk.wait_for(1);
    shipper.kill();
    desk.ship_once();
    desk.holds(0..30_000);
    let items = desk.server.items(harness::desk::STREAM);
    desk.ship_once();
    assert_eq!(desk.server.items(harness::desk::STREAM), items, "it is not read again");
    // Nor is it decompressed once more: the checkpoint says that so many bytes are done.
    let done = format!("\"done_bytes\":{}", fs::metadata(desk.log("a.log.gz")).unwrap().len());
    let checkpoint = desk.path("state/checkpoint.json");
    let shipper = desk.start();
    eventually(LIMIT, || fs::read_to_string(&checkpoint).is_ok_and(|text| text.contains(&done)));
    shipper.terminate(LIMIT);
    desk.ship_once();
    assert_eq!(desk.server.items(harness::desk::STREAM), items);
    // A member behind the end is read, and nothing else.
    append(&desk.log("a.log.gz"), &gzip(&text(30_000..30_010)));
    desk.ship_once();
    desk.holds(0..30_010);
    assert_eq!(desk.server.items(harness::desk::STREAM), items + 10);
}

#[test]
fn r7_the_bytes_tell_what_is_compressed_and_names_do_not() {
    let desk = Desk::new();
    append(&desk.log("a.log"), &gzip(&text(0..10)));
    append(&desk.log("b.log.gz"), text(10..20).as_bytes());
    desk.ship_once();
    desk.holds(0..20);
}

#[test]
fn r7_a_rotated_file_that_was_compressed_while_we_were_stopped_is_read_on() {
    let desk = Desk::new();
    desk.lines("a.log", 0..100);
    desk.ship_once();
    desk.lines("a.log", 100..150);
    compress(&desk, "a.log", "a.log.1.gz");
    desk.lines("a.log", 150..200);
    desk.ship_once();
    desk.holds(0..200);
    assert_eq!(desk.server.items(harness::desk::STREAM), 200, "nothing is sent twice");
    desk.rename("a.log.1.gz", "a.log.2.gz");
    desk.ship_once();
    assert_eq!(desk.server.items(harness::desk::STREAM), 200, "nothing is sent again");
}

#[test]
fn r7_a_file_that_is_rotated_and_compressed_under_us_is_read_once() {
    let desk = Desk::new();
    desk.lines("a.log", 0..500);
    let shipper = desk.start();
    desk.wait_for(500);
    desk.lines("a.log", 500..600);
    desk.rename("a.log", "a.log.1");
    desk.lines("a.log", 600..700);
    compress(&desk, "a.log.1", "a.log.1.gz");
    desk.lines("a.log", 700..800);
    desk.wait_for(800);
    desk.rename("a.log.1.gz", "a.log.2.gz");
    desk.lines("a.log", 800..900);
    desk.wait_for(900);
    shipper.terminate(LIMIT);
    desk.ship_once();
    desk.holds(0..900);
    assert_eq!(desk.server.items(harness::desk::STREAM), 900, "nothing is sent twice");
}

#[test]
fn r7_a_compressed_file_that_is_cut_waits_and_is_read_on_when_it_is_completed() {
    let desk = Desk::new();
    let whole = gzip(&text(0..2_000));
    let (first, rest) = whole.split_at(whole.len() - 6);
    append(&desk.log("a.log.gz"), first);
    let shipper = desk.start();
    desk.wait_for(2_000);
    append(&desk.log("a.log.gz"), rest);
    append(&desk.log("a.log.gz"), &gzip(&text(2_000..2_010)));
    desk.wait_for(2_010);
    shipper.terminate(LIMIT);
    desk.holds(0..2_010);
}

#[test]
fn r7_what_is_readable_of_a_damaged_file_is_kept_and_the_rest_is_told_once() {
    let cut = |mut file: Vec<u8>| {
        file.truncate(file.len() - 300);
        file
    };
    let flip = |mut file: Vec<u8>| {
        let at = file.len() - 8;
        file[at] ^= 1;
        file
    };
    let garbage = |file: Vec<u8>| [file, b"plain text".to_vec()].concat();
    let damages: [(Damage<'_>, &str); 3] = [
        (&cut, "is cut inside its compressed text"),
        (&flip, "its checksum does not fit"),
        (&garbage, "goes on with bytes that are not gzip"),
    ];
    for (damage, told) in damages {
        let mut desk = Desk::new();
        desk.read = "{ scan_interval: 200ms, rotate_wait: 300ms, gzip_wait: 300ms }".to_owned();
        append(&desk.log("a.log.gz"), &damage(gzip(&text(0..2_000))));
        desk.ship_once();
        desk.ship_once();
        let reports = reports(&desk);
        assert!(reports.len() == 1 && reports[0].contains(told), "{reports:?}");
        let stored = desk.stored();
        let kept = (0..2_000).take_while(|number| stored.contains_key(&line(*number))).count();
        assert!(kept > 1_000, "{told}: {kept}");
    }
}

#[test]
fn r7_a_bomb_stops_its_file_with_an_alarm_and_no_other() {
    let desk = Desk::new();
    let mut bomb = GzEncoder::new(Vec::new(), Compression::new(9));
    bomb.write_all(format!("{}\n", line(0)).as_bytes()).unwrap();
    bomb.write_all(&vec![b'0'; 64 << 20]).unwrap();
    append(&desk.log("bomb.log"), &bomb.finish().unwrap());
    let mut shipper = desk.start();
    shipper.wait_for_error(LIMIT, "compressed_file");
    desk.lines("b.log", 1..10);
    eventually(LIMIT, || desk.stored().contains_key(&line(9)));
    eventually(LIMIT, || ask(&shipper, "/readyz").contains("thousand times"));
    // It is sent behind the checkpoint that says where the file ends; a stop before that leaves it to the next start.
    eventually(LIMIT, || reports(&desk).len() == 1);
    shipper.terminate(LIMIT);
    assert_eq!(reports(&desk).len(), 1);
    assert!(desk.stored().contains_key(&line(0)));
}
