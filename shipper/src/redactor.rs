//! Redacts a single line, for places that show lines and not documents: dead letters and rescued events.

use std::collections::HashMap;

use enricher::{Context, Pipeline, RawLine, StoreSettings};
use event::{Field, Origin};
use jiff::Timestamp;

use crate::chunk::{Chunk, Item};
use crate::inputs::Inputs;

/// One pipeline for each input of which a line was asked for, which keeps the redacted line. Few lines come here, so speed
/// is no concern, and most inputs never need one.
#[derive(Debug)]
pub struct Redactor {
    store: StoreSettings,
    context: Context,
    inputs: Inputs,
    pipelines: HashMap<usize, Pipeline>,
}

impl Redactor {
    /// Returns a redactor for these inputs.
    pub fn new(store: &StoreSettings, inputs: &Inputs, context: &Context) -> Self {
        let (store, context) = (store.clone(), context.clone());
        Self { store, context, inputs: inputs.clone(), pipelines: HashMap::new() }
    }

    fn pipeline(&mut self, number: usize) -> Option<&mut Pipeline> {
        let input = self.inputs.get(number)?;
        let (store, context) = (&self.store, &self.context);
        let made = || Pipeline::new(store, &input.pipeline_with_line, context);
        Some(self.pipelines.entry(number).or_insert_with(made))
    }

    /// Returns the redacted line of an event. A line that its pipeline does not keep has nothing to show.
    pub fn line(&mut self, chunk: &Chunk, item: &Item, now: Timestamp) -> String {
        let Some(pipeline) = self.pipeline(chunk.input) else { return String::new() };
        let path = chunk.path.to_string_lossy();
        let line = RawLine {
            bytes: chunk.cargo.line(item),
            origin: Origin { file: chunk.file, span: item.span.clone(), part: 0 },
            path: &path,
            truncated: false,
        };
        let mut events = Vec::new();
        pipeline.process(&line, now, &mut events);
        let original = events.first().and_then(|event| event.document.text(Field::EventOriginal));
        original.unwrap_or_default().to_owned()
    }
}
