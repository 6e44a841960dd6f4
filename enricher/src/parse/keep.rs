//! Values behind keys of others: persons and secrets are put aside, all else is kept.

use super::keys;
use crate::draft::{Draft, Form};

/// Keeps a value in `store.extra`, unless its key says that no sink may see it.
pub(super) fn value(key: &str, text: &str, draft: &mut Draft) {
    match keys::sensitive(key) {
        Some((personal, field)) => draft.add_sensitive(personal, field, key, text),
        None => draft.add_extra(key, text, Form::Text),
    }
}
