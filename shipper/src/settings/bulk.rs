//! Block `bulk`: limits of bulk requests.

use std::time::Duration;

use runtime::settings::Check;
use runtime::unit::{ByteSize, Span};
use serde::{Deserialize, Serialize};

/// Block `bulk`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawBulk {
    /// Bytes of a request before compression.
    pub max_bytes: ByteSize,
    /// Documents of a request.
    pub max_documents: usize,
    /// How long a document waits for others.
    pub max_wait: Span,
    /// Requests under way at once.
    pub max_requests: usize,
    /// Bytes read and not acknowledged; then reading stops.
    pub max_inflight: ByteSize,
}

impl Default for RawBulk {
    fn default() -> Self {
        Self {
            max_bytes: ByteSize::mib(5),
            max_documents: 2_000,
            max_wait: Span::seconds(1),
            max_requests: 8,
            max_inflight: ByteSize::mib(64),
        }
    }
}

/// Limits of bulk requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkLimits {
    /// Bytes of a request before compression.
    pub bytes: usize,
    /// Documents of a request.
    pub documents: usize,
    /// How long a document waits for others.
    pub wait: Duration,
    /// Requests under way at once.
    pub requests: usize,
    /// Bytes read and not acknowledged.
    pub inflight: u64,
}

impl RawBulk {
    pub(super) fn check(&self, check: &mut Check<'_>) -> BulkLimits {
        let wait = Span::millis(10)..=Span::minutes(1);
        check.within("bulk", |check| BulkLimits {
            bytes: check
                .range("max_bytes", self.max_bytes, ByteSize::kib(64)..=ByteSize::mib(64))
                .length(),
            documents: check.range("max_documents", self.max_documents, 1..=100_000),
            wait: check.range("max_wait", self.max_wait, wait).into(),
            requests: check.range("max_requests", self.max_requests, 1..=64),
            inflight: check
                .range("max_inflight", self.max_inflight, ByteSize::mib(1)..=ByteSize::gib(4))
                .bytes(),
        })
    }
}
