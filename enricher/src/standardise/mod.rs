//! One form.

use crate::draft::Draft;
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};

pub(crate) mod currency;
#[derive(Debug)]
pub(crate) struct Standardise;

impl Standardise {
    pub(crate) fn new(_store: &StoreSettings, _input: &PipelineSettings) -> Self {
        Self
    }
}

impl Processor for Standardise {
    fn process(&mut self, _draft: &mut Draft, _pass: &mut Pass<'_>) -> Step {
        Step::Continue
    }
}
