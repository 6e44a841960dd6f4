//! Deduplication: what was delivered twice, and was acknowledged the first time, is dropped before it is sent again.
//!
//! Only events with a key are looked at: equal content is never enough, since two equal lines can be two sales. One key with
//! another content is no duplicate but a conflict: it is kept under an id of its own and flagged.

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::Arc;

use event::{EventId, Field, KeyKind, Origin};
use xxhash_rust::xxh3::xxh3_64;

use crate::counters::Rule;
use crate::draft::{Draft, Flag};
use crate::processor::{Pass, Processor, Step};

/// Keys of events that were acknowledged a while ago.
pub trait Window: Debug + Send + Sync {
    /// Looks a key up; `content` is the hash of what the event says.
    fn seen(&self, key: EventId, content: NonZeroU32, origin: &Origin) -> Seen;
}

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing; or it is known from this very line, which is read again.
    Never,
    /// An event with it and with the same content is stored.
    Same,
    /// An event with it is stored that says something else.
    Different,
}

/// Drops what is stored already.
#[derive(Debug, Default)]
pub(crate) struct Deduplicate {
    window: Option<Arc<dyn Window>>,
    content: Vec<u8>,
}

impl Deduplicate {
    pub(crate) fn new(window: Option<Arc<dyn Window>>) -> Self {
        Self { window, content: Vec::new() }
    }

    /// Returns the hash of the mapped fields: neither what no field is known for, such as the time of a delivery, nor what
    /// the pipeline adds.
    fn hash(&mut self, draft: &Draft) -> u64 {
        self.content.clear();
        draft.event.document.write_json(&mut self.content);
        for sensitive in &draft.sensitive {
            if let Some(field) = sensitive.field {
                let value = draft.read(sensitive.text);
                for part in [field.path(), value] {
                    self.content.extend_from_slice(&(part.len() as u64).to_le_bytes());
                    self.content.extend_from_slice(part.as_bytes());
                }
            }
        }
        xxh3_64(&self.content)
    }
}

/// Returns the part of a hash that is kept for each key.
fn short(hash: u64) -> NonZeroU32 {
    let folded = u32::try_from(hash >> 32).unwrap_or(u32::MAX);
    NonZeroU32::new(folded).unwrap_or(NonZeroU32::MIN)
}

impl Processor for Deduplicate {
    fn process(&mut self, draft: &mut Draft, pass: &mut Pass<'_>) -> Step {
        if draft.event.key_kind == KeyKind::Origin {
            return Step::Continue;
        }
        let hash = self.hash(draft);
        let content = short(hash);
        draft.event.content = Some(content);
        draft.event.document.set_format(Field::EventHash, format_args!("{hash:016x}"));
        let Some(window) = &self.window else { return Step::Continue };
        let event = &mut draft.event;
        match window.seen(event.id, content, &event.origin) {
            Seen::Never => Step::Continue,
            Seen::Same => Step::Drop(Rule::Duplicate),
            Seen::Different => {
                let key = event.id.to_string();
                event.id = EventId::from_parts(&["conflict", &key, &format!("{hash:016x}")]);
                let again = window.seen(event.id, content, &event.origin);
                if again == Seen::Same {
                    return Step::Drop(Rule::Duplicate);
                }
                draft.flag(Flag::KeyConflict);
                pass.counters.conflicts += 1;
                Step::Continue
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::Counters;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    /// Knows what it is told.
    #[derive(Debug, Default)]
    struct Known(Mutex<BTreeMap<EventId, (NonZeroU32, u64)>>);

    impl Window for Known {
        fn seen(&self, key: EventId, content: NonZeroU32, origin: &Origin) -> Seen {
            match self.0.lock().unwrap().get(&key) {
                Some((_, place)) if *place == origin.span.start.get() => Seen::Never,
                Some((known, _)) if *known == content => Seen::Same,
                Some(_) => Seen::Different,
                None => Seen::Never,
            }
        }
    }

    fn draft(kind: KeyKind, place: u64, status: &str) -> Draft {
        let mut draft = Draft::new();
        let span = event::ByteOffset::new(place)..event::ByteOffset::new(place + 1);
        draft.begin(
            &Origin { file: event::FileId::from_bytes([1; 16]), span, part: 0 },
            jiff::Timestamp::UNIX_EPOCH,
        );
        draft.event.id = EventId::from_parts(&["key"]);
        draft.event.key_kind = kind;
        draft.event.document.set_text(Field::StorePaymentStatus, status);
        draft
    }

    /// Takes the draft through the step and, when it is kept, tells the window that it was stored.
    fn take(known: &Arc<Known>, mut draft: Draft) -> (Step, Draft, u64) {
        let window: Arc<dyn Window> = Arc::clone(known) as Arc<dyn Window>;
        let mut counters = Counters::default();
        let mut pass = Pass {
            read_at: jiff::Timestamp::UNIX_EPOCH,
            path: "",
            taken_at: None,
            counters: &mut counters,
        };
        let step = Deduplicate::new(Some(window)).process(&mut draft, &mut pass);
        if let (Step::Continue, Some(content)) = (step, draft.event.content) {
            let place = draft.event.origin.span.start.get();
            known.0.lock().unwrap().entry(draft.event.id).or_insert((content, place));
        }
        (step, draft, counters.conflicts)
    }

    #[test]
    fn what_was_delivered_twice_is_dropped_and_the_same_line_read_again_is_not() {
        let known = Arc::new(Known::default());
        let step = |place| take(&known, draft(KeyKind::Producer, place, "captured")).0;
        assert_eq!(step(10), Step::Continue);
        assert_eq!(step(20), Step::Drop(Rule::Duplicate));
        assert_eq!(step(10), Step::Continue, "after a crash it meets 409");
    }

    #[test]
    fn one_key_with_another_content_is_kept_under_an_id_of_its_own_once() {
        let known = Arc::new(Known::default());
        let (_, first, _) = take(&known, draft(KeyKind::Natural, 10, "captured"));
        let (step, other, conflicts) = take(&known, draft(KeyKind::Natural, 20, "failed"));
        assert_eq!((step, conflicts), (Step::Continue, 1));
        assert_ne!(first.event.id, other.event.id);
        assert!(other.flags().any(|flag| flag == Flag::KeyConflict));
        let (step, _, conflicts) = take(&known, draft(KeyKind::Natural, 30, "failed"));
        assert_eq!((step, conflicts), (Step::Drop(Rule::Duplicate), 0));
    }

    #[test]
    fn lines_without_a_key_are_never_duplicates() {
        let known = Arc::new(Known::default());
        for place in [10, 20] {
            let (step, draft, _) = take(&known, draft(KeyKind::Origin, place, "captured"));
            assert_eq!((step, draft.event.content), (Step::Continue, None));
            assert!(!draft.event.document.has(Field::EventHash));
        }
    }

    #[test]
    fn the_hash_covers_persons_whose_pseudonym_gets_a_field_and_nothing_that_has_none() {
        let hash = |customer: &str, odd: &str| {
            let mut draft = draft(KeyKind::Producer, 1, "captured");
            let field = Some(Field::StoreCustomerIdHash);
            draft.add_sensitive(crate::draft::Personal::Id, field, "customer.id", customer);
            draft.add_extra("delivered_at", odd, crate::draft::Form::Text);
            Deduplicate::new(None).hash(&draft)
        };
        assert_eq!(hash("7", "now"), hash("7", "later"));
        assert_ne!(hash("7", "now"), hash("8", "now"));
    }
}
