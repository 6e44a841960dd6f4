//! Bad networks: a cluster that swallows, drips or asks for patience, and how many times a document is sent in a storm.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use harness::eventually;
use harness::scripted::{Act, Outcome, Scripted};

use crate::desk::{Desk, LIMIT, ask};

/// A listener that takes connections and what comes over them, and never answers more than it is told to.
struct Hole {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    taken: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Hole {
    /// Takes everything and answers byte by byte with what is not even a head.
    fn dripping(drip: &'static [u8], pause: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (over, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (flag, count) = (Arc::clone(&over), Arc::clone(&taken));
        let thread = std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                if flag.load(Ordering::Acquire) {
                    break;
                }
                count.fetch_add(1, Ordering::AcqRel);
                let (stream, flag) = (stream.unwrap(), Arc::clone(&flag));
                open.push(std::thread::spawn(move || hold(stream, drip, pause, &flag)));
            }
            for thread in open {
                thread.join().unwrap();
            }
        });
        Self { address, over, taken, thread: Some(thread) }
    }

    fn silent() -> Self {
        Self::dripping(b"", Duration::from_millis(10))
    }

    fn taken(&self) -> u64 {
        self.taken.load(Ordering::Acquire)
    }
}

fn hold(mut stream: TcpStream, drip: &[u8], pause: Duration, over: &AtomicBool) {
    stream.set_read_timeout(Some(pause)).unwrap();
    let mut bytes = [0; 8_192];
    let mut drops = drip.iter().cycle();
    while !over.load(Ordering::Acquire) {
        match stream.read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            // Nothing more comes: one more drop of the answer.
            Err(_) => {
                if let Some(drop) = drops.next()
                    && stream.write_all(&[*drop]).is_err()
                {
                    return;
                }
            }
        }
    }
}

impl Drop for Hole {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Ships 500 lines to a cluster of which one address is a hole.
fn check(hole: &Hole) {
    let mut desk = Desk::new();
    desk.cluster = Some(format!(
        "{{ addresses: [\"http://{}\", \"{}\"], time_limit: 1s }}",
        hole.address,
        desk.server.url()
    ));
    desk.lines("a.log", 0..500);
    desk.ship_once();
    desk.holds(0..500);
    assert!(hole.taken() > 0, "it was tried");
}

#[test]
fn a_black_hole_is_left_at_the_time_limit_and_another_address_takes_over() {
    check(&Hole::silent());
}

#[test]
fn an_answer_that_drips_is_left_at_the_time_limit_too() {
    check(&Hole::dripping(b"HTTP/1.1 200 OK\r\nx: y\r\nx: y\r\n", Duration::from_millis(20)));
}

#[test]
fn an_address_that_is_down_is_passed_over_and_the_other_one_takes_everything() {
    let mut desk = Desk::new();
    let down = Scripted::start();
    let url = down.url();
    let _stopped = down.stop();
    desk.cluster = Some(format!("{{ addresses: [\"{url}\", \"{}\"] }}", desk.server.url()));
    desk.lines("a.log", 0..2_000);
    desk.ship_once();
    desk.holds(0..2_000);
    assert_eq!(desk.server.counts().duplicates, 0);
}

#[test]
fn retry_after_is_waited_for_and_nothing_is_sent_meanwhile() {
    let desk = Desk::new();
    desk.lines("a.log", 0..10);
    desk.server.script([Act::Throttle(3)]);
    let shipper = desk.start();
    eventually(LIMIT, || desk.server.counts().requests == 1);
    let began = std::time::Instant::now();
    desk.lines("a.log", 10..20);
    desk.wait_for(20);
    assert!(began.elapsed() > Duration::from_secs(2), "{:?}", began.elapsed());
    shipper.terminate(LIMIT);
    desk.holds(0..20);
}

/// Ships so many lines while the first answers refuse so many of five documents for load; returns how often a document
/// was sent on average.
fn sends_in_a_storm(lines: u32, answers: u64, refused: usize) -> f64 {
    let desk = Desk::new();
    desk.lines("a.log", 0..lines);
    desk.server.rule(move |request| {
        if request.number >= answers {
            return Act::Serve;
        }
        // Of any five documents in a row, so many are refused.
        let is_refused = |at: usize| (at % 5) < refused;
        let outcome = |at: usize| is_refused(at).then(Outcome::throttled);
        Act::Each((0..request.documents()).map(outcome).collect())
    });
    desk.ship_once();
    desk.holds(0..lines);
    let counts = desk.server.counts();
    assert_eq!(counts.duplicates, 0);
    counts.items as f64 / f64::from(lines)
}

#[test]
fn in_a_storm_that_refuses_a_fifth_a_document_is_sent_at_most_1_3_times() {
    let sends = sends_in_a_storm(40_000, 10, 1);
    assert!(sends <= 1.3, "{sends}");
}

#[test]
fn in_a_storm_that_refuses_most_few_documents_are_offered_until_it_is_over() {
    // Without a pace, the first ten requests would be of 2,000 documents each: 1.3 sends and more.
    let sends = sends_in_a_storm(40_000, 10, 3);
    assert!(sends <= 1.15, "{sends}");
}

#[test]
fn a_storm_takes_the_concurrency_down() {
    let desk = Desk::new();
    desk.lines("a.log", 0..60_000);
    let shipper = desk.start();
    desk.wait_for(60_000);
    desk.server
        .rule(|request| Act::Items(vec![Outcome::throttled(); request.documents().div_ceil(5)]));
    desk.lines("a.log", 60_000..80_000);
    eventually(LIMIT, || {
        let metrics = ask(&shipper, "/metrics");
        metrics.contains("shipper_concurrency_limit 1\n")
            || metrics.contains("shipper_concurrency_limit 2\n")
    });
    desk.server.serve();
    desk.wait_for(80_000);
    shipper.terminate(LIMIT);
    desk.holds(0..80_000);
}

#[test]
fn a_full_disk_of_the_cluster_holds_its_stream_raises_the_alarm_and_costs_nothing() {
    let mut desk = Desk::new();
    desk.inputs = "{ id: app, paths: [\"logs/*.log\"], dataset: app, format: plain }\n  - { id: support, paths: [\"logs/*.txt\"], dataset: support, format: plain }".to_owned();
    desk.lines("a.log", 0..6_000);
    desk.server.rule(|request| match request.stream {
        crate::desk::STREAM => Act::EveryItem(Outcome::flooded()),
        _ => Act::Serve,
    });
    let mut shipper = desk.start();
    shipper.wait_for_error(LIMIT, "bulk_held");
    // The other stream goes on, and its success does not hide what is wrong.
    desk.lines("b.txt", 0..100);
    eventually(LIMIT, || desk.server.stored("logs-store.support-default") == 100);
    let ready = ask(&shipper, "/readyz");
    assert!(ready.starts_with("HTTP/1.0 503") && ready.contains("flood-stage"), "{ready}");
    // One request, perhaps two side by side, and then a pause of 30 to 60 s.
    let sent = desk.server.counts().items - 100;
    assert!(sent <= 4_000, "{sent} documents were offered to a full disk");
    desk.server.serve();
    shipper.kill();
    desk.ship_once();
    desk.holds(0..6_000);
}

/// S5: reading pauses when nothing gets through, and goes on by itself; a restart while it is paused costs nothing.
#[test]
fn s5_a_paused_input_resumes_also_after_a_restart() {
    let mut desk = Desk::new();
    desk.bulk = "{ max_wait: 50ms, max_inflight: 1MiB }".to_owned();
    desk.lines("a.log", 0..40_000);
    desk.server.rule(|_| Act::Status(503));
    for _ in 0..2 {
        let shipper = desk.start();
        let before = desk.server.counts().failed_requests;
        eventually(LIMIT, || desk.server.counts().failed_requests > before);
        let metrics = ask(&shipper, "/metrics");
        let read = metrics.split("shipper_lines_read_total{source=\"app\"} ").nth(1).unwrap();
        let read: u32 = read.lines().next().unwrap().parse().unwrap();
        assert!(read < 40_000, "reading stops: {read} lines are on their way");
        shipper.kill();
    }
    desk.server.serve();
    let shipper = desk.start();
    desk.wait_for(40_000);
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    desk.holds(0..40_000);
}
