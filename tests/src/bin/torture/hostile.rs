//! T11: lines that nobody should write, mixed into a live stream.

use std::thread;
use std::time::{Duration, Instant};

use harness::desk::{Desk, LIMIT};
use harness::eventually;

use crate::plan::{Dose, Row, Rows};
use crate::probe::{Found, metric, quantile, resident_mib};

pub(crate) fn run(dose: Dose) -> Rows {
    let mut desk = Desk::new();
    "{ id: app, paths: [\"logs/*.log\"], dataset: app, format: plain }\n  \
        - { id: hostile, paths: [\"logs/*.bad\"], dataset: order, format: ndjson }"
        .clone_into(&mut desk.inputs);
    let desk = desk;
    let shipper = desk.start();
    let mut written = 0;
    let mut late = Vec::new();
    let mut step = |desk: &Desk| {
        desk.lines("a.log", written..written + 50);
        written += 50;
        let began = Instant::now();
        desk.wait_for(written as usize);
        late.push(began.elapsed().as_secs_f64());
        written
    };
    // All buffers are as large as they get in an ordinary life.
    for _ in 0..20 {
        desk.append("warm.bad", &format!("{{\"a\":\"{}\"}}\n", "x".repeat(900 << 10)));
        step(&desk);
    }
    settle(&shipper);
    let before = resident_mib(shipper.id())?;
    for round in 0..dose.pick(2, 200) {
        for line in hostile(round) {
            append(&desk, &line);
            step(&desk);
        }
    }
    let all = step(&desk);
    settle(&shipper);
    let grown = resident_mib(shipper.id())? - before;
    drop(shipper.terminate(LIMIT));
    let mut rows = Found::of(&desk, 0..all).rows();
    rows.push(Row::at_most("memory grew by", grown, 8.0, "MiB"));
    let worst = quantile(&mut late, 0.99);
    rows.push(Row::at_most("others' lag, p99", worst, 1.0, "s"));
    Ok(rows)
}

fn settle(shipper: &harness::Running) {
    eventually(LIMIT, || metric(shipper, "shipper_inflight_bytes") == 0.0);
    thread::sleep(Duration::from_secs(1));
}

fn append(desk: &Desk, bytes: &[u8]) {
    use std::io::Write as _;
    let path = desk.log("hostile.bad");
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(bytes));
    assert!(written.is_ok(), "{written:?}");
}

fn hostile(round: u32) -> Vec<Vec<u8>> {
    let deep = format!("{}1{}\n", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let keys: Vec<String> = (0..100_000).map(|key| format!("\"k{key}\":{key}")).collect();
    let garbage: Vec<u8> = (0..60_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761).wrapping_add(round) >> 13).to_le_bytes()[0])
        .collect();
    vec![
        deep.into_bytes(),
        format!("{{{}}}\n", keys.join(",")).into_bytes(),
        garbage,
        b"\n\r\n\0\0\0\0\n".to_vec(),
        b"\x1b[31mred\x1b[0m \x1b]0;title\x07\n".to_vec(),
        b"{\"a\":NaN,\"a\":1e999,\"b\":\"\\ud800\"}\n".to_vec(),
        "\u{feff}{\"text\":\"\u{202e}gnp.exe\"}\n".as_bytes().to_vec(),
        vec![b'x'; 3 << 20],
        b"\n".to_vec(),
        b"\xff\xfe\x00\xd8\n".to_vec(),
    ]
}
