//! When it happened.

use crate::draft::Draft;
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};

#[derive(Debug)]
pub(crate) struct Time;

impl Time {
    pub(crate) fn new(_store: &StoreSettings, _input: &PipelineSettings) -> Self {
        Self
    }
}

impl Processor for Time {
    fn process(&mut self, _draft: &mut Draft, _pass: &mut Pass<'_>) -> Step {
        Step::Continue
    }
}
