//! No secret leaves the host.

use crate::draft::Draft;
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};

pub mod pseudonym;
#[derive(Debug)]
pub(crate) struct Redact;

impl Redact {
    pub(crate) fn new(_store: &StoreSettings) -> Self {
        Self
    }
}

impl Processor for Redact {
    fn process(&mut self, _draft: &mut Draft, _pass: &mut Pass<'_>) -> Step {
        Step::Continue
    }
}
