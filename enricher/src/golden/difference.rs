//! Where two JSON values differ, field by field.

use std::collections::BTreeMap;

use serde_json::Value;

/// Returns the fields that differ, each with what was wanted (`-`) and what came (`+`).
pub(super) fn difference(want: &Value, got: &Value) -> Vec<String> {
    let (mut wanted, mut came) = (BTreeMap::new(), BTreeMap::new());
    flatten("", want, &mut wanted);
    flatten("", got, &mut came);
    let gone = wanted.iter().filter(|(path, value)| came.get(*path) != Some(value));
    let new = came.iter().filter(|(path, value)| wanted.get(*path) != Some(value));
    let mut lines: Vec<String> = gone.map(|(path, value)| format!("{path} - {value}")).collect();
    lines.extend(new.map(|(path, value)| format!("{path} + {value}")));
    lines.sort();
    lines
}

fn flatten<'a>(path: &str, value: &'a Value, out: &mut BTreeMap<String, &'a Value>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                flatten(&format!("{path}.{key}"), value, out);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (place, value) in items.iter().enumerate() {
                flatten(&format!("{path}[{place}]"), value, out);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            out.insert(path.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_names_the_field_and_both_values() {
        let want = json!([{"a": {"b": 1}, "c": "x"}]);
        let got = json!([{"a": {"b": 2}, "d": ["x"]}]);
        assert_eq!(
            difference(&want, &got),
            ["[0].a.b + 2", "[0].a.b - 1", "[0].c - \"x\"", "[0].d + [\"x\"]"]
        );
        assert!(difference(&want, &want).is_empty());
    }
}
