//! What a cluster has and lacks, asked of the running server before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use elastic::{Body, Client, Error, Method, part};
use event::Namespace;
use serde_json::{Value, json};

use crate::assets::{Asset, AssetKind, state_indices, streams};
use crate::stand_in::{Lacks, Offer, needed_processors, replaceable_types};

/// What a cluster has and lacks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// What must be replaced or left out.
    pub lacks: Lacks,
    /// Templates and ingest pipelines under our names.
    pub present: BTreeMap<(AssetKind, String), Value>,
    /// Streams of the namespace that exist, where the cluster can tell.
    pub streams: BTreeSet<String>,
    /// State indices of the namespace that exist.
    pub state_indices: BTreeSet<String>,
    /// Whether streams of any namespace stand on our templates.
    pub use_of_assets: Use,
}

/// Whether anything stands on our templates and pipelines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Use {
    /// Nothing does.
    #[default]
    Unused,
    /// A stream does, of whatever namespace.
    Used,
}

/// All streams of all namespaces.
const ALL_STREAMS: &str = "logs-store.*,metrics-store.*";

impl Survey {
    /// Asks the cluster. Nothing is written.
    pub async fn take(
        client: &Client,
        assets: &[Asset],
        namespace: &Namespace,
    ) -> Result<Self, Error> {
        let lacks = lacks(client, assets).await?;
        let mut present = BTreeMap::new();
        for asset in assets {
            if let Some(body) = fetch(client, asset).await? {
                present.insert((asset.kind, asset.name.clone()), body);
            }
        }
        let mut found = BTreeSet::new();
        if lacks.data_stream_api == Offer::Present {
            for stream in streams(namespace) {
                let name = stream.to_string();
                if exists(client, &format!("/_data_stream/{}", part(&name))).await? {
                    found.insert(name);
                }
            }
        }
        let mut state = BTreeSet::new();
        for name in state_indices(namespace) {
            if exists(client, &format!("/{}", part(&name))).await? {
                state.insert(name);
            }
        }
        let use_of_assets = use_of_assets(client).await?;
        Ok(Self { lacks, present, streams: found, state_indices: state, use_of_assets })
    }
}

/// Counts shards instead of streams: every server can do that, also one that has no API of streams.
async fn use_of_assets(client: &Client) -> Result<Use, Error> {
    let path = format!("/{ALL_STREAMS}/_count");
    let lenient = [("allow_no_indices", "true"), ("ignore_unavailable", "true")];
    let reply = client.send(Method::Get, &path, &lenient, Body::Empty).await?;
    if reply.status == 404 {
        return Ok(Use::Unused);
    }
    let counted: Value = reply.success()?.json()?;
    let shards = counted["_shards"]["total"].as_u64().unwrap_or_default();
    Ok(if shards == 0 { Use::Unused } else { Use::Used })
}

/// Asks for a thing: 200 is yes, 404 is no, anything else is an error to show.
async fn exists(client: &Client, path: &str) -> Result<bool, Error> {
    let reply = client.send(Method::Get, path, &[], Body::Empty).await?;
    if reply.status == 404 { Ok(false) } else { reply.success().map(|_| true) }
}

async fn fetch(client: &Client, asset: &Asset) -> Result<Option<Value>, Error> {
    let path = format!("/{}/{}", asset.kind.endpoint(), part(&asset.name));
    let reply = client.send(Method::Get, &path, &[], Body::Empty).await?;
    if reply.status == 404 {
        return Ok(None);
    }
    let body: Value = reply.success()?.json()?;
    Ok(Some(match asset.kind {
        AssetKind::ComponentTemplate => {
            body["component_templates"][0]["component_template"].clone()
        }
        AssetKind::IndexTemplate => body["index_templates"][0]["index_template"].clone(),
        AssetKind::IngestPipeline => body[asset.name.as_str()].clone(),
    }))
}

async fn lacks(client: &Client, assets: &[Asset]) -> Result<Lacks, Error> {
    let mut mapping_types = BTreeSet::new();
    for wanted in replaceable_types() {
        let template = json!({"mappings": {"properties": {"probe": {"type": wanted}}}});
        if simulate(client, template).await? == Offer::Missing {
            mapping_types.insert(wanted.to_owned());
        }
    }
    let streams = client.send(Method::Get, "/_data_stream", &[], Body::Empty).await?;
    Ok(Lacks {
        mapping_types,
        processors: missing_processors(client, assets).await?,
        lifecycle: simulate(client, json!({"lifecycle": {"data_retention": "1d"}})).await?,
        index_mode: simulate(client, json!({"settings": {"index": {"mode": "standard"}}})).await?,
        data_stream_api: absent_endpoint(streams.status),
        api_keys: api_keys(client).await?,
    })
}

/// An endpoint that a server does not have answers 405 or, on some, 400.
fn absent_endpoint(status: u16) -> Offer {
    if matches!(status, 400 | 405 | 501) { Offer::Missing } else { Offer::Present }
}

/// Asks whether a template of this content would be taken; a simulation writes nothing.
async fn simulate(client: &Client, template: Value) -> Result<Offer, Error> {
    let mut body =
        json!({"index_patterns": ["storewatch-probe-*"], "priority": 1, "template": template});
    if body["template"].get("lifecycle").is_some() {
        body["data_stream"] = json!({});
    }
    let reply =
        client.send(Method::Post, "/_index_template/_simulate", &[], Body::json(&body)).await?;
    if reply.status == 400 { Ok(Offer::Missing) } else { reply.success().map(|_| Offer::Present) }
}

async fn missing_processors(client: &Client, assets: &[Asset]) -> Result<BTreeSet<String>, Error> {
    let pipelines = assets.iter().filter(|asset| asset.kind == AssetKind::IngestPipeline);
    let mut missing: BTreeSet<String> =
        pipelines.flat_map(|asset| needed_processors(&asset.body)).collect();
    let nodes: Value = client.ask(Method::Get, "/_nodes/ingest", &[], Body::Empty).await?.json()?;
    let known = |node: &Value| -> BTreeSet<String> {
        let processors = node["ingest"]["processors"].as_array().into_iter().flatten();
        processors.filter_map(|processor| processor["type"].as_str()).map(str::to_owned).collect()
    };
    // A document may enter at any node: what one of them lacks is missing.
    let everywhere =
        nodes["nodes"].as_object().into_iter().flat_map(|nodes| nodes.values()).map(known);
    if let Some(common) = everywhere.reduce(|a, b| a.intersection(&b).cloned().collect()) {
        missing.retain(|processor| !common.contains(processor));
    }
    Ok(missing)
}

async fn api_keys(client: &Client) -> Result<Offer, Error> {
    let reply = client.send(Method::Get, "/_security/_authenticate", &[], Body::Empty).await?;
    Ok(if reply.status == 200 { Offer::Present } else { Offer::Missing })
}
