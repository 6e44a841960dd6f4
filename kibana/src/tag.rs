//! Tags, by which people find our boards among theirs.

use serde_json::json;

use crate::object::{ObjectType, Reference, SavedObject, attributes, id_of};

/// A tag of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// All of ours.
    All,
    /// For people who look at the business.
    Business,
    /// For people who run the machines.
    Operations,
}

impl Tag {
    /// All tags.
    pub const ALL: [Self; 3] = [Self::All, Self::Business, Self::Operations];

    const fn name(self) -> &'static str {
        match self {
            Self::All => "Storewatch",
            Self::Business => "Storewatch business",
            Self::Operations => "Storewatch operations",
        }
    }

    const fn color(self) -> &'static str {
        match self {
            Self::All => "#0077CC",
            Self::Business => "#00BFB3",
            Self::Operations => "#FEC514",
        }
    }

    fn id(self) -> String {
        id_of(&["tag", self.name()])
    }

    /// Returns the pointer of a tagged object to it.
    pub fn reference(self) -> Reference {
        Reference::new(format!("tag-ref-{}", self.id()), ObjectType::Tag, self.id())
    }

    /// Returns it as a saved object.
    pub fn to_object(self) -> SavedObject {
        SavedObject {
            object_type: ObjectType::Tag,
            id: self.id(),
            attributes: attributes(json!({
                "name": self.name(), "description": "Made by storewatch setup", "color": self.color(),
            })),
            references: Vec::new(),
        }
    }
}
