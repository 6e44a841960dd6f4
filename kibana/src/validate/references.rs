//! References are closed both ways: each named one is used, each use is named, each target is in the file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Faults, Fine, name, text};
use crate::data_view::DataView;

pub(super) fn check(objects: &[Value], faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for object in objects {
        faults.at(name(object));
        faults.unless(Fine::from(seen.insert(name(object))), || {
            "this type and id stand twice in the file".into()
        });
    }
    for object in objects {
        faults.at(name(object));
        let named = named(object, faults);
        for (reference, target) in &named {
            let known = seen.contains(target)
                || target.split_once(':').is_some_and(|(_, id)| DataView::from_id(id).is_some());
            faults.unless(Fine::from(known), || {
                format!("{reference} points to {target}, which is not in the file")
            });
        }
        let used = used(object);
        for reference in named.keys() {
            let fine = used.contains(reference) || reference.starts_with("tag-ref-");
            faults.unless(Fine::from(fine), || format!("the reference {reference} is not used"));
        }
        for reference in used.difference(&named.keys().cloned().collect()) {
            faults.add(format!("{reference} is used but not among the references"));
        }
    }
}

fn named(object: &Value, faults: &mut Faults) -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    for reference in object["references"].as_array().into_iter().flatten() {
        let target = format!("{}:{}", text(&reference["type"]), text(&reference["id"]));
        if named.insert(text(&reference["name"]).to_owned(), target).is_some() {
            faults.add(format!("the reference {} stands twice", reference["name"]));
        }
    }
    named
}

/// The references that attributes use, by name.
fn used(object: &Value) -> BTreeSet<String> {
    let attributes = &object["attributes"];
    let mut used = BTreeSet::new();
    let parse = |value: &Value| serde_json::from_str::<Value>(text(value)).unwrap_or_default();
    let source = parse(&attributes["kibanaSavedObjectMeta"]["searchSourceJSON"]);
    used.extend(source["indexRefName"].as_str().map(str::to_owned));
    for panel in parse(&attributes["panelsJSON"]).as_array().into_iter().flatten() {
        let index = text(&panel["panelIndex"]);
        let mut inner: Vec<String> =
            panel["panelRefName"].as_str().map(str::to_owned).into_iter().collect();
        let config = &panel["embeddableConfig"]["attributes"];
        for reference in config["references"].as_array().into_iter().flatten() {
            inner.push(text(&reference["name"]).to_owned());
        }
        for link in config["links"].as_array().into_iter().flatten() {
            inner.extend(link["destinationRefName"].as_str().map(str::to_owned));
        }
        used.extend(inner.into_iter().map(|name| format!("{index}:{name}")));
    }
    let controls = parse(&attributes["controlGroupInput"]["panelsJSON"]);
    for id in controls.as_object().into_iter().flat_map(|controls| controls.keys()) {
        used.insert(format!("controlGroup_{id}:optionsListDataView"));
    }
    used
}
