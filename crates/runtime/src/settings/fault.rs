//! Why a tree does not fit a type, and the finding that tells it.

use std::fmt;

use serde::de;

use super::{
    Finding, Origin, Renamed,
    node::{Entry, Node, join},
    secrets, similar,
};

/// Why a tree does not fit a type. The key grows from the inside while the error goes up.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) path: String,
    place: Option<Box<Place>>,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum Kind {
    Unknown { allowed: &'static [&'static str] },
    Missing(&'static str),
    Wrong { message: String, allowed: Option<String>, hint: Option<String> },
}

#[derive(Debug)]
struct Place {
    origin: Origin,
    value: Option<String>,
}

impl Fault {
    pub(super) fn wrong(message: impl Into<String>) -> Self {
        let kind = Kind::Wrong { message: message.into(), allowed: None, hint: None };
        Self { kind, path: String::new(), place: None }
    }

    pub(super) fn with_hint(mut self, text: &str) -> Self {
        if let Kind::Wrong { hint, .. } = &mut self.kind {
            *hint = Some(text.to_owned());
        }
        self
    }

    pub(super) fn inside(mut self, part: &str, node: &Node) -> Self {
        self.place.get_or_insert_with(|| Box::new(Place::of(node)));
        self.path = join(part, &self.path);
        self
    }

    pub(super) fn at_key(mut self, entry: &Entry) -> Self {
        self.place = Some(Box::new(Place { origin: entry.origin.clone(), value: None }));
        self.path.clone_from(&entry.key);
        self
    }

    pub(super) fn key(&self) -> String {
        match self.kind {
            Kind::Missing(name) => join(&self.path, name),
            Kind::Unknown { .. } | Kind::Wrong { .. } => self.path.clone(),
        }
    }

    pub(super) fn finding(self, root: &Node, renamed: &[Renamed]) -> Finding {
        let key = self.key();
        let place = self.place.map_or_else(|| Place::of(root), |place| *place);
        match self.kind {
            Kind::Unknown { allowed } => unknown(place.origin, &key, allowed, renamed),
            Kind::Missing(_) => Finding::error(place.origin, key, "is missing"),
            Kind::Wrong { message, allowed, hint } => {
                let secret = secrets::is_secret(&key);
                let value = if secret { None } else { place.value };
                Finding { value, allowed, hint, ..Finding::error(place.origin, key, message) }
            }
        }
    }
}

impl Place {
    fn of(node: &Node) -> Self {
        Self { origin: node.origin.clone(), value: Some(node.shown()) }
    }
}

fn unknown(origin: Origin, key: &str, allowed: &[&str], renamed: &[Renamed]) -> Finding {
    let general = without_places(key);
    if let Some(renamed) = renamed.iter().find(|renamed| renamed.old == general) {
        let hint = format!("write {}", with_places(renamed.new, key));
        return Finding::error(origin, key, "has another name now").hint(hint);
    }
    let (outer, last) = key.rsplit_once('.').unwrap_or(("", key));
    let finding = Finding::error(origin, key, "is not a key that is known here");
    let finding = match allowed {
        [] => finding,
        allowed => finding.allowed(allowed.join(", ")),
    };
    match similar::nearest(last, allowed.iter().copied()) {
        Some(meant) => {
            // A dot of the key's own is a part of what was mistyped.
            let meant = join(outer.trim_end_matches('.'), meant);
            finding.hint(format!("did you mean {meant}?"))
        }
        None => finding,
    }
}

/// Returns `inputs[].path` for `inputs[3].path`.
fn without_places(key: &str) -> String {
    let mut general = String::with_capacity(key.len());
    let mut inside = false;
    for character in key.chars() {
        inside = inside && character != ']';
        if !inside {
            general.push(character);
        }
        inside = inside || character == '[';
    }
    general
}

/// Returns `inputs[3].paths` for `inputs[].paths` and the places of `inputs[3].path`.
fn with_places(general: &str, key: &str) -> String {
    let mut places = key.split('[').skip(1).filter_map(|part| part.split(']').next());
    let mut parts = general.split("[]");
    let mut full = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        full.extend(["[", places.next().unwrap_or_default(), "]", part]);
    }
    full
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {:?}", self.path, self.kind)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::wrong(message.to_string())
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::wrong(format!("which is not {expected}"))
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::wrong(format!("which is not {expected}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let hint = similar::nearest(variant, expected.iter().copied())
            .map(|meant| format!("did you mean {meant}?"));
        let message = "which is not a choice here".to_owned();
        let kind = Kind::Wrong { message, allowed: Some(expected.join(", ")), hint };
        Self { kind, path: String::new(), place: None }
    }

    fn unknown_field(_: &str, allowed: &'static [&'static str]) -> Self {
        Self { kind: Kind::Unknown { allowed }, path: String::new(), place: None }
    }

    fn missing_field(name: &'static str) -> Self {
        Self { kind: Kind::Missing(name), path: String::new(), place: None }
    }
}
