//! What an error reply says.

use std::borrow::Cow;

use serde::Deserialize;

use crate::plain::cut;

/// The type and reason of an error reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: String,
    pub(crate) reason: String,
}

#[derive(Deserialize)]
struct RawFault<'a> {
    #[serde(borrow)]
    error: RawError<'a>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawError<'a> {
    Object {
        #[serde(rename = "type", default)]
        kind: Cow<'a, str>,
        #[serde(default)]
        reason: Option<Cow<'a, str>>,
    },
    Text(Cow<'a, str>),
}

/// Returns what a body says, be it an error of the server, a text, or the page of a proxy.
pub(crate) fn fault_in(body: &[u8]) -> Fault {
    match serde_json::from_slice::<RawFault<'_>>(body) {
        Ok(RawFault { error: RawError::Object { kind, reason } }) => {
            Fault { reason: cut(reason.as_deref().unwrap_or(&kind)), kind: kind.into_owned() }
        }
        Ok(RawFault { error: RawError::Text(text) }) => {
            Fault { kind: String::new(), reason: cut(&text) }
        }
        Err(_) if body.is_empty() => {
            Fault { kind: String::new(), reason: "an empty reply".to_owned() }
        }
        Err(_) => Fault { kind: String::new(), reason: cut(&String::from_utf8_lossy(body)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, kind: &str, reason: &str) {
        let fault = fault_in(body.as_bytes());
        assert_eq!((fault.kind.as_str(), fault.reason.as_str()), (kind, reason));
    }

    #[test]
    fn errors_are_objects_texts_or_pages() {
        check(
            r#"{"error":{"root_cause":[],"type":"index_not_found_exception","reason":"no such index [x]"},"status":404}"#,
            "index_not_found_exception",
            "no such index [x]",
        );
        check(
            r#"{"error":{"type":"null_pointer_exception","reason":null}}"#,
            "null_pointer_exception",
            "null_pointer_exception",
        );
        check(
            r#"{"error":"Incorrect HTTP method for uri [/]","status":405}"#,
            "",
            "Incorrect HTTP method for uri [/]",
        );
        check("<html>\n502</html>", "", "<html> 502</html>");
        check("", "", "an empty reply");
    }
}
