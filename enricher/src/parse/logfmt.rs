//! Lines of pairs: `ts=.. level=info msg="order placed" took=1.5ms`.

use std::borrow::Cow;

use super::LineParser;
use super::json;
use super::json_log::finish;
use super::keys::Vocabulary;
use super::mapper::{Mapper, More};
use crate::counters::Failure;
use crate::draft::Draft;
use crate::settings::PipelineSettings;

/// Pairs and words of a line, at most: as many as a JSON object may have keys.
const MOST_PAIRS: usize = 512;

/// Reads lines of pairs.
#[derive(Debug)]
pub(super) struct Logfmt {
    mapper: Mapper,
}

impl Logfmt {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { mapper: Mapper::with(input, Vocabulary::Logger) }
    }

    fn read(&mut self, line: &str, draft: &mut Draft) -> Result<(), Failure> {
        let (mut pairs, mut words) = (0, 0);
        for pair in Pairs(line) {
            match pair.value {
                Value::Absent => words += 1,
                Value::Plain(_) | Value::Quoted(_) | Value::Cut(_) => pairs += 1,
            }
            if pairs + words > MOST_PAIRS {
                return Err(Failure::TooManyKeys);
            }
        }
        // A sentence that holds a pair is no line of pairs.
        if pairs == 0 || words > pairs {
            return Err(Failure::OtherFormat);
        }
        for Pair { key, value } in Pairs(line) {
            let text = match value {
                Value::Absent => Cow::Borrowed("true"),
                Value::Plain(text) => Cow::Borrowed(text),
                Value::Quoted(text) => json::unescaped(text),
                Value::Cut(text) => {
                    draft.partial();
                    json::unescaped(text)
                }
            };
            if matches!(&*text, "" | "null" | "nil" | "<nil>") {
                continue;
            }
            // `t` is too short a name for a time anywhere else.
            let key = if key == "t" { "time" } else { key };
            self.mapper.pair(key, text, draft);
        }
        Ok(())
    }
}

impl LineParser for Logfmt {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        self.mapper.begin(draft);
        match self.read(line, draft) {
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

/// A key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair<'a> {
    key: &'a str,
    value: Value<'a>,
}

/// How a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    /// Not at all: its key stands alone.
    Absent,
    /// Up to the next space.
    Plain(&'a str),
    /// In quotes, with escapes.
    Quoted(&'a str),
    /// In quotes of which the second is missing.
    Cut(&'a str),
}

/// The pairs of a line that are left.
struct Pairs<'a>(&'a str);

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        let text = self.0.trim_ascii_start();
        if text.is_empty() {
            self.0 = "";
            return None;
        }
        let is_end = |c: char| c == '=' || c.is_ascii_whitespace();
        let (key, rest) = text.split_at_checked(text.find(is_end).unwrap_or(text.len()))?;
        let Some(rest) = rest.strip_prefix('=').filter(|_| !key.is_empty()) else {
            // An equals sign without a key is a word too.
            let length = key.len().max(1);
            self.0 = text.get(length..).unwrap_or_default();
            return Some(Pair { key: text.get(..length)?, value: Value::Absent });
        };
        let Some(inner) = rest.strip_prefix('"') else {
            let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
            let (value, behind) = rest.split_at_checked(end)?;
            self.0 = behind;
            return Some(Pair { key, value: Value::Plain(value) });
        };
        let bytes = inner.as_bytes();
        let mut from = 0;
        while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(from..)?) {
            let at = from + found;
            if bytes.get(at) == Some(&b'"') {
                self.0 = inner.get(at + 1..)?;
                return Some(Pair { key, value: Value::Quoted(inner.get(..at)?) });
            }
            from = (at + 2).min(bytes.len());
        }
        self.0 = "";
        Some(Pair { key, value: Value::Cut(inner) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;

    #[test]
    fn a_value_ends_at_a_space_or_a_quote() {
        let check = |text, want: &[(&str, Value<'_>)]| {
            let found: Vec<(&str, Value<'_>)> =
                Pairs(text).map(|pair| (pair.key, pair.value)).collect();
            assert_eq!(found, want, "{text}");
        };
        check(
            "a=1 b= c",
            &[("a", Value::Plain("1")), ("b", Value::Plain("")), ("c", Value::Absent)],
        );
        check(
            r#"a="b \" c\\" d=e=f"#,
            &[("a", Value::Quoted(r#"b \" c\\"#)), ("d", Value::Plain("e=f"))],
        );
        check("a=\"b", &[("a", Value::Cut("b"))]);
        check("a=\"b\\", &[("a", Value::Cut("b\\"))]);
        check(
            "=x \u{4eac}=\u{4eac}",
            &[("=", Value::Absent), ("x", Value::Absent), ("\u{4eac}", Value::Plain("\u{4eac}"))],
        );
        check("", &[]);
    }

    fn status(line: &str) -> ParseStatus {
        let mut faults = Vec::new();
        let raw = crate::RawPipeline { dataset: "app".to_owned(), ..crate::RawPipeline::default() };
        let input = PipelineSettings::check(&raw, "input", &mut faults).unwrap();
        let mut draft = Draft::new();
        Logfmt::new(&input).parse(line, &mut draft);
        draft.status
    }

    #[test]
    fn a_sentence_is_no_line_of_pairs() {
        let failed = ParseStatus::Failed;
        assert_eq!(status("level=info bare msg=x"), ParseStatus::Ok);
        assert_eq!(status("level=info msg=\"x"), ParseStatus::Partial);
        assert_eq!(status("payment of order=1 failed"), failed(Failure::OtherFormat));
        assert_eq!(status("{\"a\":1}"), failed(Failure::OtherFormat));
        assert_eq!(status(&"a=1 ".repeat(513)), failed(Failure::TooManyKeys));
    }
}
