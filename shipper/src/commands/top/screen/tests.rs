use super::*;
use crate::status::BehindStatus;
use expect_test::{Expect, expect};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::collections::BTreeMap;

fn input(id: &str, lag_bytes: u64, lag_seconds: f64, drain_seconds: f64) -> InputStatus {
    let stream = "logs-store.app-default".to_owned();
    InputStatus { id: id.to_owned(), stream, lag_bytes, lag_seconds, drain_seconds }
}

fn file(path: &str, lag_bytes: u64, lag_seconds: f64) -> BehindStatus {
    BehindStatus { path: path.to_owned(), lag_bytes, lag_seconds }
}

/// A shipper that is well.
pub(in super::super) fn status() -> Status {
    Status {
        version: "0.1.0".to_owned(),
        running_seconds: 7_300,
        ready: true,
        reasons: BTreeMap::new(),
        events: Ended::ALL.map(|ended| (ended.as_str().to_owned(), 0)).into(),
        inputs: vec![input("access", 0, 0.0, 0.0), input("app", 2_048, 1.6, 3.0)],
        inflight_bytes: 1_258_291,
        concurrency: 2,
        batch_bytes: 5 << 20,
        open_files: 2,
        held_bytes: 0,
        checkpoint_age_seconds: 1,
        dead_letters: 0,
        files: Vec::new(),
        behind: vec![file("/var/log/app/app.log", 2_048, 1.6)],
    }
}

fn sample(at: u64, status: Status, stored: u64, replies: &[(&str, u64)]) -> Sample {
    let mut status = status;
    status.events.insert("stored".to_owned(), stored);
    let replies = replies.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect();
    Sample { at: Duration::from_secs(at), status, replies }
}

fn drawn(history: &History, now: u64, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let now = Duration::from_secs(now);
    terminal.draw(|frame| draw(frame, history, now)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| {
        let line: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        line.trim_end().to_owned() + "\n"
    };
    (0..height).map(line).collect()
}

fn check(history: &History, now: u64, want: &Expect) {
    want.assert_eq(&drawn(history, now, (80, 24)));
}

#[test]
fn a_shipper_that_is_well_fits_on_80_by_24() {
    let mut history = History::default();
    history.add(sample(1, status(), 1_230_000, &[("200", 800)]));
    history.add(sample(3, status(), 1_240_240, &[("200", 812)]));
    check(
        &history,
        3,
        &expect![[r"
        shipper 0.1.0 ready, running 2.0 h
        in flight 1.2 MiB, requests at once 2, batch 5.0 MiB, open files 2, held 0 B
        dead letters 0, checkpoint 1 s old

        input                                                lag        for   drained in
        access                                               0 B
        app                                              2.0 KiB        2 s          3 s

        events                 in all    of late  bulk replies         in all    of late
        stored              1,240,240    5,120/s  200                     812      6.0/s
        duplicate                   0        0/s
        redirected                  0        0/s
        filtered                    0        0/s
        dead_lettered               0        0/s

        files furthest behind                                             lag        for
        /var/log/app/app.log                                          2.0 KiB        2 s






        q ends this view
    "]],
    );
}

#[test]
fn what_is_wrong_is_said_and_cannot_steer_the_terminal() {
    let mut status = status();
    status.ready = false;
    status.reasons = [
        ("cluster".to_owned(), "answer 401: no\u{1b}[31m".to_owned()),
        ("configuration".to_owned(), "shipper.yml:3: \u{202e}inputs is empty".to_owned()),
    ]
    .into();
    status.inputs = (0..20).map(|n| input(&format!("input-{n}"), n, n as f64 * 9.0, 1e9)).collect();
    let folder = "/var/log/a/folder/whose/name/is/longer/than/the/screen/is/wide/for/it";
    status.behind = (0..20)
        .map(|n| file(&format!("{folder}/{n}\u{1b}.log"), (20 - n) << 20, 5_000.0))
        .collect();
    let mut history = History::default();
    let replies = [("200", 3), ("401", 9), ("429", 1), ("503", 1), ("413", 1), ("unknown", 7)];
    history.add(sample(1, status, 3, &replies));
    check(
        &history,
        1,
        &expect![[r"
        shipper 0.1.0 not ready, running 2.0 h
        in flight 1.2 MiB, requests at once 2, batch 5.0 MiB, open files 2, held 0 B
        dead letters 0, checkpoint 1 s old
        cluster: answer 401: no[31m
        configuration: shipper.yml:3: inputs is empty

        input                                                lag        for   drained in
        input-19                                            19 B      3 min        never
        input-18                                            18 B      3 min        never
        input-17                                            17 B      3 min        never
        and 17 more

        events                 in all    of late  bulk replies         in all    of late
        stored                      3          -  200                       3          -
        duplicate                   0          -  401                       9          -
        redirected                  0          -  413                       1          -
        filtered                    0          -  429                       1          -
        dead_lettered               0          -  and 2 more

        files furthest behind                                             lag        for
        ..e/name/is/longer/than/the/screen/is/wide/for/it/0.log      20.0 MiB     83 min
        ..e/name/is/longer/than/the/screen/is/wide/for/it/1.log      19.0 MiB     83 min
        and 18 more
        q ends this view
    "]],
    );
}

#[test]
fn a_shipper_that_answers_no_more_is_told_from_one_that_is_well() {
    let mut history = History::default();
    history.add(sample(1, status(), 7, &[]));
    history.no_answer(Duration::from_secs(2), "connection refused".to_owned());
    let text = drawn(&history, 14, (80, 24));
    assert!(text.starts_with("shipper 0.1.0 no answer, running 2.0 h\n"), "{text}");
    assert!(text.contains("for 12 s: connection refused\n"), "{text}");
}

#[test]
fn no_size_is_too_small_to_be_drawn() {
    let mut history = History::default();
    history.add(sample(1, status(), 7, &[("200", 1)]));
    for size in [(1, 1), (10, 3), (79, 10), (80, 12), (300, 100)] {
        assert!(drawn(&history, 1, size).lines().count() == usize::from(size.1), "{size:?}");
    }
}

#[test]
fn of_a_long_path_the_end_is_shown() {
    assert_eq!(ending("/var/log/a.log", 20), "/var/log/a.log");
    assert_eq!(ending("/var/log/a.log", 8), "../a.log");
    assert_eq!(ending("/var/log/订单.log", 6), "...log");
}
