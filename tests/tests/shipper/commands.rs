//! Commands that ask, and what they end with.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use harness::desk::{LIMIT, ask};
use harness::eventually;
use harness::scripted::{Act, Outcome};

use crate::desk::Desk;

#[test]
fn health_is_0_when_all_is_well_75_when_not_and_74_when_nobody_answers() {
    let mut desk = Desk::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    desk.admin = format!("{{ address: \"127.0.0.1:{port}\" }}");
    assert_eq!(desk.shipper(&["health"]).run(LIMIT).code, Some(74));
    desk.lines("a.log", 0..10);
    let mut shipper = desk.start();
    desk.wait_for(10);
    let well = desk.shipper(&["health"]).run(LIMIT);
    assert_eq!((well.code, well.output.as_str()), (Some(0), "ok\n"), "{}", well.errors);
    desk.server.rule(|_| Act::Status(403));
    desk.lines("a.log", 10..20);
    shipper.wait_for_error(LIMIT, "bulk_held");
    let ended = desk.shipper(&["health"]).run(LIMIT);
    assert_eq!(ended.code, Some(75), "{}", ended.output);
    assert!(ended.output.contains("cluster: ") && ended.output.contains("403"), "{}", ended.output);
    assert_eq!(desk.shipper(&["health", "--live"]).run(LIMIT).code, Some(0));
    let status = desk.shipper(&["status"]).run(LIMIT);
    assert!(
        status.output.contains("input app to logs-store.app-default: lag"),
        "{}{}",
        status.output,
        status.errors
    );
}

#[test]
fn top_without_a_terminal_names_the_command_that_needs_none() {
    let ended = Desk::new().shipper(&["top"]).run(LIMIT);
    assert_eq!(ended.code, Some(64), "{}", ended.errors);
    assert!(ended.errors.contains("needs a terminal; `shipper status`"), "{}", ended.errors);
}

#[test]
fn export_config_tells_the_origin_of_each_value() {
    let desk = Desk::new();
    let ended = desk
        .shipper(&["export-config"])
        .env("STOREWATCH_SHIPPER__BULK__MAX_DOCUMENTS", "77")
        .run(LIMIT);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    for line in [
        "bulk.max_documents = 77  # environment STOREWATCH_SHIPPER__BULK__MAX_DOCUMENTS",
        "inputs[0].id = app  # ",
        "bulk.max_bytes = 5MiB  # default",
    ] {
        assert!(ended.output.contains(line), "{line} is missing in\n{}", ended.output);
    }
}

#[test]
fn cases_are_recorded_compared_and_told_from_one_another() {
    let desk = Desk::new();
    fs::create_dir(desk.path("cases")).unwrap();
    fs::write(desk.path("cases/one.yml"), "lines:\n  - ERROR it broke\n").unwrap();
    assert_eq!(desk.shipper(&["test"]).run(LIMIT).code, Some(65), "nothing is expected yet");
    assert_eq!(desk.shipper(&["test", "--update"]).run(LIMIT).code, Some(0));
    let ended = desk.shipper(&["test"]).run(LIMIT);
    assert_eq!(ended.code, Some(0), "{}", ended.output);
    assert!(ended.output.contains("1 cases, 0 different"), "{}", ended.output);
    fs::write(desk.path("cases/two.yml"), "lines: [x]\nwant: []\n").unwrap();
    let ended = desk.shipper(&["test"]).run(LIMIT);
    assert_eq!(ended.code, Some(78), "{}", ended.errors);
    assert!(ended.errors.contains("two.yml"), "{}", ended.errors);
    assert_eq!(desk.shipper(&["test", "nowhere"]).run(LIMIT).code, Some(74));
}

#[test]
fn a_file_whose_format_nobody_named_is_read_as_what_it_is_and_status_says_so() {
    let mut desk = Desk::new();
    desk.inputs = desk.inputs.replace("format: plain", "format: auto");
    desk.append(
        "a.log",
        "203.0.113.7 - - [02/Jan/2026:03:04:05 +0000] \"GET / HTTP/1.1\" 200 10\n",
    );
    desk.append("b.log", "{\"level\":\"info\",\"msg\":\"started\"}\n");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    desk.admin = format!("{{ address: \"127.0.0.1:{port}\" }}");
    let shipper = desk.start();
    desk.wait_for(2);
    // The keeper shows it in its turn.
    eventually(LIMIT, || {
        let ended = desk.shipper(&["status"]).run(LIMIT);
        ended.output.contains("read as combined: ") && ended.output.contains("read as json_log: ")
    });
    drop(shipper.terminate(LIMIT));
}

#[test]
fn a_file_is_compared_under_an_older_configuration() {
    let mut desk = Desk::new();
    desk.append("a.log", "{\"message\":\"one\"}\nplain\n");
    desk.write_config();
    fs::rename(desk.path("shipper.yml"), desk.path("old.yml")).unwrap();
    let file = desk.log("a.log").display().to_string();
    let same = desk.shipper(&["test", &file, "--against", "old.yml"]).run(LIMIT);
    assert_eq!(same.code, Some(0), "{}{}", same.output, same.errors);
    desk.inputs = desk.inputs.replace("format: plain", "format: ndjson");
    let ended = desk.shipper(&["test", &file, "--against", "old.yml"]).run(LIMIT);
    assert_eq!(ended.code, Some(65), "{}{}", ended.output, ended.errors);
    assert!(ended.output.contains("[0].message + \"one\""), "{}", ended.output);
    assert!(ended.output.contains("2 lines, 2 different"), "{}", ended.output);
}

#[test]
fn check_with_connect_tells_of_a_clock_that_differs_and_a_stream_that_is_missing() {
    let mut desk = Desk::new();
    desk.lines("a.log", 0..1);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    desk.cluster =
        Some(format!("{{ addresses: [\"http://{}\"] }}", listener.local_addr().unwrap()));
    // A proxy with an old clock before a cluster that was never set up.
    let answering = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = [0; 8_192];
            let length = stream.read(&mut bytes).unwrap();
            let is_head = bytes[..length].starts_with(b"HEAD");
            let (status, body) = if is_head { (404, "") } else { (200, "{\"index\":{}}") };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\ndate: Wed, 21 Oct 2015 07:28:00 GMT\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let ended = desk.shipper(&["check", "--connect"]).run(LIMIT);
    answering.join().unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.output);
    assert!(ended.output.contains("ahead of the cluster's"), "{}", ended.output);
    assert!(ended.output.contains("there is no stream logs-store.app-default"), "{}", ended.output);
}

/// The metrics of the design, as a scrape shows their families.
const METRICS: [&str; 31] = [
    "shipper_lines_read_total",
    "shipper_bytes_read_total",
    "shipper_events_total",
    "shipper_filtered_total",
    "shipper_parse_failures_total",
    "shipper_redactions_total",
    "shipper_fields_moved_total",
    "shipper_lost_bytes_total",
    "shipper_bulk_requests_total",
    "shipper_bulk_items_total",
    "shipper_bulk_duration_seconds",
    "shipper_bulk_bytes_total",
    "shipper_retries_total",
    "shipper_inflight_bytes",
    "shipper_concurrency_limit",
    "shipper_batch_limit_bytes",
    "shipper_lag_bytes",
    "shipper_lag_seconds",
    "shipper_drain_seconds",
    "shipper_open_files",
    "shipper_held_bytes",
    "shipper_checkpoint_age_seconds",
    "shipper_dead_letters",
    "shipper_spool_bytes",
    "shipper_missed_wakeups_total",
    "shipper_rule_seconds_total",
    "shipper_dedup_evicted_total",
    "shipper_api_key_expiry_seconds",
    "shipper_tls_verification_disabled",
    "shipper_build_info",
    "shipper_reloads_total",
];

/// Those that other rooms owe: the spool comes with polls, evictions with a window of duplicates.
const OWED: [&str; 2] = ["shipper_spool_bytes", "shipper_dedup_evicted_total"];

#[test]
fn a_scrape_of_a_running_shipper_shows_every_metric_of_the_design() {
    let mut desk = Desk::new();
    desk.inputs.push_str(
        "\n  - { id: access, paths: [\"logs/*.txt\"], dataset: traffic, format: combined }",
    );
    // A family shows once it has counted something: an e-mail address, an empty line, a line that is no access line.
    desk.lines("a.log", 0..3_000);
    desk.append("a.log", "from somebody@example.org\n\n");
    desk.append("b.txt", "no access line\n");
    desk.server.script([Act::Items(vec![Outcome::throttled(); 3])]);
    // A key that somebody made leaves word of its end beside it.
    let key = desk.path("shipper.key");
    fs::write(&key, "aWQ6a2V5\n").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(desk.path("shipper.key.expires"), "2126-01-01T00:00:00Z\n").unwrap();
    let (url, key) = (desk.server.url(), key.display());
    desk.cluster = Some(format!("{{ addresses: [\"{url}\"], api_key_file: \"{key}\" }}"));
    let shipper = desk.start();
    desk.wait_for(3_001);
    eventually(LIMIT, || ask(&shipper, "/metrics").contains("shipper_parse_failures_total{"));
    let text = ask(&shipper, "/metrics");
    let missing: Vec<&str> = METRICS
        .into_iter()
        .filter(|name| !OWED.contains(name))
        .filter(|name| {
            let shown = |line: &str| {
                line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ', '_']))
            };
            !text.lines().any(shown)
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?} are missing in\n{text}");
    for counted in [
        "shipper_rule_seconds_total{rule=\"redact\"}",
        "shipper_lines_read_total{source=\"app\"} 3002",
    ] {
        assert!(text.contains(counted), "{counted} is missing in\n{text}");
    }
}
