//! The outcome of one document of a bulk request: a table, row by row.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;

use crate::backoff::Backoff;

/// What became of one document, and what to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Stored: acknowledge.
    Stored,
    /// Kept unprocessed in the failure store: acknowledge, count apart, warn once per reason.
    Redirected {
        /// Why the cluster could not process it.
        reason: String,
    },
    /// An earlier try made this `_id`; only its answer was lost: acknowledge.
    Duplicate,
    /// The document is innocent: send it again under the same `_id`, alone.
    Retry {
        /// What stood in the way.
        reason: String,
        /// How long to wait first.
        paced: Pace,
    },
    /// The document itself is at fault: rescue once, then dead letter.
    Rejected {
        /// The status of the item.
        status: u16,
        /// The type of the error, such as `document_parsing_exception`.
        kind: String,
        /// What the server said.
        reason: String,
        /// The field that is at fault, where the reason names one.
        field: Option<String>,
    },
}

/// How patiently a document is tried again, by what stood in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pace {
    /// Load or a passing fault: the usual back-off.
    Backoff,
    /// A disk of the cluster is full (flood stage): raise an alarm, pause 30 to 60 s.
    Flood,
    /// A stream, pipeline or index is missing or closed: health red, every 30 s.
    Setup,
    /// The key has expired or was narrowed: health red, every 30 s, the credential file is read again.
    Credentials,
}

impl Pace {
    /// Returns how long to wait after this many failures before; `jitter` is a chance in 0..=1.
    pub fn delay(self, attempt: u32, jitter: f64) -> Duration {
        match self {
            Self::Backoff => Backoff::BULK.delay(attempt, jitter),
            Self::Flood => Duration::from_secs(30).mul_f64(1.0 + jitter.clamp(0.0, 1.0)),
            Self::Setup | Self::Credentials => Duration::from_secs(30),
        }
    }
}

/// The error of an item, as far as we look at it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Cause<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) reason: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) caused_by: Option<Box<Cause<'a>>>,
}

impl Cause<'_> {
    /// Reason and cause in one line.
    fn text(&self) -> String {
        let mut text = self.reason.as_deref().unwrap_or("no reason given").to_owned();
        let mut cause = self.caused_by.as_deref();
        while let Some(inner) = cause {
            if let Some(reason) = inner.reason.as_deref()
                && !text.contains(reason)
            {
                text.push_str(": ");
                text.push_str(reason);
            }
            cause = inner.caused_by.as_deref();
        }
        crate::plain::cut(&text)
    }
}

/// Decides by status, error and failure store.
pub(crate) fn decide(
    status: Option<u16>,
    cause: Option<&Cause<'_>>,
    failure_store: Option<&str>,
) -> Verdict {
    let Some(status) = status else {
        return retry("the reply holds no status for this document", Pace::Backoff);
    };
    let none = Cause::default();
    let cause = cause.unwrap_or(&none);
    let kind = cause.kind.as_deref().unwrap_or_default();
    match status {
        200 | 201 if failure_store == Some("used") => Verdict::Redirected { reason: cause.text() },
        200 | 201 => Verdict::Stored,
        409 => Verdict::Duplicate,
        _ if kind == "cluster_block_exception" => retry(cause.text(), block_pace(cause)),
        408 | 429 | 500..=599 => retry(cause.text(), Pace::Backoff),
        401 | 403 => retry(cause.text(), Pace::Credentials),
        404 => retry(cause.text(), Pace::Setup),
        400 if is_fault_of_setup(kind, cause) => retry(cause.text(), Pace::Setup),
        400..=499 => Verdict::Rejected {
            status,
            kind: if kind.is_empty() { "unknown".to_owned() } else { crate::plain::cut(kind) },
            reason: cause.text(),
            field: super::field::named_in(cause),
        },
        // 1xx, 3xx and other 2xx are no answers to a create: the outcome is unknown, and the same `_id` is safe to send.
        _ => retry(format!("unexpected status {status}"), Pace::Backoff),
    }
}

fn retry(reason: impl Into<String>, paced: Pace) -> Verdict {
    Verdict::Retry { reason: reason.into(), paced }
}

/// A closed index or a pipeline that a template names and nobody installed.
fn is_fault_of_setup(kind: &str, cause: &Cause<'_>) -> bool {
    let reason = cause.reason.as_deref().unwrap_or_default();
    kind == "index_closed_exception"
        || (reason.starts_with("pipeline with id [") && reason.ends_with("] does not exist"))
}

/// The flood stage blocks indices until someone frees disk space; other blocks pass sooner.
fn block_pace(cause: &Cause<'_>) -> Pace {
    let reason = cause.reason.as_deref().unwrap_or_default();
    let full = ["flood-stage", "flood stage", "read-only-allow-delete", "read-only / allow delete"];
    if full.iter().any(|sign| reason.contains(sign)) { Pace::Flood } else { Pace::Backoff }
}

#[cfg(test)]
mod tests;
