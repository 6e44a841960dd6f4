//! Lines of Monolog, as Laravel, Magento and Symfony write them: `[stamp] channel.LEVEL: message {context} {extra}`.
//!
//! Messages hold SQL and JSON with brackets of their own, so context and extra are taken from the end of the line.

use event::Field;

use super::LineParser;
use super::context::{self, Context, Is};
use super::exception;
use super::level;
use super::tail;
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;
use crate::time::stamp;

/// Longest name of a channel with its level.
const LONGEST_HEAD: usize = 256;

/// Reads lines of Monolog.
#[derive(Debug)]
pub(super) struct Monolog {
    context: Context,
}

impl Monolog {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { context: Context::new(input) }
    }

    fn read(&mut self, line: &str, draft: &mut Draft) -> Result<(), Failure> {
        let (stamp, rest) = bracketed_stamp(line).ok_or(Failure::OtherFormat)?;
        let rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Err(Failure::CutShort);
        }
        let (head, body) = rest.split_once(':').ok_or(Failure::OtherFormat)?;
        let (channel, word) = head.rsplit_once('.').ok_or(Failure::OtherFormat)?;
        let level = level::canonical(word).ok_or(Failure::OtherFormat)?;
        if head.len() > LONGEST_HEAD || head.contains('\n') {
            return Err(Failure::OtherFormat);
        }
        draft.stamp = Stamp::Text(draft.note(stamp));
        draft.event.document.set_static(Field::LogLevel, level);
        if !channel.is_empty() {
            draft.event.document.set_text(Field::LogLogger, channel);
        }
        self.context.begin(draft);
        let message = self.tail(body, draft);
        let (thrown, place) = exception::php(message.trim_ascii());
        thrown.tell(draft);
        place.tell(draft);
        if let Some(text) = draft.take_extra("exception") {
            exception::php_object(&text, draft);
        }
        self.context.end(draft);
        Ok(())
    }

    /// Keeps context and extra and returns the message before them.
    fn tail<'a>(&mut self, body: &'a str, draft: &mut Draft) -> &'a str {
        let Some((head, last)) = tail::json(body) else { return body };
        let is = context::look(last);
        if is == Is::Other {
            return body;
        }
        if let Some((message, context)) = tail::json(head)
            && context::look(context) != Is::Other
        {
            self.context.keep("context", context, draft);
            self.context.keep("extra", last, draft);
            return message;
        }
        // A list that stands alone is more often the end of a message than a context.
        if is == Is::List {
            return body;
        }
        self.context.keep("context", last, draft);
        head
    }
}

impl LineParser for Monolog {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        if let Err(failure) = self.read(line, draft) {
            draft.fail(failure, line);
        }
    }
}

/// Cuts a line behind a stamp in brackets.
pub(super) fn bracketed_stamp(line: &str) -> Option<(&str, &str)> {
    let (stamp, rest) = line.strip_prefix('[')?.split_once(']')?;
    (stamp.len() <= 64 && stamp::is_stamp(stamp)).then_some((stamp, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, message: &str, extras: &str) {
        let mut faults = Vec::new();
        let raw = crate::RawPipeline {
            format: crate::Format::Monolog,
            dataset: "app".to_owned(),
            ..crate::RawPipeline::default()
        };
        let input = PipelineSettings::check(&raw, "input", &mut faults).unwrap();
        let mut draft = Draft::new();
        Monolog::new(&input).parse(line, &mut draft);
        assert_eq!(draft.status, crate::draft::ParseStatus::Ok, "{line}");
        assert_eq!(draft.event.document.text(Field::Message).unwrap_or_default(), message);
        let found: Vec<String> = draft
            .extras
            .iter()
            .map(|extra| format!("{}={}", draft.read(extra.key), draft.read(extra.text)))
            .collect();
        assert_eq!(found.join(" "), extras, "{line}");
    }

    #[test]
    fn context_and_extra_stand_at_the_end() {
        let head = "[2017-02-22 04:52:56] production.ERROR: ";
        let check = |body: &str, message, extras| check(&format!("{head}{body}"), message, extras);
        check("no stock", "no stock", "");
        check("no stock [] []", "no stock", "");
        check(r#"no stock {"sku":"A"} []"#, "no stock", "sku=A");
        check(r#"no stock {"sku":"A"} "#, "no stock", "sku=A");
        check(r#"no stock {"sku":"A"} {"uid":"7"}"#, "no stock", "sku=A uid=7");
        check(r#"x {"in":"it"} ["a",1] []"#, r#"x {"in":"it"}"#, r#"context=["a",1]"#);
        check("select [a] from t where b in [1]", "select [a] from t where b in [1]", "");
        check("[] []", "", "");
        check(r#"odd "quote [x {"a":"] \" [] {"} []"#, r#"odd "quote [x"#, "a=] \" [] {");
        check("cut {\"a\":\"b", "cut {\"a\":\"b", "");
    }

    #[test]
    fn what_is_no_line_of_monolog_is_kept_whole() {
        for line in
            ["", "x", "[x] a.ERROR: b", "[2017-02-22 04:52:56] a: b", "#0 /srv/a.php(3): f()"]
        {
            let mut faults = Vec::new();
            let raw =
                crate::RawPipeline { dataset: "app".to_owned(), ..crate::RawPipeline::default() };
            let input = PipelineSettings::check(&raw, "input", &mut faults).unwrap();
            let mut draft = Draft::new();
            Monolog::new(&input).parse(line, &mut draft);
            let failed = crate::draft::ParseStatus::Failed(Failure::OtherFormat);
            assert_eq!(draft.status, failed, "{line}");
        }
    }
}
