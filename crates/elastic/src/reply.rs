//! The reply to one call.

use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::fault::fault_in;
use crate::wire::Answer;

/// A reply, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
    /// When the server says it answered; Elasticsearch says nothing, proxies before it do.
    pub date: Option<jiff::Timestamp>,
    act: String,
    retry_after: Duration,
    product: Option<String>,
}

impl Reply {
    pub(crate) fn new(act: String, answer: Answer, retry_after: Duration) -> Self {
        let Answer { status, body, product, date, retry_after: _ } = answer;
        Self { status, body, date, act, retry_after, product }
    }

    /// Returns the reply if its status is one of success, else the error that it tells.
    pub fn success(self) -> Result<Self, Error> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let fault = fault_in(&self.body);
        let (act, status, reason) = (self.act, self.status, fault.reason);
        Err(match status {
            401 => Error::Unauthorized { act, reason },
            403 => Error::Forbidden { act, reason },
            404 => Error::NotFound { act, reason },
            408 | 429 | 500..=599 => {
                Error::Busy { act, status, reason, retry_after: self.retry_after }
            }
            _ => Error::Refused { act, status, kind: fault.kind, reason },
        })
    }

    /// Returns the type and reason of the error in the body, be it an error reply or not.
    pub fn reason(&self) -> String {
        fault_in(&self.body).reason
    }

    /// Returns the body as a value of a type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| self.unreadable(&error.to_string()))
    }

    pub(crate) fn unreadable(&self, reason: &str) -> Error {
        Error::Unreadable { act: self.act.clone(), reason: reason.to_owned() }
    }

    /// Returns what the server calls itself, where it does.
    pub(crate) fn product(&self) -> Option<&str> {
        self.product.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &'static str) -> Error {
        let answer = Answer {
            status,
            body: Bytes::from_static(body.as_bytes()),
            retry_after: None,
            product: None,
            date: None,
        };
        let reply = Reply::new("PUT /x/_doc/1".to_owned(), answer, Duration::from_secs(3));
        reply.success().unwrap_err()
    }

    #[test]
    fn an_error_says_what_was_asked_and_what_the_server_said() {
        let body = r#"{"error":{"type":"security_exception","reason":"action is unauthorized"},"status":403}"#;
        assert_eq!(
            error(403, body).to_string(),
            "PUT /x/_doc/1: a right is missing (403): action is unauthorized"
        );
        let body = r#"{"error":{"type":"mapper_parsing_exception","reason":"The mapper type [x] does not exist"}}"#;
        assert_eq!(
            error(400, body).to_string(),
            "PUT /x/_doc/1: refused (400): The mapper type [x] does not exist"
        );
    }

    #[test]
    fn errors_differ_by_what_is_done_next() {
        assert!(error(401, "").is_permission());
        assert!(error(403, "").is_permission());
        assert!(error(503, "").is_temporary());
        assert!(error(429, "").is_temporary());
        assert!(matches!(error(404, ""), Error::NotFound { .. }));
        assert!(!error(400, "").is_temporary());
    }
}
