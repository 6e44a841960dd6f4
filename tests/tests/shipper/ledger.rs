//! The ledger: every byte is accounted for, whatever happened; the summaries; replay of files.

use std::fs;

use harness::Signal;
use harness::scripted::{Act, Outcome, Scripted};
use serde_json::Value;

use crate::desk::{Desk, LIMIT};

const PIPELINE: &str = "logs-store.pipeline-default";

/// Returns the books of the first file; they must agree.
#[track_caller]
fn books(desk: &Desk) -> Value {
    let ended = desk.shipper(&["audit", "--json", "--ranges"]).run(LIMIT);
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
    let books: Value = serde_json::from_str(&ended.output).expect("an audit in JSON");
    books["files"][0].clone()
}

fn events(books: &Value, class: &str) -> u64 {
    books["classes"][class]["events"].as_u64().unwrap_or_default()
}

#[track_caller]
fn every_byte_is_stored(desk: &Desk, lines: u64) {
    let books = books(desk);
    let length = fs::metadata(desk.log("a.log")).expect("a log").len();
    assert_eq!(books["acknowledged_bytes"], length, "{books:#}");
    assert_eq!(books["pending_bytes"], 0, "{books:#}");
    let arrived = events(&books, "stored") + events(&books, "duplicate");
    assert_eq!(arrived, lines, "{books:#}");
    assert_eq!(events(&books, "unrecorded"), 0, "{books:#}");
}

#[test]
fn every_byte_is_accounted_for_while_the_shipper_runs_and_after_it() {
    let desk = Desk::new();
    desk.lines("a.log", 0..50);
    desk.append("a.log", "\n\n");
    desk.lines("a.log", 50..100);
    let shipper = desk.start();
    desk.wait_for(100);
    harness::eventually(LIMIT, || {
        let ended = desk.shipper(&["audit", "--json"]).run(LIMIT);
        ended.code == Some(0) && ended.output.contains("filtered/empty_line")
    });
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    every_byte_is_stored(&desk, 100);
    let books = books(&desk);
    assert_eq!(events(&books, "filtered/empty_line"), 2);
    let outcomes: Vec<&Value> =
        books["ranges"].as_array().unwrap().iter().map(|range| &range["outcome"]).collect();
    assert_eq!(outcomes, ["stored", "filtered/empty_line", "stored"]);
}

#[test]
fn one_file_is_asked_for_by_its_path_and_a_stranger_is_refused() {
    let desk = Desk::new();
    desk.lines("a.log", 0..5);
    desk.lines("b.log", 5..9);
    desk.ship_once();
    let path = desk.log("b.log");
    let ended = desk.shipper(&["audit", path.to_str().unwrap()]).run(LIMIT);
    assert!(ended.output.contains("b.log") && !ended.output.contains("a.log"), "{}", ended.output);
    let ended = desk.shipper(&["audit", "/no/such.log"]).run(LIMIT);
    assert_eq!(ended.code, Some(65), "{}", ended.errors);
}

/// S1
#[test]
fn s1_a_stop_with_unacknowledged_events_and_a_kill_leave_the_books_in_order() {
    let desk = Desk::new();
    desk.lines("a.log", 0..5_000);
    // One line of the first block is never taken: whatever was read when the stop came, it is open.
    desk.server.rule(|request| {
        let is_held =
            |&at: &usize| String::from_utf8_lossy(request.document(at)).contains("line 77 ");
        match (0..request.documents()).find(is_held) {
            Some(at) => Act::Items(vec![Outcome::throttled(); at + 1]),
            None => Act::Serve,
        }
    });
    let mut shipper = desk.start();
    desk.wait_for(1_000);
    shipper.signal(Signal::TERM);
    shipper.wait_for_error(LIMIT, "draining");
    // The drain would last 30 seconds; it is cut short.
    shipper.kill();
    assert!(books(&desk)["faults"].as_array().unwrap().is_empty());
    desk.server.serve();
    let shipper = desk.start();
    desk.wait_for(2_500);
    shipper.kill();
    books(&desk);
    desk.ship_once();
    desk.holds(0..5_000);
    every_byte_is_stored(&desk, 5_000);
}

/// S1
#[test]
fn s1_a_torn_empty_or_garbage_checkpoint_falls_back_and_the_books_are_cut_back_with_it() {
    for damage in ["", "{\"format\":1,\"wri", "\0\0\0\0\0\0\0\0", "no checkpoint at all"] {
        let desk = Desk::new();
        desk.lines("a.log", 0..50);
        desk.ship_once();
        desk.lines("a.log", 50..100);
        desk.ship_once();
        fs::write(desk.path("state/checkpoint.json"), damage).unwrap();
        desk.ship_once();
        desk.holds(0..100);
        every_byte_is_stored(&desk, 100);
    }
}

/// S1
#[test]
fn s1_a_garbage_ledger_is_set_aside_and_one_that_is_gone_begins_anew() {
    let desk = Desk::new();
    desk.lines("a.log", 0..50);
    desk.ship_once();
    let segments = || {
        let names = fs::read_dir(desk.path("state/ledger")).unwrap();
        names.map(|name| name.unwrap().path()).collect::<Vec<_>>()
    };
    for segment in segments() {
        fs::write(segment, "garbage").unwrap();
    }
    desk.lines("a.log", 50..60);
    desk.ship_once();
    let ends: Vec<_> = segments()
        .iter()
        .filter_map(|path| path.extension()?.to_str().map(str::to_owned))
        .collect();
    assert!(ends.iter().any(|end| end == "damaged"), "{ends:?}");
    let found = books(&desk);
    assert_eq!(events(&found, "stored"), 10, "{found:#}");
    assert!(found["classes"]["unrecorded"]["bytes"].as_u64() > Some(0), "{found:#}");
    fs::remove_dir_all(desk.path("state/ledger")).unwrap();
    desk.ship_once();
    assert_eq!(events(&books(&desk), "stored"), 0);
    desk.holds(0..60);
}

/// S1
#[test]
fn s1_a_ledger_of_a_later_version_ends_the_run_with_78_and_is_not_touched() {
    let desk = Desk::new();
    desk.lines("a.log", 0..5);
    desk.ship_once();
    let segment = desk.path("state/ledger/99999999.pages");
    let mut record = Vec::new();
    shipper::segment::write(br#"{"format":9,"anything":[]}"#, &mut record);
    fs::write(&segment, &record).unwrap();
    let ended = desk.shipper(&["run"]).run(LIMIT);
    assert_eq!(ended.code, Some(78), "{}", ended.errors);
    assert!(ended.errors.contains("format 9"), "{}", ended.errors);
    assert_eq!(fs::read(&segment).unwrap(), record);
}

#[test]
fn a_ledger_that_lacks_what_the_checkpoint_has_is_a_fault() {
    let desk = Desk::new();
    desk.lines("a.log", 0..5);
    desk.ship_once();
    fs::remove_dir_all(desk.path("state/ledger")).unwrap();
    let ended = desk.shipper(&["audit"]).run(LIMIT);
    assert_eq!(ended.code, Some(65), "{}", ended.output);
    assert!(ended.output.contains("the ledger ends at 0"), "{}", ended.output);
}

#[test]
fn a_summary_tells_the_cluster_what_became_of_a_file_once() {
    let desk = Desk::new();
    desk.lines("a.log", 0..40);
    desk.append("a.log", "\n");
    desk.ship_once();
    desk.ship_once();
    let told: Vec<Value> =
        desk.server.documents(PIPELINE).iter().map(harness::scripted::Document::value).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    let (ledger, origin) = (&told[0]["store"]["pipeline"]["ledger"], &told[0]["store"]["origin"]);
    assert_eq!(told[0]["event"]["action"], "agent.ledger");
    assert_eq!((&ledger["documents"], &ledger["stored"]), (&40.into(), &40.into()));
    assert_eq!((&ledger["filtered"], &ledger["stream"]), (&1.into(), &crate::desk::STREAM.into()));
    let length = fs::metadata(desk.log("a.log")).unwrap().len();
    assert_eq!((&origin["offset"], &origin["end"]), (&0.into(), &length.into()));
    assert_eq!(ledger["steps"], format!("{length}:40"));
    desk.lines("a.log", 40..50);
    desk.ship_once();
    let told = desk.server.documents(PIPELINE);
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].value()["store"]["origin"]["offset"], length);
}

#[test]
fn a_replayed_file_gives_what_is_missing_under_its_old_ids_and_moves_no_checkpoint() {
    let mut desk = Desk::new();
    desk.lines("a.log", 0..300);
    desk.ship_once();
    let ids = |desk: &Desk| {
        let documents = desk.server.documents(crate::desk::STREAM);
        let ids = documents.iter().map(|document| document.value()["event"]["id"].to_string());
        ids.collect::<std::collections::BTreeSet<_>>()
    };
    let before = ids(&desk);
    let checkpoint = fs::read(desk.path("state/checkpoint.json")).unwrap();
    // Another cluster: it has nothing of all this.
    desk.server = Scripted::keeping();
    let path = desk.log("a.log");
    let replay = |desk: &Desk, more: &[&str]| {
        let mut arguments = vec!["replay", path.to_str().unwrap(), "--json"];
        arguments.extend(more);
        let ended = desk.shipper(&arguments).run(LIMIT);
        assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
        serde_json::from_str::<Value>(&ended.output).unwrap()
    };
    let shown = replay(&desk, &["--dry-run"]);
    assert_eq!((&shown["events"], desk.server.counts().items), (&300.into(), 0));
    let late = replay(&desk, &["--since", "2200-01-01T00:00:00Z"]);
    assert_eq!((&late["events"], &late["older"]), (&0.into(), &300.into()));
    let two = replay(&desk, &["--bytes", "0-1", "--bytes", "1-200"]);
    assert!(two["stored"].as_u64() >= Some(2) && two["stored"].as_u64() < Some(9), "{two}");
    let all = replay(&desk, &[]);
    assert_eq!(all["stored"].as_u64().unwrap() + all["duplicates"].as_u64().unwrap(), 300);
    assert_eq!(all["duplicates"], two["stored"]);
    desk.holds(0..300);
    assert_eq!(ids(&desk), before);
    assert_eq!(fs::read(desk.path("state/checkpoint.json")).unwrap(), checkpoint);
    // While a shipper runs, and a file that nobody shipped.
    let shipper = desk.start();
    assert_eq!(replay(&desk, &[])["duplicates"], 300);
    shipper.terminate(LIMIT);
    fs::write(desk.log("stranger.log"), "never seen\n").unwrap();
    let stranger = desk.log("stranger.log");
    let ended = desk.shipper(&["replay", stranger.to_str().unwrap()]).run(LIMIT);
    assert_eq!(ended.code, Some(65), "{}{}", ended.output, ended.errors);
}

#[test]
fn a_compressed_file_is_replayed_under_the_ids_that_its_text_had() {
    let mut desk = Desk::new();
    crate::reading::append(
        &desk.log("a.log"),
        &crate::reading::gzip(&crate::reading::text(0..300)),
    );
    desk.ship_once();
    let path = desk.log("a.log");
    let replay = |desk: &Desk| {
        let ended = desk.shipper(&["replay", path.to_str().unwrap(), "--json"]).run(LIMIT);
        assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
        serde_json::from_str::<Value>(&ended.output).unwrap()
    };
    assert_eq!(replay(&desk)["duplicates"], 300, "the cluster has them all");
    desk.server = Scripted::keeping();
    assert_eq!(replay(&desk)["stored"], 300, "this one has none");
    desk.holds(0..300);
}
