//! Bulk requests: what is sent, and one verdict per document of what came back.
//!
//! Partial failure is data here. A request has one outcome ([`BulkReply`]); when its reply can be read, each document
//! has one of its own ([`Verdict`]), found by position. The tables that decide are pure functions; nothing waits here.

mod field;
mod reply;
mod request;
mod send;
mod verdict;

use std::time::Duration;

pub use request::{BulkBuilder, BulkRequest};
pub use verdict::{Pace, Verdict};

/// The outcome of one bulk request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkReply {
    /// The reply was read whole: one verdict per document, in the order of the request.
    Items {
        /// How long the cluster says it worked.
        took: Duration,
        /// One per document, by position.
        verdicts: Vec<Verdict>,
    },
    /// 413: halve the batch and remember the ceiling.
    TooLarge,
    /// 429 or 5xx, or every address is resting: resend all after this time.
    Busy {
        /// The HTTP status; none when nothing was sent.
        status: Option<u16>,
        /// Until an address is free again; zero when another address is free now.
        retry_after: Duration,
    },
    /// 401, 403, 404 or another refusal of the whole request: set-up is at fault, no document is. Hold, and try every 30 s.
    Held {
        /// The HTTP status.
        status: u16,
        /// What the server said.
        reason: String,
    },
    /// Time limit, reset, cut or unreadable reply: all may be stored, or nothing. Resend with the **same ids**.
    Unknown {
        /// What went wrong.
        reason: String,
    },
}
