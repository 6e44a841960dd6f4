//! A board: a title, the question it answers, controls, panels.

use event::Field;
use serde_json::{Map, Value, json};

use crate::column::query;
use crate::data_view::DataView;
use crate::object::{ObjectType, Reference, SavedObject, attributes, id_of};
use crate::panel::Panel;
use crate::tag::Tag;

/// A list from which a person picks values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control {
    /// Title.
    pub title: &'static str,
    /// The field.
    pub field: Field,
    /// Where its values are looked for.
    pub view: DataView,
}

/// One board.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// Key, unique among boards.
    pub key: &'static str,
    /// Title without the prefix.
    pub title: &'static str,
    /// The question it answers.
    pub question: &'static str,
    /// How far back it looks at first.
    pub from: &'static str,
    /// Tags.
    pub tags: &'static [Tag],
    /// Controls, left to right.
    pub controls: Vec<Control>,
    /// Panels.
    pub panels: Vec<Panel>,
}

/// Returns the id of the board with this key.
pub fn board_id(key: &str) -> String {
    id_of(&["board", key])
}

impl Board {
    /// Returns it as a saved object.
    pub fn to_object(&self) -> SavedObject {
        let mut references: Vec<Reference> = self.tags.iter().map(|tag| tag.reference()).collect();
        let mut panels = Vec::new();
        for panel in &self.panels {
            let (written, needs) = panel.to_json(&self.part_id("panel", panel.key));
            panels.push(written);
            references.extend(needs);
        }
        let controls = self.control_panels(&mut references);
        let attributes = attributes(json!({
            "title": format!("[Storewatch] {}", self.title),
            "description": self.question,
            "version": 1,
            "timeRestore": true, "timeFrom": self.from, "timeTo": "now",
            "refreshInterval": {"pause": true, "value": 60_000},
            "kibanaSavedObjectMeta": {"searchSourceJSON": json!({"query": query(""), "filter": []}).to_string()},
            "optionsJSON": json!({
                "useMargins": true, "syncColors": true, "syncCursor": true, "syncTooltips": false, "hidePanelTitles": false,
            }).to_string(),
            "panelsJSON": Value::from(panels).to_string(),
            "controlGroupInput": {
                "controlStyle": "oneLine", "chainingSystem": "HIERARCHICAL",
                "panelsJSON": Value::from(controls).to_string(),
                "ignoreParentSettingsJSON": json!({
                    "ignoreFilters": false, "ignoreQuery": false, "ignoreTimerange": false, "ignoreValidations": false,
                }).to_string(),
            },
        }));
        SavedObject {
            object_type: ObjectType::Dashboard,
            id: board_id(self.key),
            attributes,
            references,
        }
    }

    fn part_id(&self, part: &str, key: &str) -> String {
        id_of(&["board", self.key, part, key])
    }

    fn control_panels(&self, references: &mut Vec<Reference>) -> Map<String, Value> {
        let mut panels = Map::new();
        for (order, control) in self.controls.iter().enumerate() {
            let id = self.part_id("control", control.field.path());
            let name = format!("controlGroup_{id}:optionsListDataView");
            references.push(Reference::new(name, ObjectType::IndexPattern, control.view.id()));
            let panel = json!({
                "order": order, "width": "medium", "grow": true, "type": "optionsListControl",
                "explicitInput": {
                    "id": id, "fieldName": control.field.path(), "title": control.title, "enhancements": {},
                },
            });
            panels.insert(id, panel);
        }
        panels
    }
}
