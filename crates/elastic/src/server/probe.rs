//! The questions of the probe. Each may be refused: a key with few rights still learns what it can.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Capability, Flavour, Release, Server};
use crate::client::Client;
use crate::error::Error;
use crate::reply::Reply;
use crate::request::{Body, Method};

/// What Elasticsearch calls itself in a header of its answers.
const PRODUCT: &str = "Elasticsearch";

#[derive(Deserialize)]
struct RawRoot {
    version: RawVersion,
}

#[derive(Deserialize)]
struct RawVersion {
    number: String,
    #[serde(default)]
    distribution: Option<String>,
}

#[derive(Deserialize)]
struct RawNodes {
    nodes: BTreeMap<String, RawNode>,
}

#[derive(Deserialize)]
struct RawNode {
    version: String,
    #[serde(default)]
    ingest: RawIngest,
}

#[derive(Deserialize, Default)]
struct RawIngest {
    #[serde(default)]
    processors: Vec<RawProcessor>,
}

#[derive(Deserialize)]
struct RawProcessor {
    #[serde(rename = "type")]
    kind: String,
}

impl Client {
    /// Asks the server who it is and what it can do: five small questions. A missing right makes the answer poorer; only
    /// refused credentials, and a server that does not answer or is neither of the two, are errors.
    pub async fn server(&self) -> Result<Server, Error> {
        let root = self.send(Method::Get, "/", &[], Body::Empty).await?;
        let root = if root.status == 401 { root.success()? } else { root };
        let nodes = self.nodes().await?;
        let (flavour, named) = identity(&root)?;
        let oldest = nodes.as_ref().and_then(oldest);
        let release = oldest.or(named);
        let mut capabilities = BTreeSet::new();
        if flavour == Flavour::Elasticsearch {
            capabilities.insert(Capability::RandomSampler);
            // Accepted in templates since 8.14 without a flag; a server of unknown version is taken for one of today.
            if release.is_none_or(|release| release >= LIFECYCLE_SINCE) {
                capabilities.insert(Capability::Lifecycle);
            }
        }
        for (capability, path) in QUESTIONS {
            if self.knows(path).await? {
                capabilities.insert(capability);
            }
        }
        Ok(Server { flavour, release, capabilities, processors: nodes.as_ref().map(processors) })
    }

    async fn nodes(&self) -> Result<Option<RawNodes>, Error> {
        let filter = "nodes.*.version,nodes.*.ingest.processors.type";
        let query = [("filter_path", filter)];
        let reply = self.send(Method::Get, "/_nodes/ingest", &query, Body::Empty).await?;
        if reply.status == 200 { reply.json().map(Some) } else { Ok(None) }
    }

    /// Tells whether a path leads to something; a refusal for want of a right is an answer of it.
    async fn knows(&self, path: &str) -> Result<bool, Error> {
        let reply = self.send(Method::Get, path, &[], Body::Empty).await?;
        Ok(match reply.status {
            400 | 405 | 500 | 501 => false,
            404 => reply.body.starts_with(b"{") && !reply.reason().contains("no handler"),
            _ => true,
        })
    }
}

/// Paths that only servers with the capability know.
const QUESTIONS: [(Capability, &str); 3] = [
    (Capability::DataStreams, "/_data_stream/storewatch-none"),
    (Capability::LifecyclePolicies, "/_ilm/status"),
    (Capability::ApiKeys, "/_security/api_key?owner=true"),
];

const LIFECYCLE_SINCE: Release = Release { major: 8, minor: 14, patch: 0 };

/// Returns whose server answered to `GET /`, and the version that it named.
fn identity(root: &Reply) -> Result<(Flavour, Option<Release>), Error> {
    if root.status == 200 {
        let body: RawRoot = root.json()?;
        let flavour = match body.version.distribution.as_deref() {
            Some("opensearch") => Flavour::OpenSearch,
            Some(_) | None => Flavour::Elasticsearch,
        };
        return Ok((flavour, body.version.number.parse().ok()));
    }
    if root.product() == Some(PRODUCT) {
        return Ok((Flavour::Elasticsearch, None));
    }
    // A refusal for want of a right carries no header. Each has its own words for it.
    if root.status == 403 {
        let reason = root.reason();
        if reason.contains("is unauthorized for") {
            return Ok((Flavour::Elasticsearch, None));
        }
        if reason.starts_with("no permissions for") {
            return Ok((Flavour::OpenSearch, None));
        }
    }
    Err(root.unreadable("this is neither Elasticsearch nor OpenSearch"))
}

fn oldest(nodes: &RawNodes) -> Option<Release> {
    nodes.nodes.values().filter_map(|node| node.version.parse().ok()).min()
}

/// A pipeline runs on any node: only what all of them have can be used.
fn processors(nodes: &RawNodes) -> BTreeSet<String> {
    let mut all = nodes.nodes.values().map(|node| {
        node.ingest
            .processors
            .iter()
            .map(|processor| processor.kind.clone())
            .collect::<BTreeSet<_>>()
    });
    let first = all.next().unwrap_or_default();
    all.fold(first, |kept, next| kept.intersection(&next).cloned().collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::wire::Answer;

    fn root(
        status: u16,
        product: Option<&str>,
        body: &str,
    ) -> Result<(Flavour, Option<Release>), Error> {
        let body = Bytes::from(body.to_owned());
        let answer = Answer {
            status,
            body,
            retry_after: None,
            product: product.map(str::to_owned),
            date: None,
        };
        identity(&Reply::new("GET /".to_owned(), answer, Duration::ZERO))
    }

    fn release(text: &str) -> Option<Release> {
        text.parse().ok()
    }

    #[test]
    fn a_server_names_itself_and_its_version() {
        assert_eq!(
            root(200, None, r#"{"version":{"number":"2.19.1","distribution":"opensearch"}}"#)
                .unwrap(),
            (Flavour::OpenSearch, release("2.19.1"))
        );
        assert_eq!(
            root(200, Some(PRODUCT), r#"{"version":{"number":"9.2.0","build_flavor":"default"}}"#)
                .unwrap(),
            (Flavour::Elasticsearch, release("9.2.0"))
        );
    }

    #[test]
    fn a_server_without_that_route_is_known_by_its_header() {
        let body = r#"{"error":"Incorrect HTTP method for uri [/]","status":405}"#;
        assert_eq!(root(405, Some(PRODUCT), body).unwrap(), (Flavour::Elasticsearch, None));
        assert!(root(405, None, body).is_err());
        assert!(root(502, None, "<html>").is_err());
        assert!(root(200, None, "hello").is_err());
    }

    #[test]
    fn a_key_without_rights_still_learns_whose_server_it_is() {
        let refused = |reason: &str| {
            let body = json!({ "error": { "type": "security_exception", "reason": reason } });
            root(403, None, &body.to_string()).map(|(flavour, _)| flavour)
        };
        let elasticsearch = "action [cluster:monitor/main] is unauthorized for API key id [x]";
        assert_eq!(refused(elasticsearch).unwrap(), Flavour::Elasticsearch);
        let opensearch = "no permissions for [cluster:monitor/main] and User [name=x]";
        assert_eq!(refused(opensearch).unwrap(), Flavour::OpenSearch);
        assert!(refused("go away").is_err());
    }

    #[test]
    fn the_oldest_node_and_the_processors_of_all_nodes_count() {
        let node = |version: &str, kinds: &[&str]| {
            let processors: Vec<_> = kinds.iter().map(|kind| json!({ "type": kind })).collect();
            json!({ "version": version, "ingest": { "processors": processors } })
        };
        let nodes: RawNodes = serde_json::from_value(json!({ "nodes": {
            "a": node("9.0.0", &["set", "grok"]),
            "b": node("8.19.1", &["set", "date"]),
        } }))
        .unwrap();
        assert_eq!(oldest(&nodes), release("8.19.1"));
        assert_eq!(processors(&nodes), BTreeSet::from(["set".to_owned()]));
    }
}
