//! A user's own formats: expressions, dissections, columns, pairs. What they find goes, name by name, the way of JSON keys.
//!
//! An empty value is no value, as an empty column means that nothing is known.

pub(crate) mod cells;
mod delimited;
mod dissect;
mod expression;
mod grok;
mod grok_set;
mod pairs;

use event::Field;

use super::json::{self, Leaf};
use super::mapper::{Mapper, More};
use super::{LineParser, plain};
use crate::counters::{Failure, Rule};
use crate::draft::{Draft, Stamp};
use crate::settings::{Faults, Format, PipelineSettings, RawParse};

use delimited::{Delimited, Layout};
use dissect::Dissection;
use expression::{Expression, Expressions};
use pairs::Pairs;

/// Names of a line, at most: as many as a JSON object may have keys.
const MOST_NAMES: usize = 512;
/// Patterns of an input, at most: each is tried on a line that none of them fits.
const MOST_PATTERNS: usize = 64;

/// What the lines of an input look like, checked.
#[derive(Debug, Clone)]
pub(crate) enum Own {
    /// `regex` and `grok`.
    Expressions(Vec<Expression>),
    /// `dissect`.
    Dissections(Vec<Dissection>),
    /// `delimited`.
    Delimited(Layout),
    /// `key_value`.
    Pairs(Box<Pairs>),
}

/// How much a value of the settings lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What is wrong; it goes on after "KEY is VALUE".
    message: String,
    /// What is allowed, or what to do.
    hint: &'static str,
}

impl Refusal {
    fn new(message: impl Into<String>, hint: &'static str) -> Self {
        Self { message: message.into(), hint }
    }
}

/// Which formats read which keys of `parse`.
const READ_BY: &[(&str, &[Format])] = &[
    ("pattern", &[Format::Regex, Format::Grok, Format::Dissect]),
    ("definitions", &[Format::Grok]),
    ("columns", &[Format::Delimited]),
    ("delimiter", &[Format::Delimited]),
    ("quote", &[Format::Delimited]),
    ("pair_delimiter", &[Format::KeyValue]),
    ("value_delimiter", &[Format::KeyValue]),
];

impl Own {
    /// Checks what a user says of his format; other formats have nothing of all this.
    pub(crate) fn check(format: Format, raw: &RawParse, found: &mut Faults<'_>) -> Option<Self> {
        check_readers(format, raw, found);
        match format {
            Format::Regex => each(raw, found, Expression::regex).map(Self::Expressions),
            Format::Grok => {
                let names = grok::Definitions::check(&raw.definitions, found);
                each(raw, found, |text| names.expression(text)).map(Self::Expressions)
            }
            Format::Dissect => each(raw, found, Dissection::parse).map(Self::Dissections),
            Format::Delimited => Layout::check(raw, found).map(Self::Delimited),
            Format::KeyValue => Pairs::check(raw, found).map(|pairs| Self::Pairs(Box::new(pairs))),
            Format::Auto
            | Format::Ndjson
            | Format::Combined
            | Format::Common
            | Format::NginxJson
            | Format::NginxError
            | Format::ApacheError
            | Format::Envoy
            | Format::Alb
            | Format::S3
            | Format::W3c
            | Format::Tomcat
            | Format::Redis
            | Format::Kafka
            | Format::PhpFpm
            | Format::PhpFpmAccess
            | Format::PhpFpmSlow
            | Format::Cef
            | Format::Leef
            | Format::MysqlSlow
            | Format::Haproxy
            | Format::Syslog
            | Format::JsonLog
            | Format::Java
            | Format::Logfmt
            | Format::Python
            | Format::Monolog
            | Format::PhpError
            | Format::WooCommerce
            | Format::Plain
            | Format::Form => None,
        }
    }
}

/// Finds fault with keys that the format of the input does not read: they would say nothing in silence.
fn check_readers(format: Format, raw: &RawParse, found: &mut Faults<'_>) {
    for (key, formats) in READ_BY {
        let is_set = match *key {
            "pattern" => !raw.pattern.is_empty(),
            "definitions" => !raw.definitions.is_empty(),
            "columns" => raw.columns.is_some(),
            "delimiter" => raw.delimiter.is_some(),
            "quote" => raw.quote.is_some(),
            "pair_delimiter" => raw.pair_delimiter.is_some(),
            _ => raw.value_delimiter.is_some(),
        };
        if is_set && !formats.contains(&format) {
            let names: Vec<&str> = formats.iter().map(|format| format.as_str()).collect();
            let hint = format!("only for format: {}", names.join(", "));
            let message = format!("which format {} does not read", format.as_str());
            found.add(&format!("parse.{key}"), "set", message, &hint);
        }
    }
}

/// Checks each pattern of an input.
fn each<T>(
    raw: &RawParse,
    found: &mut Faults<'_>,
    check: impl Fn(&str) -> Result<T, Refusal>,
) -> Option<Vec<T>> {
    const KEY: &str = "parse.pattern";
    let patterns = &raw.pattern.0;
    if patterns.is_empty() || patterns.len() > MOST_PATTERNS {
        let hint =
            "one pattern, or a list of 64 at most of which the first that fits a line counts";
        let count = if patterns.is_empty() { "absent" } else { "a long list" };
        found.add(KEY, count, "which is no pattern", hint);
        return None;
    }
    let mut checked = Vec::new();
    for (place, text) in patterns.iter().enumerate() {
        match check(text) {
            Ok(pattern) => checked.push(pattern),
            Err(Refusal { message, hint }) => {
                let key =
                    if patterns.len() == 1 { KEY.to_owned() } else { format!("{KEY}[{place}]") };
                found.add(&key, text, message, hint);
            }
        }
    }
    (checked.len() == patterns.len()).then_some(checked)
}

/// Returns the parser of an input whose format is the user's own.
pub(super) fn parser(input: &PipelineSettings) -> Box<dyn LineParser> {
    let mut mapper = Mapper::new(input);
    let (reader, stamp) = match &input.own {
        Some(Own::Expressions(list)) => {
            let stamp = stamp(&mut mapper, list.iter().flat_map(Expression::names));
            (Reader::Expressions(Expressions::new(list)), stamp)
        }
        Some(Own::Dissections(list)) => {
            let stamp = stamp(&mut mapper, list.iter().flat_map(Dissection::names));
            (Reader::Dissections(list.clone()), stamp)
        }
        Some(Own::Delimited(layout)) => {
            let stamp = match layout.names() {
                Some(names) => stamp(&mut mapper, names.iter().map(String::as_str)),
                None => Stamp::Missing,
            };
            (Reader::Delimited(Delimited::new(layout)), stamp)
        }
        Some(Own::Pairs(pairs)) => (Reader::Pairs(pairs.clone()), Stamp::Missing),
        None => return Box::new(plain::Plain),
    };
    Box::new(OwnFormat { reader, mapper, stamp })
}

/// Returns what a line without a time is: where no name is one, the format has no place for it and the line lacks nothing.
fn stamp<'n>(mapper: &mut Mapper, mut names: impl Iterator<Item = &'n str>) -> Stamp {
    if names.any(|name| mapper.is_time(name)) { Stamp::Missing } else { Stamp::Absent }
}

/// Reads the lines of a user's own format.
#[derive(Debug)]
struct OwnFormat {
    reader: Reader,
    mapper: Mapper,
    /// What a line is without a time.
    stamp: Stamp,
}

/// What finds names and values in a line.
#[derive(Debug)]
enum Reader {
    Expressions(Expressions),
    Dissections(Vec<Dissection>),
    Delimited(Delimited),
    Pairs(Box<Pairs>),
}

impl LineParser for OwnFormat {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        draft.stamp = self.stamp;
        self.mapper.begin(draft);
        let mut sink = Sink { mapper: &mut self.mapper, draft };
        let read = match &mut self.reader {
            Reader::Expressions(expressions) => expressions.read(line, &mut sink),
            Reader::Dissections(list) => dissect::read(list, line, &mut sink),
            Reader::Delimited(delimited) => delimited.read(line, &mut sink),
            Reader::Pairs(pairs) => pairs.read(line, &mut sink),
        };
        match read {
            Ok(Line::Event) => {
                self.mapper.end(draft);
                draft.is_request = is_request(draft);
            }
            Ok(Line::Header) => draft.drop = Some(Rule::HeaderLine),
            Err(failure) => draft.fail(failure, line),
        }
    }

    fn more(&mut self, draft: &mut Draft) -> More {
        self.mapper.more(draft)
    }
}

/// Takes what a line says.
struct Sink<'a> {
    mapper: &'a mut Mapper,
    draft: &'a mut Draft,
}

impl Sink<'_> {
    /// Takes a value of a kind.
    fn tell(&mut self, name: &str, text: &str, kind: Kind) {
        if text.is_empty() {
            return;
        }
        let leaf = match (kind, text) {
            (Kind::Number, number) if json::is_number(number.as_bytes()) => Leaf::Number(number),
            (Kind::Truth, "true") => Leaf::Truth(true),
            (Kind::Truth, "false") => Leaf::Truth(false),
            (Kind::Text | Kind::Number | Kind::Truth, text) => Leaf::Text(text.into()),
        };
        self.mapper.tell(name, &leaf, self.draft);
    }
}

/// What a value is taken for where no field says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// A number, where it is written as JSON writes them.
    Number,
    /// `true` or `false`.
    Truth,
}

/// What a line turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Event,
    /// The names of its file's columns.
    Header,
}

type Read = Result<Line, Failure>;

/// Tells whether a line is a request and nothing of a business event.
fn is_request(draft: &Draft) -> bool {
    let fields = [Field::HttpRequestMethod, Field::UrlOriginal, Field::HttpResponseStatusCode];
    let document = &draft.event.document;
    fields.into_iter().all(|field| document.has(field))
        && draft.money.is_empty()
        && draft.producer_id.is_empty()
        && !document.has(Field::Message)
        && !document.has(Field::EventAction)
}

#[cfg(test)]
mod tests;
