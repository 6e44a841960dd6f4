//! What lines are made of, over restarts: incomplete lines, delimiters, encodings, offsets, groups, odd bytes.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use harness::eventually;
use harness::scripted::Act;
use serde_json::Value;

use crate::desk::{Desk, LIMIT, STREAM, ask, line};

const GROUPED: &str = "{ id: app, paths: [\"logs/*.log*\"], dataset: app, format: plain, multiline: { pattern: '^line', quiet: QUIET } }";

fn desk_with(input: &str) -> Desk {
    let mut desk = Desk::new();
    input.clone_into(&mut desk.inputs);
    desk
}

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn text(lines: impl IntoIterator<Item = u32>) -> String {
    lines.into_iter().map(|number| line(number) + "\n").collect()
}

pub(crate) fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

pub(crate) fn documents(desk: &Desk) -> Vec<Value> {
    desk.server.documents(STREAM).iter().map(harness::scripted::Document::value).collect()
}

/// Checks that each document says rightly which bytes of the text it came from.
fn holds_offsets(desk: &Desk, text: &str) {
    let mut end = 0;
    let mut documents = documents(desk);
    let place = |document: &Value, key: &str| {
        usize::try_from(document["store"]["origin"][key].as_u64().unwrap()).unwrap()
    };
    documents.sort_by_key(|document| place(document, "offset"));
    for document in &documents {
        let span = place(document, "offset")..place(document, "end");
        assert_eq!(span.start, end, "there is no gap");
        end = span.end;
        let bytes = text.as_bytes()[span].trim_ascii_end();
        assert_eq!(document["message"].as_str().unwrap().as_bytes(), bytes);
    }
    assert_eq!(end, text.len());
}

#[test]
fn r1_a_line_that_is_completed_after_a_kill_comes_once() {
    let desk = Desk::new();
    desk.lines("a.log", 0..5);
    let last = line(5);
    let (start, rest) = last.split_at(20);
    desk.append("a.log", start);
    let shipper = desk.start();
    desk.wait_for(5);
    shipper.kill();
    desk.append("a.log", &format!("{rest}\n"));
    desk.lines("a.log", 6..8);
    desk.ship_once();
    desk.holds(0..8);
}

#[test]
fn r2_delimiters_of_several_bytes_are_those_of_the_input() {
    let desk = desk_with(
        "{ id: app, paths: [\"logs/*.log\"], dataset: app, format: plain, delimiter: '<end>\\n' }",
    );
    desk.append("a.log", "one\ntwo<end>\nthree<end>\n<end>\nhalf<en");
    desk.ship_once();
    desk.append("a.log", "d>\n");
    desk.ship_once();
    let stored: Vec<String> = desk.stored().into_keys().collect();
    assert_eq!(stored, ["half", "one\ntwo", "three"]);
}

#[test]
fn r3_over_long_lines_are_dropped_or_cut_and_counted() {
    for (policy, stored, counted) in [
        ("drop", 2, "shipper_filtered_total{rule=\"over_long_line\"} 1"),
        ("cut", 3, "shipper_lines_truncated_total{source=\"app\"} 1"),
    ] {
        let mut desk = desk_with(&format!(
            "{{ id: app, paths: [\"logs/*.log\"], dataset: app, format: plain, over_long: {policy} }}"
        ));
        desk.read = "{ scan_interval: 200ms, max_line: 1KiB }".to_owned();
        desk.lines("a.log", 0..1);
        desk.append("a.log", &format!("{}\n", "京".repeat(1_000)));
        desk.lines("a.log", 1..2);
        let shipper = desk.start();
        desk.wait_for(stored);
        eventually(LIMIT, || ask(&shipper, "/metrics").contains(counted));
        assert_eq!(shipper.terminate(LIMIT).code, Some(0));
        let texts = desk.stored();
        assert!(texts.contains_key(&line(0)) && texts.contains_key(&line(1)), "{policy}");
        assert_eq!(texts.contains_key(&"京".repeat(341)), policy == "cut");
    }
}

#[test]
fn r4_what_is_not_utf8_is_decoded_and_told() {
    let desk = Desk::new();
    // 订单已付款 in GB18030, and the same in UTF-16 behind its mark.
    append(&desk.log("a.log"), b"\xb6\xa9\xb5\xa5\xd2\xd1\xb8\xb6\xbf\xee\ncaf\xe9\n");
    let wide: Vec<u8> =
        "\u{feff}订单\r\n付款\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    append(&desk.log("b.log"), &wide);
    desk.ship_once();
    let mut seen: Vec<(String, String)> = documents(&desk)
        .iter()
        .map(|document| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&document["message"]), text(&document["store"]["pipeline"]["encoding"]))
        })
        .collect();
    seen.sort();
    let want =
        [("café", "latin1"), ("付款", "utf-16le"), ("订单", "utf-16le"), ("订单已付款", "gb18030")];
    assert_eq!(seen, want.map(|(text, encoding)| (text.to_owned(), encoding.to_owned())));
}

#[test]
fn r5_a_file_over_two_gibibytes_is_read_to_its_end_and_its_truncation_is_seen() {
    let desk = Desk::new();
    desk.lines("a.log", 0..3);
    let file = OpenOptions::new().write(true).open(desk.log("a.log")).unwrap();
    file.set_len((2 << 30) + 4_096).unwrap();
    desk.lines("a.log", 3..6);
    let shipper = desk.start();
    desk.wait_for(6);
    desk.holds(0..6);
    let last = documents(&desk).iter().filter_map(|it| it["store"]["origin"]["end"].as_u64()).max();
    assert_eq!(last, Some(fs::metadata(desk.log("a.log")).unwrap().len()));
    file.set_len(0).unwrap();
    desk.lines("a.log", 6..8);
    desk.wait_for(8);
    shipper.terminate(LIMIT);
    desk.holds(0..8);
}

#[test]
fn r6_offsets_are_those_of_the_text_whether_plain_compressed_or_grouped() {
    let plain = Desk::new();
    let whole = text(0..300);
    plain.append("a.log", &whole);
    plain.ship_once();
    holds_offsets(&plain, &whole);

    let compressed = Desk::new();
    append(&compressed.log("a.log"), &gzip(&whole));
    compressed.ship_once();
    holds_offsets(&compressed, &whole);

    let grouped = desk_with(&GROUPED.replace("QUIET", "300ms"));
    let whole = text(0..300).replace('\n', "\n  at a\n  at b\n");
    grouped.append("a.log", &whole);
    grouped.ship_once();
    holds_offsets(&grouped, &whole);
    assert!(documents(&grouped).iter().all(|it| it["store"]["pipeline"]["lines"] == 3));
}

#[test]
fn r8_a_group_that_is_open_at_the_stop_is_neither_sent_nor_acknowledged() {
    let mut desk = desk_with(&GROUPED.replace("QUIET", "1h"));
    desk.append("a.log", &format!("{}\n  at a\n{}\n  at b\n", line(0), line(1)));
    let shipper = desk.start();
    desk.wait_for(1);
    let ended = shipper.terminate(LIMIT);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let first = format!("{}\n  at a", line(0));
    assert_eq!(desk.stored().into_keys().collect::<Vec<_>>(), std::slice::from_ref(&first));
    let checkpoint: Value =
        serde_json::from_slice(&fs::read(desk.path("state/checkpoint.json")).unwrap()).unwrap();
    let committed = checkpoint["files"][0]["committed"]["offset"].as_u64().unwrap();
    assert_eq!(committed, first.len() as u64 + 1, "it stands before the open group");
    // The group grew while we were away, and is read again whole.
    desk.append("a.log", "  at c\n");
    desk.inputs = GROUPED.replace("QUIET", "300ms");
    desk.ship_once();
    let second = format!("{}\n  at b\n  at c", line(1));
    assert_eq!(desk.stored().into_keys().collect::<Vec<_>>(), [first, second]);
    assert_eq!(desk.server.counts().duplicates, 0);
}

#[test]
fn r8_a_group_ends_with_its_file_when_that_is_rotated_away() {
    let desk = desk_with(&GROUPED.replace("QUIET", "1h").replace("*.log*", "a.log"));
    desk.append("a.log", &format!("{}\n  at a\n", line(0)));
    let shipper = desk.start();
    eventually(LIMIT, || ask(&shipper, "/metrics").contains("shipper_open_files 1"));
    desk.rename("a.log", "rotated");
    desk.append("a.log", "  at another file\n");
    desk.wait_for(1);
    shipper.terminate(LIMIT);
    let stored: Vec<String> = desk.stored().into_keys().collect();
    assert_eq!(stored, [format!("{}\n  at a", line(0))]);
}

#[test]
fn r8_a_group_that_was_read_before_its_file_was_truncated_is_sent() {
    let desk = desk_with(&GROUPED.replace("QUIET", "1h"));
    desk.append("a.log", &format!("{}\n{}\n  at b\n", line(0), line(1)));
    let shipper = desk.start();
    desk.wait_for(1);
    OpenOptions::new().write(true).truncate(true).open(desk.log("a.log")).unwrap();
    desk.append("a.log", &format!("{}\n{}\n", line(2), line(3)));
    desk.wait_for(3);
    shipper.terminate(LIMIT);
    let stored: Vec<String> = desk.stored().into_keys().collect();
    assert_eq!(stored, [line(0), format!("{}\n  at b", line(1)), line(2)]);
}

#[test]
fn r8_a_group_that_is_quiet_for_long_enough_is_sent() {
    let desk = desk_with(&GROUPED.replace("QUIET", "300ms"));
    desk.append("a.log", &format!("{}\n  at a\n  half", line(0)));
    let shipper = desk.start();
    desk.wait_for(1);
    desk.append("a.log", " a line\n");
    desk.wait_for(2);
    shipper.terminate(LIMIT);
    let stored: Vec<String> = desk.stored().into_keys().collect();
    assert_eq!(stored, ["  half a line".to_owned(), format!("{}\n  at a", line(0))]);
}

/// A reply that never came, a kill before the next checkpoint, and more text at the place that was sent.
fn grown_after_a_kill(mut desk: Desk, sent: usize, growth: &str, file: &str) -> Vec<String> {
    desk.server.rule(|request| match request.stream {
        STREAM => Act::CutAfter,
        _ => Act::Serve,
    });
    let shipper = desk.start();
    if file != "a.log" {
        eventually(LIMIT, || ask(&shipper, "/metrics").contains("shipper_open_files 1"));
        desk.rename("a.log", file);
    }
    eventually(LIMIT, || desk.server.documents(STREAM).len() == sent);
    shipper.kill();
    desk.append(file, growth);
    desk.server.rule(|_| Act::Serve);
    desk.read = "{ scan_interval: 200ms, rotate_wait: 300ms }".to_owned();
    desk.ship_once();
    assert!(desk.server.counts().duplicates >= sent as u64, "what was stored was sent again");
    desk.stored().into_keys().collect()
}

#[test]
fn r8_a_group_that_was_ended_by_time_ends_there_again_though_it_grew_after_a_kill() {
    let desk = desk_with(&GROUPED.replace("QUIET", "300ms"));
    desk.append("a.log", &format!("{}\n  at a\n", line(0)));
    let stored = grown_after_a_kill(desk, 1, "  at b\n  at c\n", "a.log");
    assert_eq!(stored, ["  at b\n  at c".to_owned(), format!("{}\n  at a", line(0))]);
}

#[test]
fn r1_a_last_line_that_was_ended_by_time_ends_there_again_though_it_grew_after_a_kill() {
    let mut desk = desk_with("{ id: app, paths: [\"logs/*.log*\"], dataset: app, format: plain }");
    desk.read = "{ scan_interval: 200ms, rotate_wait: 300ms }".to_owned();
    desk.append("a.log", &format!("{}\n{}", line(0), line(1)));
    let stored = grown_after_a_kill(desk, 2, " and more\n", "a.log.1");
    assert_eq!(stored, [" and more".to_owned(), line(0), line(1)]);
}

#[test]
fn lines_of_containers_are_joined_and_take_the_time_of_their_runtime() {
    let desk = desk_with(
        "{ id: app, paths: [\"logs/*.log\"], dataset: app, format: plain, container: auto }",
    );
    desk.append(
        "a.log",
        "2026-01-02T03:04:05.5Z stdout P one \n2026-01-02T03:04:06Z stdout F line\n",
    );
    desk.append(
        "b.log",
        "{\"log\":\"two\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-02T03:04:07Z\"}\n",
    );
    desk.ship_once();
    let mut seen: Vec<(Value, Value)> = documents(&desk)
        .into_iter()
        .map(|document| (document["message"].clone(), document["@timestamp"].clone()))
        .collect();
    seen.sort_by_key(|(message, _)| message.to_string());
    assert_eq!(
        seen,
        [
            ("one line".into(), "2026-01-02T03:04:05.500Z".into()),
            ("two".into(), "2026-01-02T03:04:07.000Z".into()),
        ]
    );
}

#[test]
fn r9_deep_and_wide_json_and_ansi_codes_are_kept_whole_and_others_are_not_held_up() {
    let desk = desk_with("{ id: app, paths: [\"logs/*.log\"], dataset: app, format: ndjson }");
    let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let wide: Vec<String> = (0..1_000_000).map(|key| format!("\"key{key}\":1")).collect();
    desk.append("a.log", &format!("{deep}\n{{{}}}\n", wide.join(",")));
    desk.append("a.log", "\u{1b}[31m{\"message\":\"\u{1b}[1mlast\u{1b}[0m\"}\u{1b}[0m\n");
    desk.ship_once();
    let documents = documents(&desk);
    let failed = |code: &str| documents.iter().filter(|it| it["error"]["code"] == code).count();
    assert_eq!((failed("too_deep"), failed("too_many_keys")), (1, 1));
    assert_eq!(documents.len(), 3);
    assert!(documents.iter().any(|it| it["message"] == "last"));
    assert!(documents.iter().all(|it| !it["message"].as_str().unwrap().contains('\u{1b}')));
}

#[test]
fn a_pattern_with_look_around_is_refused_with_its_line_before_anything_is_read() {
    let desk = desk_with(&GROUPED.replace("QUIET", "5s").replace("^line", "(?<!x)line"));
    let ended = desk.shipper(&["check"]).run(LIMIT);
    let text = format!("{}{}", ended.output, ended.errors);
    assert_eq!(ended.code, Some(78), "{text}");
    assert!(text.contains("shipper.yml:4: inputs[0].multiline.pattern"), "{text}");
    assert!(text.contains("look-around"), "{text}");
}
