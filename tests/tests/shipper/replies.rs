//! S7: what a bulk reply may hold, and that each document gets the verdict that is its own.
//!
//! Also S7, in `delivery`: `unknown_outcomes_are_sent_again_with_the_same_ids` (status missing, JSON cut off, an item less),
//! `a_long_reply_is_read_whole` (over 512 KiB). Ids and names of streams with quotes and line breaks: `elastic::bulk` and the
//! contract test `ids_may_hold_any_character`.

use harness::desk::{Desk, LIMIT, STREAM};
use harness::scripted::{Act, Document, Outcome};
use serde_json::Value;

/// Ships so many lines against a script; returns what became of the events.
fn check(lines: u32, acts: impl IntoIterator<Item = Act>) -> (Desk, Value) {
    let desk = Desk::new();
    desk.lines("a.log", 0..lines);
    desk.server.script(acts);
    let ended = desk.shipper(&["run", "--until-idle", "--json"]).run(LIMIT);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(desk.server.acts_left(), 0, "the script was played");
    let summary = serde_json::from_str(&ended.output).unwrap();
    (desk, summary)
}

fn counts(summary: &Value) -> [u64; 4] {
    ["stored", "duplicates", "redirected", "dead_lettered"]
        .map(|class| summary[class].as_u64().unwrap())
}

#[test]
fn s7_all_are_stored() {
    let (desk, summary) = check(300, []);
    assert_eq!(counts(&summary), [300, 0, 0, 0]);
    desk.holds(0..300);
}

#[test]
fn s7_all_are_refused_and_each_is_rescued_once() {
    let (desk, summary) = check(300, [Act::EveryItem(Outcome::unparsable("log.file.path"))]);
    assert_eq!(counts(&summary), [300, 0, 0, 0]);
    desk.holds(0..300);
    let moved =
        |document: &Document| document.value()["store"]["extra"]["log.file.path"].is_string();
    assert!(desk.server.documents(STREAM).iter().all(moved));
}

#[test]
fn s7_all_answer_409_because_an_earlier_answer_was_lost() {
    let (desk, summary) = check(300, [Act::CutAfter]);
    assert_eq!(counts(&summary), [0, 300, 0, 0]);
    desk.holds(0..300);
}

#[test]
fn s7_all_kinds_of_verdicts_in_one_reply() {
    let kind = |at: usize| match at % 5 {
        0 => Some(Outcome::throttled()),
        1 => Some(Outcome::unparsable("message")),
        2 => {
            Some(Outcome::error(503, "unavailable_shards_exception", "primary shard is not active"))
        }
        _ => None,
    };
    let (desk, summary) = check(300, [Act::Each((0..300).map(kind).collect())]);
    assert_eq!(counts(&summary), [300, 0, 0, 0]);
    assert_eq!(desk.server.counts().duplicates, 0, "what was stored was not sent again");
    assert_eq!(desk.server.items(STREAM), 300 + 180);
}

#[test]
fn s7_a_verdict_belongs_to_the_document_at_its_place() {
    let bad = [3, 77, 299];
    let refused = |at: usize| bad.contains(&at).then(|| Outcome::unparsable("log.file.path"));
    let (desk, _) = check(300, [Act::Each((0..300).map(refused).collect())]);
    desk.holds(0..300);
    let moved: Vec<String> = desk
        .server
        .documents(STREAM)
        .iter()
        .map(Document::value)
        .filter(|document| document["store"]["extra"]["log.file.path"].is_string())
        .map(|document| document["message"].as_str().unwrap().to_owned())
        .collect();
    let mut want = bad.map(|at| harness::desk::line(u32::try_from(at).unwrap()));
    want.sort();
    let mut moved = moved;
    moved.sort();
    assert_eq!(moved, want);
}

#[test]
fn s7_what_the_failure_store_kept_is_acknowledged_and_counted_apart() {
    let (desk, summary) = check(10, [Act::EveryItem(Outcome::redirected())]);
    assert_eq!(counts(&summary), [0, 0, 10, 0]);
    assert_eq!(desk.server.items(STREAM), 10);
}

#[test]
fn s7_a_write_block_is_waited_for_and_costs_nothing() {
    let blocked = Outcome::error(
        403,
        "cluster_block_exception",
        "index [x] blocked by: [FORBIDDEN/8/index write (api)];",
    );
    let (desk, summary) = check(100, [Act::EveryItem(blocked)]);
    assert_eq!(counts(&summary), [100, 0, 0, 0]);
    desk.holds(0..100);
}

#[test]
fn s7_an_unknown_refusal_of_a_document_is_a_dead_letter_and_the_others_go_on() {
    let desk = Desk::new();
    desk.lines("a.log", 0..50);
    let teapot = |_: usize| Outcome::error(418, "teapot_exception", "short and stout");
    let outcomes = move |request: &harness::scripted::Request<'_>| {
        let is_first = |at: usize| request.document(at).windows(7).any(|part| part == b"line 7 ");
        Act::Each((0..request.documents()).map(|at| is_first(at).then(|| teapot(at))).collect())
    };
    desk.server.rule(outcomes);
    let ended = desk.shipper(&["run", "--until-idle", "--json"]).run(LIMIT);
    let summary: Value = serde_json::from_str(&ended.output).unwrap();
    assert_eq!(counts(&summary), [49, 0, 0, 1], "{summary}");
    desk.holds((0..50).filter(|number| *number != 7));
}
