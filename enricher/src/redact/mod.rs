//! No secret and no person leaves the host: what a draft holds of them is dropped or replaced by a pseudonym.

mod addresses;
mod card;
mod iban;
mod label;
mod mail;
pub(crate) mod names;
mod phone;
pub(crate) mod pseudonym;
mod resident;
mod scan;
mod token;

use std::borrow::Cow;

use event::{Field, Value};
use serde_json::value::RawValue;

use crate::counters::{Counters, Redaction};
use crate::draft::{Draft, Extra, Form, ParseStatus, Personal, Sensitive, cut};
use crate::memo::Memo;
use crate::parse::is_no_id;
use crate::processor::{Pass, Processor, Step};
use crate::settings::StoreSettings;
use pseudonym::Pseudonyms;
use scan::Found;

/// Takes persons and secrets out of a draft.
#[derive(Debug)]
pub(crate) struct Redact {
    pseudonyms: Pseudonyms,
    clean: String,
    fields: Vec<Field>,
    members: String,
    /// What agents and referrers held: they come again and again, and a look costs more than to know them.
    repeating: Memo<Found>,
}

/// Bytes of a value of `store.extra` and of a label, at most: with its path it has to stay below the 32,766 bytes of a term, which
/// not every cluster is told to ignore.
const LONGEST_VALUE: usize = 32_000;

/// Fields in which the same few texts come again and again.
const REPEATING: [Field; 2] = [Field::HttpRequestReferrer, Field::UserAgentOriginal];

/// Fields whose text is free: anything may stand in it.
const FREE_TEXT: &[Field] = &[
    Field::Message,
    Field::ErrorMessage,
    Field::ErrorStackTrace,
    Field::EventOriginal,
    Field::EventReason,
    Field::HttpRequestReferrer,
    Field::StoreRefundReason,
    Field::UrlOriginal,
    Field::UrlPath,
    Field::UrlQuery,
    Field::UserAgentOriginal,
];

/// Returns the form of a value from which its pseudonym is made.
pub(crate) fn normal(kind: Redaction, text: &str) -> Cow<'_, str> {
    let text = text.trim_ascii();
    match kind {
        Redaction::Email => {
            let small = text.to_ascii_lowercase();
            Cow::Owned(if small.contains('@') { small } else { small.replace("%40", "@") })
        }
        Redaction::Phone => {
            let text = text.replacen("%2B", "+", 1);
            Cow::Owned(text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect())
        }
        Redaction::Card
        | Redaction::Iban
        | Redaction::Resident
        | Redaction::Token
        | Redaction::Secret
        | Redaction::Pseudonym
        | Redaction::DroppedWithoutKey
        | Redaction::Personal
        | Redaction::Address => Cow::Borrowed(text),
    }
}

impl Redact {
    pub(crate) fn new(store: &StoreSettings) -> Self {
        Self {
            pseudonyms: store.pseudonyms.clone(),
            clean: String::new(),
            fields: Vec::new(),
            members: String::new(),
            repeating: Memo::new(),
        }
    }

    /// Replaces the values that a parser put aside by their pseudonyms, or drops them.
    fn sensitive(&mut self, draft: &mut Draft, counters: &mut Counters) {
        let waiting = std::mem::take(&mut draft.sensitive);
        for value in &waiting {
            forget_elsewhere(draft, value);
            let kind = match value.personal {
                Personal::Id => Redaction::Pseudonym,
                Personal::Email => Redaction::Email,
                Personal::Phone => Redaction::Phone,
                Personal::Dropped => {
                    counters.count_redacted(Redaction::Personal);
                    continue;
                }
                Personal::Secret => {
                    counters.count_redacted(Redaction::Secret);
                    continue;
                }
                Personal::Card => {
                    counters.count_redacted(Redaction::Card);
                    continue;
                }
            };
            let Some(made) = self.pseudonyms.make(&normal(kind, draft.read(value.text))) else {
                counters.count_redacted(Redaction::DroppedWithoutKey);
                continue;
            };
            let made = std::str::from_utf8(&made).unwrap_or_default();
            counters.count_redacted(kind);
            let document = &mut draft.event.document;
            document.set_text(Field::StorePipelinePseudonymKeyId, self.pseudonyms.key_id());
            if let Some(field) = value.field {
                document.set_text(field, made);
            } else {
                let key = format!("{}_hash", draft.read(value.key));
                draft.add_extra(&key, made, Form::Text);
            }
        }
        draft.sensitive = waiting;
        draft.sensitive.clear();
    }

    fn search(&mut self, draft: &mut Draft, counters: &mut Counters) {
        // A search that names a person tells nothing about searches.
        if let Some(query) = draft.event.document.text(Field::StoreSearchQueryNorm)
            && scan::redact(query, &self.pseudonyms, counters, &mut self.clean) == Found::Something
        {
            draft.event.document.remove(Field::StoreSearchQueryNorm);
        }
    }

    fn free_text(&mut self, draft: &mut Draft, counters: &mut Counters) {
        self.fields.clear();
        self.fields.extend(FREE_TEXT.iter().filter(|&&field| draft.event.document.has(field)));
        if !draft.is_request {
            // A producer can put an address anywhere; one look for its sign finds the fields.
            let document = &draft.event.document;
            let suspicious = document.fields().filter(|(_, value)| match value {
                Value::Text(text) => memchr::memchr(b'@', text.as_bytes()).is_some(),
                Value::Json(_)
                | Value::Long(_)
                | Value::Double(_)
                | Value::Boolean(_)
                | Value::Millis(_) => false,
            });
            self.fields.extend(suspicious.map(|(field, _)| field));
        }
        for &field in &self.fields {
            let Some(text) = draft.event.document.text(field) else { continue };
            if REPEATING.contains(&field)
                && self.repeating.of(text, |text| scan::look(text, &self.pseudonyms))
                    == Found::Nothing
            {
                continue;
            }
            let found = scan::redact(text, &self.pseudonyms, counters, &mut self.clean);
            if found == Found::Something {
                draft.event.document.set_text(field, &self.clean);
            }
        }
    }

    /// Addresses of clients in lines that are kept whole.
    fn whole_lines(&mut self, draft: &mut Draft, counters: &mut Counters) {
        let failed = matches!(draft.status, ParseStatus::Failed(_));
        let kept = failed.then_some(Field::Message).into_iter().chain([Field::EventOriginal]);
        for field in kept {
            let Some(text) = draft.event.document.text(field) else { continue };
            if addresses::coarsen_all(text, &mut self.clean) == Found::Something {
                counters.count_redacted(Redaction::Address);
                draft.event.document.set_text(field, &self.clean);
            }
        }
    }

    /// Writes unknown values to `store.extra`, and labels, without what no sink may see.
    fn unknown(&mut self, draft: &mut Draft, counters: &mut Counters) {
        if !draft.extras.is_empty() {
            counters.extra += draft.extras.len() as u64;
            let cuts = self.write_members(draft, &draft.extras, counters);
            if cuts > 0 {
                draft.partial();
            }
            draft.event.document.replace_extra(std::mem::take(&mut self.members));
        }
        if !draft.labels.is_empty() {
            let cuts = self.write_members(draft, &draft.labels, counters);
            if cuts > 0 {
                draft.partial();
            }
            let object = format!("{{{}}}", self.members);
            if let Ok(object) = RawValue::from_string(object) {
                draft.event.document.set_json(Field::Labels, &object);
            }
        }
    }

    /// Writes members of an object; returns how many values were cut.
    fn write_members(&mut self, draft: &Draft, values: &[Extra], counters: &mut Counters) -> usize {
        self.members.clear();
        let mut cuts = 0;
        for (place, value) in values.iter().enumerate() {
            let key = draft.read(value.key);
            if values[place + 1..].iter().any(|later| draft.read(later.key) == key) {
                continue;
            }
            let text = draft.read(value.text);
            let found = scan::redact(text, &self.pseudonyms, counters, &mut self.clean);
            if !self.members.is_empty() {
                self.members.push(',');
            }
            push_text(&mut self.members, key);
            self.members.push(':');
            let clean = match found {
                Found::Nothing => text,
                Found::Something => &self.clean,
            };
            match (found, value.form) {
                // Only what is clean is cut, or half of a secret would pass.
                _ if clean.len() > LONGEST_VALUE => {
                    push_text(&mut self.members, cut(clean, LONGEST_VALUE));
                    cuts += 1;
                }
                (Found::Nothing, Form::Json) => self.members.push_str(text),
                // A mark within a number or a list is no JSON any more.
                (Found::Nothing, Form::Text) | (Found::Something, Form::Json | Form::Text) => {
                    push_text(&mut self.members, clean);
                }
            }
        }
        cuts
    }
}

/// The line as it was, and messages, may hold the value too.
fn forget_elsewhere(draft: &mut Draft, value: &Sensitive) {
    for field in [Field::EventOriginal, Field::Message, Field::ErrorMessage] {
        let Some(whole) = draft.event.document.text(field) else { continue };
        let text = draft.read(value.text);
        // A short value stands in a message by chance; in the line as it was even a short name is a name.
        let shortest = if field == Field::EventOriginal { 2 } else { 4 };
        if text.len() < shortest || is_no_id(text) || !whole.contains(text) {
            continue;
        }
        let mark = if value.personal == Personal::Id { "[id]" } else { "[secret]" };
        let without = whole.replace(text, mark);
        draft.event.document.set_text(field, &without);
    }
}

/// Appends text as a JSON string.
fn push_text(out: &mut String, text: &str) {
    // Text becomes JSON without fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

impl Processor for Redact {
    fn process(&mut self, draft: &mut Draft, pass: &mut Pass<'_>) -> Step {
        self.sensitive(draft, pass.counters);
        self.search(draft, pass.counters);
        self.free_text(draft, pass.counters);
        self.whole_lines(draft, pass.counters);
        self.unknown(draft, pass.counters);
        Step::Continue
    }
}
