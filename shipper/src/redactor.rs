//! Redacts a single line, for places that show lines and not documents: dead letters and rescued events.

use enricher::{Context, Pipeline, Provenance, RawLine, StoreSettings};
use event::{Field, Origin};
use jiff::Timestamp;

use crate::chunk::{Chunk, Item};
use crate::settings::Input;

/// One pipeline for each input, which keeps the redacted line. Few lines come here, so speed is no concern.
#[derive(Debug)]
pub struct Redactor {
    pipelines: Vec<Pipeline>,
}

impl Redactor {
    /// Returns a redactor for these inputs.
    pub fn new(store: &StoreSettings, inputs: &[Input], context: &Context) -> Self {
        let pipeline = |input: &Input| Pipeline::new(store, &input.pipeline_with_line, context);
        Self { pipelines: inputs.iter().map(pipeline).collect() }
    }

    /// Returns the redacted line of an event. A line that its pipeline does not keep has nothing to show.
    pub fn line(&mut self, chunk: &Chunk, item: &Item, now: Timestamp) -> String {
        let Some(pipeline) = self.pipelines.get_mut(chunk.input) else { return String::new() };
        let path = chunk.path.to_string_lossy();
        let line = RawLine {
            bytes: chunk.cargo.line(item),
            origin: Origin { file: chunk.file, span: item.span.clone(), part: 0 },
            path: &path,
            truncated: false,
            provenance: Provenance::default(),
        };
        let mut events = Vec::new();
        pipeline.process(&line, now, &mut events);
        let original = events.first().and_then(|event| event.document.text(Field::EventOriginal));
        original.unwrap_or_default().to_owned()
    }
}
