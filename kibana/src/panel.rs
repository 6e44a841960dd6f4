//! Panels: one function per kind knows the form of the file; a board knows only fields and words.

use serde_json::{Map, Value, json};

use crate::column::{Column, query};
use crate::data_view::DataView;
use crate::object::{ObjectType, Reference};

/// Where a panel stands on a grid 48 columns wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Columns from the left.
    pub x: u32,
    /// Rows from the top.
    pub y: u32,
    /// Width in columns.
    pub w: u32,
    /// Height in rows.
    pub h: u32,
}

impl Place {
    /// Returns a place.
    pub const fn new(x: u32, y: u32, w: u32, h: u32) -> Self {
        Self { x, y, w, h }
    }
}

/// Columns over one data view.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Id, unique in its panel.
    pub id: &'static str,
    /// What it reads.
    pub view: DataView,
    /// What it computes; buckets first.
    pub columns: Vec<Column>,
}

/// A chart or table of Lens.
#[derive(Debug, Clone, PartialEq)]
pub struct Lens {
    visualization_type: &'static str,
    layers: Vec<Layer>,
    visualization: Value,
    /// Layers that mark events on a time axis; each has a data view but no columns.
    annotated: Vec<(&'static str, DataView)>,
    kql: &'static str,
}

/// What a panel shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A chart or table.
    Lens(Box<Lens>),
    /// A saved search, by its id.
    Search(String),
    /// Text.
    Markdown(String),
    /// Links to boards: label and id.
    Links(Vec<(&'static str, String)>),
}

/// One panel of a board.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Key, unique on its board.
    pub key: &'static str,
    /// Title: quantity and unit in plain words.
    pub title: &'static str,
    /// Where it stands.
    pub place: Place,
    /// What it shows.
    pub content: Content,
}

fn column_id(columns: &[Column], bucketed: Bucketed) -> Vec<&'static str> {
    let wanted = |column: &&Column| column.is_bucketed() == (bucketed == Bucketed::Yes);
    columns.iter().filter(wanted).map(|column| column.id).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bucketed {
    Yes,
    No,
}

fn lens(visualization_type: &'static str, layers: Vec<Layer>, visualization: Value) -> Content {
    Content::Lens(Box::new(Lens {
        visualization_type,
        layers,
        visualization,
        annotated: Vec::new(),
        kql: "",
    }))
}

/// Returns a key figure; a second column stands smaller beside it, a bucketed one splits it.
pub fn metric(view: DataView, columns: Vec<Column>) -> Content {
    let metrics = column_id(&columns, Bucketed::No);
    let mut visualization =
        json!({"layerId": "layer", "layerType": "data", "metricAccessor": metrics.first()});
    if let Some(second) = metrics.get(1) {
        visualization["secondaryMetricAccessor"] = json!(second);
        visualization["secondaryPrefix"] = json!("last week");
    }
    if let Some(split) = column_id(&columns, Bucketed::Yes).first() {
        visualization["breakdownByAccessor"] = json!(split);
    }
    lens("lnsMetric", vec![Layer { id: "layer", view, columns }], visualization)
}

/// Returns lines or bars; the first bucketed column is the horizontal axis, a second one splits the series.
pub fn xy(series_type: &'static str, view: DataView, columns: Vec<Column>) -> Content {
    let buckets = column_id(&columns, Bucketed::Yes);
    let mut layer = json!({
        "layerId": "layer", "layerType": "data", "seriesType": series_type,
        "accessors": column_id(&columns, Bucketed::No), "xAccessor": buckets.first(),
    });
    if let Some(split) = buckets.get(1) {
        layer["splitAccessor"] = json!(split);
    }
    let visualization = json!({
        "preferredSeriesType": series_type, "legend": {"isVisible": true, "position": "right"},
        "valueLabels": "hide", "fittingFunction": "None", "layers": [layer],
    });
    lens("lnsXY", vec![Layer { id: "layer", view, columns }], visualization)
}

/// Returns a table; buckets are its rows.
pub fn table(view: DataView, columns: Vec<Column>) -> Content {
    let shown: Vec<Value> = columns.iter().map(|column| json!({"columnId": column.id})).collect();
    let visualization = json!({
        "layerId": "layer", "layerType": "data", "columns": shown,
        "paging": {"enabled": true, "size": 10}, "rowHeight": "auto",
    });
    lens("lnsDatatable", vec![Layer { id: "layer", view, columns }], visualization)
}

/// Returns a heatmap of two bucketed columns and one metric.
pub fn heatmap(view: DataView, columns: Vec<Column>) -> Content {
    let buckets = column_id(&columns, Bucketed::Yes);
    let visualization = json!({
        "layerId": "layer", "layerType": "data", "shape": "heatmap",
        "xAccessor": buckets.first(), "yAccessor": buckets.get(1),
        "valueAccessor": column_id(&columns, Bucketed::No).first(),
        "legend": {"type": "heatmap_legend", "isVisible": true, "position": "right"},
        "gridConfig": {
            "type": "heatmap_grid", "isCellLabelVisible": false, "isXAxisLabelVisible": true,
            "isYAxisLabelVisible": true, "isXAxisTitleVisible": false, "isYAxisTitleVisible": false,
        },
    });
    lens("lnsHeatmap", vec![Layer { id: "layer", view, columns }], visualization)
}

impl Content {
    /// Returns the chart over the documents that this KQL finds.
    #[must_use]
    pub fn only(self, kql: &'static str) -> Self {
        match self {
            Self::Lens(mut lens) => {
                lens.kql = kql;
                Self::Lens(lens)
            }
            other @ (Self::Search(_) | Self::Markdown(_) | Self::Links(_)) => other,
        }
    }

    /// Returns the chart with a mark for each event that this KQL finds in a data view.
    #[must_use]
    pub fn marking(self, view: DataView, label: &'static str, kql: &'static str) -> Self {
        match self {
            Self::Lens(mut lens) => {
                let mark = json!({
                    "layerId": "marks", "layerType": "annotations", "persistanceType": "byValue",
                    "ignoreGlobalFilters": true,
                    "annotations": [{
                        "type": "query", "id": "mark", "label": label, "key": {"type": "point_in_time"},
                        "timeField": "@timestamp", "icon": "alert", "color": "#bd271e",
                        "filter": {"type": "kibana_query", "query": kql, "language": "kuery"},
                    }],
                });
                if let Some(layers) = lens.visualization["layers"].as_array_mut() {
                    layers.push(mark);
                }
                lens.annotated.push(("marks", view));
                Self::Lens(lens)
            }
            other @ (Self::Search(_) | Self::Markdown(_) | Self::Links(_)) => other,
        }
    }
}

impl Lens {
    fn references(&self) -> Vec<Reference> {
        let layers = self.layers.iter().map(|layer| {
            let name = format!("indexpattern-datasource-layer-{}", layer.id);
            Reference::new(name, ObjectType::IndexPattern, layer.view.id())
        });
        let marks = self.annotated.iter().map(|(id, view)| {
            Reference::new(
                format!("xy-visualization-layer-{id}"),
                ObjectType::IndexPattern,
                view.id(),
            )
        });
        layers.chain(marks).collect()
    }

    fn attributes(&self) -> Value {
        let layers: Map<String, Value> =
            self.layers.iter().map(|layer| (layer.id.to_owned(), layer_state(layer))).collect();
        json!({
            "title": "", "visualizationType": self.visualization_type, "type": "lens",
            "references": self.references().iter().map(Reference::to_json).collect::<Vec<_>>(),
            "state": {
                "datasourceStates": {"formBased": {"layers": layers}},
                "visualization": self.visualization, "query": query(self.kql), "filters": [],
            },
        })
    }
}

/// Buckets stand first, then metrics, then the hidden parts of formulas.
fn layer_state(layer: &Layer) -> Value {
    let written: Vec<(&Column, Vec<(String, Value)>)> =
        layer.columns.iter().map(|column| (column, column.to_json())).collect();
    let shown = |bucketed: bool| {
        written
            .iter()
            .filter(move |(column, _)| column.is_bucketed() == bucketed)
            .map(|(_, parts)| parts[0].0.clone())
    };
    let hidden =
        written.iter().flat_map(|(_, parts)| parts.iter().skip(1).map(|(id, _)| id.clone()));
    let order: Vec<String> = shown(true).chain(shown(false)).chain(hidden).collect();
    let columns: Map<String, Value> = written.iter().flat_map(|(_, parts)| parts.clone()).collect();
    json!({"columns": columns, "columnOrder": order, "incompleteColumns": {}})
}

impl Panel {
    /// Returns the panel as a board keeps it, and what the board must point to for it.
    pub fn to_json(&self, index: &str) -> (Value, Vec<Reference>) {
        let Place { x, y, w, h } = self.place;
        let mut panel = json!({
            "panelIndex": index, "gridData": {"x": x, "y": y, "w": w, "h": h, "i": index}, "title": self.title,
        });
        let (panel_type, config, references) = match &self.content {
            Content::Lens(lens) => (
                "lens",
                json!({"attributes": lens.attributes(), "enhancements": {}}),
                lens.references(),
            ),
            Content::Search(id) => {
                let name = format!("panel_{index}");
                panel["panelRefName"] = json!(name);
                (
                    "search",
                    json!({"enhancements": {}}),
                    vec![Reference::new(name, ObjectType::Search, id.as_str())],
                )
            }
            Content::Markdown(text) => ("visualization", markdown(text), Vec::new()),
            Content::Links(links) => {
                let (config, references) = link_list(links);
                ("links", config, references)
            }
        };
        panel["type"] = json!(panel_type);
        panel["embeddableConfig"] = config;
        let prefixed =
            |inner: Reference| Reference { name: format!("{index}:{}", inner.name), ..inner };
        (panel, references.into_iter().map(prefixed).collect())
    }
}

fn markdown(text: &str) -> Value {
    json!({"enhancements": {}, "savedVis": {
        "title": "", "description": "", "type": "markdown", "uiState": {},
        "params": {"markdown": text, "fontSize": 12, "openLinksInNewTab": false},
        "data": {"aggs": [], "searchSource": {"query": query(""), "filter": []}},
    }})
}

fn link_list(links: &[(&'static str, String)]) -> (Value, Vec<Reference>) {
    let name = |order: usize| format!("link_link{order}_dashboard");
    let written: Vec<Value> = links
        .iter()
        .enumerate()
        .map(|(order, (label, _))| {
            json!({
                "id": format!("link{order}"), "order": order, "type": "dashboardLink", "label": label,
                "destinationRefName": name(order),
            })
        })
        .collect();
    let references = links
        .iter()
        .enumerate()
        .map(|(order, (_, id))| Reference::new(name(order), ObjectType::Dashboard, id.as_str()))
        .collect();
    (
        json!({"enhancements": {}, "attributes": {"title": "", "layout": "horizontal", "links": written}}),
        references,
    )
}
