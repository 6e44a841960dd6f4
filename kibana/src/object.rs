//! Saved objects: the envelope that Kibana 8.12 reads, one JSON object per line.

use event::EventId;
use serde_json::{Map, Value, json};

/// The prefix of every id of ours; `setup` touches nothing else.
pub const ID_PREFIX: &str = "storewatch-";

/// A type of saved object that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectType {
    /// A data view.
    IndexPattern,
    /// A saved search.
    Search,
    /// A tag.
    Tag,
    /// A board.
    Dashboard,
}

impl ObjectType {
    /// Returns the type as Kibana writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IndexPattern => "index-pattern",
            Self::Search => "search",
            Self::Tag => "tag",
            Self::Dashboard => "dashboard",
        }
    }

    /// Returns the migration version to write: the newest that 8.12 knows, so that no migration rewrites the object.
    pub const fn migration_version(self) -> &'static str {
        match self {
            Self::IndexPattern | Self::Search | Self::Tag => "8.0.0",
            Self::Dashboard => "8.9.0",
        }
    }
}

/// The version of the envelope itself.
pub const CORE_MIGRATION_VERSION: &str = "8.8.0";

/// A named pointer to another object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Name by which the attributes use it.
    pub name: String,
    /// Type it points to.
    pub object_type: ObjectType,
    /// Id it points to.
    pub id: String,
}

impl Reference {
    /// Returns a reference.
    pub fn new(name: impl Into<String>, object_type: ObjectType, id: impl Into<String>) -> Self {
        Self { name: name.into(), object_type, id: id.into() }
    }

    /// Returns it as JSON.
    pub fn to_json(&self) -> Value {
        json!({"name": self.name, "type": self.object_type.as_str(), "id": self.id})
    }
}

/// One saved object.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedObject {
    /// Its type.
    pub object_type: ObjectType,
    /// Its id, with our prefix.
    pub id: String,
    /// What it says.
    pub attributes: Map<String, Value>,
    /// What it points to.
    pub references: Vec<Reference>,
}

impl SavedObject {
    /// Returns the object as one JSON value. Keys are sorted, so the same board gives the same bytes.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "type": self.object_type.as_str(),
            "attributes": self.attributes,
            "references": self.references.iter().map(Reference::to_json).collect::<Vec<_>>(),
            "coreMigrationVersion": CORE_MIGRATION_VERSION,
            "typeMigrationVersion": self.object_type.migration_version(),
            "managed": true,
        })
    }

    /// Returns the title or name for people.
    pub fn title(&self) -> &str {
        let title = self.attributes.get("name").or_else(|| self.attributes.get("title"));
        title.and_then(Value::as_str).unwrap_or_default()
    }
}

/// Returns objects as NDJSON, the form of the import.
pub fn to_ndjson(objects: &[SavedObject]) -> String {
    objects.iter().map(|object| object.to_json().to_string() + "\n").collect()
}

/// Returns the id of a part: the prefix and a hash of its names, the same in every release.
pub fn id_of(parts: &[&str]) -> String {
    format!("{ID_PREFIX}{}", EventId::from_parts(parts))
}

/// Returns attributes out of an object literal; a value that is no object gives none.
pub(crate) fn attributes(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}
