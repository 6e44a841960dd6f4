//! YAML text to a tree in which each value knows its line.

use std::{fmt, path::Path};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Location, Spanned};

use super::{
    Finding, Origin,
    node::{Entry, Node, Scalar, ScalarStyle, Value},
};

/// Returns the tree of a file. A text without any value is an empty block.
pub(super) fn parse(path: &Path, text: &str) -> Result<Node, Box<Finding>> {
    // Without snippets: a line quoted in an error may hold a secret.
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    let parsed = serde_saphyr::from_str_with_options::<Spanned<Shape>>(text, options);
    let source = Source { path, text };
    match parsed {
        Ok(Spanned { value: Shape::Null, .. }) => Ok(Node::empty(Some(path))),
        Ok(spanned) => match source.node(spanned) {
            node @ Node { value: Value::Map(_), .. } => Ok(node),
            node => {
                Err(Box::new(Finding::error(node.origin, "", "is not a block of `key: value`")))
            }
        },
        Err(_) if is_blank(text) => Ok(Node::empty(Some(path))),
        Err(error) => {
            let line = error.location().map(|location| location.line());
            let origin = Origin::File { path: path.to_owned(), line };
            let message = format!("cannot be read as YAML: {}", cause(&error));
            Err(Box::new(Finding::error(origin, "", message)))
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}

/// The parser repeats line and column, which the origin tells, and gives advice to programmers.
fn cause(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let mut cause = text.lines().next().unwrap_or_default();
    for tail in [" at line ", ", line ", ", set ", "; use "] {
        cause = cause.split_once(tail).map_or(cause, |(before, _)| before);
    }
    cause.to_owned()
}

/// What YAML gave, before the text of plain values is looked up in the source.
enum Shape {
    Null,
    Text(String),
    /// A number or truth value, as the parser would print it.
    Typed(String),
    List(Vec<Spanned<Shape>>),
    Map(Vec<(Spanned<String>, Spanned<Shape>)>),
}

struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn node(&self, spanned: Spanned<Shape>) -> Node {
        let Spanned { value, referenced, defined } = spanned;
        let value = match value {
            Shape::Null => Value::Null,
            Shape::Text(text) => {
                // Plain text and quoted text differ only when somebody asks for a number.
                Value::Scalar(Scalar { text, style: ScalarStyle::Quoted })
            }
            Shape::Typed(printed) => {
                // `1.10` must stay `1.10` for whoever reads it as text: what was written counts, not its value.
                let text = self.written(defined).map_or(printed, str::to_owned);
                Value::Scalar(Scalar { text, style: ScalarStyle::Bare })
            }
            Shape::List(items) => {
                Value::List(items.into_iter().map(|item| self.node(item)).collect())
            }
            Shape::Map(entries) => {
                Value::Map(entries.into_iter().map(|(key, value)| self.entry(key, value)).collect())
            }
        };
        Node { origin: self.origin(referenced), value }
    }

    fn entry(&self, key: Spanned<String>, value: Spanned<Shape>) -> Entry {
        let origin = self.origin(key.referenced);
        let mut node = self.node(value);
        if matches!(node.value, Value::Map(_) | Value::List(_)) {
            // A block begins for people at its key; the parser's place is the first thing in it.
            node.origin = origin.clone();
        }
        Entry { key: key.value, origin, node }
    }

    fn origin(&self, location: Location) -> Origin {
        match location.line() {
            0 => Origin::file(self.path),
            line => Origin::line(self.path, line),
        }
    }

    fn written(&self, location: Location) -> Option<&str> {
        let start = usize::try_from(location.span().byte_offset()?).ok()?;
        let length = usize::try_from(location.span().byte_len()?).ok()?;
        let text = self.text.get(start..start.checked_add(length)?)?.trim();
        (!text.is_empty()).then_some(text)
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape::Typed(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Shape, E> {
        Ok(Shape::Typed(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
        Ok(Shape::Typed(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Shape, E> {
        Ok(Shape::Typed(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Shape, E> {
        Ok(Shape::Typed(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Shape, E> {
        Ok(Shape::Typed(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Shape, E> {
        Ok(Shape::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Shape, E> {
        Ok(Shape::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Shape::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Shape::Map(entries))
    }
}
