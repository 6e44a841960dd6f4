//! Mappings out of the dictionary: which fields a stream has, and how the cluster indexes them.

use event::Field;
use event::dictionary::{Area, Kind};
use serde_json::{Map, Value, json};

/// Returns the mapping of one kind of field.
///
/// `ignore_above` keeps a value that is too long out of the index and in the document, so a long value never costs an
/// event; Lucene refuses terms beyond 32,766 bytes.
pub fn of_kind(kind: Kind) -> Value {
    match kind {
        Kind::Keyword => json!({"type": "keyword", "ignore_above": 1024}),
        Kind::ConstantKeyword => json!({"type": "constant_keyword"}),
        Kind::Wildcard => json!({"type": "wildcard", "ignore_above": 2048}),
        Kind::MatchOnlyText => json!({"type": "match_only_text"}),
        Kind::Long => json!({"type": "long"}),
        Kind::Integer => json!({"type": "integer"}),
        Kind::Short => json!({"type": "short"}),
        Kind::Byte => json!({"type": "byte"}),
        Kind::Double => json!({"type": "double"}),
        Kind::Float => json!({"type": "float"}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Date => json!({"type": "date"}),
        Kind::Ip => json!({"type": "ip"}),
        Kind::GeoPoint => json!({"type": "geo_point"}),
        Kind::Flattened => json!({"type": "flattened", "ignore_above": 1024}),
        Kind::Labels => json!({"type": "object", "dynamic": true}),
        Kind::StoredText => json!({"type": "keyword", "index": false, "doc_values": false}),
        Kind::StoredObject => json!({"type": "object", "enabled": false}),
    }
}

/// Returns how our templates map a field, if they do. Labels are mapped as they come, so any path below them counts.
pub fn mapped_kind(path: &str) -> Option<Kind> {
    if path.starts_with("labels.") {
        return Some(Kind::Keyword);
    }
    Field::from_path(path).map(|field| field.entry().kind)
}

/// Returns `properties` for all fields of these areas.
pub fn properties(areas: &[Area]) -> Value {
    let mut root = Map::new();
    for &field in Field::ALL {
        if areas.contains(&field.area()) {
            let segments: Vec<&str> = field.path().split('.').collect();
            place(&mut root, &segments, of_kind(field.entry().kind));
        }
    }
    Value::Object(root)
}

fn place(properties: &mut Map<String, Value>, segments: &[&str], mapping: Value) {
    let Some((first, rest)) = segments.split_first() else { return };
    if rest.is_empty() {
        properties.insert((*first).to_owned(), mapping);
        return;
    }
    let inner = properties.entry((*first).to_owned()).or_insert_with(|| object_for(first));
    if let Some(Value::Object(inner)) = inner.get_mut("properties") {
        place(inner, rest, mapping);
    }
}

/// An object below the root. `store` is ours and strict, so a misspelt field is noticed; in other roots an unknown
/// field is kept and not indexed.
fn object_for(name: &str) -> Value {
    if name == "store" {
        json!({"dynamic": "strict", "properties": {}})
    } else {
        json!({"properties": {}})
    }
}

/// Returns the whole mapping of a component: what is unknown is kept but not indexed, labels become keywords.
pub fn component(areas: &[Area]) -> Value {
    let mut mapping =
        json!({"dynamic": false, "date_detection": false, "properties": properties(areas)});
    if areas.contains(&Area::Ecs) {
        mapping["dynamic_templates"] = json!([
            {"labels": {"path_match": "labels.*", "mapping": {"type": "keyword", "ignore_above": 1024}}}
        ]);
    }
    mapping
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn fields_become_nested_properties() {
        let mapping = component(&[Area::Series]);
        assert_eq!(mapping["properties"]["store"]["dynamic"], "strict");
        let series = &mapping["properties"]["store"]["properties"]["series"]["properties"];
        expect![[r#"{"type":"double"}"#]].assert_eq(&series["expected"].to_string());
        expect![[r#"{"ignore_above":1024,"type":"keyword"}"#]]
            .assert_eq(&series["rule"].to_string());
    }

    #[test]
    fn an_area_holds_only_its_own_fields() {
        let mapping = component(&[Area::Ecs]);
        assert!(mapping["properties"].get("store").is_none());
        assert_eq!(mapping["properties"]["@timestamp"]["type"], "date");
        assert_eq!(mapping["properties"]["labels"]["dynamic"], true);
    }
}
