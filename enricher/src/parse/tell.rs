//! Puts values where their keys say that they belong.

use std::borrow::Cow;

use event::Field;
use event::dictionary::Kind;

use super::duration;
use super::json::{self, Leaf, List};
use super::keep;
use super::keys::Target;
use super::value;
use crate::draft::{Date, Draft, Form, Money, Personal, Stamp, Written};

/// Puts one value where it belongs.
pub(super) fn tell(target: Target, path: &str, leaf: &Leaf<'_>, draft: &mut Draft) {
    let text = match leaf {
        Leaf::Null => return,
        // The number is lost, and that is told; the rest of the line is worth keeping.
        Leaf::NotANumber => return draft.partial(),
        Leaf::Truth(true) => "true",
        Leaf::Truth(false) => "false",
        Leaf::Number(text) | Leaf::List(text, _) => text,
        Leaf::Text(text) => text.as_ref(),
    };
    let is_list = matches!(leaf, Leaf::List(..));
    match target {
        Target::Ignored => {}
        Target::Sensitive(personal, field) => match (personal, is_list) {
            (Personal::Id | Personal::Email | Personal::Phone, true) => {
                draft.add_sensitive(Personal::Dropped, None, path, text);
            }
            _ if is_no_id(text) => {}
            _ => draft.add_sensitive(personal, field, path, text),
        },
        _ if is_list => list(target, path, leaf, text, draft),
        Target::Field(field) if field.entry().kind == Kind::Date => {
            let (key, text) = (draft.note(path), draft.note(text));
            draft.dates.push(Date { field, key, text });
        }
        // Of a list, as a forwarding header is, no one hop can be taken for the client.
        Target::Field(field @ (Field::SourceAddress | Field::ClientAddress))
            if text.contains(',') =>
        {
            let coarse = keep::coarse(text);
            draft.event.document.set_text(field, coarse.as_deref().unwrap_or(text));
        }
        Target::Field(field) => {
            if !value::set(field, text, draft) {
                extra(path, leaf, text, draft);
            }
        }
        Target::Time => draft.stamp = Stamp::Text(draft.note(text)),
        Target::Id if is_no_id(text) => {}
        Target::Id => draft.producer_id = draft.note(text),
        Target::Version => draft.version = draft.note(text),
        Target::Money(field) => {
            let is_number = matches!(leaf, Leaf::Number(_));
            let written = if is_number { Written::Number } else { Written::Text };
            let (key, text) = (draft.note(path), draft.note(text));
            draft.money.push(Money { field, key, text, written });
        }
        Target::Query => draft.event.document.set_text(Field::StoreSearchQueryNorm, text),
        Target::DurationMs => match value::milliseconds(text) {
            Some(nanoseconds) => draft.event.document.set_long(Field::EventDuration, nanoseconds),
            None => extra(path, leaf, text, draft),
        },
        Target::Duration => match duration::read(text) {
            Some(nanoseconds) => draft.event.document.set_long(Field::EventDuration, nanoseconds),
            None => extra(path, leaf, text, draft),
        },
        Target::Label => label(path, leaf, text, draft),
        Target::Extra => extra(path, leaf, text, draft),
    }
}

fn list(target: Target, path: &str, leaf: &Leaf<'_>, text: &str, draft: &mut Draft) {
    if let (Target::Field(field), Leaf::List(_, List::Plain)) = (target, leaf)
        && value::set_list(field, text, draft)
    {
        return;
    }
    // Some loggers write a stack trace as a list of its lines.
    if target == Target::Field(Field::ErrorStackTrace)
        && let Ok(lines) = serde_json::from_str::<Vec<Cow<'_, str>>>(text)
    {
        return draft.event.document.set_text(Field::ErrorStackTrace, &lines.join("\n"));
    }
    extra(path, leaf, text, draft);
}

/// Tells whether an id says that there is none. An analytics product once merged all purchases with an empty id.
pub(crate) fn is_no_id(text: &str) -> bool {
    matches!(text.trim_ascii(), "" | "-" | "0" | "null" | "(not set)" | "undefined")
}

fn form(leaf: &Leaf<'_>) -> Form {
    match leaf {
        Leaf::Number(text) if json::is_huge(text) => Form::Text,
        Leaf::Number(_) | Leaf::Truth(_) | Leaf::List(_, List::Plain) => Form::Json,
        // Objects within lists may hold a key twice, and lists may nest deeper than the cluster takes: as text they
        // are safe.
        Leaf::List(_, List::Other) | Leaf::Text(_) | Leaf::Null | Leaf::NotANumber => Form::Text,
    }
}

fn extra(path: &str, leaf: &Leaf<'_>, text: &str, draft: &mut Draft) {
    let key = path.strip_prefix("store.extra.").unwrap_or(path);
    let coarse = coarse(key, leaf);
    let text = coarse.as_deref().unwrap_or(text);
    if key.is_empty() || key.contains(char::is_control) {
        let clean: String = key.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
        let clean = if clean.is_empty() { "_" } else { &clean };
        draft.add_extra(clean, text, form(leaf));
    } else {
        draft.add_extra(key, text, form(leaf));
    }
}

/// Returns a value that is nothing but addresses of clients, cut to their networks.
fn coarse(key: &str, leaf: &Leaf<'_>) -> Option<String> {
    match leaf {
        Leaf::Text(text) => keep::coarse_of(key, text),
        Leaf::List(text, List::Plain) if text.contains(['.', ':']) => {
            let hops: Vec<Cow<'_, str>> = serde_json::from_str(text).ok()?;
            let list: Option<Vec<String>> =
                hops.iter().map(|hop| keep::coarse_of(key, hop)).collect();
            serde_json::to_string(&list?).ok()
        }
        Leaf::List(..) | Leaf::Number(_) | Leaf::Truth(_) | Leaf::Null | Leaf::NotANumber => None,
    }
}

fn label(path: &str, leaf: &Leaf<'_>, text: &str, draft: &mut Draft) {
    // A dot in the name of a label would make an object where another event has a value.
    let name = path.strip_prefix("labels.").unwrap_or(path).replace(['.', '\0'], "_");
    let form = form(leaf);
    let coarse = coarse(path, leaf);
    draft.add_label(&name, coarse.as_deref().unwrap_or(text), form);
}
