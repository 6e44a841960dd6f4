//! What a reply means: rows, or a failure and what follows from it. Pure.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::pace;
use super::rows::{Found, Path};

/// Why a request gave no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 429, or an error of the platform in a reply of 200: later.
    Busy,
    /// 5xx, or 408: later.
    Server,
    /// 401 or 403: the secret is read again, and the poll is held until it works.
    Refused,
    /// A redirect to another host.
    Redirected,
    /// Another 4xx: the request is at fault, a person is needed.
    Rejected,
    /// No connection, no whole reply, or none in time.
    Cut,
    /// The reply is longer than it may be.
    TooLong,
    /// The reply is not what the settings say.
    Unreadable,
    /// The rows cannot be kept for now: the spool is full, or its disk fails.
    NoRoom,
    /// A secret is not where it should be.
    NoSecret,
    /// There are more pages than a pass may have.
    TooManyPages,
}

impl Kind {
    /// Returns its name in metrics and documents.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Server => "server_error",
            Self::Refused => "refused",
            Self::Redirected => "redirected",
            Self::Rejected => "rejected",
            Self::Cut => "cut",
            Self::TooLong => "too_long",
            Self::Unreadable => "unreadable",
            Self::NoRoom => "no_room",
            Self::NoSecret => "no_secret",
            Self::TooManyPages => "too_many_pages",
        }
    }

    /// Tells whether the same page may succeed when it is asked for again a moment later.
    pub(crate) const fn is_passing(self) -> bool {
        matches!(self, Self::Busy | Self::Server | Self::Cut | Self::Unreadable)
    }
}

/// A failure: what kind, in words, and what the server asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What kind.
    pub kind: Kind,
    /// In words; it holds nothing of a request, and of a reply only the status.
    pub reason: String,
    /// How long the server wants us to wait.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// Returns a failure without a wish of the server.
    pub(crate) fn new(kind: Kind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into(), retry_after: None }
    }
}

/// Judges a status; `retry_after` is that header.
pub(crate) fn status(
    status: u16,
    retry_after: Option<&str>,
    now: Timestamp,
) -> Result<(), Failure> {
    let kind = match status {
        200..=299 => return Ok(()),
        300..=399 => Kind::Redirected,
        401 | 403 => Kind::Refused,
        429 => Kind::Busy,
        408 | 500..=599 => Kind::Server,
        _ => Kind::Rejected,
    };
    let reason = if kind == Kind::Redirected {
        format!("the API answers {status} and leads to another host or too far")
    } else {
        format!("the API answers {status}")
    };
    let retry_after = retry_after.and_then(|text| pace::retry_after(text, now));
    Err(Failure { kind, reason, retry_after })
}

/// Where a reply holds what.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// The rows.
    pub records: Path,
    /// What stands there when the platform reports an error in a reply of 200.
    pub error: Option<Path>,
    /// The number of all rows, if it tells.
    pub total: Option<Path>,
}

/// Reads a body as JSON; a cut one is none.
pub(crate) fn json(body: &[u8]) -> Result<&RawValue, Failure> {
    let text = std::str::from_utf8(body).map_err(|_| "is not UTF-8".to_owned());
    let parsed = text.and_then(|text| {
        serde_json::from_str(text).map_err(|error| {
            format!("is no whole JSON (line {}, column {})", error.line(), error.column())
        })
    });
    parsed.map_err(|fault| Failure::new(Kind::Unreadable, format!("the reply {fault}")))
}

impl Shape {
    /// Returns the rows of a reply.
    ///
    /// Nothing at the path is a failure, because an API that was changed would else look like a quiet shop; unless the
    /// reply itself says that it has no rows.
    pub(crate) fn rows<'a>(&self, reply: &'a RawValue) -> Result<Vec<&'a RawValue>, Failure> {
        if self.error.as_ref().is_some_and(|error| error.is_in(reply)) {
            return Err(Failure::new(Kind::Busy, "the reply holds an error of the platform"));
        }
        match self.records.rows(reply) {
            Found::Rows(rows) => Ok(rows),
            Found::Null => Ok(Vec::new()),
            Found::Absent => {
                let total = self.total.as_ref().and_then(|total| total.text(reply));
                if total.as_deref() == Some("0") {
                    return Ok(Vec::new());
                }
                Err(Failure::new(Kind::Unreadable, "the reply has nothing at the path `records`"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(code: u16) -> Option<Kind> {
        status(code, None, Timestamp::UNIX_EPOCH).err().map(|failure| failure.kind)
    }

    #[test]
    fn each_status_has_one_meaning() {
        assert_eq!((kind(200), kind(204)), (None, None));
        assert_eq!(
            (kind(302), kind(401), kind(403)),
            (Some(Kind::Redirected), Some(Kind::Refused), Some(Kind::Refused))
        );
        assert_eq!(
            (kind(429), kind(503), kind(408)),
            (Some(Kind::Busy), Some(Kind::Server), Some(Kind::Server))
        );
        assert_eq!((kind(400), kind(404)), (Some(Kind::Rejected), Some(Kind::Rejected)));
    }

    fn rows(reply: &str) -> Result<usize, Kind> {
        let shape = Shape {
            records: "r.trades[*]".parse().unwrap(),
            error: Some("error_response".parse().unwrap()),
            total: Some("r.total".parse().unwrap()),
        };
        let reply = json(reply.as_bytes()).map_err(|failure| failure.kind)?;
        shape.rows(reply).map(|rows| rows.len()).map_err(|failure| failure.kind)
    }

    #[test]
    fn a_reply_without_rows_is_told_from_one_that_says_it_has_none() {
        assert_eq!(rows(r#"{"r":{"trades":[1,2],"total":2}}"#), Ok(2));
        assert_eq!(rows(r#"{"r":{"total":0}}"#), Ok(0));
        assert_eq!(rows(r#"{"r":{"trades":null}}"#), Ok(0));
        assert_eq!(
            rows(r#"{"r":{"orders":[]}}"#),
            Err(Kind::Unreadable),
            "an API that was changed"
        );
        assert_eq!(rows(r#"{"error_response":{"code":7}}"#), Err(Kind::Busy));
    }

    #[test]
    fn a_cut_or_garbled_reply_is_unreadable() {
        for reply in ["", "{\"r\":{\"trades\":[1", "<html>", "{} {}"] {
            assert_eq!(rows(reply), Err(Kind::Unreadable), "{reply}");
        }
        assert_eq!(json(b"\xff").unwrap_err().kind, Kind::Unreadable);
    }
}
