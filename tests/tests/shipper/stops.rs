//! Stops and starts: nothing is lost and nothing comes twice.

use harness::Signal;

use crate::desk::{Desk, LIMIT, STREAM, line};

#[test]
fn an_incomplete_last_line_waits_over_a_restart_and_comes_once() {
    let desk = Desk::new();
    desk.lines("a.log", 0..5);
    let last = line(5);
    let (start, rest) = last.split_at(20);
    desk.append("a.log", start);
    desk.ship_once();
    desk.holds(0..5);
    desk.append("a.log", &format!("{rest}\n"));
    desk.ship_once();
    desk.holds(0..6);
}

#[test]
fn once_everything_is_acknowledged_a_second_run_sends_nothing() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10_000);
    desk.ship_once();
    desk.holds(0..10_000);
    let items = desk.server.items(STREAM);
    desk.ship_once();
    assert_eq!(desk.server.items(STREAM), items);
}

#[test]
fn a_terminated_shipper_drains_writes_its_checkpoint_and_ends_well() {
    let desk = Desk::new();
    desk.lines("a.log", 0..20_000);
    let shipper = desk.start();
    desk.wait_for(1);
    let ended = shipper.terminate(LIMIT);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let sent = desk.server.counts();
    assert_eq!(sent.items, sent.documents, "everything that was sent was acknowledged");
    desk.ship_once();
    desk.holds(0..20_000);
    assert_eq!(desk.server.counts().duplicates, 0, "the checkpoint was up to date");
}

#[test]
fn a_second_signal_ends_at_once() {
    let desk = Desk::new();
    desk.server.rule(|_| harness::scripted::Act::Status(503));
    desk.lines("a.log", 0..10);
    let mut shipper = desk.start();
    harness::eventually(LIMIT, || desk.server.counts().requests > 0);
    shipper.signal(Signal::TERM);
    shipper.wait_for_error(LIMIT, "draining");
    // What comes within 20 ms is an echo of the first; no person is as fast.
    std::thread::sleep(std::time::Duration::from_millis(60));
    let ended = shipper.terminate(LIMIT);
    assert_eq!(ended.code, Some(143), "{}", ended.errors);
    desk.server.serve();
    desk.ship_once();
    desk.holds(0..10);
}

#[test]
fn a_second_shipper_on_the_same_state_is_refused() {
    let desk = Desk::new();
    desk.lines("a.log", 0..1);
    let first = desk.start();
    desk.wait_for(1);
    let second = desk.shipper(&["run"]).run(LIMIT);
    assert_eq!(second.code, Some(75), "{}", second.errors);
    assert!(second.errors.contains("in use"), "{}", second.errors);
    first.terminate(LIMIT);
}

#[test]
fn an_old_checkpoint_only_means_duplicates() {
    let desk = Desk::new();
    desk.lines("a.log", 0..100);
    desk.ship_once();
    let checkpoint = desk.path("state/checkpoint.json");
    let old = std::fs::read(&checkpoint).unwrap();
    desk.lines("a.log", 100..300);
    desk.ship_once();
    std::fs::write(&checkpoint, old).unwrap();
    desk.ship_once();
    desk.holds(0..300);
    // The summary of these lines is told again too.
    assert_eq!(desk.server.counts().duplicates, 201);
    assert_eq!(desk.server.stored(STREAM), 300);
}
