//! The validator: what Kibana itself does not check, found before anything is sent.
//!
//! It reads the file that would be imported, not the definitions behind it, so a fault of the writer is found as well.

mod attributes;
mod lens;
mod panels;
mod references;

use std::fmt;

use serde_json::Value;

use crate::object::{CORE_MIGRATION_VERSION, ID_PREFIX, ObjectType};

/// A fault of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `type:id`, and the panel where there is one.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Faults as they are found.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    place: String,
    found: Vec<Fault>,
}

impl Faults {
    pub(crate) fn at(&mut self, place: impl Into<String>) {
        self.place = place.into();
    }

    pub(crate) fn add(&mut self, message: impl Into<String>) {
        self.found.push(Fault { place: self.place.clone(), message: message.into() });
    }

    pub(crate) fn unless(&mut self, fine: Fine, message: impl FnOnce() -> String) {
        if fine == Fine::No {
            self.add(message());
        }
    }
}

/// The outcome of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fine {
    Yes,
    No,
}

impl From<bool> for Fine {
    fn from(fine: bool) -> Self {
        if fine { Self::Yes } else { Self::No }
    }
}

/// The import's own limits.
const MAX_BYTES: usize = 25 * 1024 * 1024;
const MAX_OBJECTS: usize = 10_000;

/// Returns all faults of a file of saved objects.
pub fn validate(ndjson: &str) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.at("file");
    faults.unless(Fine::from(ndjson.len() <= MAX_BYTES), || {
        format!("{} bytes, at most {MAX_BYTES}", ndjson.len())
    });
    let mut objects = Vec::new();
    for (at, line) in ndjson.lines().enumerate() {
        match serde_json::from_str::<Value>(line) {
            Ok(object) => objects.push(object),
            Err(error) => faults.add(format!("line {} is no JSON: {error}", at + 1)),
        }
    }
    faults
        .unless(Fine::from(objects.len() <= MAX_OBJECTS), || format!("{} objects", objects.len()));
    for object in &objects {
        faults.at(name(object));
        envelope(object, &mut faults);
        attributes::check(object, &mut faults);
        if object["type"] == "dashboard" {
            panels::check(object, &mut faults);
        }
    }
    references::check(&objects, &mut faults);
    faults.found
}

fn name(object: &Value) -> String {
    format!("{}:{}", text(&object["type"]), text(&object["id"]))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

const ENVELOPE: [&str; 7] = [
    "id",
    "type",
    "attributes",
    "references",
    "coreMigrationVersion",
    "typeMigrationVersion",
    "managed",
];

fn envelope(object: &Value, faults: &mut Faults) {
    for key in object.as_object().into_iter().flat_map(|members| members.keys()) {
        faults.unless(Fine::from(ENVELOPE.contains(&key.as_str())), || {
            format!("unknown member {key}")
        });
    }
    faults.unless(Fine::from(text(&object["id"]).starts_with(ID_PREFIX)), || {
        format!("the id lacks {ID_PREFIX}")
    });
    faults.unless(Fine::from(object["coreMigrationVersion"] == CORE_MIGRATION_VERSION), || {
        format!("coreMigrationVersion must be {CORE_MIGRATION_VERSION}")
    });
    let known =
        [ObjectType::IndexPattern, ObjectType::Search, ObjectType::Tag, ObjectType::Dashboard]
            .into_iter()
            .find(|known| known.as_str() == text(&object["type"]));
    match known {
        None => faults.add("a type that we do not write"),
        Some(known) => faults.unless(
            Fine::from(object["typeMigrationVersion"] == known.migration_version()),
            || format!("typeMigrationVersion must be {}", known.migration_version()),
        ),
    }
}

#[cfg(test)]
mod tests;
