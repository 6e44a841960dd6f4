//! The program as others see it: pipes, exit codes, messages, help.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and its files are its own"
)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn enricher(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_enricher"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // A program that refuses its settings does not read its input.
        stdin.write_all(&input).unwrap_or_default();
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const ORDER: &[&str] = &["run", "--format", "ndjson", "--dataset", "order", "--store", "shop-1"];

#[test]
fn lines_become_documents() {
    let input = b"{\"time\":\"2026-01-02T03:04:05Z\",\"action\":\"order.submitted\",\"order\":{\"id\":1}}\n\nnot json";
    let output = enricher(ORDER, input);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let documents: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0]["store"]["order"]["id"], "1");
    assert_eq!(documents[1]["event"]["kind"], "pipeline_error");
    assert_eq!(documents[1]["message"], "not json");
    assert_ne!(documents[0]["event"]["id"], documents[1]["event"]["id"]);
}

#[test]
fn the_same_source_gives_the_same_ids_again() {
    let arguments = [ORDER, &["--path", "/var/log/order.ndjson"]].concat();
    let ids = || {
        let output = enricher(&arguments, b"{\"action\":\"order.submitted\"}\n");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        document["event"]["id"].clone()
    };
    assert_eq!(ids(), ids());
}

#[test]
fn what_was_counted_is_told_when_asked() {
    let input = b"x\nGET\n";
    let arguments = ["run", "--format", "plain", "--dataset", "app", "--store", "s", "--counts"];
    let output = enricher(&arguments, input);
    let counts: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(counts["events"], 2);
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_enricher"))
        .args(["run", "--format", "plain", "--dataset", "app", "--store", "s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let block = b"a line of text\n".repeat(100_000);
    stdin.write_all(&block).unwrap_or_default();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn settings_are_checked_with_file_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("enricher.yml");
    let path = file.to_str().unwrap();
    fs::write(&file, "store:\n  id: shop-1\ninput:\n  format: combined\n  dataset: traffic\n")
        .unwrap();
    let output = enricher(&["check", path], b"");
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(0), "the settings are valid\n")
    );

    fs::write(&file, "store:\n  id: shop-1\ninput:\n  format: combined\n  dataset: alert\n")
        .unwrap();
    let output = enricher(&["check", path], b"");
    assert_eq!(output.status.code(), Some(78));
    assert!(
        text(&output.stdout).contains("enricher.yml:5: input.dataset is alert"),
        "{}",
        text(&output.stdout)
    );
    assert_eq!(enricher(&["run", "--config", path], b"").status.code(), Some(78));
}

#[test]
fn a_missing_file_and_a_wrong_flag_have_their_exit_codes() {
    assert_eq!(enricher(&["run", "--config", "/nowhere.yml"], b"").status.code(), Some(78));
    assert_eq!(enricher(&["run", "--colour", "red"], b"").status.code(), Some(64));
    assert_eq!(enricher(&["test", "/nowhere"], b"").status.code(), Some(74));
    let help = enricher(&["--help"], b"");
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("Read lines from stdin"));
    assert!(enricher(&["completions", "bash"], b"").status.success());
}

#[test]
fn a_case_that_comes_out_otherwise_is_a_difference() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("one.in", "ERROR x\n");
    write("one.expected.json", "[{\"message\": \"other\"}]");
    let cases = Path::new(folder.path()).to_str().unwrap();
    let arguments = ["test", cases, "--format", "plain", "--dataset", "app", "--store", "s"];
    let output = enricher(&arguments, b"");
    assert_eq!(output.status.code(), Some(65));
    assert!(text(&output.stdout).contains("[0].message - \"other\""), "{}", text(&output.stdout));
}

#[test]
fn an_audit_counts_by_rule_and_place_and_shows_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("order.ndjson");
    let order = r#"{"time":"2026-01-02T03:04:05Z","action":"order.submitted","note":"card 4111 1111 1111 1111"}"#;
    fs::write(&file, format!("{order}\n{{\"action\":\"order.confirmed\"}}\n{order}\n")).unwrap();
    let arguments = ["audit", "--format", "ndjson", "--dataset", "order", "--store", "shop-1"];
    let told = |more: &[&str]| {
        let output = enricher(&[&arguments[..], more].concat(), b"");
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let path = file.to_str().unwrap();
    let lines = told(&[path]);
    assert!(lines.contains("card                 2 values in 2 lines"), "{lines}");
    assert!(lines.contains("line 3:") && lines.contains("3 lines read"), "{lines}");
    assert!(!lines.contains("4111"), "{lines}");
    let json: serde_json::Value = serde_json::from_str(&told(&[path, "--json"])).unwrap();
    assert_eq!(json["rules"]["card"]["places"][1]["line"], 3);
    let missing = enricher(&[&arguments[..], &["/no/such"]].concat(), b"");
    assert_eq!(missing.status.code(), Some(74));
}

#[test]
fn an_explanation_goes_step_by_step() {
    let line = r#"{"time":"2026-01-02T03:04:05Z","action":"order.submitted","currency":"EUR","order":{"id":1001,"amount":"200.07"}}"#;
    let arguments = ["explain", "--format", "ndjson", "--dataset", "order", "--store", "shop-1"];
    let output = enricher(&[&arguments[..], &[line]].concat(), b"");
    let told = text(&output.stdout);
    assert!(told.contains("standardise  + store.currency_exponent = 2"), "{told}");
    assert!(
        told.contains("+ store.order.amount_minor = 20007") && told.contains("kept as "),
        "{told}"
    );
    let output =
        enricher(&[&arguments[..], &["--json"]].concat(), format!("{line}\n\n").as_bytes());
    let lines: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["steps"][2]["changes"]["store.order.amount_minor"]["after"], "20007");
    assert_eq!(lines[1]["outcome"], "dropped by empty_line");
}
