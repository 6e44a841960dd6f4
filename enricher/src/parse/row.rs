//! The natural key of a polled row: what names it, and its last change.

use super::json::Leaf;
use super::tell::is_no_id;
use crate::draft::Draft;
use crate::settings::RawKey;

/// Notes a part of a row's natural key.
pub(super) fn note(row: &RawKey, path: &str, leaf: &Leaf<'_>, draft: &mut Draft) {
    let text = match leaf {
        Leaf::Number(text) => text,
        Leaf::Text(text) => text.as_ref(),
        Leaf::Null | Leaf::NotANumber | Leaf::Truth(_) | Leaf::List(..) => return,
    };
    if path == row.id && !is_no_id(text) {
        draft.row_id = draft.note(text);
    }
    if row.modified.as_deref() == Some(path) {
        draft.row_modified = draft.note(text);
    }
}

/// Makes the version that a rule gave an event stand for the last change of its row: what happened once, as a payment, does
/// not happen again because something else changed.
pub(super) fn changed(version: &str, draft: &mut Draft) {
    if !draft.row_id.is_empty() && !version.is_empty() {
        draft.row_modified = draft.note(version);
    }
}
