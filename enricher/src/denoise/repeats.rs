//! What is said again: retries under one idempotency key, and identical errors.
//!
//! Both remember in bounded room and by the time of the lines. A stop forgets: then one more is sent, never one less.

use event::{Field, FileId, Origin};
use jiff::{SignedDuration, Timestamp};
use xxhash_rust::xxh3::Xxh3;

use super::recent::Recent;
use crate::counters::Rule;
use crate::draft::Draft;
use crate::redact::names::plain;

/// How long identical errors are one.
const REPEAT_WINDOW: SignedDuration = SignedDuration::from_secs(10);
/// How long a retry may come after the first try.
const RETRY_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// What a try is, and how it ended.
const OUTCOME: [Field; 5] = [
    Field::EventAction,
    Field::EventOutcome,
    Field::StorePaymentStatus,
    Field::StorePaymentFailureCodeRaw,
    Field::StoreOrderStatusRaw,
];
/// Who tells of an error, and what it says beside its message.
const SPEAKER: [Field; 7] = [
    Field::LogLevel,
    Field::LogLogger,
    Field::ServiceName,
    Field::HostName,
    Field::ErrorType,
    Field::ErrorMessage,
    Field::ErrorStackTrace,
];

/// The event that was kept for a key.
#[derive(Debug, Clone)]
struct First {
    at: Timestamp,
    file: FileId,
    start: u64,
    part: u16,
    left_out: i64,
}

impl First {
    fn of(draft: &Draft) -> Self {
        let Origin { file, span, part } = &draft.event.origin;
        Self {
            at: draft.event.time,
            file: *file,
            start: span.start.get(),
            part: *part,
            left_out: 0,
        }
    }

    /// Tells whether this is the same line, read once more: it repeats nothing.
    fn is_same_line(&self, draft: &Draft) -> bool {
        let other = Self::of(draft);
        (self.file, self.start, self.part) == (other.file, other.start, other.part)
    }

    fn is_within(&self, window: SignedDuration, draft: &Draft) -> bool {
        draft.event.time.duration_since(self.at).abs() < window
    }
}

/// Drops retries: one idempotency key, and the same outcome. The first is kept, and one that ends otherwise.
#[derive(Debug, Default)]
pub(super) struct Retries {
    known: Recent<First>,
}

impl Retries {
    pub(super) fn rule(&mut self, draft: &Draft) -> Option<Rule> {
        let key = idempotency_key(draft)?;
        let status = draft.event.document.long(Field::HttpResponseStatusCode);
        let status = status.map(|status| status.to_string()).unwrap_or_default();
        let key = hash(&[key, &status], &OUTCOME, draft);
        match self.known.get(key) {
            Some(first) if first.is_within(RETRY_WINDOW, draft) => {
                (!first.is_same_line(draft)).then_some(Rule::Retry)
            }
            _ => {
                self.known.put(key, First::of(draft));
                None
            }
        }
    }
}

/// Returns the value behind the key that clients give to all tries of one act.
fn idempotency_key(draft: &Draft) -> Option<&str> {
    let found = draft.extras.iter().find(|extra| {
        let key = draft.read(extra.key);
        let last = plain(key.rsplit('.').next().unwrap_or(key));
        matches!(last.as_str(), "idempotencykey" | "xidempotencykey")
    })?;
    let value = draft.read(found.text);
    (!value.trim_ascii().is_empty()).then_some(value)
}

/// Drops errors that say what one of the last ten seconds said. The next that is kept tells how many were left out before it.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    known: Recent<First>,
}

impl Repeats {
    pub(super) fn rule(&mut self, draft: &mut Draft) -> Option<Rule> {
        let document = &draft.event.document;
        let is_error = matches!(
            document.text(Field::LogLevel),
            Some("error" | "critical" | "alert" | "emergency" | "fatal")
        );
        let message = document.text(Field::Message).filter(|_| is_error && !draft.is_request)?;
        let key = hash(&[message], &SPEAKER, draft);
        let mut left_out = 0;
        if let Some(first) = self.known.get(key) {
            if first.is_same_line(draft) {
                return None;
            }
            if first.is_within(REPEAT_WINDOW, draft) {
                first.left_out += 1;
                return Some(Rule::Repeat);
            }
            left_out = first.left_out;
        }
        self.known.put(key, First::of(draft));
        if left_out > 0 {
            draft.event.document.set_long(Field::StorePipelineRepeatCount, left_out);
        }
        None
    }
}

/// Returns the hash of texts and of fields, each with its length before it.
fn hash(texts: &[&str], fields: &[Field], draft: &Draft) -> u64 {
    let mut state = Xxh3::new();
    let said = fields.iter().map(|&field| draft.event.document.text(field).unwrap_or_default());
    for text in texts.iter().copied().chain(said) {
        state.update(&(text.len() as u64).to_le_bytes());
        state.update(text.as_bytes());
    }
    state.digest()
}
