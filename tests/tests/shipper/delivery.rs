//! What the cluster may answer, row by row: nothing is lost, nothing doubled, nothing waits for ever.

use std::time::Duration;

use harness::scripted::{Act, Outcome};

use crate::desk::{Desk, LIMIT};

/// Ships 500 lines against a script and checks that all arrive.
fn check(acts: impl IntoIterator<Item = Act>) -> Desk {
    let desk = Desk::new();
    desk.lines("a.log", 0..500);
    desk.server.script(acts);
    desk.ship_once();
    assert_eq!(desk.server.acts_left(), 0, "the script was played");
    desk.holds(0..500);
    desk
}

#[test]
fn busy_answers_are_sent_again() {
    check([Act::Throttle(1), Act::Status(503), Act::Status(502)]);
}

#[test]
fn unknown_outcomes_are_sent_again_with_the_same_ids() {
    let desk = check([Act::CutBefore, Act::CutAfter, Act::CutReply, Act::Garble]);
    assert!(desk.server.counts().duplicates >= 500, "{:?}", desk.server.counts());
    check([Act::OneItemLess, Act::WithoutStatus]);
}

#[test]
fn a_long_reply_is_read_whole() {
    check([Act::Pad(1 << 20)]);
}

#[test]
fn only_the_items_that_were_throttled_are_sent_again() {
    let desk = check([Act::Items(vec![Outcome::throttled(); 7])]);
    let counts = desk.server.counts();
    assert_eq!((desk.server.items(harness::desk::STREAM), counts.duplicates), (507, 0));
}

#[test]
fn a_request_that_is_too_large_is_split() {
    let desk = Desk::new();
    desk.lines("a.log", 0..2_000);
    desk.server.rule(
        |request| {
            if request.documents() > 300 { Act::Status(413) } else { Act::Serve }
        },
    );
    desk.ship_once();
    desk.holds(0..2_000);
}

#[test]
fn a_document_that_is_refused_is_rescued_once_under_its_id() {
    let desk = check([Act::Items(vec![Outcome::unparsable("log.file.path")])]);
    let stream = crate::desk::STREAM;
    let rescued: Vec<_> = desk
        .server
        .documents(stream)
        .into_iter()
        .map(|document| document.value())
        .filter(|document| {
            document["store"]["pipeline"]["flags"].to_string().contains("field_moved")
        })
        .collect();
    assert_eq!(rescued.len(), 1);
    assert!(rescued[0]["store"]["extra"]["log.file.path"].is_string(), "{}", rescued[0]);
}

#[test]
fn a_document_refused_twice_is_a_dead_letter_that_can_be_listed_shown_and_replayed() {
    let desk = Desk::new();
    desk.lines("a.log", 0..100);
    desk.server.rule(|request| {
        let bad = |at: usize| {
            let text = String::from_utf8_lossy(request.document(at)).into_owned();
            text.contains("line 13 ")
        };
        let items =
            (0..request.documents()).map(|at| bad(at).then(|| Outcome::unparsable("message")));
        let items: Vec<Option<Outcome>> = items.collect();
        match items.iter().position(Option::is_some) {
            None => Act::Serve,
            Some(first) => {
                let mut outcomes = vec![Outcome::throttled(); first];
                outcomes.push(Outcome::unparsable("message"));
                Act::Items(outcomes)
            }
        }
    });
    let mut shipper = desk.start();
    shipper.wait_for_error(LIMIT, "dead_letter");
    desk.wait_for(99);
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds((0..100).filter(|&number| number != 13));
    let list = desk.shipper(&["dlq", "list"]).run(LIMIT);
    assert!(list.output.contains("1 dead letters"), "{}", list.output);
    let id = list.output.split("for example ").nth(1).unwrap().lines().next().unwrap().to_owned();
    let show = desk.shipper(&["dlq", "show", &id]).run(LIMIT);
    assert!(show.output.contains("line 13 "), "{}", show.output);
    let refused = desk.shipper(&["dlq", "replay"]).run(LIMIT);
    assert_eq!(refused.code, Some(65), "it is refused again: {}", refused.output);
    desk.server.serve();
    let replay = desk.shipper(&["dlq", "replay"]).run(LIMIT);
    assert_eq!(replay.code, Some(0), "{}{}", replay.output, replay.errors);
    assert!(replay.output.starts_with("1 stored"), "{}", replay.output);
    desk.holds(0..100);
    let list = desk.shipper(&["dlq", "list"]).run(LIMIT);
    assert!(list.output.contains("0 dead letters"), "{}", list.output);
}

#[test]
fn a_stopped_cluster_does_not_stop_the_start_and_is_caught_up_with() {
    let mut desk = Desk::new();
    desk.lines("a.log", 0..1_000);
    let shipper = desk.shipper(&["run"]);
    let server = std::mem::replace(&mut desk.server, harness::scripted::Scripted::keeping());
    let stopped = server.stop();
    let mut shipper = shipper.start();
    shipper.wait_for_error(LIMIT, "bulk_unknown");
    desk.server = stopped.start();
    desk.wait_for(1_000);
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds(0..1_000);
}

#[test]
fn a_slow_cluster_stops_reading_and_not_the_shipper() {
    let desk = Desk::new();
    desk.lines("a.log", 0..60_000);
    desk.server.rule(|_| Act::Late(Duration::from_millis(20), Box::new(Act::Serve)));
    desk.ship_once();
    desk.holds(0..60_000);
}
