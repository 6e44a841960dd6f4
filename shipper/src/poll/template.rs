//! Texts with places for values: `since={from}`. Names are a closed list, and a wrong one is found before anything runs.

use std::collections::BTreeMap;

/// What may stand between braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// Start of the window.
    From,
    /// End of the window.
    To,
    /// What the last page said to go on with; empty for the first page.
    Cursor,
    /// Number of the page.
    Page,
    /// Rows before the page.
    Offset,
    /// Rows of a page.
    Limit,
    /// Time of the request, in the form of `sign.timestamp`.
    Timestamp,
    /// A text that no other request has.
    Nonce,
    /// `GET` or `POST`.
    Method,
    /// Path of the URL.
    Path,
    /// Query of the URL, without the question mark.
    Query,
    /// Body of the request.
    Body,
}

impl Name {
    /// What URL, parameters and body may name.
    pub const OF_REQUEST: [Self; 8] = [
        Self::From,
        Self::To,
        Self::Cursor,
        Self::Page,
        Self::Offset,
        Self::Limit,
        Self::Timestamp,
        Self::Nonce,
    ];
    /// What a text to be signed may name.
    pub const OF_SIGNATURE: [Self; 6] =
        [Self::Method, Self::Path, Self::Query, Self::Body, Self::Timestamp, Self::Nonce];

    const fn as_str(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Cursor => "cursor",
            Self::Page => "page",
            Self::Offset => "offset",
            Self::Limit => "limit",
            Self::Timestamp => "timestamp",
            Self::Nonce => "nonce",
            Self::Method => "method",
            Self::Path => "path",
            Self::Query => "query",
            Self::Body => "body",
        }
    }
}

/// A text with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Name),
}

/// A name between braces is not known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("which names {{{name}}}; known here are {known}")]
pub struct NoTemplate {
    name: String,
    known: String,
}

/// How values are written into the text around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// As they are.
    Plain,
    /// Percent-encoded, for URLs and forms.
    Percent,
    /// As the inside of a JSON string.
    Json,
}

/// Values by name.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<Name, String>);

impl Values {
    /// Sets a value.
    pub fn set(&mut self, name: Name, value: impl Into<String>) {
        self.0.insert(name, value.into());
    }

    /// Returns a value; one that was not set is empty.
    pub fn get(&self, name: Name) -> &str {
        self.0.get(&name).map_or("", String::as_str)
    }
}

impl Template {
    /// Reads a template. Braces around anything but a word are text, so a JSON body needs no escapes.
    pub fn parse(text: &str, known: &[Name]) -> Result<Self, NoTemplate> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            plain.push_str(before);
            let word = behind.split_once('}').filter(|(word, _)| is_word(word));
            if let Some((word, after)) = word {
                let name = known.iter().find(|name| name.as_str() == word);
                let name = *name.ok_or_else(|| unknown(word, known))?;
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Value(name));
                rest = after;
            } else {
                plain.push('{');
                rest = behind;
            }
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        Ok(Self { parts })
    }

    /// Writes the text with these values.
    pub fn render(&self, values: &Values, escape: Escape) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value(name) => write(values.get(*name), escape, &mut out),
            }
        }
        out
    }

    /// Tells whether the text names this value.
    pub fn names(&self, name: Name) -> bool {
        self.parts.contains(&Part::Value(name))
    }

    /// Returns the text when it is nothing but text.
    pub fn fixed(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn unknown(word: &str, known: &[Name]) -> NoTemplate {
    let known: Vec<String> = known.iter().map(|name| format!("{{{}}}", name.as_str())).collect();
    NoTemplate { name: word.to_owned(), known: known.join(", ") }
}

fn write(value: &str, escape: Escape, out: &mut String) {
    match escape {
        Escape::Plain => out.push_str(value),
        Escape::Percent => out.push_str(&percent(value)),
        Escape::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            out.push_str(inner.unwrap_or_default());
        }
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
pub(crate) fn percent(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, escape: Escape, want: &str) {
        let mut values = Values::default();
        values.set(Name::From, "2026-01-02 03:04:05");
        values.set(Name::Cursor, "a\"&b/京");
        let template = Template::parse(text, &Name::OF_REQUEST).unwrap();
        assert_eq!(template.render(&values, escape), want);
    }

    #[test]
    fn values_are_escaped_for_where_they_stand() {
        check("since={from}&x", Escape::Percent, "since=2026-01-02%2003%3A04%3A05&x");
        check("{cursor}", Escape::Percent, "a%22%26b%2F%E4%BA%AC");
        check(r#"{"after":"{cursor}"}"#, Escape::Json, r#"{"after":"a\"&b/京"}"#);
        check("{from}", Escape::Plain, "2026-01-02 03:04:05");
        check("{page}", Escape::Plain, "");
    }

    #[test]
    fn braces_around_anything_but_a_word_are_text() {
        check(r#"{"a":{"b":1}}"#, Escape::Json, r#"{"a":{"b":1}}"#);
        check("{", Escape::Plain, "{");
        check("{}{From}", Escape::Plain, "{}{From}");
    }

    #[test]
    fn a_wrong_name_is_told_with_the_right_ones() {
        let error = Template::parse("{form}", &[Name::From, Name::To]).unwrap_err();
        assert_eq!(error.to_string(), "which names {form}; known here are {from}, {to}");
    }
}
