use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::Value;

use super::*;
use crate::ManualClock;

/// Keeps what was written where a test can read it.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Scene {
    clock: ManualClock,
    kept: Kept,
    guard: Guard,
}

impl Scene {
    fn new(look: Look) -> Self {
        let clock = ManualClock::new("2026-03-01T12:30:45.678Z".parse().unwrap());
        let kept = Kept::default();
        let writer = Writer::new("shipper", look, Arc::new(clock.clone()), Box::new(kept.clone()));
        Self { clock, kept, guard: Guard { writer: Arc::new(writer) } }
    }

    fn run(&self, act: impl FnOnce()) {
        let lines = Lines { writer: Arc::clone(&self.guard.writer) };
        let layer = lines.with_filter(wanted("shipper", LevelFilter::INFO));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), act);
    }

    fn text(&self) -> String {
        String::from_utf8(self.kept.0.lock().unwrap().clone()).unwrap()
    }
}

fn check(look: Look, act: impl FnOnce(), expected: &Expect) {
    let scene = Scene::new(look);
    scene.run(act);
    let pid = format!("\"process.pid\":{}", std::process::id());
    expected.assert_eq(&scene.text().replace(&pid, "\"process.pid\":1"));
}

fn held() {
    let error = io::Error::other("refused\u{1b}[31m");
    tracing::warn!(
        event.code = "bulk_held",
        error = &error as &dyn std::error::Error,
        url.full = "http://a",
        attempt = 3,
        "output is held"
    );
}

#[test]
fn a_line_is_one_json_object_with_names_of_ecs() {
    check(
        Look::Json,
        held,
        &expect![[r#"
        {"@timestamp":"2026-03-01T12:30:45.678Z","ecs.version":"8.11.0","error.message":"refused[31m","event.code":"bulk_held","labels.attempt":3,"log.level":"warn","message":"output is held","process.pid":1,"service.name":"shipper","url.full":"http://a"}
    "#]],
    );
}

#[test]
fn a_line_on_a_terminal_reads_from_left_to_right() {
    check(
        Look::Plain,
        held,
        &expect![[r"
        12:30:45 WARN  output is held error.message=refused[31m url.full=http://a attempt=3
    "]],
    );
}

#[test]
fn a_value_cannot_forge_a_second_line() {
    check(
        Look::Plain,
        || tracing::info!(event.code = "x", file.path = "a\nERROR forged", "found"),
        &expect![[r#"
            12:30:45 INFO  found file.path="a ERROR forged"
        "#]],
    );
}

#[test]
fn every_value_of_a_json_line_reads_back() {
    let scene = Scene::new(Look::Json);
    scene.run(|| {
        tracing::error!(lost = 7_u64, share = 0.5, late = true, by = -1, kind = ?Some("x"), "m");
    });
    let line: Value = serde_json::from_str(&scene.text()).unwrap();
    assert_eq!(line["labels.lost"], 7);
    assert_eq!(line["labels.share"], 0.5);
    assert_eq!(line["labels.late"], true);
    assert_eq!(line["labels.by"], -1);
    assert_eq!(line["labels.kind"], "Some(\"x\")");
    assert_eq!(line["log.level"], "error");
    assert!(line["event.code"].as_str().unwrap().contains("logs::tests:"));
}

#[test]
fn repeated_lines_are_held_back_and_counted() {
    let scene = Scene::new(Look::Plain);
    scene.run(|| {
        (0..5).for_each(|_| held());
        scene.clock.advance(Duration::from_secs(10));
        held();
    });
    let text = scene.text();
    assert_eq!(text.lines().count(), 2);
    assert!(text.ends_with("(4 more held back)\n"), "{text}");
}

#[test]
fn what_was_held_back_is_told_at_the_end() {
    let scene = Scene::new(Look::Plain);
    scene.run(|| (0..3).for_each(|_| held()));
    let Scene { kept, guard, .. } = scene;
    drop(guard);
    let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    assert!(text.ends_with("more of these lines were held back (2 more held back)\n"), "{text}");
}

#[test]
fn libraries_speak_only_when_something_went_wrong() {
    let scene = Scene::new(Look::Plain);
    scene.run(|| {
        tracing::info!(target: "hyper::proto", "chatter");
        tracing::debug!(target: "shipper::tail", "step");
        tracing::info!(target: "shipper::tail", "ours");
        tracing::warn!(target: "hyper::proto", "wrong");
    });
    assert_eq!(scene.text(), "12:30:45 INFO  ours\n12:30:45 WARN  wrong\n");
}

#[test]
fn lines_of_many_threads_do_not_mix() {
    let scene = Scene::new(Look::Json);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let scene = &scene;
            scope.spawn(move || {
                scene.run(|| {
                    for number in 0..100 {
                        tracing::info!(event.code = format!("{thread}-{number}"), "line");
                    }
                });
            });
        }
    });
    assert_eq!(scene.text().lines().count(), 400);
    assert!(scene.text().lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}
