//! What a cluster needs before the first event: templates, ingest pipelines, lifecycle; each a JSON object with a name.
//!
//! There is one set, written for a full distribution with a free licence. What a cluster lacks is replaced by a
//! stand-in when it is installed (see [`crate::stand_in`]). The same objects lie as files under `pipelines/assets` for
//! people to read; a test says when file and code differ.

use std::fmt;

use event::dictionary::Area;
use event::{Dataset, Namespace, Stream};
use serde_json::{Value, json};

use crate::mapping;

/// What an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssetKind {
    /// A part of index templates.
    ComponentTemplate,
    /// How a stream or a state index is made.
    IndexTemplate,
    /// What the cluster does to a document on its way in.
    IngestPipeline,
}

impl AssetKind {
    /// Returns the first part of the path at which the cluster keeps it.
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::ComponentTemplate => "_component_template",
            Self::IndexTemplate => "_index_template",
            Self::IngestPipeline => "_ingest/pipeline",
        }
    }
}

impl fmt::Display for AssetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ComponentTemplate => "component template",
            Self::IndexTemplate => "index template",
            Self::IngestPipeline => "ingest pipeline",
        })
    }
}

/// One object that `setup` installs.
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    /// What it is.
    pub kind: AssetKind,
    /// Its name in the cluster, with our prefix.
    pub name: String,
    /// Its body.
    pub body: Value,
}

/// The indices that hold the detector's state; each carries the namespace behind its name.
pub const STATE_INDICES: [&str; 5] = [
    "storewatch-alerts-state",
    "storewatch-outbox",
    "storewatch-silences",
    "storewatch-groups",
    "storewatch-detector-state",
];

/// The ingest pipeline that stamps every document last.
pub const FINAL_PIPELINE: &str = "storewatch-final";

/// Our templates win over the stock `logs` (100) and Fleet's (200).
const PRIORITY: u32 = 500;

/// How long a stream's documents are kept by default, in days.
pub const fn retention_days(dataset: Dataset) -> u32 {
    match dataset {
        Dataset::Traffic | Dataset::App => 14,
        Dataset::Pipeline => 30,
        Dataset::Series => 60,
        Dataset::Poll => 90,
        Dataset::Order
        | Dataset::Payment
        | Dataset::Fulfilment
        | Dataset::Inventory
        | Dataset::Support
        | Dataset::Ad
        | Dataset::Alert => 400,
    }
}

/// Returns the data streams of one namespace.
pub fn streams(namespace: &Namespace) -> Vec<Stream> {
    Dataset::ALL
        .into_iter()
        .map(|dataset| Stream { dataset, namespace: namespace.clone() })
        .collect()
}

/// Returns the state indices of one namespace.
pub fn state_indices(namespace: &Namespace) -> Vec<String> {
    STATE_INDICES.iter().map(|name| format!("{name}-{namespace}")).collect()
}

/// Returns all assets in the order in which they can be installed.
pub fn all() -> Vec<Asset> {
    let mut assets = vec![final_pipeline()];
    assets.extend(components());
    assets.extend(Dataset::ALL.map(stream_template));
    assets.extend(STATE_INDICES.map(state_template));
    assets
}

fn meta(description: &str) -> Value {
    json!({"managed_by": "storewatch", "version": env!("CARGO_PKG_VERSION"), "description": description})
}

fn final_pipeline() -> Asset {
    Asset {
        kind: AssetKind::IngestPipeline,
        name: FINAL_PIPELINE.to_owned(),
        body: json!({
            "description": "Stamps the time at which the cluster received a document.",
            "processors": [
                {"set": {"field": "event.ingested", "value": "{{{_ingest.timestamp}}}", "ignore_failure": true}}
            ],
        }),
    }
}

fn components() -> Vec<Asset> {
    let mappings = [
        ("storewatch-ecs", "fields of ECS 8.11", Area::Ecs),
        ("storewatch-store", "fields of shop events", Area::Store),
        ("storewatch-alert", "fields of alerts", Area::Alert),
        ("storewatch-series", "fields of computed series", Area::Series),
        ("storewatch-state", "fields of the detector's state", Area::State),
    ];
    let mut components = vec![Asset {
        kind: AssetKind::ComponentTemplate,
        name: "storewatch-settings".to_owned(),
        body: json!({
            "template": {"settings": {"index": {
                "mode": "standard",
                "refresh_interval": "5s",
                "auto_expand_replicas": "0-1",
                "translog": {"durability": "request"},
                "mapping": {"total_fields": {"limit": 1000}},
            }}},
            "_meta": meta("settings of all streams and state indices"),
        }),
    }];
    components.extend(mappings.into_iter().map(|(name, description, area)| Asset {
        kind: AssetKind::ComponentTemplate,
        name: name.to_owned(),
        body: json!({"template": {"mappings": mapping::component(&[area])}, "_meta": meta(description)}),
    }));
    components
}

/// The template of one stream, for every namespace.
fn stream_template(dataset: Dataset) -> Asset {
    let mut composed_of = vec!["storewatch-settings", "storewatch-ecs", "storewatch-store"];
    match dataset {
        Dataset::Alert => composed_of.push("storewatch-alert"),
        Dataset::Series => composed_of.push("storewatch-series"),
        Dataset::Order
        | Dataset::Payment
        | Dataset::Fulfilment
        | Dataset::Inventory
        | Dataset::Support
        | Dataset::Ad
        | Dataset::Traffic
        | Dataset::App
        | Dataset::Pipeline
        | Dataset::Poll => {}
    }
    let short = dataset.as_str().trim_start_matches("store.");
    Asset {
        kind: AssetKind::IndexTemplate,
        name: format!("storewatch-{short}"),
        body: json!({
            "index_patterns": [format!("{}-{dataset}-*", dataset.stream_type())],
            "data_stream": {},
            "priority": PRIORITY,
            "composed_of": composed_of,
            "template": {
                "settings": {"index": {"final_pipeline": FINAL_PIPELINE}},
                "lifecycle": {"data_retention": format!("{}d", retention_days(dataset))},
            },
            "_meta": meta(&format!("stream of {dataset}")),
        }),
    }
}

/// The template of one state index. State is refreshed every second: a person looks at it beside the boards.
fn state_template(name: &str) -> Asset {
    Asset {
        kind: AssetKind::IndexTemplate,
        name: name.to_owned(),
        body: json!({
            "index_patterns": [format!("{name}-*")],
            "priority": PRIORITY,
            "composed_of": [
                "storewatch-settings", "storewatch-ecs", "storewatch-store", "storewatch-alert", "storewatch-state",
            ],
            "template": {"settings": {"index": {"refresh_interval": "1s"}}},
            "_meta": meta("state of the detector"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect_file;

    #[test]
    fn the_files_people_read_are_what_is_installed() {
        for asset in all() {
            let folder = match asset.kind {
                AssetKind::ComponentTemplate => "component",
                AssetKind::IndexTemplate => "index",
                AssetKind::IngestPipeline => "ingest",
            };
            let path = format!("../assets/{folder}/{}.json", asset.name);
            let text = serde_json::to_string_pretty(&asset.body).unwrap() + "\n";
            expect_file![path].assert_eq(&text);
        }
    }

    #[test]
    fn every_stream_and_state_index_has_exactly_one_template() {
        let namespace = Namespace::default();
        let names = streams(&namespace).iter().map(ToString::to_string).collect::<Vec<_>>();
        for name in names.iter().chain(&state_indices(&namespace)) {
            let fits = |asset: &Asset| {
                asset.body["index_patterns"].as_array().is_some_and(|patterns| {
                    patterns.iter().any(|pattern| {
                        name.starts_with(pattern.as_str().unwrap().trim_end_matches('*'))
                    })
                })
            };
            assert_eq!(all().iter().filter(|asset| fits(asset)).count(), 1, "{name}");
        }
    }

    #[test]
    fn templates_name_only_components_that_exist() {
        let assets = all();
        for asset in &assets {
            for part in asset.body["composed_of"].as_array().into_iter().flatten() {
                assert!(
                    assets.iter().any(|other| Some(other.name.as_str()) == part.as_str()),
                    "{part}"
                );
            }
        }
    }
}
