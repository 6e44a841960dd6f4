//! One input's pipeline, from the settings a person would write.

use enricher::{
    Context, Format, Pipeline, PipelineSettings, Provenance, RawLine, RawPipeline, RawRedact,
    RawStore, StoreSettings,
};
use event::{ByteOffset, FileId, Origin};

/// Returns the pipeline of an input.
pub(crate) fn pipeline(input: &RawPipeline, redact: &RawRedact) -> Pipeline {
    let mut faults = Vec::new();
    let store = RawStore {
        id: "shop-1".to_owned(),
        timezone: Some("UTC".to_owned()),
        currency: Some("EUR".to_owned()),
        ..RawStore::default()
    };
    let store = StoreSettings::check(&store, redact, &mut faults);
    let input = PipelineSettings::check(input, "inputs[0]", &mut faults);
    assert_eq!(faults, []);
    let context = Context {
        host_name: "web-1".to_owned(),
        agent_id: "a".to_owned(),
        agent_type: "shipper".to_owned(),
        agent_version: "0".to_owned(),
    };
    Pipeline::new(&store.expect("no fault"), &input.expect("no fault"), &context)
}

/// Returns the settings of an input without anything special.
pub(crate) fn input(format: Format, dataset: &str) -> RawPipeline {
    RawPipeline { format, dataset: dataset.to_owned(), ..RawPipeline::default() }
}

/// Returns a line that starts at an offset.
pub(crate) fn line(bytes: &[u8], start: u64) -> RawLine<'_> {
    let end = start + bytes.len() as u64 + 1;
    RawLine {
        bytes,
        origin: Origin {
            file: FileId::from_bytes([7; 16]),
            span: ByteOffset::new(start)..ByteOffset::new(end),
            part: 0,
        },
        path: "/var/log/shop.log",
        truncated: false,
        provenance: Provenance::default(),
    }
}
