//! Every act of the script, as our client sees it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use elastic::{
    Address, BulkReply, BulkRequest, Client, Cluster, Credentials, Method, Pace, Verdict,
};
use runtime::{ManualClock, SystemClock};

use super::*;

const STREAM: &str = "logs-store.order-test";
const LIMIT: Duration = Duration::from_secs(30);

fn cluster(urls: &[&str]) -> Cluster {
    let addresses = urls.iter().map(|url| Address::parse(url).unwrap()).collect();
    Cluster::try_new(addresses, Credentials::None).unwrap().within(LIMIT).unwrap()
}

fn client(server: &Scripted) -> Client {
    Client::new(&cluster(&[&server.url()]), Arc::new(SystemClock::new())).unwrap()
}

fn two_documents() -> BulkRequest {
    BulkRequest::of([("a", &b"{\"n\":1}"[..]), ("b", &b"{\"n\":2}"[..])])
}

fn verdicts(reply: BulkReply) -> Vec<Verdict> {
    let BulkReply::Items { verdicts, .. } = reply else { panic!("{reply:?}") };
    verdicts
}

async fn after(act: Act) -> (BulkReply, Scripted) {
    let server = Scripted::keeping();
    server.script([act]);
    let reply = client(&server).bulk(STREAM, &two_documents()).await;
    (reply, server)
}

#[tokio::test]
async fn documents_are_stored_once() {
    let server = Scripted::keeping();
    let client = client(&server);
    let first = verdicts(client.bulk(STREAM, &two_documents()).await);
    assert_eq!(first, [Verdict::Stored, Verdict::Stored]);
    let again = verdicts(client.bulk(STREAM, &two_documents()).await);
    assert_eq!(again, [Verdict::Duplicate, Verdict::Duplicate]);
    let elsewhere = verdicts(client.bulk("logs-store.order-other", &two_documents()).await);
    assert_eq!(elsewhere, [Verdict::Stored, Verdict::Stored]);
    let counts = server.counts();
    assert_eq!((counts.documents, counts.duplicates, counts.items), (4, 2, 6));
    assert_eq!((counts.requests, counts.connections), (3, 1), "connections are kept");
    assert_eq!(counts.raw_bytes, 3 * two_documents().raw_bytes() as u64);
    let documents = server.documents(STREAM);
    assert_eq!(documents[1].id, "b");
    assert_eq!(documents[1].value(), serde_json::json!({ "n": 2 }));
}

#[tokio::test]
async fn a_status_refuses_all_documents() {
    let (reply, server) = after(Act::Status(413)).await;
    assert_eq!(reply, BulkReply::TooLarge);
    assert_eq!(server.counts().documents, 0);
    for status in [401, 403, 404] {
        let (reply, _) = after(Act::Status(status)).await;
        assert_eq!(reply, BulkReply::Held { status, reason: "by script".to_owned() });
    }
    for status in [429, 500, 502, 503, 504] {
        let (reply, _) = after(Act::Status(status)).await;
        let BulkReply::Busy { status: told, retry_after } = reply else {
            panic!("{status}: {reply:?}")
        };
        assert_eq!(told, Some(status));
        assert!(retry_after > Duration::from_millis(200), "{retry_after:?}");
    }
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let (reply, _) = after(Act::Throttle(17)).await;
    let BulkReply::Busy { retry_after, .. } = reply else { panic!("{reply:?}") };
    assert!(retry_after > Duration::from_secs(16), "{retry_after:?}");
}

#[tokio::test]
async fn items_differ() {
    let server = Scripted::start();
    server.script([Act::Items(vec![Outcome::unparsable("store.x")])]);
    let verdicts = verdicts(client(&server).bulk(STREAM, &two_documents()).await);
    let Verdict::Rejected { field, .. } = &verdicts[0] else { panic!("{verdicts:?}") };
    assert_eq!(field.as_deref(), Some("store.x"));
    assert_eq!(verdicts[1], Verdict::Stored);
    assert_eq!(server.stored(STREAM), 1);
}

#[tokio::test]
async fn every_scripted_outcome_has_its_verdict() {
    let check = async |outcome: Outcome, want: &dyn Fn(&Verdict) -> bool| {
        let (reply, server) = after(Act::EveryItem(outcome)).await;
        let verdicts = verdicts(reply);
        assert!(verdicts.len() == 2 && verdicts.iter().all(want), "{verdicts:?}");
        assert_eq!(server.counts().documents, 0);
    };
    let paced = |pace| move |verdict: &Verdict| matches!(verdict, Verdict::Retry { paced, .. } if *paced == pace);
    check(Outcome::throttled(), &paced(Pace::Backoff)).await;
    check(Outcome::flooded(), &paced(Pace::Flood)).await;
    check(Outcome::without_pipeline("x"), &paced(Pace::Setup)).await;
    check(Outcome::without_stream(STREAM), &paced(Pace::Setup)).await;
    check(Outcome::forbidden(), &paced(Pace::Credentials)).await;
    check(Outcome::redirected(), &|verdict| matches!(verdict, Verdict::Redirected { .. })).await;
}

#[tokio::test]
async fn a_lost_answer_is_an_unknown_outcome_whether_it_was_stored_or_not() {
    let stored = [Act::CutAfter, Act::CutReply, Act::Garble, Act::OneItemLess];
    for (act, documents) in stored.map(|act| (act, 2)).into_iter().chain([(Act::CutBefore, 0)]) {
        let (reply, server) = after(act.clone()).await;
        assert!(matches!(reply, BulkReply::Unknown { .. }), "{act:?}: {reply:?}");
        assert_eq!(server.counts().documents, documents, "{act:?}");
    }
}

#[tokio::test]
async fn what_was_stored_before_its_answer_was_lost_is_a_duplicate_when_it_comes_again() {
    let server = Scripted::keeping();
    server.script([Act::CutAfter]);
    let clock = ManualClock::new("2026-03-01T00:00:00Z".parse().unwrap());
    let client = Client::new(&cluster(&[&server.url()]), Arc::new(clock.clone())).unwrap();
    assert!(matches!(client.bulk(STREAM, &two_documents()).await, BulkReply::Unknown { .. }));
    // The address rests: nothing is sent before its time.
    let reply = client.bulk(STREAM, &two_documents()).await;
    assert_eq!(reply, BulkReply::Busy { status: None, retry_after: client.rest() });
    assert_eq!(server.counts().requests, 1);
    clock.advance(client.rest());
    let verdicts = verdicts(client.bulk(STREAM, &two_documents()).await);
    assert_eq!(verdicts, [Verdict::Duplicate, Verdict::Duplicate]);
    assert_eq!(server.counts().documents, 2);
}

#[tokio::test]
async fn items_without_status_are_sent_again() {
    let (reply, _) = after(Act::WithoutStatus).await;
    let verdicts = verdicts(reply);
    assert!(
        verdicts
            .iter()
            .all(|verdict| matches!(verdict, Verdict::Retry { paced: Pace::Backoff, .. })),
        "{verdicts:?}"
    );
}

#[tokio::test]
async fn a_reply_may_be_long() {
    let (reply, _) = after(Act::Pad(600 << 10)).await;
    assert_eq!(verdicts(reply), [Verdict::Stored, Verdict::Stored]);
}

#[tokio::test]
async fn a_late_reply_is_waited_for_up_to_the_time_limit() {
    let server = Scripted::start();
    let late = |span| Act::Late(span, Box::new(Act::Serve));
    server.script([late(Duration::from_millis(50)), late(Duration::from_mins(10))]);
    let short = cluster(&[&server.url()]).within(Duration::from_millis(500)).unwrap();
    let client = Client::new(&short, Arc::new(SystemClock::new())).unwrap();
    assert_eq!(verdicts(client.bulk(STREAM, &two_documents()).await).len(), 2);
    let reply = client.bulk(STREAM, &two_documents()).await;
    let BulkReply::Unknown { reason } = reply else { panic!("{reply:?}") };
    assert!(reason.ends_with("nothing came within 500ms"), "{reason}");
    drop(server); // does not wait for ten minutes
}

#[tokio::test]
async fn a_server_that_does_not_know_our_parameters_is_asked_without_them_from_then_on() {
    let server = Scripted::with(Options { dialect: Dialect::OpenSearch, ..Options::default() });
    let client = client(&server);
    assert_eq!(verdicts(client.bulk(STREAM, &two_documents()).await).len(), 2);
    assert_eq!(server.counts().requests, 2);
    assert_eq!(verdicts(client.bulk(STREAM, &two_documents()).await).len(), 2);
    assert_eq!(server.counts().requests, 3);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_too_large_for_this_server() {
    let server = Scripted::with(Options { max_body_bytes: 60, ..Options::default() });
    assert_eq!(client(&server).bulk(STREAM, &two_documents()).await, BulkReply::TooLarge);
    let one = BulkRequest::of([("a", &b"{}"[..])]);
    assert_eq!(verdicts(client(&server).bulk(STREAM, &one).await), [Verdict::Stored]);
}

#[tokio::test]
async fn a_payload_that_is_no_json_is_refused_alone() {
    let server = Scripted::keeping();
    let request = BulkRequest::of([("a", &b"{\"n\":"[..]), ("b", &b"{}"[..])]);
    let verdicts = verdicts(client(&server).bulk(STREAM, &request).await);
    assert!(matches!(verdicts[0], Verdict::Rejected { .. }), "{verdicts:?}");
    assert_eq!(verdicts[1], Verdict::Stored);
}

#[tokio::test]
async fn a_rule_decides_by_what_is_in_a_request() {
    let server = Scripted::start();
    server.rule(|request| match request.document(0) {
        b"{\"n\":1}" if request.number == 0 => Act::EveryItem(Outcome::throttled()),
        _ => Act::Serve,
    });
    let client = client(&server);
    let first = verdicts(client.bulk(STREAM, &two_documents()).await);
    assert!(matches!(first[0], Verdict::Retry { .. }));
    assert_eq!(
        verdicts(client.bulk(STREAM, &two_documents()).await),
        [Verdict::Stored, Verdict::Stored]
    );
    server.serve();
    assert_eq!(server.acts_left(), 0);
}

#[tokio::test]
async fn a_server_that_is_down_cannot_be_reached_and_comes_back_with_what_it_had() {
    let server = Scripted::start();
    let clock = ManualClock::new("2026-03-01T00:00:00Z".parse().unwrap());
    let client = Client::new(&cluster(&[&server.url()]), Arc::new(clock.clone())).unwrap();
    assert_eq!(verdicts(client.bulk(STREAM, &two_documents()).await).len(), 2);
    let stopped = server.stop();
    let error = client.send(Method::Get, "/", &[], elastic::Body::Empty).await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
    let server = stopped.start();
    clock.advance(client.rest());
    let again = verdicts(client.bulk(STREAM, &two_documents()).await);
    assert_eq!(again, [Verdict::Duplicate, Verdict::Duplicate]);
    assert_eq!(server.counts().documents, 2);
}

#[tokio::test]
async fn a_node_that_is_down_is_passed_over() {
    let (down, up) = (Scripted::start(), Scripted::start());
    let urls = [down.url(), up.url()];
    let _stopped = down.stop();
    let client =
        Client::new(&cluster(&[&urls[0], &urls[1]]), Arc::new(SystemClock::new())).unwrap();
    for _ in 0..3 {
        let reply = client.bulk(STREAM, &two_documents()).await;
        assert_eq!(verdicts(reply).len(), 2);
    }
    assert_eq!(up.counts().requests, 3);
    assert_eq!(client.rest(), Duration::ZERO);
}

#[tokio::test]
async fn nodes_take_turns() {
    let (one, other) = (Scripted::start(), Scripted::start());
    let client =
        Client::new(&cluster(&[&one.url(), &other.url()]), Arc::new(SystemClock::new())).unwrap();
    for _ in 0..4 {
        assert_eq!(verdicts(client.bulk(STREAM, &two_documents()).await).len(), 2);
    }
    assert_eq!((one.counts().requests, other.counts().requests), (2, 2));
}

#[tokio::test]
async fn numbers_in_payloads_tell_what_came_what_is_stored_and_what_is_doubled() {
    let server = Scripted::with(Options { numbers: Numbering::Counted, ..Options::default() });
    let numbered = |id: &str, number: u32| {
        BulkRequest::of([(id, format!("{{\"m\":\"{}\"}}", mark(number)).as_bytes())])
    };
    let client = client(&server);
    for request in [numbered("a", 7), numbered("a", 7), numbered("b", 7), two_documents()] {
        verdicts(client.bulk(STREAM, &request).await);
    }
    assert_eq!(server.numbered(), Numbered { arrived: 3, distinct: 1, doubled: 1 });
}

#[tokio::test]
async fn messages_are_known_by_their_digests_whether_payloads_are_kept_or_not() {
    for server in [Scripted::digesting(), Scripted::keeping()] {
        let said = |id: &str, message: &str| {
            BulkRequest::of([(id, format!(r#"{{"message":"{message}"}}"#).as_bytes())])
        };
        let client = client(&server);
        for request in [said("a", "x"), said("a", "x"), said("b", "x"), said("c", "y \\u00e9")] {
            verdicts(client.bulk(STREAM, &request).await);
        }
        assert_eq!(server.messages(STREAM), HashMap::from([(digest("x"), 2), (digest("y é"), 1)]));
    }
}

/// Sends a request as it stands and returns what comes back until the server has said all.
fn raw(server: &Scripted, head: &str, body: &str) -> String {
    let address = server.url().trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(address).unwrap();
    write!(socket, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    let mut reply = String::new();
    socket.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn a_client_that_leaves_ids_and_stream_to_the_action_is_answered_in_full() {
    let server = Scripted::start();
    let body = "{\"create\":{\"_index\": \"logs-a-b\"}}\n{}\n".repeat(2);
    let reply = raw(&server, "POST /_bulk HTTP/1.1\r\nExpect: 100-continue", &body);
    let told = reply.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    let (_, text) = told.split_once("\r\n\r\n").unwrap();
    let text: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(text["items"][1]["create"]["status"], 201);
    assert_eq!(text["items"][1]["create"]["result"], "created");
    assert_eq!(server.stored("logs-a-b"), 2);
}

#[test]
fn a_client_that_asks_for_health_is_told() {
    let reply = raw(&Scripted::start(), "GET /_cat/health HTTP/1.1", "");
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("green"), "{reply}");
}
