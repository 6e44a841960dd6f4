//! Rows and single values out of a reply, by a dotted path; rows stay the bytes that the API wrote.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A path into JSON: `data.orders[*]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Each,
}

/// The text is no path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("which is no path such as data.orders[*] (names, dots, [*] for each of a list)")]
pub struct NoPath;

/// What stands at the path of rows.
#[derive(Debug)]
pub enum Found<'a> {
    /// These rows.
    Rows(Vec<&'a RawValue>),
    /// `null`: some APIs write that for an empty list.
    Null,
    /// Nothing.
    Absent,
}

impl FromStr for Path {
    type Err = NoPath;

    fn from_str(text: &str) -> Result<Self, NoPath> {
        let mut steps = Vec::new();
        for (place, part) in text.trim().split('.').enumerate() {
            let mut name = part;
            let mut each = 0;
            while let Some(before) = name.strip_suffix("[*]") {
                name = before;
                each += 1;
            }
            // Only the whole reply may be a list without a name: `[*]`.
            let is_nameless = name.is_empty() && place == 0 && each > 0;
            if (name.is_empty() && !is_nameless) || name.contains(['[', ']', '*']) {
                return Err(NoPath);
            }
            if !name.is_empty() {
                steps.push(Step::Key(name.to_owned()));
            }
            steps.extend(std::iter::repeat_n(Step::Each, each));
        }
        Ok(Self { steps })
    }
}

impl Path {
    /// Returns the rows of a reply. A list at the end of the path is taken apart, with or without `[*]`.
    pub fn rows<'a>(&self, reply: &'a RawValue) -> Found<'a> {
        let mut values = vec![reply];
        for step in &self.steps {
            values = match step {
                Step::Key(key) => values.into_iter().filter_map(|value| pick(value, key)).collect(),
                Step::Each => values.into_iter().flat_map(items).collect(),
            };
            if values.is_empty() && matches!(step, Step::Key(_)) {
                return Found::Absent;
            }
            if matches!(values.as_slice(), [only] if only.get() == "null") {
                return Found::Null;
            }
        }
        let is_list = |value: &&RawValue| value.get().starts_with('[');
        if values.iter().any(is_list) {
            values = values.into_iter().flat_map(items).collect();
        }
        Found::Rows(values)
    }

    /// Returns a single value as text; none for null, lists, objects, and where there is nothing.
    pub fn text(&self, value: &RawValue) -> Option<String> {
        let mut value = value;
        for step in &self.steps {
            value = match step {
                Step::Key(key) => pick(value, key)?,
                Step::Each => return None,
            };
        }
        let text = value.get();
        match text.bytes().next()? {
            b'"' => serde_json::from_str(text).ok(),
            b'{' | b'[' | b'n' => None,
            _ => Some(text.to_owned()),
        }
    }

    /// Tells whether something other than null stands there.
    pub fn is_in(&self, value: &RawValue) -> bool {
        match self.rows(value) {
            Found::Rows(_) => true,
            Found::Null | Found::Absent => false,
        }
    }
}

fn items(value: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(value.get()).unwrap_or_default()
}

fn pick<'a>(value: &'a RawValue, key: &str) -> Option<&'a RawValue> {
    let mut json = serde_json::Deserializer::from_str(value.get());
    json.deserialize_map(Pick(key)).ok().flatten()
}

/// Takes one value out of an object and passes over the others without building them.
struct Pick<'k>(&'k str);

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Returns a row as one line: line breaks between its tokens become spaces, those in texts are escaped already.
pub(crate) fn one_line(row: &RawValue) -> Vec<u8> {
    let blank = |byte: u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte };
    row.get().bytes().map(blank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(path: &str, reply: &str) -> String {
        let reply: &RawValue = serde_json::from_str(reply).unwrap();
        match path.parse::<Path>().unwrap().rows(reply) {
            Found::Rows(rows) => rows.iter().map(|row| row.get()).collect::<Vec<_>>().join(" "),
            Found::Null => "null".to_owned(),
            Found::Absent => "absent".to_owned(),
        }
    }

    #[test]
    fn rows_are_the_bytes_that_the_api_wrote() {
        assert_eq!(
            rows("orders", r#"{"orders":[{"id": 1.50},{"id":2}]}"#),
            r#"{"id": 1.50} {"id":2}"#
        );
        assert_eq!(rows("a.b[*].c", r#"{"a":{"b":[{"c":1},{"d":2},{"c":3}]}}"#), "1 3");
        assert_eq!(rows("a[*].b[*]", r#"{"a":[{"b":[1,2]},{"b":[3]}]}"#), "1 2 3");
        assert_eq!(rows("[*]", "[1,2]"), "1 2");
    }

    #[test]
    fn no_rows_are_told_apart_from_nothing_there() {
        assert_eq!(rows("orders[*]", r#"{"orders":[]}"#), "");
        assert_eq!(rows("orders", r#"{"orders":null}"#), "null");
        assert_eq!(rows("orders", r#"{"error":{}}"#), "absent");
        assert_eq!(rows("a.orders", "[]"), "absent");
    }

    #[test]
    fn single_values_are_texts() {
        let row: &RawValue =
            serde_json::from_str(r#"{"id":9007199254740993,"at":"a\"b","x":null,"y":{"z":true}}"#)
                .unwrap();
        let text = |path: &str| path.parse::<Path>().unwrap().text(row);
        assert_eq!(text("id").as_deref(), Some("9007199254740993"), "ids exceed 2^53");
        assert_eq!(text("at").as_deref(), Some("a\"b"));
        assert_eq!(text("y.z").as_deref(), Some("true"));
        assert_eq!((text("x"), text("y"), text("q")), (None, None, None));
    }

    #[test]
    fn a_path_that_is_none_is_refused() {
        for text in ["", ".", "a..b", "a[0]", "a[*]b", "a.[*]", "$[x]"] {
            assert_eq!(text.parse::<Path>(), Err(NoPath), "{text}");
        }
    }

    #[test]
    fn a_row_of_several_lines_is_one_line() {
        let row: &RawValue = serde_json::from_str("{\n  \"a\": \"x\\ny\"\r\n}").unwrap();
        assert_eq!(one_line(row), b"{   \"a\": \"x\\ny\"  }");
    }
}
