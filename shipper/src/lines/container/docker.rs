//! Lines of Docker's `json-file`: `{"log":"..\n","stream":"stdout","time":".."}`. What lacks the `\n` goes on.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Part, Stream, Wrapped};

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow, default)]
    stream: Cow<'a, str>,
    #[serde(borrow, default)]
    time: Cow<'a, str>,
}

pub(super) fn unwrap(line: &[u8]) -> Option<Wrapped<'_>> {
    if line.first() != Some(&b'{') {
        return None;
    }
    let Entry { log, stream, time } = serde_json::from_slice(line).ok()?;
    let part = if log.ends_with('\n') { Part::Last } else { Part::Unfinished };
    let text = match log {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => {
            let mut bytes = text.into_bytes();
            if part == Part::Last {
                bytes.pop();
                bytes.pop_if(|last| *last == b'\r');
            }
            Cow::Owned(bytes)
        }
    };
    let stream = if stream == "stderr" { Stream::Error } else { Stream::Output };
    Some(Wrapped { stream, text, part, time: time.parse().ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_its_newline_is() {
        let line = br#"{"log":"GET \"/\"\r\n","stream":"stderr","attrs":{"tag":"x"},"time":"2026-01-02T03:04:05.5Z"}"#;
        let wrapped = unwrap(line).unwrap();
        assert_eq!((&*wrapped.text, wrapped.stream), (&br#"GET "/""#[..], Stream::Error));
        assert_eq!(
            (wrapped.part, wrapped.time),
            (Part::Last, "2026-01-02T03:04:05.5Z".parse().ok())
        );
        let part = unwrap(br#"{"log":"begun","stream":"stdout","time":"?"}"#).unwrap();
        assert_eq!((&*part.text, part.part, part.time), (&b"begun"[..], Part::Unfinished, None));
    }

    #[test]
    fn what_docker_did_not_write_is_not_unwrapped() {
        for line in [&b"{\"log\":1}"[..], b"{}", b"{\"log\":\"cut", b"[1]", b"plain", b""] {
            assert_eq!(unwrap(line), None, "{line:?}");
        }
    }
}
