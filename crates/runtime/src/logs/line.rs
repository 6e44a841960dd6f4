//! What one log line says, before it has a look.

use std::{error::Error, fmt};

use serde_json::Value;
use tracing::{
    Event, Level,
    field::{Field, Visit},
};

use crate::plain;

/// A log line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) level: Level,
    /// `event.code`, or the place in our source where none is given.
    pub(super) code: String,
    pub(super) message: String,
    /// Names as they stand in ECS, `labels.` in front of our own.
    pub(super) fields: Vec<(String, Value)>,
}

impl Line {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let metadata = event.metadata();
        let mut line = Self {
            level: *metadata.level(),
            code: String::new(),
            message: String::new(),
            fields: Vec::new(),
        };
        event.record(&mut Collector { line: &mut line });
        if line.code.is_empty() {
            let place = metadata.line().unwrap_or_default();
            line.code = format!("{}:{place}", metadata.module_path().unwrap_or(metadata.target()));
        }
        line
    }

    pub(super) fn held_back(code: String) -> Self {
        let message = "more of these lines were held back".to_owned();
        Self { level: Level::WARN, code, message, fields: Vec::new() }
    }
}

struct Collector<'a> {
    line: &'a mut Line,
}

impl Collector<'_> {
    fn take(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.line.message = text,
            ("event.code", Value::String(text)) => self.line.code = text,
            ("error", value) => self.line.fields.push(("error.message".to_owned(), value)),
            (name, value) if name.contains('.') => self.line.fields.push((name.to_owned(), value)),
            (name, value) => self.line.fields.push((format!("labels.{name}"), value)),
        }
    }

    fn take_text(&mut self, field: &Field, text: &str) {
        self.take(field, Value::String(plain(text).into_owned()));
    }
}

impl Visit for Collector<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.take(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.take(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.take(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.take(field, Value::from(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take_text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.take_text(field, &crate::chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take_text(field, &format!("{value:?}"));
    }
}
