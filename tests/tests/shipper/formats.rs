//! Every golden case of the enricher through the shipper into a real Elasticsearch, whose mappings take nothing that they do
//! not know: no document is refused.

use std::fs;
use std::path::Path;

use harness::{Flavour, shared};
use serde_json::{Value, json};

use crate::desk::LIMIT;
use crate::real::Real;

/// Stands before a line break in a case where the lines are joined.
const JOINED: &str = "\u{1e}\n";

/// Returns the input of a case, as the shipper takes it, if it does: rows of polls have keys and actions of their own.
fn input(name: &str, case: &str) -> Option<Value> {
    let case: Value = serde_saphyr::from_str(case).unwrap();
    let mut input = case["input"].as_object().unwrap().clone();
    if input.contains_key("key") || input.contains_key("action") {
        return None;
    }
    input.insert("id".to_owned(), name.into());
    input.insert("paths".to_owned(), json!([format!("logs/{name}.log")]));
    Some(input.into())
}

#[test]
fn no_document_of_any_format_or_schema_is_refused() {
    let mut real = Real::on(shared(Flavour::Elasticsearch));
    real.desk.store = real.desk.store.replace('}', ", currency: EUR }");
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../enricher/cases");
    let mut inputs = Vec::new();
    for entry in fs::read_dir(&cases).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        let Some(input) = input(name, &fs::read_to_string(&path).unwrap()) else { continue };
        // Each file begins with its name: files that begin alike would be taken for copies of one another.
        let lines = fs::read(path.with_extension("in")).unwrap();
        let lines = String::from_utf8_lossy(&lines).replace(JOINED, " ");
        real.desk.append(&format!("{name}.log"), &lines);
        inputs.push(input.to_string());
    }
    assert!(inputs.len() > 40, "{}", inputs.len());
    real.desk.inputs = inputs.join("\n  - ");
    let ended = real.desk.shipper(&["run", "--until-idle", "--json"]).run(LIMIT);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let counts = ended.output.lines().find_map(|line| serde_json::from_str::<Value>(line).ok());
    let counts = counts.unwrap();
    assert_eq!(
        (&counts["redirected"], &counts["dead_lettered"]),
        (&0.into(), &0.into()),
        "{counts}"
    );
    assert!(counts["stored"].as_u64().unwrap() > 300, "{counts}");
}
