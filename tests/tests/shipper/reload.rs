//! S6: the configuration changes while lines are written and sent: nothing stalls, nothing is lost, nothing comes twice.

use std::time::Duration;

use harness::scripted::{Act, Document, Scripted};
use harness::{Running, Signal, eventually};

use crate::desk::{Desk, LIMIT, STREAM, ask, line};

/// Writes the configuration of the desk as it is now and asks the shipper to take it.
fn reload(desk: &Desk, shipper: &Running) {
    desk.write_config();
    shipper.signal(Signal::HUP);
}

/// Waits until the shipper has taken so many configurations.
fn wait_for_reloads(shipper: &Running, count: usize) {
    let metric = format!("shipper_reloads_total{{result=\"taken\"}} {count}\n");
    eventually(LIMIT, || ask(shipper, "/metrics").contains(&metric));
}

const APP: &str = "{ id: app, paths: [\"logs/*.log*\"], dataset: app, format: plain }";
const MORE: &str = "\n  - { id: more, paths: [\"logs/*.txt\"], dataset: app, format: plain }";

/// S6, same output: an input comes, and the tail of the one that was there goes on.
#[test]
fn s6_an_input_that_is_added_is_read_and_the_others_keep_their_tails() {
    let mut desk = Desk::new();
    desk.lines("a.log", 0..1_000);
    desk.lines("b.txt", 1_000..2_000);
    let shipper = desk.start();
    desk.wait_for(1_000);
    let before = desk.server.items(STREAM);
    desk.inputs = format!("{APP}{MORE}");
    reload(&desk, &shipper);
    wait_for_reloads(&shipper, 1);
    // What it counts is seen before what it says comes through the pipe.
    eventually(LIMIT, || shipper.errors().contains("labels.kept\":1"));
    desk.lines("a.log", 2_000..2_100);
    desk.wait_for(2_100);
    assert_eq!(desk.server.items(STREAM), before + 1_100, "nothing was sent twice");
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds(0..2_100);
}

/// S6, same output: what an input was sent before it is gone is acknowledged, and no more is read of it.
#[test]
fn s6_an_input_that_is_removed_is_read_no_more_and_comes_back_where_it_stopped() {
    let mut desk = Desk::new();
    desk.inputs = format!("{APP}{MORE}");
    desk.lines("a.log", 0..500);
    desk.lines("b.txt", 500..600);
    let shipper = desk.start();
    desk.wait_for(600);
    desk.inputs = APP.to_owned();
    reload(&desk, &shipper);
    wait_for_reloads(&shipper, 1);
    let metrics = ask(&shipper, "/metrics");
    assert!(!metrics.contains("shipper_lag_bytes{source=\"more\"}"), "{metrics}");
    desk.lines("b.txt", 600..700);
    desk.lines("a.log", 700..800);
    desk.wait_for(700);
    assert!(!desk.stored().contains_key(&line(650)), "it is not read any more");
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.inputs = format!("{APP}{MORE}");
    let shipper = desk.start();
    desk.wait_for(800);
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds(0..800);
    assert_eq!(desk.server.counts().duplicates, 0, "each went on where it had stopped");
}

/// S6, same output: the file of a changed input has no name any more, and a part of it was not read yet.
#[test]
fn s6_a_changed_input_reads_on_even_where_its_file_was_deleted() {
    let mut desk = Desk::new();
    // Reading stops at 1 MiB on its way; the file is larger than that.
    desk.bulk = "{ max_wait: 50ms, max_inflight: 1MiB }".to_owned();
    desk.lines("a.log", 0..20_000);
    desk.server.rule(|_| Act::Late(Duration::from_secs(3), Box::new(Act::Serve)));
    let shipper = desk.start();
    eventually(LIMIT, || desk.server.counts().requests >= 1);
    std::fs::remove_file(desk.log("a.log")).unwrap();
    desk.inputs = APP.replace("format: plain", "format: plain, service: renamed");
    reload(&desk, &shipper);
    wait_for_reloads(&shipper, 1);
    assert!(desk.server.stored(STREAM) < 20_000, "a part was not read yet");
    desk.server.serve();
    desk.wait_for(20_000);
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds(0..20_000);
    let renamed = |document: &Document| document.value()["service"]["name"] == "renamed";
    assert!(
        desk.server.documents(STREAM).iter().any(renamed),
        "the rest is read under the new settings"
    );
}

/// S6, new output: the old one swallows everything; what was under way goes to the new one under the same ids.
#[test]
fn s6_a_new_output_gets_what_is_under_way_without_waiting_for_the_old_one() {
    let mut desk = Desk::new();
    desk.lines("a.log", 0..20_000);
    desk.server.rule(|_| Act::Late(LIMIT * 10, Box::new(Act::Serve)));
    let shipper = desk.start();
    eventually(LIMIT, || desk.server.counts().requests >= 2);
    let old = std::mem::replace(&mut desk.server, Scripted::keeping());
    reload(&desk, &shipper);
    wait_for_reloads(&shipper, 1);
    desk.lines("a.log", 20_000..20_100);
    desk.wait_for(20_100);
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds(0..20_100);
    let metrics = desk.server.counts();
    assert_eq!(metrics.duplicates, 0, "{metrics:?}");
    assert_eq!(old.counts().documents, 0);
}

/// S6, new output, again and again under load: every line is in the last one or in one before it, and in none twice.
#[test]
fn s6_outputs_may_change_under_load_and_every_line_arrives_somewhere() {
    let mut desk = Desk::new();
    let mut shipper = desk.start();
    let mut old = Vec::new();
    for round in 0..5 {
        desk.lines("a.log", round * 4_000..(round + 1) * 4_000);
        eventually(LIMIT, || desk.server.counts().requests > 0);
        old.push(std::mem::replace(&mut desk.server, Scripted::keeping()));
        reload(&desk, &shipper);
        wait_for_reloads(&shipper, usize::try_from(round).unwrap() + 1);
    }
    desk.lines("a.log", 20_000..20_010);
    eventually(LIMIT, || desk.stored().contains_key(&line(20_009)));
    let mut everywhere = std::collections::BTreeSet::new();
    for server in old.iter().chain([&desk.server]) {
        assert_eq!(server.counts().duplicates, 0);
        for document in server.documents(STREAM) {
            everywhere.insert(document.value()["message"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(everywhere.len(), 20_010);
    assert!(shipper.is_running());
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
}

/// S6, bad file: the old configuration holds, goes on, and says so in the log, in `/readyz` and in `status`.
#[test]
fn s6_a_configuration_that_is_refused_changes_nothing_and_is_told() {
    let mut desk = Desk::new();
    desk.lines("a.log", 0..100);
    let mut shipper = desk.start();
    desk.wait_for(100);
    desk.more = "bulk_size: 5MiB\n".to_owned();
    reload(&desk, &shipper);
    shipper.wait_for_error(LIMIT, "reload_refused");
    let ready = ask(&shipper, "/readyz");
    assert!(ready.starts_with("HTTP/1.0 503") && ready.contains("bulk_size"), "{ready}");
    eventually(LIMIT, || ask(&shipper, "/status").contains("the old one holds"));
    desk.lines("a.log", 100..200);
    desk.wait_for(200);
    desk.more.clear();
    reload(&desk, &shipper);
    wait_for_reloads(&shipper, 1);
    assert!(ask(&shipper, "/readyz").starts_with("HTTP/1.0 200"));
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds(0..200);
}

/// S6, bad output: one that does not answer is not taken.
#[test]
fn s6_an_output_that_cannot_be_reached_is_not_taken() {
    let mut desk = Desk::new();
    desk.lines("a.log", 0..100);
    let mut shipper = desk.start();
    desk.wait_for(100);
    desk.cluster = Some("{ addresses: [\"http://127.0.0.1:9\"] }".to_owned());
    reload(&desk, &shipper);
    shipper.wait_for_error(LIMIT, "reload_refused");
    let ready = ask(&shipper, "/readyz");
    assert!(ready.contains("the new output") && ready.contains("cannot reach"), "{ready}");
    desk.lines("a.log", 100..200);
    desk.wait_for(200);
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds(0..200);
}

/// S6: what only a start reads is named, and nothing is taken in part.
#[test]
fn s6_a_key_that_needs_a_restart_is_named() {
    let mut desk = Desk::new();
    desk.lines("a.log", 0..10);
    let mut shipper = desk.start();
    desk.wait_for(10);
    desk.store = "{ id: another-shop }".to_owned();
    desk.inputs = format!("{APP}{MORE}");
    reload(&desk, &shipper);
    shipper.wait_for_error(LIMIT, "reload_refused");
    assert!(ask(&shipper, "/readyz").contains("store changed, which needs a restart"));
    desk.lines("b.txt", 10..20);
    desk.lines("a.log", 20..30);
    desk.wait_for(20);
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds((0..10).chain(20..30));
}
