//! Sends one bulk request, once.

use super::{BulkReply, BulkRequest};
use crate::client::{Client, Missed, Turn};
use crate::fault::fault_in;
use crate::request::{Body, Method, part};
use crate::wire::Lost;

/// Status is always kept: items are matched by position, so each needs something that stands for it.
const FILTER: &str = "filter_path=took,errors,items.*.status,items.*.error,items.*.failure_store";

/// Parameters that older servers and OpenSearch do not know, each with its bit in the memory of what was refused.
const OPTIONAL: [(u8, &str, &str); 2] =
    [(1, "require_data_stream", "true"), (2, "include_source_on_error", "false")];

impl Client {
    /// Sends one bulk request to a stream, once. Waiting and sending again are up to the caller, by the outcome.
    ///
    /// Nothing is sent while every address rests: the answer is then [`BulkReply::Busy`].
    pub async fn bulk(&self, stream: &str, request: &BulkRequest) -> BulkReply {
        let mut refused = self.refused();
        loop {
            let path = path(stream, refused);
            let body = Body::PackedLines(request.body().clone());
            let answer = match self.exchange(Method::Post, &path, body, Turn::WhenFree).await {
                Ok(answer) => answer,
                Err(missed) => return self.missed(missed),
            };
            let more = if answer.status == 400 { unrecognised(&answer.body) } else { 0 };
            if more & !refused == 0 {
                let documents = request.documents();
                return BulkReply::of(answer.status, &answer.body, documents, self.rest());
            }
            // At most once for each parameter, and never again for this client.
            refused |= more;
            self.note_refused(more);
        }
    }

    fn missed(&self, missed: Missed) -> BulkReply {
        match missed {
            Missed::AllRest => BulkReply::Busy { status: None, retry_after: self.rest() },
            Missed::Lost { address, lost: Lost::Unsent(cause) } => {
                BulkReply::Unknown { reason: format!("cannot reach {address}: {cause}") }
            }
            Missed::Lost { address, lost: Lost::Underway(cause) } => {
                BulkReply::Unknown { reason: format!("no whole answer from {address}: {cause}") }
            }
        }
    }
}

fn path(stream: &str, refused: u8) -> String {
    let mut path = format!("/{}/_bulk?{FILTER}", part(stream));
    for (bit, name, value) in OPTIONAL {
        if refused & bit == 0 {
            path.push('&');
            path.push_str(name);
            path.push('=');
            path.push_str(value);
        }
    }
    path
}

/// Returns the bits of those of our optional parameters that the server says it does not know.
fn unrecognised(body: &[u8]) -> u8 {
    let reason = fault_in(body).reason;
    if !reason.contains("unrecognized parameter") {
        return 0;
    }
    OPTIONAL
        .iter()
        .filter(|(_, name, _)| reason.contains(&format!("[{name}]")))
        .fold(0, |bits, (bit, _, _)| bits | bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_asks_for_no_more_than_it_needs() {
        assert_eq!(
            path("logs-store.order-default", 0),
            "/logs-store.order-default/_bulk?filter_path=took,errors,items.*.status,items.*.error,\
             items.*.failure_store&require_data_stream=true&include_source_on_error=false"
        );
        assert!(path("a", 3).ends_with("failure_store"));
        assert!(path("a", 2).ends_with("&require_data_stream=true"));
    }

    /// S7.
    #[test]
    fn a_stream_whose_name_holds_quotes_and_line_breaks_stays_one_part_of_the_path() {
        let path = path("a\"b\nc/../_all?x", 3);
        assert!(path.starts_with("/a%22b%0Ac%2F..%2F_all%3Fx/_bulk?"), "{path}");
    }

    #[test]
    fn a_server_names_the_parameters_it_does_not_know() {
        let check = |reason: &str, bits| {
            let body =
                serde_json::json!({ "error": { "type": "x", "reason": reason } }).to_string();
            assert_eq!(unrecognised(body.as_bytes()), bits, "{reason}");
        };
        check("request [/a/_bulk] contains unrecognized parameter: [include_source_on_error]", 2);
        check(
            "request [/a/_bulk] contains unrecognized parameters: [include_source_on_error], [require_data_stream]",
            3,
        );
        check(
            "request [/a/_bulk] contains unrecognized parameter: [timeot] -> did you mean [timeout]?",
            0,
        );
        check("[require_data_stream] is true and [a] is no data stream", 0);
    }
}
