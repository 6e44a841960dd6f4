//! The parts of a request.

use std::fmt;
use std::fmt::Write as _;

use bytes::Bytes;
use serde::Serialize;

/// What is done with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Asks.
    Get,
    /// Asks whether there is something.
    Head,
    /// Adds, or asks with a body.
    Post,
    /// Makes or replaces.
    Put,
    /// Removes.
    Delete,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        })
    }
}

impl From<Method> for elasticsearch::http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::Get,
            Method::Head => Self::Head,
            Method::Post => Self::Post,
            Method::Put => Self::Put,
            Method::Delete => Self::Delete,
        }
    }
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// One JSON value.
    Json(Bytes),
    /// JSON values, one a line.
    Lines(Bytes),
    /// The same, compressed by gzip.
    PackedLines(Bytes),
}

impl Body {
    /// Returns a value as a body.
    pub fn json(value: &serde_json::Value) -> Self {
        Self::Json(Bytes::from(value.to_string()))
    }

    /// Returns what serialises as a body, or why it does not.
    pub fn of<T: Serialize>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(|text| Self::Json(Bytes::from(text)))
    }
}

/// Returns a text as one part of a path: whatever it holds, it stays one part.
///
/// ```
/// assert_eq!(elastic::part("logs-store.*-prod"), "logs-store.*-prod");
/// assert_eq!(elastic::part("a/b?c=#d"), "a%2Fb%3Fc%3D%23d");
/// ```
pub fn part(text: &str) -> String {
    escape(text, b"-_.~*,")
}

/// Returns a path with its query.
pub(crate) fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    let mut text = path.to_owned();
    for (index, (name, value)) in query.iter().enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        text.push_str(&escape(name, b"-_.~"));
        text.push('=');
        text.push_str(&escape(value, b"-_.~*,"));
    }
    text
}

fn escape(text: &str, kept: &[u8]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("a String takes all that is written");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_stays_one_part() {
        assert_eq!(part("../_all"), "..%2F_all");
        assert_eq!(part("a b%"), "a%20b%25");
        assert_eq!(part("é"), "%C3%A9");
    }

    #[test]
    fn a_query_follows_its_path() {
        assert_eq!(with_query("/a", &[]), "/a");
        assert_eq!(
            with_query("/a", &[("keep_alive", "1m"), ("q", "x&y=z")]),
            "/a?keep_alive=1m&q=x%26y%3Dz"
        );
    }
}
