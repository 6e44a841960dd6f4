//! A temporary folder: logs, settings, state, keys.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::binary;
use runtime::{DurableFile, RealDisk};
use serde::Deserialize;
use serde_json::{Value, json};
use shop::LogFile;
use tempfile::TempDir;

use crate::child::{Run, Spent};
use crate::logs::Lines;

/// No run takes as long on any machine that is worth measuring.
const LIMIT: Duration = Duration::from_hours(1);

/// A folder that goes with this value.
#[derive(Debug)]
pub(crate) struct Work {
    folder: TempDir,
}

/// Whose events are shipped from where to where.
#[derive(Debug)]
pub(crate) struct Shipment<'a> {
    /// Block `cluster` of the settings.
    pub(crate) cluster: Value,
    pub(crate) namespace: &'a str,
    pub(crate) store: &'a str,
    pub(crate) logs: &'a Path,
    pub(crate) lines: Lines,
    pub(crate) ids: Ids,
}

/// Who gives documents their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ids {
    /// The shipper, as it is shipped.
    Origin,
    /// The cluster.
    Auto,
}

impl<'a> Shipment<'a> {
    /// Returns a shipment to a server without credentials, all else as shipped.
    pub(crate) fn to(url: &str, logs: &'a Path, lines: Lines) -> Self {
        let cluster = json!({"addresses": [url]});
        Self { cluster, namespace: "bench", store: "bench", logs, lines, ids: Ids::Origin }
    }
}

/// What the shipper says at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Shipped {
    pub(crate) events: u64,
    pub(crate) stored: u64,
    pub(crate) duplicates: u64,
    pub(crate) filtered: u64,
    pub(crate) redirected: u64,
    pub(crate) dead_lettered: u64,
}

impl Shipped {
    /// A run that did not do its work is no figure.
    fn judge(self) -> Result<Self> {
        let ended = self.stored + self.duplicates + self.filtered;
        ensure!(
            self.events > 0 && self.events == ended && self.redirected + self.dead_lettered == 0,
            "not all was shipped: {self:?}"
        );
        // A shop repeats one event of a hundred. More means that the cluster had them from a run before.
        ensure!(self.duplicates <= self.events / 20, "too many were there already: {self:?}");
        Ok(self)
    }
}

impl Work {
    /// Makes the folder.
    pub(crate) fn make() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("storewatch-bench-").tempdir()?;
        Ok(Self { folder })
    }

    /// Returns a path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes settings; JSON is YAML.
    pub(crate) fn settings(&self, name: &str, settings: &Value) -> Result<PathBuf> {
        let path = self.path(name);
        DurableFile::replace(&RealDisk, &path, settings.to_string().as_bytes())?;
        Ok(path)
    }

    /// Writes the settings of a shipper as the guide tells: all as shipped, and pseudonyms with a key.
    pub(crate) fn shipper_settings(&self, shipment: &Shipment<'_>) -> Result<PathBuf> {
        let key = self.path("pseudonyms.key");
        DurableFile::replace(&RealDisk, &key, b"a key that is long enough to be one")?;
        let inputs: Vec<Value> =
            shipment.lines.files().map(|file| input(shipment.logs, file)).collect();
        let settings = json!({
            "cluster": shipment.cluster,
            "redact": {"key_file": key, "key_id": "bench"},
            "store": {"id": shipment.store, "namespace": shipment.namespace},
            "state_dir": self.path("state"),
            "admin": {"address": "127.0.0.1:0"},
            "bulk": {"ids": if shipment.ids == Ids::Auto { "auto" } else { "origin" }},
            "inputs": inputs,
        });
        self.settings("shipper.yml", &settings)
    }

    /// Ships everything once with a shipper that knows of nothing yet.
    pub(crate) fn ship(&self, shipment: &Shipment<'_>) -> Result<(Spent, Shipped)> {
        self.forget()?;
        let settings = self.shipper_settings(shipment)?;
        let arguments = ["--config", &settings.to_string_lossy(), "run", "--until-idle", "--json"];
        let spent = self.run("shipper", &arguments)?;
        let last = spent.output.lines().last().unwrap_or_default();
        let shipped: Shipped = serde_json::from_str(last)
            .with_context(|| format!("the shipper's summary cannot be read: {last:?}"))?;
        Ok((spent, shipped.judge()?))
    }

    /// Removes the state of the shipper, so that the next one starts from nothing.
    pub(crate) fn forget(&self) -> Result<()> {
        let state = self.path("state");
        if state.try_exists()? {
            std::fs::remove_dir_all(&state)?;
        }
        Ok(())
    }

    /// Starts a shipper that runs until it is told to end, and goes on where the last one of this folder stood.
    pub(crate) fn start_shipper(&self, shipment: &Shipment<'_>) -> Result<Run> {
        let settings = self.shipper_settings(shipment)?;
        let arguments = ["--config", &settings.to_string_lossy(), "run"];
        Run::start(&binary("shipper"), &arguments, self.folder.path())
    }

    /// Returns the folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a program of ours to its end.
    pub(crate) fn run(&self, name: &str, arguments: &[&str]) -> Result<Spent> {
        let run = Run::start(&binary(name), arguments, self.folder.path());
        run.and_then(|run| run.wait(self.folder.path(), LIMIT))
            .with_context(|| format!("{name} {}", arguments.join(" ")))
    }
}

fn input(logs: &Path, file: LogFile) -> Value {
    let name = file.name();
    json!({
        "id": name.replace('.', "-"),
        "paths": [format!("{}*", logs.join(name).display())],
        "dataset": file.dataset().as_str().trim_start_matches("store."),
        "format": file.format(),
        "provider": "demo",
    })
}
