//! Attributes: each type has its own, none else; those that hold JSON as text must parse.

use serde_json::Value;

use super::{Faults, Fine, text};
use crate::kql::Query;

struct Form {
    object_type: &'static str,
    plain: &'static [&'static str],
    stringified: &'static [&'static str],
}

const FORMS: [Form; 4] = [
    Form {
        object_type: "index-pattern",
        plain: &["title", "timeFieldName", "name", "allowNoIndex"],
        stringified: &[
            "fields",
            "fieldFormatMap",
            "fieldAttrs",
            "runtimeFieldMap",
            "sourceFilters",
        ],
    },
    Form {
        object_type: "search",
        plain: &[
            "title",
            "description",
            "columns",
            "sort",
            "grid",
            "hideChart",
            "breakdownField",
            "sampleSize",
            "isTextBasedQuery",
            "kibanaSavedObjectMeta",
        ],
        stringified: &[],
    },
    Form { object_type: "tag", plain: &["name", "description", "color"], stringified: &[] },
    Form {
        object_type: "dashboard",
        plain: &[
            "title",
            "description",
            "kibanaSavedObjectMeta",
            "timeRestore",
            "timeFrom",
            "timeTo",
            "refreshInterval",
            "controlGroupInput",
            "version",
        ],
        stringified: &["panelsJSON", "optionsJSON"],
    },
];

pub(super) fn check(object: &Value, faults: &mut Faults) {
    let Some(form) = FORMS.iter().find(|form| form.object_type == text(&object["type"])) else {
        return;
    };
    let attributes = &object["attributes"];
    for (key, value) in attributes.as_object().into_iter().flatten() {
        let key = key.as_str();
        if form.stringified.contains(&key) {
            let parses =
                value.as_str().is_some_and(|json| serde_json::from_str::<Value>(json).is_ok());
            faults.unless(Fine::from(parses), || format!("{key} must be JSON as text"));
        } else {
            faults.unless(Fine::from(form.plain.contains(&key)), || {
                format!("unknown attribute {key}")
            });
        }
    }
    let source = &attributes["kibanaSavedObjectMeta"]["searchSourceJSON"];
    if !source.is_null() {
        search_source(source, faults);
    }
    if form.object_type == "search" {
        let columns = attributes["columns"].as_array().into_iter().flatten();
        for field in columns.chain([&attributes["breakdownField"]]) {
            known_field(text(field), faults);
        }
    }
    if form.object_type == "tag" {
        let name = text(&attributes["name"]).chars().count();
        faults.unless(Fine::from((2..=50).contains(&name)), || {
            "a tag's name has 2 to 50 characters".into()
        });
    }
}

fn search_source(source: &Value, faults: &mut Faults) {
    match serde_json::from_str::<Value>(text(source)) {
        Ok(source) => kql(&source["query"], faults),
        Err(error) => faults.add(format!("searchSourceJSON is no JSON: {error}")),
    }
}

/// A query must parse and ask only for fields that our templates map.
pub(super) fn kql(query: &Value, faults: &mut Faults) {
    match Query::parse(text(&query["query"])) {
        Ok(parsed) => parsed.fields().into_iter().for_each(|field| known_field(field, faults)),
        Err(error) => faults.add(error.to_string()),
    }
}

/// Finds the field in the templates that `setup` installs.
pub(super) fn known_field(path: &str, faults: &mut Faults) {
    faults.unless(Fine::from(pipelines::mapping::mapped_kind(path).is_some()), || {
        format!("no template maps the field {path:?}")
    });
}
