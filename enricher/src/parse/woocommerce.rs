//! The logs of WooCommerce: `2026-11-27T06:10:11+00:00 ERROR message CONTEXT: {json}`; the name of a file says who wrote it.

use event::Field;

use super::LineParser;
use super::context::{self, Context, Is};
use super::exception;
use super::leading;
use super::level;
use super::tail;
use crate::counters::Failure;
use crate::draft::{Draft, Form, ParseStatus, Stamp};
use crate::settings::PipelineSettings;

/// Stands before the context of a message.
const CONTEXT: &str = "CONTEXT: ";

/// Reads the logs of WooCommerce.
#[derive(Debug)]
pub(super) struct WooCommerce {
    context: Context,
    /// The input names no provider, so its format does.
    is_unnamed: bool,
}

impl WooCommerce {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { context: Context::new(input), is_unnamed: input.provider.is_none() }
    }

    fn read(&mut self, line: &str, draft: &mut Draft) -> Result<(), Failure> {
        let (stamp, rest) = leading::stamp(line).ok_or(Failure::OtherFormat)?;
        let rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Err(Failure::CutShort);
        }
        let (word, text) = rest.split_once([' ', '\n']).unwrap_or((rest, ""));
        let level = level::canonical(word).ok_or(Failure::OtherFormat)?;
        draft.stamp = Stamp::Text(draft.note(stamp));
        draft.event.document.set_static(Field::LogLevel, level);
        self.context.begin(draft);
        let message = self.tail(text, draft);
        let (thrown, place) = exception::php(message);
        thrown.tell(draft);
        place.tell(draft);
        if !draft.event.document.has(Field::ErrorStackTrace)
            && let Some(list) = draft.take_extra("backtrace")
        {
            match serde_json::from_str::<Vec<String>>(&list) {
                Ok(lines) => {
                    draft.event.document.set_text(Field::ErrorStackTrace, &lines.join("\n"));
                }
                Err(_) => draft.add_extra("backtrace", &list, Form::Text),
            }
        }
        self.context.end(draft);
        if self.is_unnamed {
            draft.event.document.set_static(Field::EventProvider, "woocommerce");
        }
        Ok(())
    }

    /// Keeps the context and returns the message before it.
    fn tail<'a>(&mut self, text: &'a str, draft: &mut Draft) -> &'a str {
        if let Some((head, json)) = tail::json(text)
            && let Some(message) = head.strip_suffix(CONTEXT)
            && context::look(json) != Is::Other
        {
            self.context.keep("context", json, draft);
            return message;
        }
        // Some versions take the backslashes out of their JSON, and a line may lack its end.
        if let Some((message, json)) = text.split_once(" CONTEXT: {") {
            draft.partial();
            let start = text.len() - json.len() - 1;
            let json = text.get(start..).unwrap_or_default();
            draft.add_extra("context", json.trim_ascii_end(), Form::Text);
            return message;
        }
        text
    }
}

impl LineParser for WooCommerce {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        if let Err(failure) = self.read(line, draft) {
            draft.fail(failure, line);
        }
    }

    fn of_file(&mut self, path: &str, draft: &mut Draft) {
        let source = source(path);
        let is_read = !matches!(draft.status, ParseStatus::Failed(_));
        if is_read && !matches!(source, "" | "stdin") {
            draft.event.document.set_text(Field::LogLogger, source);
        }
    }
}

/// Returns who wrote a file: `fatal-errors-2026-11-27-2f1c.log`, and with a number once it was rotated, is of `fatal-errors`.
fn source(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let name = name.split_once(".log").map_or(name, |(name, _)| name);
    let is_day = |at: &usize| {
        let shape = name.as_bytes().get(*at..*at + 11).unwrap_or_default();
        shape
            .iter()
            .zip(b"-9999-99-99")
            .filter(|(byte, wanted)| match wanted {
                b'9' => byte.is_ascii_digit(),
                _ => byte == wanted,
            })
            .count()
            == 11
    };
    let day = memchr::memchr_iter(b'-', name.as_bytes()).rfind(is_day);
    let source = match day {
        Some(at) => name.get(..at).unwrap_or(name),
        // Before version 3.2 there was no day, only a hash.
        None => match name.rsplit_once('-') {
            Some((source, hash))
                if hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit()) =>
            {
                source
            }
            _ => name,
        },
    };
    match source.rsplit_once('.') {
        Some((source, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => source,
        _ => source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_says_who_wrote_it() {
        let check = |path: &str, want: &str| assert_eq!(source(path), want, "{path}");
        check("/srv/wc-logs/fatal-errors-2026-11-27-8a2c0b.log", "fatal-errors");
        check("wc-logs/stripe-gateway.2-2026-11-27-8a2c0b.log.gz", "stripe-gateway");
        check("paypal-d41d8cd98f00b204e9800998ecf8427e.log", "paypal");
        check("shop.log", "shop");
        check("", "");
    }

    fn message(line: &str) -> (ParseStatus, String, Option<String>) {
        let mut faults = Vec::new();
        let raw = crate::RawPipeline { dataset: "app".to_owned(), ..crate::RawPipeline::default() };
        let input = PipelineSettings::check(&raw, "input", &mut faults).unwrap();
        let mut draft = Draft::new();
        WooCommerce::new(&input).parse(line, &mut draft);
        let text = draft.event.document.text(Field::Message).unwrap_or_default().to_owned();
        (draft.status, text, draft.take_extra("context"))
    }

    #[test]
    fn the_context_begins_where_its_json_does() {
        let check = |text: &str, status, want: &str, context: Option<&str>| {
            let found = message(&format!("2026-11-27T06:10:11+00:00 ERROR {text}"));
            assert_eq!(found, (status, want.to_owned(), context.map(str::to_owned)), "{text}");
        };
        check("x", ParseStatus::Ok, "x", None);
        check(
            "x CONTEXT: y CONTEXT: {\"a\":\" CONTEXT: {\"}",
            ParseStatus::Ok,
            "x CONTEXT: y",
            None,
        );
        check("a\nb CONTEXT: [1]", ParseStatus::Ok, "a\nb", Some("[1]"));
        let broken = r#"{"a":"b "c" d"}"#;
        check(&format!("x CONTEXT: {broken}"), ParseStatus::Partial, "x", Some(broken));
        check("x CONTEXT: {\"a", ParseStatus::Partial, "x", Some("{\"a"));
        check("x {\"a\":1}", ParseStatus::Ok, "x {\"a\":1}", None);
    }

    #[test]
    fn what_has_no_stamp_or_no_level_is_kept_whole() {
        let failed = ParseStatus::Failed(Failure::OtherFormat);
        for line in ["x", "2026-11-27T06:10:11+00:00 oops", "#0 /srv/a.php(3)"] {
            assert_eq!(message(line), (failed, line.to_owned(), None), "{line}");
        }
        let cut = "2026-11-27T06:10:11+00:00";
        assert_eq!(message(cut).0, ParseStatus::Failed(Failure::CutShort));
    }
}
