//! One input's pipeline, from the settings a person would write.

use enricher::{
    Context, Format, Pipeline, PipelineSettings, Provenance, RawLine, RawParse, RawPipeline,
    RawRedact, RawStore, StoreSettings,
};
use event::{ByteOffset, FileId, Origin};

/// Returns the pipeline of an input.
pub(crate) fn pipeline(input: &RawPipeline, redact: &RawRedact) -> Pipeline {
    pipeline_of("UTC", "EUR", input, redact)
}

/// Returns the pipeline of an input of a shop with a zone and a currency.
pub(crate) fn pipeline_of(
    zone: &str,
    currency: &str,
    input: &RawPipeline,
    redact: &RawRedact,
) -> Pipeline {
    let mut faults = Vec::new();
    let store = RawStore {
        id: "shop-1".to_owned(),
        timezone: Some(zone.to_owned()),
        currency: Some(currency.to_owned()),
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

/// Returns the pipeline of a schema that ships.
#[allow(dead_code, reason = "not every test needs schemas")]
pub(crate) fn shipped(schema: &str, format: Format, redact: &RawRedact) -> Pipeline {
    let parse = RawParse { schema: Some(schema.to_owned()), ..RawParse::default() };
    pipeline(&RawPipeline { parse, ..input(format, "order") }, redact)
}

/// Returns the lines of the golden cases of all schemas that ship, with their schema and format.
#[allow(dead_code, reason = "not every test needs schemas")]
pub(crate) fn lines_of_schemas() -> Vec<(String, Format, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(root.join("schemas")).expect("the schemas") {
        let path = entry.expect("a schema").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let case = root.join("cases").join(&name);
        let settings = std::fs::read_to_string(case.with_extension("yml")).expect("a case");
        let is_form = settings.contains("format: form");
        let format = if is_form { Format::Form } else { Format::Ndjson };
        let text = std::fs::read_to_string(case.with_extension("in")).expect("its lines");
        lines.extend(text.lines().map(|line| (name.clone(), format, line.to_owned())));
    }
    lines.sort_by(|one, other| one.0.cmp(&other.0));
    lines
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
