//! A real Elasticsearch for figures alone; it ends with this value.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use elastic::{Body, Client, Method};
use event::{Dataset, Namespace, Stream};
use harness::{
    Access, Engine, Flavour, Program, block_on, client, engine_options, eventually, private_engine,
};
use serde_json::{Value, json};

use crate::tell;

const LIMIT: Duration = Duration::from_mins(5);
/// Segments of ten million documents are merged for some time.
const MERGE_LIMIT: Duration = Duration::from_mins(30);

/// A running server. One that the environment names is never taken: loads stay on this machine.
#[derive(Debug)]
pub(crate) struct Cluster {
    engine: Engine,
    client: Client,
}

impl Cluster {
    /// Starts the server.
    pub(crate) fn start() -> Self {
        tell("starting Elasticsearch");
        let engine = private_engine(Flavour::Elasticsearch, &engine_options());
        let client = client(engine.access());
        Self { engine, client }
    }

    fn access(&self) -> &Access {
        self.engine.access()
    }

    /// Returns how it is reached by a client of its own.
    pub(crate) fn reached(&self) -> elastic::Cluster {
        harness::cluster(self.access())
    }

    /// Says what was measured against.
    pub(crate) fn describe() -> String {
        format!(
            "Elasticsearch {} on the same cores, one node, heap {} MiB, security on, no TLS",
            Flavour::Elasticsearch.version(),
            engine_options().heap_mib
        )
    }

    /// Sets a namespace up as a user does; API keys come into this folder.
    pub(crate) fn set_up(&self, namespace: &Namespace, keys: &Path) -> Result<()> {
        let (username, password) = self.access().basic().context("a server without users")?;
        let keys = keys.to_string_lossy();
        let ended = Program::new("storewatch")
            .args(["setup", "--namespace", namespace.as_str(), "--keys-dir", &keys])
            .env("ELASTICSEARCH_URL", &self.access().url)
            .env("ELASTICSEARCH_USERNAME", username)
            .env("ELASTICSEARCH_PASSWORD", password)
            .run(LIMIT);
        ensure!(ended.code == Some(0), "setup failed: {ended:#?}");
        Ok(())
    }

    /// Returns the block `cluster` of a program that has a key of its own.
    pub(crate) fn settings(&self, keys: &Path, program: &str) -> Value {
        let key: PathBuf = keys.join(format!("{program}.key"));
        json!({"addresses": [self.access().url], "api_key_file": key})
    }

    /// Returns how many events are stored, all of them visible.
    pub(crate) fn count(&self, namespace: &Namespace) -> Result<u64> {
        let streams: Vec<String> = Dataset::ALL
            .into_iter()
            .filter(|dataset| dataset.is_shippable() && *dataset != Dataset::Pipeline)
            .map(|dataset| Stream { dataset, namespace: namespace.clone() }.to_string())
            .collect();
        let streams = streams.join(",");
        let query = [("ignore_unavailable", "true")];
        self.ask(Method::Post, &format!("/{streams}/_refresh"), &query)?;
        let counted = self.ask(Method::Get, &format!("/{streams}/_count"), &query)?;
        counted["count"].as_u64().context("the cluster does not count")
    }

    /// Waits until no segments are merged any more.
    pub(crate) fn settle(&self) -> Result<()> {
        let mut failed = None;
        eventually(MERGE_LIMIT, || match self.ask(Method::Get, "/_stats/merge", &[]) {
            Ok(stats) => stats["_all"]["total"]["merges"]["current"] == json!(0),
            Err(error) => {
                failed = Some(error);
                true
            }
        });
        failed.map_or(Ok(()), Err)
    }

    fn ask(&self, method: Method, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let reply = block_on(self.client.ask(method, path, query, Body::Empty))?;
        Ok(reply.json()?)
    }
}

/// Returns a namespace that nothing else is in.
pub(crate) fn namespace() -> Result<Namespace> {
    Ok(harness::namespace().parse()?)
}
