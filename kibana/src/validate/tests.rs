use serde_json::{Value, json};

use super::validate;
use crate::boards::objects;
use crate::object::to_ndjson;

/// Changes the first object that `pick` takes, and returns what the validator says.
fn faults_after(pick: &str, change: impl Fn(&mut Value)) -> Vec<String> {
    let mut changed = false;
    let lines = to_ndjson(&objects());
    let lines: Vec<String> = lines
        .lines()
        .map(|line| {
            let mut object: Value = serde_json::from_str(line).unwrap();
            if !changed && object["type"] == pick {
                change(&mut object);
                changed = true;
            }
            object.to_string()
        })
        .collect();
    validate(&lines.join("\n")).iter().map(ToString::to_string).collect()
}

/// Changes the panels of the first board.
fn faults_after_panels(change: impl Fn(&mut Vec<Value>)) -> Vec<String> {
    faults_after("dashboard", |board| {
        let mut panels: Vec<Value> =
            serde_json::from_str(board["attributes"]["panelsJSON"].as_str().unwrap()).unwrap();
        change(&mut panels);
        board["attributes"]["panelsJSON"] = json!(Value::from(panels).to_string());
    })
}

fn lens_of(panels: &mut [Value], visualization: &str) -> usize {
    panels
        .iter()
        .position(|panel| {
            panel["embeddableConfig"]["attributes"]["visualizationType"] == visualization
        })
        .unwrap()
}

fn has(faults: &[String], part: &str) {
    assert!(faults.iter().any(|fault| fault.contains(part)), "{part:?} is not among {faults:#?}");
}

#[test]
fn what_we_ship_has_no_fault() {
    let faults = validate(&to_ndjson(&objects()));
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_same_boards_give_the_same_bytes() {
    assert_eq!(to_ndjson(&objects()), to_ndjson(&objects()));
}

#[test]
fn unknown_attributes_are_found() {
    has(
        &faults_after("search", |search| search["attributes"]["colour"] = json!(1)),
        "unknown attribute colour",
    );
    has(&faults_after("tag", |tag| tag["updated_at"] = json!("now")), "unknown member updated_at");
}

#[test]
fn another_migration_version_is_found() {
    has(
        &faults_after("dashboard", |board| board["typeMigrationVersion"] = json!("10.1.0")),
        "must be 8.9.0",
    );
}

#[test]
fn text_that_is_no_json_is_found() {
    has(
        &faults_after("dashboard", |board| board["attributes"]["optionsJSON"] = json!("{")),
        "optionsJSON must be JSON",
    );
    has(
        &faults_after("index-pattern", |view| view["attributes"]["fields"] = json!([])),
        "fields must be JSON",
    );
}

#[test]
fn a_reference_that_is_lost_unused_or_points_nowhere_is_found() {
    has(
        &faults_after("dashboard", |board| board["references"] = json!([])),
        "used but not among the references",
    );
    let unused = |board: &mut Value| {
        board["references"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "x", "type": "search", "id": "storewatch-y"}));
    };
    let faults = faults_after("dashboard", unused);
    has(&faults, "the reference x is not used");
    has(&faults, "which is not in the file");
}

#[test]
fn a_doubled_object_is_found() {
    let ndjson = to_ndjson(&objects());
    let doubled = format!("{ndjson}{}", ndjson.lines().next().unwrap());
    has(&validate(&doubled).iter().map(ToString::to_string).collect::<Vec<_>>(), "stand twice");
}

#[test]
fn panels_that_overlap_or_leave_the_grid_are_found() {
    has(&faults_after_panels(|panels| panels[1]["gridData"]["x"] = json!(40)), "beyond 48 columns");
    has(
        &faults_after_panels(|panels| panels[1]["gridData"] = panels[2]["gridData"].clone()),
        "lies over",
    );
    has(&faults_after_panels(|panels| panels[1]["title"] = json!("")), "has no title");
    has(&faults_after_panels(|panels| panels.truncate(5)), "5 panels");
}

#[test]
fn a_formula_without_its_hidden_columns_is_found() {
    let strip = |panels: &mut Vec<Value>| {
        for panel in panels {
            let layers = &mut panel["embeddableConfig"]["attributes"]["state"]["datasourceStates"]
                ["formBased"]["layers"];
            if let Some(columns) = layers["layer"]["columns"].as_object_mut() {
                columns.retain(|id, _| !id.ends_with("X2"));
            }
        }
    };
    let faults = faults_after_panels(strip);
    has(&faults, "lacks its hidden columns");
    has(&faults, "columnOrder is not the set of columns");
}

#[test]
fn a_field_that_no_template_maps_or_that_does_not_fit_is_found() {
    let swap = |field: &'static str| {
        move |panels: &mut Vec<Value>| {
            let at = lens_of(panels, "lnsHeatmap");
            let layers = &mut panels[at]["embeddableConfig"]["attributes"]["state"]["datasourceStates"]
                ["formBased"]["layers"];
            layers["layer"]["columns"]["provider"]["sourceField"] = json!(field);
        }
    };
    has(&faults_after_panels(swap("store.payment.provder")), "no template maps");
    has(&faults_after_panels(swap("message")), "cannot use message");
}

#[test]
fn a_query_that_is_no_kql_or_asks_for_an_unknown_field_is_found() {
    let ask = |kql: &'static str| {
        move |panels: &mut Vec<Value>| {
            let at = lens_of(panels, "lnsMetric");
            panels[at]["embeddableConfig"]["attributes"]["state"]["query"]["query"] = json!(kql);
        }
    };
    has(&faults_after_panels(ask("event.action: (open")), "no KQL");
    has(&faults_after_panels(ask("event.acton: open")), "event.acton");
}

#[test]
fn a_part_that_kibana_reads_unguarded_is_missed() {
    has(
        &faults_after_panels(|panels| {
            let at = lens_of(panels, "lnsXY");
            panels[at]["embeddableConfig"]["attributes"]["state"]["visualization"]["legend"] =
                Value::Null;
        }),
        "legend is missing",
    );
}

#[test]
fn money_across_currencies_is_found() {
    has(
        &faults_after_panels(|panels| {
            for panel in panels {
                let layers = &mut panel["embeddableConfig"]["attributes"]["state"]["datasourceStates"]
                    ["formBased"]["layers"];
                if let Some(currency) = layers["layer"]["columns"].get_mut("currency") {
                    currency["sourceField"] = json!("store.channel");
                }
            }
        }),
        "money is not split",
    );
}
