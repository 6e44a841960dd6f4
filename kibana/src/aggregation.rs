//! What Kibana asks the cluster for a panel, worked out from the panel as it is kept.
//!
//! A test runs each of these on a real engine with demo data, so that no panel is empty and none asks for a field that
//! is not there. `last_value` is asked as `top_hits`, because the test engine has no `top_metrics`.

use serde_json::{Map, Value, json};

use crate::kql::{NoQuery, Query};

/// One question of one panel.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelQuery {
    /// Id of the data view it reads.
    pub view: String,
    /// Body of the search.
    pub body: Value,
    /// Names of the metrics to look for in each innermost bucket, after which the panel shows something.
    pub metrics: Vec<String>,
}

/// Returns the questions of one by-value Lens panel: one per layer.
pub fn of_lens(attributes: &Value) -> Result<Vec<PanelQuery>, NoQuery> {
    let layers = &attributes["state"]["datasourceStates"]["formBased"]["layers"];
    let board_query = parse(&attributes["state"]["query"])?;
    let mut queries = Vec::new();
    for (id, layer) in layers.as_object().into_iter().flatten() {
        let reference = format!("indexpattern-datasource-layer-{id}");
        let view = attributes["references"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|one| one["name"] == reference.as_str());
        let view = view.and_then(|one| one["id"].as_str()).unwrap_or_default().to_owned();
        let (aggregations, metrics) = of_layer(layer)?;
        let body = json!({"size": 0, "track_total_hits": true, "query": board_query.to_dsl(), "aggs": aggregations});
        queries.push(PanelQuery { view, body, metrics });
    }
    Ok(queries)
}

fn parse(query: &Value) -> Result<Query, NoQuery> {
    Query::parse(query["query"].as_str().unwrap_or_default())
}

/// Buckets nest in the order of the columns; metrics stand in the innermost one.
fn of_layer(layer: &Value) -> Result<(Value, Vec<String>), NoQuery> {
    let order = layer["columnOrder"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let columns: Vec<(&str, &Value)> = order.map(|id| (id, &layer["columns"][id])).collect();
    let mut inner = Map::new();
    let mut metrics = Vec::new();
    for (id, column) in columns.iter().filter(|(_, column)| column["isBucketed"] == false) {
        if let Some(aggregation) = metric(column) {
            inner.insert((*id).to_owned(), filtered(column, id, aggregation)?);
            metrics.push((*id).to_owned());
        }
    }
    let mut body = Value::Object(inner);
    let mut outer: Vec<(&str, &Value)> = Vec::new();
    outer.extend(columns.iter().filter(|(_, column)| column["isBucketed"] == true));
    for (id, column) in outer.into_iter().rev() {
        let mut aggregation = bucket(column)?;
        aggregation["aggs"] = with_order(column, &body);
        body = json!({ id: aggregation });
    }
    Ok((body, metrics))
}

/// The metric by which a terms column is sorted stands in it as well as in the innermost bucket.
fn with_order(column: &Value, inner: &Value) -> Value {
    let mut inner = inner.clone();
    let by = column["params"]["orderBy"]["columnId"].as_str();
    if let (Some(by), Some(members)) = (by, inner.as_object_mut()) {
        members.entry(by.to_owned()).or_insert_with(|| json!({"filter": {"match_all": {}}}));
    }
    inner
}

fn bucket(column: &Value) -> Result<Value, NoQuery> {
    let field = &column["sourceField"];
    Ok(match column["operationType"].as_str().unwrap_or_default() {
        "date_histogram" => {
            json!({"date_histogram": {"field": field, "fixed_interval": "30m", "min_doc_count": 1}})
        }
        "filters" => {
            let mut filters = Map::new();
            for filter in column["params"]["filters"].as_array().into_iter().flatten() {
                let label = filter["label"].as_str().unwrap_or_default();
                filters.insert(label.to_owned(), parse(&filter["input"])?.to_dsl());
            }
            json!({"filters": {"filters": filters}})
        }
        _ => json!({"terms": {"field": field, "size": column["params"]["size"]}}),
    })
}

fn metric(column: &Value) -> Option<Value> {
    let field = &column["sourceField"];
    match column["operationType"].as_str().unwrap_or_default() {
        "count" => Some(json!({"filter": {"match_all": {}}})),
        "sum" => Some(json!({"sum": {"field": field}})),
        "average" => Some(json!({"avg": {"field": field}})),
        "max" => Some(json!({"max": {"field": field}})),
        "unique_count" => Some(json!({"cardinality": {"field": field}})),
        "percentile" => Some(
            json!({"percentiles": {"field": field, "percents": [column["params"]["percentile"]]}}),
        ),
        "last_value" => Some(json!({"top_hits": {
            "size": 1, "_source": false, "docvalue_fields": [field],
            "sort": [{column["params"]["sortField"].as_str().unwrap_or_default(): {"order": "desc"}}],
        }})),
        // A formula and its arithmetic are done in the browser; its counts are columns of their own.
        _ => None,
    }
}

/// A column with a filter of its own counts inside it.
fn filtered(column: &Value, id: &str, aggregation: Value) -> Result<Value, NoQuery> {
    if column["filter"].is_null() {
        return Ok(aggregation);
    }
    let filter = parse(&column["filter"])?.to_dsl();
    if column["operationType"] == "count" {
        return Ok(json!({"filter": filter}));
    }
    Ok(json!({"filter": filter, "aggs": {format!("{id}-inner"): aggregation}}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Column, Operation};
    use crate::data_view::DataView;
    use crate::panel::{Panel, Place, xy};
    use event::Field;

    #[test]
    fn buckets_nest_and_metrics_stand_inside() {
        let time = Column::new("time", "Time", Operation::DateHistogram);
        let action = Column::new(
            "action",
            "Action",
            Operation::Terms { field: Field::EventAction, size: 3, by: Some("share") },
        );
        let share = Column::new("share", "Share", Operation::Share("event.outcome: failure"));
        let content = xy("line", DataView::Orders, vec![time, action, share]).only("store.id: a");
        let panel = Panel { key: "k", title: "T", place: Place::new(0, 0, 1, 1), content };
        let attributes = &panel.to_json("i").0["embeddableConfig"]["attributes"];
        let queries = of_lens(attributes).unwrap();
        assert_eq!(queries.len(), 1);
        assert_eq!(queries[0].view, "storewatch-orders");
        let action = &queries[0].body["aggs"]["time"]["aggs"]["action"];
        assert_eq!(action["terms"]["field"], "event.action");
        assert_eq!(
            action["aggs"]["shareX0"],
            json!({"filter": {"match": {"event.outcome": "failure"}}})
        );
        assert_eq!(queries[0].metrics, ["shareX0", "shareX1"]);
    }
}
