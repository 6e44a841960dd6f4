//! What an input may leave out on request.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use enricher::{Fate, Format, Outcome, Pipeline, RawNoise, RawPipeline, RawRedact, RawShare, Rule};
use event::{Event, Field};

const COMBINED: &str = r#" HTTP/1.1" 200 512 "-" "Mozilla/5.0""#;

/// A pipeline and where its next line stands.
struct Input {
    pipeline: Pipeline,
    next: u64,
}

impl Input {
    fn new(format: Format, dataset: &str, noise: RawNoise) -> Self {
        let input = RawPipeline { noise, ..support::input(format, dataset) };
        Self { pipeline: support::pipeline(&input, &RawRedact::default()), next: 0 }
    }

    fn line(&mut self, text: &str) -> Result<Event, Rule> {
        let start = self.next;
        self.next += text.len() as u64 + 1;
        self.line_at(text, start)
    }

    fn line_at(&mut self, text: &str, start: u64) -> Result<Event, Rule> {
        let mut events = Vec::new();
        let read_at = "2026-01-02T03:10:00Z".parse().unwrap();
        let line = support::line(text.as_bytes(), start);
        match self.pipeline.process(&line, read_at, &mut events) {
            Outcome::Drop(rule) => Err(rule),
            Outcome::Keep => Ok(events.remove(0)),
        }
    }

    fn rule(&mut self, text: &str) -> Option<Rule> {
        self.line(text).err()
    }
}

fn access(target: &str, end: &str) -> String {
    format!(r#"203.0.113.7 - - [02/Jan/2026:03:00:00 +0000] "GET {target}{end}"#)
}

#[test]
fn static_files_that_went_well_are_left_out_and_their_faults_are_not() {
    let noise = RawNoise { static_assets: RawShare::Whole(Fate::Drop), ..RawNoise::default() };
    let mut input = Input::new(Format::Combined, "traffic", noise);
    assert_eq!(input.rule(&access("/a/Logo.PNG?v=2", COMBINED)), Some(Rule::StaticAsset));
    assert_eq!(input.rule(&access("/product/css", COMBINED)), None);
    let missing = COMBINED.replace("200", "404");
    assert_eq!(input.rule(&access("/a/logo.png", &missing)), None);
    assert_eq!(input.pipeline.counters().filtered(Rule::StaticAsset), 1);
}

#[test]
fn of_static_files_a_share_is_kept_and_the_same_ones_each_time() {
    let kept = |share| {
        let noise = RawNoise { static_assets: RawShare::Share(share), ..RawNoise::default() };
        let mut input = Input::new(Format::Combined, "traffic", noise);
        let line = access("/a.css", COMBINED);
        (0..4_000).filter(|_| input.rule(&line).is_none()).collect::<Vec<u32>>()
    };
    let tenth = kept(0.1);
    assert!((300..500).contains(&tenth.len()), "{}", tenth.len());
    assert_eq!(tenth, kept(0.1));
    let half = kept(0.5);
    assert!(tenth.iter().all(|number| half.contains(number)));
    assert_eq!((kept(0.0).len(), kept(1.0).len()), (0, 4_000));
}

#[test]
fn nothing_but_health_checks_is_left_out_unasked() {
    let mut access_log = Input::new(Format::Combined, "traffic", RawNoise::default());
    assert_eq!(access_log.rule(&access("/a.css", COMBINED)), None);
    assert_eq!(access_log.rule(&access("/healthz", COMBINED)), Some(Rule::HealthPath));
    let mut app = Input::new(Format::JsonLog, "app", RawNoise::default());
    let line = r#"{"time":"2026-01-02T03:00:00Z","level":"debug","msg":"x"}"#;
    assert_eq!((app.rule(line), app.rule(line)), (None, None));
    let keep = RawNoise { health_checks: Fate::Keep, ..RawNoise::default() };
    let mut access_log = Input::new(Format::Combined, "traffic", keep);
    assert_eq!(access_log.rule(&access("/healthz", COMBINED)), None);
}

#[test]
fn debug_lines_are_left_out_whatever_their_logger_calls_them() {
    let noise = RawNoise { debug: Fate::Drop, ..RawNoise::default() };
    let mut input = Input::new(Format::JsonLog, "app", noise);
    for (level, want) in [
        ("\"DEBUG\"", Some(Rule::Debug)),
        ("20", Some(Rule::Debug)),
        ("\"trace\"", Some(Rule::Debug)),
        ("\"info\"", None),
        ("50", None),
    ] {
        let line = format!(r#"{{"time":"2026-01-02T03:00:00Z","level":{level},"msg":"x"}}"#);
        assert_eq!(input.rule(&line), want, "{level}");
    }
}

#[test]
fn orders_of_testers_are_left_out_by_what_they_say_and_by_mail_that_goes_to_nobody() {
    let noise = RawNoise { test_orders: Fate::Drop, ..RawNoise::default() };
    let mut input = Input::new(Format::Ndjson, "order", noise.clone());
    for (more, want) in [
        (r#""test":true"#, Some(Rule::TestOrder)),
        (r#""order":{"is_test":"1"}"#, Some(Rule::TestOrder)),
        (r#""livemode":false"#, Some(Rule::TestOrder)),
        (r#""customer":{"email":"a@example.com"}"#, Some(Rule::TestOrder)),
        (r#""customer":{"email":"a@shop.test"}"#, Some(Rule::TestOrder)),
        (r#""test":false"#, None),
        (r#""livemode":true"#, None),
        (r#""customer":{"email":"a@notexample.com"}"#, None),
    ] {
        let line = format!(
            r#"{{"time":"2026-01-02T03:00:00Z","action":"order.submitted","order.id":"7",{more}}}"#
        );
        assert_eq!(input.rule(&line), want, "{more}");
    }
    let mut app = Input::new(Format::JsonLog, "app", noise);
    assert_eq!(app.rule(r#"{"time":"2026-01-02T03:00:00Z","msg":"x","test":true}"#), None);
}

#[test]
fn retries_under_one_key_are_left_out_unless_they_end_otherwise() {
    let noise = RawNoise { retries: Fate::Drop, ..RawNoise::default() };
    let mut input = Input::new(Format::Ndjson, "payment", noise);
    let attempt = |minute: u32, key: &str, status: &str| {
        format!(
            r#"{{"time":"2026-01-02T03:{minute:02}:00Z","action":"payment.attempted","payment":{{"status":"{status}"}},"Idempotency-Key":"{key}"}}"#
        )
    };
    assert_eq!(input.rule(&attempt(0, "k1", "failed")), None, "the first");
    assert_eq!(input.rule(&attempt(1, "k1", "failed")), Some(Rule::Retry));
    assert_eq!(input.rule(&attempt(2, "k1", "captured")), None, "another outcome");
    assert_eq!(input.rule(&attempt(3, "k2", "failed")), None, "another key");
    assert_eq!(input.rule(&attempt(4, "", "failed")), None, "no key");
    assert_eq!(input.rule(&attempt(5, "", "failed")), None, "no key");
}

#[test]
fn of_identical_errors_the_first_goes_at_once_and_the_next_after_ten_seconds_counts_the_others() {
    let noise = RawNoise { repeats: Fate::Drop, ..RawNoise::default() };
    let mut input = Input::new(Format::JsonLog, "app", noise);
    let error = |second: u32, message: &str| {
        format!(r#"{{"time":"2026-01-02T03:00:{second:02}Z","level":"error","msg":"{message}"}}"#)
    };
    let count = |event: &Event| event.document.long(Field::StorePipelineRepeatCount);
    assert_eq!(count(&input.line(&error(0, "no stock")).unwrap()), None);
    assert_eq!(input.rule(&error(1, "no stock")), Some(Rule::Repeat));
    assert_eq!(input.rule(&error(2, "no stock of 7")), None, "another message");
    assert_eq!(input.rule(&error(9, "no stock")), Some(Rule::Repeat));
    assert_eq!(count(&input.line(&error(10, "no stock")).unwrap()), Some(2));
    assert_eq!(input.rule(&error(11, "no stock")), Some(Rule::Repeat));
    assert_eq!(count(&input.line(&error(30, "no stock")).unwrap()), Some(1));
    let info = r#"{"time":"2026-01-02T03:00:00Z","level":"info","msg":"x"}"#;
    assert_eq!((input.rule(info), input.rule(info)), (None, None), "no error");
}

#[test]
fn a_line_that_is_read_once_more_repeats_nothing() {
    let noise = RawNoise { repeats: Fate::Drop, retries: Fate::Drop, ..RawNoise::default() };
    let mut input = Input::new(Format::JsonLog, "app", noise);
    let error =
        r#"{"time":"2026-01-02T03:00:00Z","level":"error","msg":"x","idempotency_key":"k"}"#;
    assert!(input.line_at(error, 0).is_ok());
    assert!(input.line_at(error, 0).is_ok(), "the same place");
    assert!(input.line_at(error, 500).is_err(), "another place");
}
