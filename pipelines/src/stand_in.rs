//! Stand-ins for what a cluster lacks: another mapping type, or a setting left out, each with what that costs.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What a cluster turned out to lack. `setup` asks the running server, never its version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lacks {
    /// Mapping types it does not know.
    pub mapping_types: BTreeSet<String>,
    /// Ingest processors it does not have.
    pub processors: BTreeSet<String>,
    /// Whether templates may name a lifecycle.
    pub lifecycle: Offer,
    /// Whether templates may name an index mode.
    pub index_mode: Offer,
    /// Whether streams can be made before their first document.
    pub data_stream_api: Offer,
    /// Whether the cluster gives out API keys.
    pub api_keys: Offer,
}

/// Whether a cluster has something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Offer {
    /// It has.
    #[default]
    Present,
    /// It has not.
    Missing,
}

/// A mapping type, what takes its place, and what that costs.
const STAND_INS: [(&str, &str, &str); 4] = [
    ("constant_keyword", "keyword", "a little disk"),
    ("match_only_text", "text", "more disk for messages"),
    ("wildcard", "keyword", "slower searches with leading wildcards"),
    ("flattened", "flat_object", "nothing"),
];

/// The mapping types that may be missing and have a stand-in.
pub fn replaceable_types() -> impl Iterator<Item = &'static str> {
    STAND_INS.iter().map(|(wanted, _, _)| *wanted)
}

/// Returns the asset as this cluster can take it, and one remark for each thing that was replaced or left out.
pub fn adapt(body: &Value, lacks: &Lacks) -> (Value, Vec<String>) {
    let mut body = body.clone();
    let mut remarks = Vec::new();
    for (wanted, instead, cost) in STAND_INS {
        if lacks.mapping_types.contains(wanted) && replace_type(&mut body, wanted, instead) {
            remarks.push(format!(
                "{wanted} is not known here: {instead} takes its place and costs {cost}"
            ));
        }
    }
    if lacks.lifecycle == Offer::Missing && remove(&mut body, &["template", "lifecycle"]) {
        remarks.push(
            "data stream lifecycle is not known here: old data must be deleted by hand or by ISM"
                .into(),
        );
    }
    if lacks.index_mode == Offer::Missing {
        remove(&mut body, &["template", "settings", "index", "mode"]);
    }
    if !lacks.processors.is_empty() {
        let index = ["template", "settings", "index"];
        for setting in ["default_pipeline", "final_pipeline"] {
            if remove(&mut body, &[&index[..], &[setting]].concat()) {
                remarks.push(format!(
                    "{setting} is left out, since its ingest pipeline cannot be installed: event.ingested stays empty"
                ));
            }
        }
    }
    (body, remarks)
}

/// Returns the processors that an ingest pipeline needs.
pub fn needed_processors(pipeline: &Value) -> BTreeSet<String> {
    let processors = pipeline["processors"].as_array().into_iter().flatten();
    processors.filter_map(Value::as_object).flat_map(Map::keys).cloned().collect()
}

fn replace_type(value: &mut Value, wanted: &str, instead: &str) -> bool {
    let mut replaced = false;
    match value {
        Value::Object(members) => {
            if members.get("type").and_then(Value::as_str) == Some(wanted) {
                members.insert("type".to_owned(), Value::from(instead));
                if instead == "flat_object" {
                    members.remove("ignore_above");
                }
                replaced = true;
            }
            for member in members.values_mut() {
                replaced |= replace_type(member, wanted, instead);
            }
        }
        Value::Array(items) => {
            for item in items {
                replaced |= replace_type(item, wanted, instead);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    replaced
}

fn remove(value: &mut Value, path: &[&str]) -> bool {
    match path {
        [] => false,
        [last] => value.as_object_mut().is_some_and(|members| members.remove(*last).is_some()),
        [first, rest @ ..] => value.get_mut(first).is_some_and(|inner| remove(inner, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_missing_type_is_replaced_everywhere_and_said_once() {
        let body = json!({"properties": {"a": {"type": "wildcard"}, "b": {"properties": {"c": {"type": "wildcard"}}}}});
        let lacks = Lacks { mapping_types: ["wildcard".to_owned()].into(), ..Lacks::default() };
        let (adapted, remarks) = adapt(&body, &lacks);
        assert_eq!(adapted["properties"]["a"]["type"], "keyword");
        assert_eq!(adapted["properties"]["b"]["properties"]["c"]["type"], "keyword");
        assert_eq!(remarks.len(), 1, "{remarks:?}");
    }

    #[test]
    fn a_cluster_that_has_everything_gets_the_asset_as_it_is() {
        for asset in crate::assets::all() {
            assert_eq!(adapt(&asset.body, &Lacks::default()), (asset.body, Vec::new()));
        }
    }

    #[test]
    fn flat_object_takes_no_ignore_above() {
        let body = json!({"type": "flattened", "ignore_above": 1024});
        let lacks = Lacks { mapping_types: ["flattened".to_owned()].into(), ..Lacks::default() };
        assert_eq!(adapt(&body, &lacks).0, json!({"type": "flat_object"}));
    }

    #[test]
    fn a_pipeline_that_cannot_be_installed_is_not_named_by_a_template() {
        let body = json!({"template": {"settings": {"index": {"final_pipeline": "p", "mode": "standard"}}}});
        let lacks = Lacks { processors: ["set".to_owned()].into(), ..Lacks::default() };
        let (adapted, remarks) = adapt(&body, &lacks);
        assert_eq!(adapted, json!({"template": {"settings": {"index": {"mode": "standard"}}}}));
        assert_eq!(remarks.len(), 1);
    }

    #[test]
    fn what_a_pipeline_needs_is_read_from_its_steps() {
        let pipeline = json!({"processors": [{"set": {"field": "a"}}, {"grok": {}}]});
        assert_eq!(needed_processors(&pipeline), ["grok".to_owned(), "set".to_owned()].into());
    }
}
