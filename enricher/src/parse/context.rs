//! The JSON of a context behind a message: its persons and secrets are put aside, all else goes to `store.extra`.

use super::json;
use super::keys::Vocabulary;
use super::mapper::Mapper;
use crate::draft::{Draft, Form};
use crate::settings::PipelineSettings;

/// Reads contexts.
#[derive(Debug)]
pub(super) struct Context {
    mapper: Mapper,
}

/// Whether a text is the JSON of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    /// An object.
    Object,
    /// A list that is not empty.
    List,
    /// `[]` or `{}`: there is none.
    Empty,
    /// Something else.
    Other,
}

/// Tells what a text is, without reading it.
pub(super) fn look(text: &str) -> Is {
    match text {
        "[]" | "{}" => Is::Empty,
        _ if text.starts_with('{') => match json::walk(text, &mut String::new(), &mut |_, _| {}) {
            Ok(()) => Is::Object,
            Err(_) => Is::Other,
        },
        _ => match serde_json::from_str::<Vec<serde::de::IgnoredAny>>(text) {
            Ok(_) => Is::List,
            Err(_) => Is::Other,
        },
    }
}

impl Context {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { mapper: Mapper::with(input, Vocabulary::Context) }
    }

    /// Begins a line.
    pub(super) fn begin(&mut self, draft: &mut Draft) {
        self.mapper.begin(draft);
    }

    /// Keeps a context; a list has no keys and is kept under that of the context.
    pub(super) fn keep(&mut self, key: &str, text: &str, draft: &mut Draft) {
        match look(text) {
            Is::Empty => {}
            // It was looked at, so it can be read.
            Is::Object => {
                if self.mapper.json(text, draft).is_err() {
                    draft.partial();
                }
            }
            Is::List => draft.add_extra(key, text, Form::Text),
            Is::Other => {
                draft.add_extra(key, text, Form::Text);
                draft.partial();
            }
        }
    }

    /// Ends a line.
    pub(super) fn end(&mut self, draft: &mut Draft) {
        self.mapper.end(draft);
    }
}
