//! Real logs of 27 services of a shop. They lie outside of the project; without them the tests say so and end.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says that it was skipped"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use enricher::{Format, Pipeline, Provenance, RawLine, RawPipeline, RawRedact};
use event::Field;

/// A line as its container wrote it down, and what the collector of the logs knew of it.
struct Line {
    service: String,
    trace: String,
    text: String,
    taken_at: jiff::Timestamp,
}

/// Returns all lines in the order of their files, or nothing where there are none.
fn lines() -> Option<Vec<Line>> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("STOREWATCH_DATA").map_or(default, PathBuf::from);
    let folder = folder.join("trainticket");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no trainticket in STOREWATCH_DATA or ../shared/data");
        return None;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "gz"));
    paths.sort();
    let Ok(unpacked) = Command::new("gzip").arg("-dc").args(&paths).output() else {
        println!("skipped: no gzip to unpack trainticket");
        return None;
    };
    let text = String::from_utf8(unpacked.stdout).unwrap();
    Some(text.lines().filter(|line| !line.starts_with("Timestamp,")).map(line).collect())
}

/// Reads a row: eight columns, the last of them quoted, with what a container wrote down as JSON.
fn line(row: &str) -> Line {
    let columns: Vec<&str> = row.splitn(8, ',').collect();
    let [_, _, _, pod, _, trace, _, log] = columns[..] else { unreachable!("{row}") };
    let log = log.strip_prefix('"').unwrap().strip_suffix('"').unwrap().replace("\"\"", "\"");
    let log: serde_json::Value = serde_json::from_str(&log).unwrap();
    let service = pod.rsplitn(3, '-').last().unwrap().to_owned();
    let text = log["log"].as_str().unwrap().trim_end_matches('\n').to_owned();
    let taken_at = log["time"].as_str().unwrap().parse().unwrap();
    Line { service, trace: trace.to_owned(), text, taken_at }
}

fn pipeline() -> Pipeline {
    let input = RawPipeline {
        timezone: Some("Asia/Shanghai".to_owned()),
        ..support::input(Format::Java, "app")
    };
    support::pipeline(&input, &RawRedact::default())
}

/// Reads lines and tells of each what `look` sees in its document.
fn each<'l, T>(
    lines: impl Iterator<Item = &'l Line>,
    mut look: impl FnMut(&Line, &event::Event) -> T,
) -> Vec<T> {
    let read_at = "2023-02-01T00:00:00Z".parse().unwrap();
    let (mut pipeline, mut events, mut found) = (pipeline(), Vec::new(), Vec::new());
    for line in lines {
        let provenance = Provenance { time: Some(line.taken_at), ..Provenance::default() };
        let raw = RawLine { provenance, ..support::line(line.text.as_bytes(), 0) };
        pipeline.process(&raw, read_at, &mut events);
        found.extend(events.iter().map(|event| look(line, event)));
        pipeline.recycle(&mut events);
    }
    found
}

#[test]
fn of_a_thousand_real_lines_999_are_whole_with_level_logger_and_trace() {
    let Some(lines) = lines() else { return };
    let found = each(lines.iter(), |line, event| {
        let document = &event.document;
        let is_ok = document.text(Field::StorePipelineParseStatus) == Some("ok");
        let level = document.text(Field::LogLevel);
        let is_level = matches!(level, Some("info" | "warn" | "error"));
        let logger = document.text(Field::LogLogger).unwrap_or_default();
        let is_logger = logger.contains('.') && !logger.contains('#');
        let trace = document.text(Field::TraceId).unwrap_or_default() == line.trace;
        let message = document.text(Field::Message).unwrap_or_default();
        let is_cut = !message.starts_with("TraceID");
        // A bare time takes its day from the container, which wrote the line down within moments.
        let near =
            event.time.duration_since(line.taken_at).abs() < jiff::SignedDuration::from_secs(5);
        [is_ok, is_level, is_logger, trace, is_cut, near]
    });
    let share = |what: usize| {
        let count = found.iter().filter(|line| line[what]).count();
        println!("{what}: {count} of {}", found.len());
        count as f64 / found.len() as f64
    };
    assert_eq!(found.len(), lines.len());
    for what in 0..6 {
        assert!(share(what) >= 0.999, "{what}");
    }
}

#[test]
fn the_templates_of_a_service_do_not_depend_on_the_order_of_its_lines() {
    let Some(lines) = lines() else { return };
    let of = |found: Vec<(String, String)>| {
        let mut templates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (service, template) in found {
            templates.entry(service).or_default().insert(template);
        }
        templates
    };
    let look = |line: &Line, event: &event::Event| {
        let template = event.document.text(Field::StoreTemplateHash).unwrap_or_default();
        (line.service.clone(), template.to_owned())
    };
    let (there, back) = (of(each(lines.iter(), look)), of(each(lines.iter().rev(), look)));
    assert_eq!(there.len(), 27);
    assert_eq!(there, back);
    let counts: Vec<String> =
        there.iter().map(|(service, known)| format!("{service} {}", known.len())).collect();
    println!("templates: {}", counts.join(", "));
}
