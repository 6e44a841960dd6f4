//! A real access log, and a real year of invoices. They lie outside of the project; without them the tests say so and end.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and says that it was skipped"
)]

#[path = "real/retail.rs"]
mod retail;
mod support;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use enricher::{Behaviour, Format, RawRedact};
use event::{Field, Value};

/// Returns the folder of all real data.
fn folder() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    std::env::var_os("STOREWATCH_DATA").map_or(default, PathBuf::from)
}

fn access_log() -> Option<Vec<u8>> {
    let file = folder().join("access/apache_combined.log");
    let bytes = fs::read(&file).ok();
    if bytes.is_none() {
        println!("skipped: no access/apache_combined.log in STOREWATCH_DATA or ../shared/data");
    }
    bytes
}

/// Parses the whole log and tells per line what `look` sees in its document.
fn each<T>(format: Format, bytes: &[u8], mut look: impl FnMut(&event::Event) -> T) -> Vec<T> {
    let mut pipeline = support::pipeline(&support::input(format, "traffic"), &RawRedact::default());
    let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
    let (mut found, mut events, mut start) = (Vec::new(), Vec::new(), 0);
    for bytes in bytes.split_inclusive(|byte| *byte == b'\n') {
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        pipeline.process(&support::line(line, start), read_at, &mut events);
        start += bytes.len() as u64;
        found.extend(events.iter().map(&mut look));
        pipeline.recycle(&mut events);
    }
    found
}

fn text(event: &event::Event, field: Field) -> String {
    event.document.text(field).unwrap_or_default().to_owned()
}

#[test]
fn of_ten_thousand_real_lines_all_but_one_are_whole_and_that_one_keeps_time_status_and_path() {
    let Some(bytes) = access_log() else { return };
    let lines = each(Format::Combined, &bytes, |event| {
        let has = |field| event.document.has(field);
        let essential = has(Field::UrlPath) && has(Field::HttpResponseStatusCode);
        (text(event, Field::StorePipelineParseStatus), essential, event.time.to_string())
    });
    let of = |status: &str| lines.iter().filter(|line| line.0 == status).count();
    assert_eq!((lines.len(), of("ok"), of("partial")), (10_000, 9_999, 1));
    assert!(lines.iter().all(|line| line.1));
    assert!(lines.iter().all(|line| line.2.starts_with("2015-05-")));
}

#[test]
fn lines_that_repeat_exactly_stay_apart() {
    let Some(bytes) = access_log() else { return };
    let ids = each(Format::Combined, &bytes, |event| event.id);
    let mut different = ids.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), ids.len());
    let mut lines: HashMap<&[u8], usize> = HashMap::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        *lines.entry(line).or_default() += 1;
    }
    assert_eq!(lines.values().map(|count| count - 1).sum::<usize>(), 19);
}

#[test]
fn combined_common_and_auto_agree() {
    let Some(bytes) = access_log() else { return };
    let documents = |format| {
        each(format, &bytes, |event| event.document.to_json().replace("\"combined\"", "\"common\""))
    };
    let combined = documents(Format::Combined);
    assert_eq!(combined, documents(Format::Common));
    assert_eq!(combined, documents(Format::Auto));
}

#[test]
fn between_15_and_25_percent_of_real_visitors_are_bots() {
    let Some(bytes) = access_log() else { return };
    let classes = each(Format::Combined, &bytes, |event| text(event, Field::StoreClientClass));
    let bots = classes.iter().filter(|class| class.ends_with("_bot")).count();
    println!("{bots} of {} lines are of bots", classes.len());
    assert!((1_500..=2_500).contains(&bots), "{bots}");
}

#[test]
fn no_real_visitor_is_taken_for_a_bot_by_what_it_does() {
    let Some(bytes) = access_log() else { return };
    let mut pipeline =
        support::pipeline(&support::input(Format::Combined, "traffic"), &RawRedact::default());
    let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
    let mut events = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        pipeline.process(&support::line(line, 0), read_at, &mut events);
        pipeline.recycle(&mut events);
    }
    let judged = Behaviour::ALL.iter().map(|&how| (how, pipeline.counters().judged(how)));
    let judged: Vec<_> = judged.collect();
    assert!(judged.iter().all(|(_, lines)| *lines == 0), "{judged:?}");
}

#[test]
fn no_address_of_a_visitor_leaves() {
    let Some(bytes) = access_log() else { return };
    let addresses =
        each(Format::Combined, &bytes, |event| match event.document.get(Field::SourceIp) {
            Some(Value::Text(text)) => text.to_owned(),
            _ => String::new(),
        });
    assert!(addresses.iter().all(|address| address.ends_with(".0")));
}
