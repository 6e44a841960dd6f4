//! Values behind keys of others: persons and secrets are put aside, all else is kept.

use std::fmt::Write as _;

use super::keys;
use crate::address;
use crate::draft::{Draft, Form, Personal};
use crate::redact::names::{self, Named, Place};

/// Keeps a value in `store.extra`, unless its key says that no sink may see it.
pub(super) fn value(key: &str, text: &str, draft: &mut Draft) {
    match keys::sensitive(key) {
        Some((personal, field)) => draft.add_sensitive(personal, field, key, text),
        None => draft.add_extra(key, text, Form::Text),
    }
}

/// Puts aside what a server wrote of headers, cookies and arguments that no sink may see; addresses are kept coarse. Tells
/// whether it was one of those. The names are those of the variables of nginx.
pub(super) fn aside(key: &str, text: &str, draft: &mut Draft) -> bool {
    const PREFIXES: [&str; 4] = ["sent_http_", "upstream_http_", "http_", "arg_"];
    let last = key.rsplit('.').next().unwrap_or(key);
    let name = PREFIXES.iter().find_map(|prefix| last.strip_prefix(prefix)).unwrap_or(last);
    let place = if last.starts_with("arg_") { Place::Query } else { Place::Text };
    let is_cookie = last.starts_with("cookie_") || last.starts_with("upstream_cookie_");
    if is_cookie
        || matches!(names::look_up(name.as_bytes(), place), Some(Named::Secret | Named::Header))
    {
        draft.add_sensitive(Personal::Secret, None, key, text);
        return true;
    }
    if let Some((personal, field)) = keys::sensitive(name) {
        draft.add_sensitive(personal, field, key, text);
        return true;
    }
    if let Some(coarse) = coarse(text) {
        draft.add_extra(key, &coarse, Form::Text);
        return true;
    }
    false
}

/// Returns a list of addresses cut to their networks, if it is nothing else.
pub(super) fn coarse(text: &str) -> Option<String> {
    let mut list = String::new();
    for hop in text.split(',').map(str::trim) {
        let network = address::coarsen(address::read(hop)?);
        let comma = if list.is_empty() { "" } else { ", " };
        write!(list, "{comma}{network}").ok()?;
    }
    Some(list)
}
