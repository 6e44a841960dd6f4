//! A chart or table: columns, formulas, fields of a fitting type, the parts that Kibana reads unguarded.

use std::collections::BTreeSet;

use event::dictionary::Kind;
use serde_json::Value;

use super::attributes::{known_field, kql};
use super::{Faults, Fine, text};

/// Keys that Kibana computes itself and that must not be kept.
const COMPUTED: [&str; 3] = ["isHistogram", "xScaleType", "simpleView"];

/// Visualizations and the parts each reads without looking whether they are there.
const UNGUARDED: [(&str, &[&str]); 4] = [
    ("lnsXY", &["preferredSeriesType", "legend", "valueLabels", "layers"]),
    ("lnsMetric", &["layerId", "layerType", "metricAccessor"]),
    ("lnsDatatable", &["layerId", "layerType", "columns"]),
    (
        "lnsHeatmap",
        &["layerId", "layerType", "shape", "xAccessor", "valueAccessor", "legend", "gridConfig"],
    ),
];

pub(super) fn check(panel: &Value, faults: &mut Faults) {
    let attributes = &panel["embeddableConfig"]["attributes"];
    let visualization = &attributes["state"]["visualization"];
    match UNGUARDED.iter().find(|(known, _)| attributes["visualizationType"] == *known) {
        None => faults.add(format!("unknown visualization {}", attributes["visualizationType"])),
        Some((_, parts)) => {
            for part in *parts {
                faults.unless(Fine::from(!visualization[part].is_null()), || {
                    format!("{part} is missing")
                });
            }
        }
    }
    computed_keys(visualization, faults);
    kql(&attributes["state"]["query"], faults);
    for layer in attributes["state"]["datasourceStates"]["formBased"]["layers"]
        .as_object()
        .into_iter()
        .flatten()
    {
        columns(layer.1, faults);
        money(layer.1, faults);
    }
    for layer in visualization["layers"].as_array().into_iter().flatten() {
        for mark in layer["annotations"].as_array().into_iter().flatten() {
            kql(&mark["filter"], faults);
        }
    }
}

fn computed_keys(value: &Value, faults: &mut Faults) {
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                faults.unless(Fine::from(!COMPUTED.contains(&key.as_str())), || {
                    format!("{key} is computed by Kibana")
                });
                computed_keys(inner, faults);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| computed_keys(item, faults)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn columns(layer: &Value, faults: &mut Faults) {
    let Some(columns) = layer["columns"].as_object() else {
        return faults.add("a layer has no columns");
    };
    let order: Vec<&str> =
        layer["columnOrder"].as_array().into_iter().flatten().map(text).collect();
    let ordered: BTreeSet<&str> = order.iter().copied().collect();
    let all: BTreeSet<&str> = columns.keys().map(String::as_str).collect();
    faults.unless(Fine::from(ordered == all && order.len() == all.len()), || {
        "columnOrder is not the set of columns".into()
    });
    let bucketed =
        order.iter().map(|id| columns.get(*id).is_some_and(|column| column["isBucketed"] == true));
    faults.unless(Fine::from(bucketed.is_sorted_by(|a, b| a >= b)), || {
        "buckets must come first".into()
    });
    for (id, column) in columns {
        for reference in column["references"].as_array().into_iter().flatten() {
            faults.unless(Fine::from(all.contains(text(reference))), || {
                format!("{id} refers to a missing column")
            });
        }
        if column["operationType"] == "formula" {
            let complete = column["references"].as_array().is_some_and(|references| {
                references.len() == 1
                    && columns
                        .get(text(&references[0]))
                        .is_some_and(|math| math["operationType"] == "math")
            });
            faults.unless(Fine::from(complete), || {
                format!("the formula {id} lacks its hidden columns")
            });
        }
        field(id, column, faults);
        if !column["filter"].is_null() {
            kql(&column["filter"], faults);
        }
        for filter in column["params"]["filters"].as_array().into_iter().flatten() {
            kql(&filter["input"], faults);
        }
    }
}

/// The field exists and can do what is asked of it.
fn field(id: &str, column: &Value, faults: &mut Faults) {
    let Some(path) = column["sourceField"].as_str().filter(|path| *path != "___records___") else {
        return;
    };
    known_field(path, faults);
    let Some(kind) = pipelines::mapping::mapped_kind(path) else { return };
    let fits = match text(&column["operationType"]) {
        "terms" => matches!(kind, Kind::Keyword | Kind::ConstantKeyword | Kind::Ip | Kind::Boolean),
        "date_histogram" => kind == Kind::Date,
        "max" | "min" => is_number(kind) || kind == Kind::Date,
        "sum" | "average" | "median" | "percentile" => is_number(kind),
        "unique_count" | "last_value" => {
            !matches!(kind, Kind::MatchOnlyText | Kind::StoredObject | Kind::StoredText)
        }
        _ => true,
    };
    faults.unless(Fine::from(fits), || format!("{id} cannot use {path}, which is {kind:?}"));
}

fn is_number(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Long | Kind::Integer | Kind::Short | Kind::Byte | Kind::Double | Kind::Float
    )
}

/// Amounts are never added or compared across currencies.
fn money(layer: &Value, faults: &mut Faults) {
    let columns = || layer["columns"].as_object().into_iter().flat_map(|columns| columns.values());
    let has_money = columns()
        .any(|column| column["sourceField"].as_str().is_some_and(|path| path.ends_with("_minor")));
    let is_split = columns().any(|column| {
        column["operationType"] == "terms" && column["sourceField"] == "store.currency"
    });
    faults.unless(Fine::from(!has_money || is_split), || {
        "money is not split by store.currency".into()
    });
}
