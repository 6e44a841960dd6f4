//! Values behind keys of others: persons and secrets are put aside, all else is kept.

use std::fmt::Write as _;

use super::{clients, credential, keys};
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
/// whether it was one of those. The names are those of the variables of nginx, or stand in brackets as in W3C's logs.
pub(super) fn aside(key: &str, text: &str, draft: &mut Draft) -> bool {
    const PREFIXES: [&str; 4] = ["sent_http_", "upstream_http_", "http_", "arg_"];
    let last = key.rsplit('.').next().unwrap_or(key);
    let in_brackets = last.strip_suffix(')').and_then(|last| last.split_once('('));
    let name = PREFIXES.iter().find_map(|prefix| last.strip_prefix(prefix));
    let is_header = (name.is_some() && !last.starts_with("arg_")) || in_brackets.is_some();
    let name = name.or(in_brackets.map(|(_, name)| name)).unwrap_or(last);
    let place = if last.starts_with("arg_") { Place::Query } else { Place::Text };
    let is_cookie = last.starts_with("cookie_") || last.starts_with("upstream_cookie_");
    if is_cookie
        || credential::is_named(name)
        || credential::is_path(key)
        || (is_header && credential::is_header(name))
        || matches!(names::look_up(name.as_bytes(), place), Some(Named::Secret | Named::Header))
        || credential::is_value(text)
    {
        draft.add_sensitive(Personal::Secret, None, key, text);
        return true;
    }
    if let Some((personal, field)) = keys::sensitive(name) {
        draft.add_sensitive(personal, field, key, text);
        return true;
    }
    if let Some(coarse) = coarse_of(key, text) {
        draft.add_extra(key, &coarse, Form::Text);
        return true;
    }
    false
}

/// Keeps what a server captured and nobody named; cookies and credentials are put aside, whole or between quotes.
pub(super) fn captured(key: &str, text: &str, draft: &mut Draft) {
    if credential::is_value(text) {
        return draft.add_sensitive(Personal::Secret, None, key, text);
    }
    if !text.contains('"') {
        return draft.add_extra(key, text, Form::Text);
    }
    let kept = masked(key, text, '"', draft);
    draft.add_extra(key, &kept, Form::Text);
}

/// Returns the pieces of a text with a mark where one of them is a cookie or a credential, which is put aside.
pub(super) fn masked(key: &str, text: &str, between: char, draft: &mut Draft) -> String {
    let mut kept = String::with_capacity(text.len());
    for (number, piece) in text.split(between).enumerate() {
        if number > 0 {
            kept.push(between);
        }
        if credential::is_value(piece) {
            draft.add_sensitive(Personal::Secret, None, key, piece);
            kept.push_str("[secret]");
        } else {
            kept.push_str(piece);
        }
    }
    kept
}

/// Returns a list of addresses cut to their networks, unless its key means the host's own.
pub(super) fn coarse_of(key: &str, text: &str) -> Option<String> {
    if !text.contains(['.', ':']) || clients::is_own(key) {
        return None;
    }
    coarse(text)
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
