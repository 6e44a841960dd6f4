//! A schema as it stands in a file.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSchema {
    pub(super) version: u32,
    pub(super) name: String,
    /// For people who read the file.
    #[serde(rename = "about")]
    pub(super) _about: String,
    #[serde(default)]
    pub(super) provider: Option<String>,
    #[serde(default)]
    pub(super) rest: Rest,
    #[serde(default)]
    pub(super) keys: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) inside: BTreeMap<String, Inside>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) actions: Vec<RawRule>,
    #[serde(default)]
    pub(super) each: Option<RawEach>,
}

/// What becomes of keys that a schema does not name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rest {
    /// They go to `store.extra`.
    #[default]
    Keep,
    /// They are left out: who sends orders sends the names and addresses of people with them.
    Drop,
}

/// What a text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Inside {
    /// A JSON object.
    Json,
    /// A form of a browser: `a=1&b=2`.
    Form,
}

/// A rule about what happened.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    /// Their path, and what must stand there.
    #[serde(default)]
    pub(super) when: BTreeMap<String, OneOrMore>,
    pub(super) action: String,
    /// What each member of the schema's list is then.
    #[serde(default)]
    pub(super) each: Option<String>,
}

/// One pattern or several, of which one must fit.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEach {
    pub(super) list: String,
    #[serde(default)]
    pub(super) keys: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) inherit: Vec<String>,
}
