//! Noise.

use crate::draft::Draft;
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};

#[derive(Debug)]
pub(crate) struct Denoise;

impl Denoise {
    pub(crate) fn new(_input: &PipelineSettings) -> Self {
        Self
    }
}

impl Processor for Denoise {
    fn process(&mut self, _draft: &mut Draft, _pass: &mut Pass<'_>) -> Step {
        Step::Continue
    }
}
