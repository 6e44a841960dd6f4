//! What a line costs on one core, from bytes to the JSON of its document.
//!
//! `cargo bench -p enricher` prints time per line and lines per second. The access lines and the event of 1 KiB are made
//! here; nothing is read from disk.

#[path = "../tests/support/mod.rs"]
mod support;

use divan::{Bencher, counter::ItemsCount};
use enricher::{Format, Pipeline, RawPipeline, RawRedact, STEPS};
use jiff::Timestamp;
use runtime::{Clock as _, SystemClock};
use std::io::Write as _;

fn main() {
    steps();
    divan::main();
}

/// Prints what each step costs an access line; asking the clock after each adds some 30 ns to every one of them.
fn steps() {
    let input = support::input(Format::Combined, "traffic");
    let mut pipeline = support::pipeline(&input, &RawRedact::default());
    let (clock, lines) = (SystemClock::new(), access_lines());
    let (read_at, mut events) = (Timestamp::UNIX_EPOCH, Vec::new());
    let rounds = 200;
    for line in (0..rounds).flat_map(|_| &lines) {
        let line = support::line(line.as_bytes(), 0);
        pipeline.process_timed(&line, read_at, &|| clock.monotonic(), &mut events);
        pipeline.recycle(&mut events);
    }
    let per_line = |nanos: u64| nanos / (rounds * LINES as u64);
    let spent = pipeline.counters().nanos().iter().map(|nanos| per_line(*nanos));
    let told: Vec<String> =
        STEPS.iter().zip(spent).map(|(step, ns)| format!("{step} {ns}")).collect();
    let out = &mut std::io::stdout();
    writeln!(out, "ns of an access line: {}", told.join(", ")).expect("an open terminal");
}

/// Lines per round: more than any cache of the pipeline holds agents.
const LINES: usize = 1_000;

const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
];

fn access_lines() -> Vec<String> {
    (0..LINES)
        .map(|n| {
            format!(
                r#"203.0.{}.{} - - [01/Jan/2026:10:{:02}:{:02} +0000] "GET /product/{}?page={} HTTP/1.1" 200 {} "https://shop.example/search?q=shoes" "{}" rt=0.{:03}"#,
                n % 250,
                n % 251,
                n / 60 % 60,
                n / 20 % 60,
                1_000 + n,
                n % 9,
                5_000 + n,
                AGENTS[n % AGENTS.len()],
                n % 1_000,
            )
        })
        .collect()
}

fn business_events() -> Vec<String> {
    (0..LINES)
        .map(|n| {
            let event = format!(
                r#"{{"time":"2026-01-01T10:00:{:02}.{:03}Z","id":"evt-{n}","action":"order.submitted","provider":"shopify","channel":"web","currency":"EUR","service":"orders","service_version":"v1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","sequence":{n},"session":{{"id":"s-{n}"}},"customer":{{"id":"c-{n}","email":"buyer{n}@example.com","type":"returning"}},"order":{{"id":"{n}","status":"paid","amount":"200.07","items":"180.05","tax":"20.02","shipping":"5.00","discount":"5.00","item_count":3,"sku_count":2,"placed_at":"2026-01-01T10:00:00Z"}},"payment":{{"method":"card","provider":"acme","network":"visa","attempt":1}},"message":"order {n} of 200.07 EUR submitted","coupon":{{"code":"SPRING{n}","campaign":"spring"}},"product":{{"category":["shoes","running"],"brand":"fleet"}},"store_locale":"de-DE","ab_test":"checkout-b","page":{{"template":"checkout","theme":"winter","render_ms":123.5}}"#,
                n / 20 % 60,
                n % 1_000,
            );
            let filler = "x".repeat(1_024_usize.saturating_sub(event.len() + 12));
            format!(r#"{event},"filler":"{filler}"}}"#)
        })
        .collect()
}

fn drain(bencher: Bencher<'_, '_>, input: &RawPipeline, redact: &RawRedact, lines: &[String]) {
    let mut pipeline: Pipeline = support::pipeline(input, redact);
    let read_at = "2026-01-02T03:04:05Z".parse().unwrap_or_default();
    let (mut events, mut out) = (Vec::new(), Vec::with_capacity(4 << 20));
    bencher.counter(ItemsCount::new(lines.len())).bench_local(|| {
        out.clear();
        for line in lines {
            pipeline.process(&support::line(line.as_bytes(), 0), read_at, &mut events);
            for event in &events {
                event.document.write_json(&mut out);
            }
            pipeline.recycle(&mut events);
        }
        out.len()
    });
}

#[divan::bench]
fn access_combined(bencher: Bencher<'_, '_>) {
    let input = support::input(Format::Combined, "traffic");
    drain(bencher, &input, &RawRedact::default(), &access_lines());
}

#[divan::bench]
fn event_of_one_kib_without_key(bencher: Bencher<'_, '_>) {
    let input = support::input(Format::Ndjson, "order");
    drain(bencher, &input, &RawRedact::default(), &business_events());
}

#[divan::bench]
fn event_of_one_kib_with_key(bencher: Bencher<'_, '_>) {
    let mut key = tempfile::NamedTempFile::new().expect("a folder for temporary files");
    key.write_all(b"0123456789abcdef0123456789abcdef").expect("room for a key");
    let redact = RawRedact { key_file: Some(key.path().to_owned()), key_id: Some("1".to_owned()) };
    let input = support::input(Format::Ndjson, "order");
    drain(bencher, &input, &redact, &business_events());
}

#[divan::bench]
fn plain_line(bencher: Bencher<'_, '_>) {
    let lines: Vec<String> = (0..LINES)
        .map(|n| {
            format!(
                "2026-01-01 10:00:00,123 INFO order {n} was packed by station {} in 123 ms",
                n % 7
            )
        })
        .collect();
    drain(bencher, &support::input(Format::Plain, "app"), &RawRedact::default(), &lines);
}
