//! Files that are renamed, cut, copied, deleted and made again: every line arrives once.

use std::fs::{self, OpenOptions};

use crate::desk::{Desk, LIMIT};

#[test]
fn a_file_renamed_while_it_is_read_is_read_to_its_end() {
    let desk = Desk::new();
    desk.lines("a.log", 0..100);
    let shipper = desk.start();
    desk.wait_for(100);
    desk.lines("a.log", 100..120);
    desk.rename("a.log", "a.log.1");
    desk.lines("a.log.1", 120..140);
    desk.lines("a.log", 140..200);
    desk.wait_for(200);
    shipper.terminate(LIMIT);
    desk.holds(0..200);
}

#[test]
fn a_chain_of_renames_while_we_are_stopped_is_followed() {
    let desk = Desk::new();
    desk.lines("a.log", 0..100);
    desk.ship_once();
    desk.lines("a.log", 100..150);
    desk.rename("a.log", "a.log.1");
    desk.lines("a.log", 150..180);
    desk.rename("a.log.1", "a.log.2");
    desk.rename("a.log", "a.log.1");
    desk.lines("a.log", 180..200);
    desk.ship_once();
    desk.holds(0..200);
    let before = desk.server.items(harness::desk::STREAM);
    desk.ship_once();
    assert_eq!(desk.server.items(harness::desk::STREAM), before, "nothing is sent again");
}

#[test]
fn a_file_renamed_out_of_sight_is_drained_with_its_incomplete_last_line() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10);
    let shipper = desk.start();
    desk.wait_for(10);
    let aside = desk.path("aside");
    fs::rename(desk.log("a.log"), &aside).unwrap();
    let late = crate::desk::line(10);
    let mut file = OpenOptions::new().append(true).open(&aside).unwrap();
    std::io::Write::write_all(&mut file, late.as_bytes()).unwrap();
    desk.wait_for(11);
    shipper.terminate(LIMIT);
    desk.holds(0..11);
}

#[test]
fn a_file_deleted_and_made_again_is_another_file() {
    let desk = Desk::new();
    desk.lines("a.log", 0..50);
    let shipper = desk.start();
    desk.wait_for(50);
    fs::remove_file(desk.log("a.log")).unwrap();
    desk.lines("a.log", 50..60);
    desk.wait_for(60);
    fs::remove_file(desk.log("a.log")).unwrap();
    desk.lines("a.log", 60..200);
    desk.wait_for(200);
    shipper.terminate(LIMIT);
    desk.holds(0..200);
}

#[test]
fn a_file_truncated_in_place_is_read_from_its_start() {
    let desk = Desk::new();
    desk.lines("a.log", 0..100);
    let shipper = desk.start();
    desk.wait_for(100);
    truncate(&desk);
    desk.lines("a.log", 100..105);
    desk.wait_for(105);
    // Truncated and grown again beyond our place before anybody looks.
    truncate(&desk);
    desk.lines("a.log", 105..400);
    desk.wait_for(400);
    shipper.terminate(LIMIT);
    desk.holds(0..400);
}

#[test]
fn a_file_truncated_while_we_are_stopped_is_seen_whatever_it_has_grown_to() {
    let desk = Desk::new();
    desk.lines("a.log", 0..100);
    desk.ship_once();
    truncate(&desk);
    desk.lines("a.log", 100..300);
    desk.ship_once();
    truncate(&desk);
    desk.lines("a.log", 300..301);
    desk.ship_once();
    desk.holds(0..301);
}

#[test]
fn a_copy_made_before_truncation_is_not_read_twice() {
    let desk = Desk::new();
    desk.lines("a.log", 0..100);
    let shipper = desk.start();
    desk.wait_for(100);
    fs::copy(desk.log("a.log"), desk.log("a.log.1")).unwrap();
    truncate(&desk);
    desk.lines("a.log", 100..150);
    desk.wait_for(150);
    shipper.terminate(LIMIT);
    desk.holds(0..150);
}

#[test]
fn a_copy_made_while_we_were_stopped_gives_only_what_was_not_read() {
    let desk = Desk::new();
    desk.lines("a.log", 0..100);
    desk.ship_once();
    desk.lines("a.log", 100..140);
    fs::copy(desk.log("a.log"), desk.log("a.log.1")).unwrap();
    truncate(&desk);
    desk.lines("a.log", 140..160);
    desk.ship_once();
    desk.holds(0..160);
}

#[test]
fn a_writer_without_append_leaves_a_hole_that_is_skipped() {
    let desk = Desk::new();
    desk.lines("a.log", 0..20);
    let shipper = desk.start();
    desk.wait_for(20);
    let end = fs::metadata(desk.log("a.log")).unwrap().len();
    truncate(&desk);
    let file = OpenOptions::new().write(true).open(desk.log("a.log")).unwrap();
    let text = format!("{}\n", crate::desk::line(20));
    std::os::unix::fs::FileExt::write_all_at(&file, text.as_bytes(), end).unwrap();
    desk.wait_for(21);
    shipper.terminate(LIMIT);
    desk.holds(0..21);
}

#[test]
fn equal_lines_of_two_files_and_of_one_file_stay_apart() {
    let desk = Desk::new();
    desk.append("a.log", "the same\nthe same\n");
    desk.append("b.log", "the same\n");
    desk.ship_once();
    assert_eq!(desk.stored().get("the same"), Some(&3));
}

fn truncate(desk: &Desk) {
    OpenOptions::new().write(true).truncate(true).open(desk.log("a.log")).unwrap();
}
