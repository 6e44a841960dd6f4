//! Envelope.

use crate::draft::Draft;
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};

pub(crate) mod route;
#[derive(Debug)]
pub(crate) struct Enrich;

impl Enrich {
    pub(crate) fn new(
        _store: &StoreSettings,
        _input: &PipelineSettings,
        _context: &crate::line::Context,
    ) -> Self {
        Self
    }
}

impl Processor for Enrich {
    fn process(&mut self, _draft: &mut Draft, _pass: &mut Pass<'_>) -> Step {
        Step::Continue
    }
}
