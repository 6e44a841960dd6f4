//! Ids.

use crate::draft::Draft;
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};

#[derive(Debug)]
pub(crate) struct Identity;

impl Identity {
    pub(crate) fn new(_store: &StoreSettings, _input: &PipelineSettings) -> Self {
        Self
    }
}

impl Processor for Identity {
    fn process(&mut self, _draft: &mut Draft, _pass: &mut Pass<'_>) -> Step {
        Step::Continue
    }
}
