//! JSON of loggers, one object a line: ECS, pino, bunyan, winston, slog, zap, logstash, Monolog, those of Python.

use event::Field;

use super::LineParser;
use super::exception;
use super::keys::Vocabulary;
use super::mapper::{Mapper, More};
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;

/// Reads JSON of loggers.
#[derive(Debug)]
pub(super) struct JsonLog {
    mapper: Mapper,
}

impl JsonLog {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { mapper: Mapper::with(input, Vocabulary::Logger) }
    }
}

impl LineParser for JsonLog {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        draft.stamp = Stamp::Missing;
        self.mapper.begin(draft);
        match self.mapper.json(line, draft) {
            Ok(()) => {
                self.mapper.end(draft);
                finish(draft);
            }
            Err(failure) => draft.fail(failure, line),
        }
    }

    fn more(&mut self, draft: &mut Draft) -> More {
        self.mapper.more(draft)
    }
}

/// Makes what a logger left out of what it said.
pub(super) fn finish(draft: &mut Draft) {
    let document = &draft.event.document;
    // Structlog calls its message an event; elsewhere an event is a value like others.
    if !document.has(Field::Message)
        && let Some(event) = draft.take_extra("event")
    {
        draft.event.document.set_text(Field::Message, &event);
    }
    let document = &mut draft.event.document;
    if let Some(trace) = document.text(Field::ErrorStackTrace).map(str::to_owned) {
        // What has one line has no trace: it says what went wrong.
        if !trace.trim_ascii().contains('\n') {
            document.remove(Field::ErrorStackTrace);
            if !document.has(Field::ErrorMessage) {
                document.set_text(Field::ErrorMessage, trace.trim_ascii());
            }
        }
        let thrown = exception::of_trace(&trace);
        for (field, text) in
            [(Field::ErrorType, thrown.class), (Field::ErrorMessage, thrown.reason)]
        {
            if !document.has(field) && !text.is_empty() {
                document.set_text(field, text);
            }
        }
    }
    if !document.has(Field::Message)
        && let Some(said) = document.text(Field::ErrorMessage).map(str::to_owned)
    {
        document.set_text(Field::Message, &said);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Form;

    #[test]
    fn an_event_is_the_message_only_where_there_is_no_other() {
        let check = |message: Option<&str>, want: &str, extras: usize| {
            let mut draft = Draft::new();
            draft.add_extra("event", "cart.emptied", Form::Text);
            if let Some(message) = message {
                draft.event.document.set_text(Field::Message, message);
            }
            finish(&mut draft);
            assert_eq!(draft.event.document.text(Field::Message), Some(want));
            assert_eq!(draft.extras.len(), extras);
        };
        check(None, "cart.emptied", 0);
        check(Some("x"), "x", 1);
    }

    #[test]
    fn class_and_message_of_an_exception_are_found_in_its_trace() {
        let mut draft = Draft::new();
        let trace = "TypeError: no cart\n    at f (a.js:1:2)";
        draft.event.document.set_text(Field::ErrorStackTrace, trace);
        finish(&mut draft);
        let text = |field| draft.event.document.text(field);
        assert_eq!(text(Field::ErrorType), Some("TypeError"));
        assert_eq!(text(Field::Message), Some("no cart"));
    }

    #[test]
    fn a_trace_of_one_line_is_what_went_wrong() {
        let mut draft = Draft::new();
        draft.event.document.set_text(Field::ErrorStackTrace, "no cart");
        finish(&mut draft);
        assert!(!draft.event.document.has(Field::ErrorStackTrace));
        assert_eq!(draft.event.document.text(Field::ErrorMessage), Some("no cart"));
    }
}
