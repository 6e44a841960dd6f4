//! What a key of a JSON event means.

use event::Field;

/// Tells whether a mapping may point at this key.
pub(crate) fn is_known(key: &str) -> bool {
    Field::from_path(key).is_some()
}
