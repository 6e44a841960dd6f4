//! The outcome of a whole bulk request: status and reply in, verdicts out.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::verdict::{Cause, decide};
use super::{BulkReply, Verdict};
use crate::fault::fault_in;
use crate::plain::cut;

/// What a bulk reply holds under our `filter_path`.
#[derive(Deserialize)]
struct RawReply<'a> {
    #[serde(default)]
    took: u64,
    #[serde(borrow)]
    items: Vec<RawItem<'a>>,
}

/// One item stands under the name of its action. Ours is `create`; a server that answers with another name is believed.
#[derive(Deserialize)]
struct RawItem<'a> {
    #[serde(borrow, alias = "index")]
    create: RawOutcome<'a>,
}

#[derive(Deserialize)]
struct RawOutcome<'a> {
    #[serde(default)]
    status: Option<u16>,
    // Looked at only when needed; most items of most replies have none.
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    failure_store: Option<Cow<'a, str>>,
}

impl BulkReply {
    /// Judges a reply to a request of so many documents. `retry_after` is when an address will be free again.
    pub fn of(status: u16, body: &[u8], documents: usize, retry_after: Duration) -> Self {
        match status {
            200 => items(body, documents),
            413 => Self::TooLarge,
            408 | 429 | 500..=599 => Self::Busy { status: Some(status), retry_after },
            // Other answers refuse all documents unread: a wrong address, a proxy, a missing right. None is at fault.
            _ => Self::Held { status, reason: fault_in(body).reason },
        }
    }
}

fn items(body: &[u8], documents: usize) -> BulkReply {
    let reply: RawReply<'_> = match serde_json::from_slice(body) {
        Ok(reply) => reply,
        Err(error) => {
            // The parser quotes what it did not expect, however long that is.
            let reason = cut(&format!("the reply cannot be read: {error}"));
            return BulkReply::Unknown { reason };
        }
    };
    if reply.items.len() != documents {
        let answered = reply.items.len();
        return BulkReply::Unknown {
            reason: format!("{documents} documents were sent, the reply speaks of {answered}"),
        };
    }
    let verdicts = reply.items.iter().map(|item| verdict(&item.create)).collect();
    BulkReply::Items { took: Duration::from_millis(reply.took), verdicts }
}

fn verdict(outcome: &RawOutcome<'_>) -> Verdict {
    let failure_store = outcome.failure_store.as_deref();
    let Some(error) = outcome.error else { return decide(outcome.status, None, failure_store) };
    // Proxies and old servers write a text where an object belongs; then the text is the reason.
    let cause = serde_json::from_str::<Cause<'_>>(error.get()).unwrap_or_else(|_| Cause {
        reason: Some(serde_json::from_str(error.get()).unwrap_or(Cow::Borrowed(error.get()))),
        ..Cause::default()
    });
    decide(outcome.status, Some(&cause), failure_store)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulk::Pace;

    fn judged(status: u16, body: &str) -> BulkReply {
        BulkReply::of(status, body.as_bytes(), 2, Duration::from_secs(7))
    }

    fn unknown(body: &str) -> String {
        let BulkReply::Unknown { reason } = judged(200, body) else {
            panic!("not unknown: {body}");
        };
        reason
    }

    #[test]
    fn items_are_matched_by_position() {
        let reply = judged(
            200,
            r#"{"took":30,"errors":true,"items":[
                {"create":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"exists"}}},
                {"create":{"status":201}}]}"#,
        );
        assert_eq!(
            reply,
            BulkReply::Items {
                took: Duration::from_millis(30),
                verdicts: vec![Verdict::Duplicate, Verdict::Stored],
            }
        );
    }

    #[test]
    fn an_item_without_status_is_sent_again() {
        let reply = judged(200, r#"{"took":1,"items":[{"create":{}},{"create":{"status":201}}]}"#);
        let BulkReply::Items { verdicts, .. } = reply else { panic!("{reply:?}") };
        assert!(matches!(verdicts[0], Verdict::Retry { paced: Pace::Backoff, .. }));
        assert_eq!(verdicts[1], Verdict::Stored);
    }

    #[test]
    fn another_number_of_items_is_an_unknown_outcome() {
        assert_eq!(
            unknown(r#"{"took":1,"items":[{"create":{"status":201}}]}"#),
            "2 documents were sent, the reply speaks of 1"
        );
        assert_eq!(
            unknown(r#"{"took":1,"items":[]}"#),
            "2 documents were sent, the reply speaks of 0"
        );
    }

    #[test]
    fn a_cut_or_garbled_reply_is_an_unknown_outcome() {
        for body in [
            "",
            "{",
            "<html>ok</html>",
            r#"{"took":1,"errors":false}"#,
            r#"{"items":[{"create":{"status":201}},{"create":{"sta"#,
            r#"{"items":[{"create":{"status":"201"}},{"create":{"status":201}}]}"#,
            r#"{"items":[{"create":{"status":99999}},{"create":{"status":201}}]}"#,
            r#"{"items":[{},{}]}"#,
        ] {
            unknown(body);
        }
        assert!(matches!(
            BulkReply::of(
                200,
                b"{\"items\":[{\"create\":{\"status\":201,\"x\":\"\xff\"}}]}",
                1,
                Duration::ZERO
            ),
            BulkReply::Unknown { .. } | BulkReply::Items { .. }
        ));
    }

    #[test]
    fn a_reply_that_quotes_itself_makes_no_long_reason() {
        let reason = unknown(&serde_json::json!({ "items": "x".repeat(1 << 20) }).to_string());
        assert!(reason.len() < 1_000, "{} bytes", reason.len());
    }

    #[test]
    fn the_type_of_an_error_cannot_steer_a_terminal_nor_fill_a_log() {
        let kind = "\u{1b}[31m".repeat(1_000);
        let item = serde_json::json!({ "create": { "status": 400, "error": { "type": kind } } });
        let reply = serde_json::json!({ "items": [item] }).to_string();
        let reply = BulkReply::of(200, reply.as_bytes(), 1, Duration::ZERO);
        let BulkReply::Items { verdicts, .. } = reply else { panic!("{reply:?}") };
        let Verdict::Rejected { kind, .. } = &verdicts[0] else { panic!("{verdicts:?}") };
        assert!(kind.starts_with("[31m") && kind.len() < 1_000, "{kind}");
    }

    #[test]
    fn an_error_that_is_a_text_is_its_reason() {
        let reply = BulkReply::of(
            200,
            br#"{"items":[{"create":{"status":400,"error":"gateway \"x\""}}]}"#,
            1,
            Duration::ZERO,
        );
        let BulkReply::Items { verdicts, .. } = reply else { panic!("{reply:?}") };
        let Verdict::Rejected { kind, reason, .. } = &verdicts[0] else { panic!("{verdicts:?}") };
        assert_eq!((kind.as_str(), reason.as_str()), ("unknown", "gateway \"x\""));
    }

    #[test]
    fn a_body_that_is_too_large_is_halved_by_the_caller() {
        assert_eq!(judged(413, "<html>413</html>"), BulkReply::TooLarge);
    }

    #[test]
    fn load_and_passing_faults_are_waited_for() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert_eq!(
                judged(status, ""),
                BulkReply::Busy { status: Some(status), retry_after: Duration::from_secs(7) },
                "{status}"
            );
        }
    }

    #[test]
    fn refusals_of_the_whole_request_are_held() {
        let body =
            r#"{"error":{"type":"security_exception","reason":"key has expired"},"status":401}"#;
        for status in [301, 400, 401, 403, 404, 405, 407] {
            assert_eq!(
                judged(status, body),
                BulkReply::Held { status, reason: "key has expired".to_owned() },
                "{status}"
            );
        }
    }
}
