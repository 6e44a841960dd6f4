//! Parsing: what a line says goes to fields of its draft; a line that cannot be read is kept whole.

mod access;
mod cursor;
mod json;
pub(crate) mod keys;
pub(crate) mod level;
mod ndjson;
mod plain;
pub(crate) mod text;
mod trailing;
mod value;

use crate::draft::Draft;
use crate::settings::{Format, PipelineSettings};

pub(crate) use ndjson::is_no_id;

/// The parser of one format. A new format is a file and a line here.
#[derive(Debug)]
pub(crate) enum Parser {
    Ndjson(ndjson::Ndjson),
    Access(access::Access),
    Plain,
}

impl Parser {
    pub(crate) fn new(input: &PipelineSettings) -> Self {
        match input.format {
            Format::Ndjson => Self::Ndjson(ndjson::Ndjson::new(input)),
            // Combined and common differ by two fields at the end, which the line itself shows.
            Format::Combined | Format::Common => {
                Self::Access(access::Access::new(&input.trusted_proxies))
            }
            Format::Plain => Self::Plain,
        }
    }

    pub(crate) fn parse(&mut self, text: &str, draft: &mut Draft) {
        match self {
            Self::Ndjson(parser) => parser.parse(text, draft),
            Self::Access(parser) => parser.parse(text, draft),
            Self::Plain => plain::parse(text, draft),
        }
    }
}
