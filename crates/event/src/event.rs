//! One fact on its way from a line to a document.

use std::num::NonZeroU32;

use jiff::Timestamp;

use crate::document::Document;
use crate::id::{EventId, KeyKind};
use crate::place::Origin;
use crate::stream::Dataset;

/// One fact: where its line stood, when it happened, what is said of it.
#[derive(Debug, Clone)]
pub struct Event {
    /// Where its line stood.
    pub origin: Origin,
    /// When it happened; `@timestamp` of the document.
    pub time: Timestamp,
    /// Its id, once identity is known. It starts as the id of its origin.
    pub id: EventId,
    /// What the id was made from.
    pub key_kind: KeyKind,
    /// Hash of what it says, where it has a key: one key with two contents is a conflict.
    pub content: Option<NonZeroU32>,
    /// What it is about, where that is another dataset than that of its input.
    pub dataset: Option<Dataset>,
    /// What is said of it.
    pub document: Document,
}

impl Event {
    /// Returns an event that knows its place only; its time is that of reading until a parser finds a better one.
    pub fn new(origin: Origin, read_at: Timestamp) -> Self {
        let id = EventId::from_origin(origin.file, origin.span.start, origin.part);
        Self {
            origin,
            time: read_at,
            id,
            key_kind: KeyKind::Origin,
            content: None,
            dataset: None,
            document: Document::new(),
        }
    }
}
