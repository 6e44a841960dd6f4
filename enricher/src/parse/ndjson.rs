//! One JSON object a line: the native form of a business event, or any other with a mapping or a schema.

use super::LineParser;
use super::mapper::{Mapper, More};
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;

/// Reads JSON events.
#[derive(Debug)]
pub(crate) struct Ndjson {
    mapper: Mapper,
}

impl Ndjson {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { mapper: Mapper::new(input) }
    }
}

impl LineParser for Ndjson {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        draft.stamp = Stamp::Missing;
        self.mapper.begin(draft);
        match self.mapper.object(line, draft) {
            Ok(()) => self.mapper.end(draft),
            Err(failure) => draft.fail(failure, line),
        }
    }

    fn more(&mut self, draft: &mut Draft) -> More {
        self.mapper.more(draft)
    }
}
