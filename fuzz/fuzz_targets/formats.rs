//! Reads any line as one of any format: no panic, and each document is the JSON of an object within the dictionary.
#![no_main]

use std::cell::RefCell;

use enricher::{
    Context, Format, Pipeline, PipelineSettings, Provenance, RawLine, RawPipeline, RawRedact,
    RawStore, StoreSettings,
};
use event::{ByteOffset, FileId, Origin};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

thread_local! {
    /// A pipeline of each format, with a pattern where it needs one.
    static PIPELINES: RefCell<Vec<Pipeline>> = RefCell::new(pipelines());
}

fn pipelines() -> Vec<Pipeline> {
    let mut faults = Vec::new();
    let store = RawStore { id: "shop".to_owned(), timezone: Some("UTC".to_owned()), ..RawStore::default() };
    let store = StoreSettings::check(&store, &RawRedact::default(), &mut faults).expect("a store");
    let parse = |format| match format {
        Format::Regex => r#"{"pattern":["^(?<time>\\S+) (?<order.id>\\w+)","(?<message>.+)=(?<order.amount>.*)"]}"#,
        Format::Grok => r#"{"pattern":["%{COMBINEDAPACHELOG}","%{DATA:a:int} %{IP:source.ip}?%{GREEDYDATA:message}"]}"#,
        Format::Dissect => r#"{"pattern":["%{time->} %{*k}=%{&k} %{+a}%%{+a}","%{order.id},%{}"]}"#,
        Format::Delimited => r#"{"columns":["time","order.id","","order.amount"]}"#,
        _ => "{}",
    };
    let made = Format::ALL.into_iter().map(|format| {
        let raw = RawPipeline {
            format,
            dataset: "order".to_owned(),
            parse: serde_json::from_str(parse(format)).expect("a pattern of ours"),
            keep_original: true,
            ..RawPipeline::default()
        };
        let input = PipelineSettings::check(&raw, "input", &mut faults).expect("an input");
        Pipeline::new(&store, &input, &Context::default())
    });
    made.collect()
}

fuzz_target!(|input: &[u8]| {
    let [choice, place, line @ ..] = input else { return };
    PIPELINES.with_borrow_mut(|pipelines| {
        let count = pipelines.len();
        let pipeline = &mut pipelines[usize::from(*choice) % count];
        let start = ByteOffset::new(u64::from(*place));
        let end = ByteOffset::new(start.get() + line.len() as u64 + 1);
        let origin = Origin { file: FileId::from_bytes([*place; 16]), span: start..end, part: 0 };
        let line = RawLine {
            bytes: line,
            origin,
            path: "/var/log/shop.log",
            truncated: false,
            provenance: Provenance::default(),
        };
        let mut events = Vec::new();
        pipeline.process(&line, Timestamp::UNIX_EPOCH, &mut events);
        for event in &events {
            let json = event.document.to_json();
            let value: serde_json::Value = serde_json::from_str(&json).expect("a document is JSON");
            assert!(value["event"]["id"].is_string(), "{json}");
        }
        pipeline.recycle(&mut events);
    });
});
