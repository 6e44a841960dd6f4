//! Parsing: what a line says goes to fields of its draft; a line that cannot be read is kept whole.

pub(crate) mod keys;
mod plain;
pub(crate) mod text;

use crate::draft::Draft;
use crate::settings::PipelineSettings;

/// The parser of one format.
#[derive(Debug)]
pub(crate) enum Parser {
    Plain,
}

impl Parser {
    pub(crate) fn new(_input: &PipelineSettings) -> Self {
        Self::Plain
    }

    pub(crate) fn parse(&mut self, text: &str, draft: &mut Draft) {
        match self {
            Self::Plain => plain::parse(text, draft),
        }
    }
}
