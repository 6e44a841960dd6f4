//! Judges replies to bulk requests, of any bytes and built by parts: each document has exactly one verdict or the reply is
//! refused as a whole, and nothing is acknowledged that the reply does not say is stored.
#![no_main]

use std::time::Duration;

use elastic::{BulkReply, Verdict};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// A reason is a line for people: 400 characters and a sign that there were more.
const LONGEST: usize = 401;
const STATUSES: [u16; 16] =
    [200, 200, 200, 200, 200, 200, 200, 201, 301, 400, 401, 404, 408, 413, 429, 503];
const WAIT: Duration = Duration::from_secs(7);

fn judge(status: u16, body: &[u8], documents: usize) -> BulkReply {
    let reply = BulkReply::of(status, body, documents, WAIT);
    assert_eq!(
        reply,
        BulkReply::of(status, body, documents, WAIT),
        "the same reply is judged the same"
    );
    match &reply {
        BulkReply::Items { verdicts, .. } => {
            assert_eq!(status, 200, "only an answer that all is well speaks of single documents");
            assert_eq!(verdicts.len(), documents, "each document has one verdict");
            verdicts.iter().for_each(hold_verdict);
        }
        BulkReply::TooLarge => assert_eq!(status, 413),
        BulkReply::Busy { status: told, retry_after } => {
            assert_eq!((*told, *retry_after), (Some(status), WAIT));
        }
        BulkReply::Held { status: told, reason } => {
            assert_eq!(*told, status);
            hold_reason(reason);
        }
        BulkReply::Unknown { reason } => {
            assert_eq!(status, 200);
            hold_reason(reason);
        }
    }
    reply
}

fn hold_verdict(verdict: &Verdict) {
    match verdict {
        Verdict::Stored | Verdict::Duplicate => {}
        Verdict::Redirected { reason } | Verdict::Retry { reason, .. } => hold_reason(reason),
        Verdict::Rejected { status, kind, reason, field } => {
            assert!((400..500).contains(status));
            assert!(![401, 403, 404, 408, 409, 429].contains(status), "the document is innocent");
            hold_reason(kind);
            hold_reason(reason);
            assert_ne!(field.as_deref(), Some(""));
        }
    }
}

fn hold_reason(reason: &str) {
    let length = reason.chars().count();
    assert!((1..=LONGEST).contains(&length), "a reason has {length} characters");
    assert!(!reason.chars().any(char::is_control), "a reason steers a terminal: {reason:?}");
}

/// Any bytes: what another reader of JSON finds in the reply must be what the verdicts say.
fn any(status: u16, body: &[u8], documents: usize) {
    let BulkReply::Items { verdicts, .. } = judge(status, body, documents) else { return };
    // Nested deeper than the other reader goes, or a number that it does not take.
    let Ok(reply) = serde_json::from_slice::<Value>(body) else { return };
    // A key that stands twice has two meanings.
    let Some(items) = reply["items"].as_array().filter(|items| items.len() == documents) else {
        return;
    };
    for (item, verdict) in items.iter().zip(&verdicts) {
        let outcome =
            [&item["create"], &item["index"]].into_iter().find(|outcome| outcome.is_object());
        let status = outcome.and_then(|outcome| outcome["status"].as_u64());
        let acknowledged = match verdict {
            Verdict::Stored | Verdict::Redirected { .. } => {
                [Some(200), Some(201)].contains(&status)
            }
            Verdict::Duplicate => status == Some(409),
            Verdict::Retry { .. } | Verdict::Rejected { .. } => {
                assert!(
                    ![Some(200), Some(201), Some(409)].contains(&status),
                    "{status:?} is final"
                );
                true
            }
        };
        assert!(acknowledged || outcome.is_none(), "{verdict:?} of an item with status {status:?}");
    }
}

/// A reply as servers write them, one item for each two bytes: each verdict must be that of its own item.
fn built(recipe: &[u8], cut: u8, documents: usize) {
    const CODES: [u16; 12] = [200, 201, 409, 400, 401, 403, 404, 408, 413, 429, 500, 503];
    const KINDS: [&str; 6] = [
        "document_parsing_exception",
        "cluster_block_exception",
        "es_rejected_execution_exception",
        "index_closed_exception",
        "security_exception",
        "",
    ];
    const REASONS: [&str; 6] = [
        "[1:9] failed to parse field [store.order.id] of type [long]",
        "index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark];",
        "pipeline with id [store] does not exist",
        "mapping set to strict, dynamic introduction of [a] within [b] is not allowed",
        "\u{1b}[31m\u{202e}",
        "",
    ];
    let mut items = Vec::new();
    let mut codes = Vec::new();
    for pair in recipe.chunks_exact(2) {
        let [one, two] = [usize::from(pair[0]), usize::from(pair[1])];
        let code = CODES[one % CODES.len()];
        let mut outcome = json!({ "status": code });
        if code >= 300 || one & 0x80 != 0 {
            let (kind, reason) = (KINDS[two % 6], REASONS[two / 6 % 6]);
            outcome["error"] = match two / 36 {
                0 => json!({ "type": kind, "reason": reason }),
                1 => {
                    json!({ "type": kind, "reason": "outer", "caused_by": { "type": kind, "reason": reason } })
                }
                2 => json!({ "type": kind }),
                3 => json!(reason),
                4 => json!({ "type": kind, "reason": null, "caused_by": null, "root_cause": [] }),
                _ => json!([kind, reason]),
            };
        }
        if one & 0x40 != 0 {
            outcome["failure_store"] = json!(["used", "failed", "not_enabled"][two % 3]);
        }
        items.push(json!({ "create": outcome }));
        codes.push((code, one & 0x40 != 0 && two % 3 == 0));
    }
    let body = json!({ "took": 3, "errors": true, "items": items }).to_string().into_bytes();
    let sent = if cut & 1 == 0 { codes.len() } else { documents };
    let reply = judge(200, &body, sent);
    let BulkReply::Items { took, verdicts } = reply else {
        assert_ne!(sent, codes.len(), "a sound reply is believed: {reply:?}");
        return;
    };
    assert_eq!(took, Duration::from_millis(3));
    for ((code, is_redirected), verdict) in codes.iter().zip(&verdicts) {
        let is_right = match verdict {
            Verdict::Stored => [200, 201].contains(code) && !is_redirected,
            Verdict::Redirected { .. } => [200, 201].contains(code) && *is_redirected,
            Verdict::Duplicate => *code == 409,
            Verdict::Retry { .. } => *code >= 400 && *code != 409,
            Verdict::Rejected { status, .. } => status == code && [400, 413].contains(code),
        };
        assert!(is_right, "{verdict:?} of an item with status {code}");
    }
    // Half a reply says nothing: all of it may be stored.
    let half = &body[..body.len() - 1 - usize::from(cut).min(body.len() - 1)];
    assert!(matches!(judge(200, half, codes.len()), BulkReply::Unknown { .. }));
}

fuzz_target!(|input: &[u8]| {
    let [choice, documents, rest @ ..] = input else { return };
    let documents = usize::from(*documents);
    if choice & 0x80 == 0 {
        any(STATUSES[usize::from(choice % 16)], rest, documents);
    } else {
        built(rest, choice & 0x7F, documents);
    }
});
