//! The tree of settings: every key and value knows where it was written.

use std::path::Path;

use super::{Effective, Origin, secrets};

/// A value and where it was written.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Clone)]
pub(super) enum Value {
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) origin: Origin,
    pub(super) node: Node,
}

/// A value as it was written: what type it is, is decided by who reads it.
#[derive(Clone)]
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) style: ScalarStyle,
}

/// How a value was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ScalarStyle {
    /// Without quotes: may be a number or a truth value.
    Bare,
    /// With quotes: is text.
    Quoted,
    /// A part or all of it came from a variable: may be anything, like a bare one.
    Expanded,
}

impl Node {
    pub(super) fn empty(path: Option<&Path>) -> Self {
        let origin = path.map_or(Origin::Default, Origin::file);
        Self { origin, value: Value::Map(Vec::new()) }
    }

    pub(super) fn scalar(origin: Origin, text: &str) -> Self {
        let scalar = Scalar { text: text.to_owned(), style: ScalarStyle::Bare };
        Self { origin, value: Value::Scalar(scalar) }
    }

    /// Returns a value that stands for one that was taken out of a list, so that those after it keep their places.
    fn removed() -> Self {
        Self { origin: Origin::Default, value: Value::Null }
    }

    /// Returns whether this stands for a value that was taken out. No layer writes a value without an origin.
    pub(super) fn is_removed(&self) -> bool {
        matches!((&self.origin, &self.value), (Origin::Default, Value::Null))
    }

    pub(super) fn find(&self, key: &str) -> Option<&Self> {
        let (node, rest) = self.walk(key);
        rest.is_empty().then_some(node)
    }

    pub(super) fn origin_of(&self, key: &str) -> Origin {
        match self.walk(key) {
            (_, rest) if rest == key && !key.is_empty() => Origin::Default,
            (node, _) => node.origin.clone(),
        }
    }

    /// Goes as far towards a key as there are values; returns the last one and the rest of the key.
    fn walk<'k>(&self, key: &'k str) -> (&Self, &'k str) {
        let (mut node, mut rest) = (self, key);
        let mut inner = key;
        while let Some((place, after)) = node.step(inner) {
            node = match &node.value {
                Value::Map(entries) => &entries[place].node,
                Value::List(items) => &items[place],
                Value::Null | Value::Scalar(_) => break,
            };
            rest = after;
            inner = within(after);
        }
        (node, rest)
    }

    /// Removes what stands under a key, so that the rest can be read.
    pub(super) fn remove(&mut self, key: &str) {
        let Some((place, rest)) = self.step(key) else { return };
        match &mut self.value {
            Value::Map(entries) if rest.is_empty() => drop(entries.remove(place)),
            Value::List(items) if rest.is_empty() => items[place] = Self::removed(),
            Value::Map(entries) => entries[place].node.remove(within(rest)),
            Value::List(items) => items[place].remove(within(rest)),
            Value::Null | Value::Scalar(_) => {}
        }
    }

    /// Returns the place of the next value on the way to a key, and the rest of the key. Keys may have dots in them, so
    /// the longest one that fits is taken.
    fn step<'k>(&self, key: &'k str) -> Option<(usize, &'k str)> {
        match &self.value {
            Value::Null | Value::Scalar(_) => None,
            Value::List(items) => {
                let (place, rest) = key.strip_prefix('[')?.split_once(']')?;
                let place = place.parse().ok().filter(|place| *place < items.len())?;
                Some((place, rest))
            }
            Value::Map(entries) => {
                let fits = |(place, entry): (usize, &Entry)| {
                    let rest = key.strip_prefix(entry.key.as_str())?;
                    let ends = rest.is_empty() || rest.starts_with(['.', '[']);
                    (ends && !key.is_empty()).then_some((place, rest))
                };
                entries.iter().enumerate().filter_map(fits).min_by_key(|(_, rest)| rest.len())
            }
        }
    }

    /// Returns a short text for findings.
    pub(super) fn shown(&self) -> String {
        match &self.value {
            Value::Null => "empty".to_owned(),
            Value::Scalar(scalar) => scalar.text.clone(),
            Value::List(items) => format!("a list of {}", items.len()),
            Value::Map(entries) => format!("a block of {}", entries.len()),
        }
    }

    pub(super) fn effective(&self) -> Vec<Effective> {
        let mut all = Vec::new();
        self.visit("", &mut |key, node| {
            let text = match &node.value {
                Value::Null => "null",
                Value::Scalar(_) if secrets::is_secret(key) => "(hidden)",
                Value::Scalar(scalar) => &scalar.text,
                Value::List(items) if items.is_empty() => "[]",
                Value::Map(entries) if entries.is_empty() && !key.is_empty() => "{}",
                Value::List(_) | Value::Map(_) => return,
            };
            let (key, origin) = (key.to_owned(), node.origin.clone());
            all.push(Effective { key, value: text.to_owned(), origin });
        });
        all
    }

    /// Visits every value with its key, blocks before what is in them.
    pub(super) fn visit(&self, key: &str, visitor: &mut impl FnMut(&str, &Self)) {
        visitor(key, self);
        match &self.value {
            Value::Null | Value::Scalar(_) => {}
            Value::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    item.visit(&format!("{key}[{place}]"), visitor);
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    entry.node.visit(&join(key, &entry.key), visitor);
                }
            }
        }
    }
}

/// Returns the rest of a key without the dot that stands between a block and what is in it. A key at the very start of a
/// file may begin with a dot of its own.
fn within(rest: &str) -> &str {
    rest.strip_prefix('.').unwrap_or(rest)
}

/// Returns the key of something in a block.
pub(super) fn join(outer: &str, key: &str) -> String {
    match outer {
        "" => key.to_owned(),
        outer if key.starts_with('[') || key.is_empty() => format!("{outer}{key}"),
        outer => format!("{outer}.{key}"),
    }
}
