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
    /// The zone of stamps that carry none, where the platform has one.
    #[serde(default)]
    pub(super) timezone: Option<String>,
    /// Our key, and what it holds where the line does not say.
    #[serde(default)]
    pub(super) set: BTreeMap<String, String>,
    /// Paths of lists whose members are lines of their own.
    #[serde(default)]
    pub(super) split: Vec<String>,
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
    pub(super) each: OneEachOrMore,
    /// Paths whose values, all of them, are the producer's id of an event.
    #[serde(default)]
    pub(super) id: Vec<String>,
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

/// What a value holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Inside {
    /// A JSON object, in a text or as it is.
    Json,
    /// A form of a browser: `a=1&b=2`.
    Form,
    /// A list with one member, whose keys stand under the list's.
    Single,
    /// A list of keys with their values: `[{"key": "a", "value": {"stringValue": "b"}}]`.
    Pairs,
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
    /// Their path to our key, when the rule fits.
    #[serde(default)]
    pub(super) keys: BTreeMap<String, String>,
    /// Our key and its value, when the rule fits.
    #[serde(default)]
    pub(super) set: BTreeMap<String, String>,
}

/// One text or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn into_list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::More(texts) => texts,
        }
    }
}

/// A list of members, or several with names of their own.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneEachOrMore {
    One(RawEach),
    More(Vec<RawEach>),
}

impl OneEachOrMore {
    pub(super) fn into_list(self) -> Vec<RawEach> {
        match self {
            Self::One(each) => vec![each],
            Self::More(list) => list,
        }
    }
}

impl Default for OneEachOrMore {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEach {
    pub(super) list: OneOrMore,
    #[serde(default)]
    pub(super) keys: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) inherit: Vec<String>,
    /// What happened with a member, by what stands in it; else what the rule of its line says.
    #[serde(default)]
    pub(super) actions: Vec<RawMemberRule>,
}

/// A rule about a member of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMemberRule {
    pub(super) when: BTreeMap<String, OneOrMore>,
    pub(super) action: String,
}

impl From<RawMemberRule> for RawRule {
    fn from(RawMemberRule { when, action }: RawMemberRule) -> Self {
        Self { when, action, each: None, keys: BTreeMap::new(), set: BTreeMap::new() }
    }
}
