//! The folder of a demo: logs, state, keys and settings of the two programs. It goes when the demo ends.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use elastic::Credentials;
use event::Namespace;
use pipelines::keys::KeyHolder;
use runtime::{DurableFile, RealDisk};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shop::LogFile;
use tempfile::TempDir;

use crate::cli::ConnectionArgs;
use crate::connection::Connection;
use crate::setup::key_file;

/// A temporary folder; private, since keys lie in it.
#[derive(Debug)]
pub(super) struct Work {
    folder: TempDir,
}

impl Work {
    pub(super) fn make() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("storewatch-demo-")
            .tempdir()
            .context("cannot make a folder")?;
        Ok(Self { folder })
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    pub(super) fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes what the shipper is told and returns where. JSON is YAML, so no value can break out of its place.
    pub(super) fn shipper_settings(
        &self,
        cluster: &Value,
        store_id: &str,
        namespace: &Namespace,
    ) -> Result<PathBuf> {
        let inputs: Vec<Value> = LogFile::CORE
            .iter()
            .map(|file| {
                let name = file.name();
                let id = name.replace('.', "-");
                let dataset = file.dataset().as_str().trim_start_matches("store.");
                json!({
                    "id": id, "paths": [format!("{}*", self.logs().join(name).display())],
                    "dataset": dataset, "format": file.format(), "provider": "demo",
                })
            })
            .collect();
        // Without a key whatever names a customer would be dropped; a demo's pseudonyms need not outlive it.
        let pseudonyms = self.secret("pseudonyms.key", &format!("pseudonyms of {namespace}"))?;
        let settings = json!({
            "cluster": cluster,
            "redact": {"key_file": pseudonyms, "key_id": "demo"},
            "store": {"id": store_id, "namespace": namespace.as_str()},
            "state_dir": self.path("shipper-state"),
            "admin": {"address": "127.0.0.1:0"},
            "inputs": inputs,
        });
        self.write("shipper.yml", &settings)
    }

    /// Writes what the detector is told and returns where.
    pub(super) fn detector_settings(
        &self,
        cluster: &Value,
        namespace: &Namespace,
        kibana_url: Option<&str>,
    ) -> Result<PathBuf> {
        let mut settings = json!({
            "cluster": cluster,
            "namespace": namespace.as_str(),
            "admin": {"address": "127.0.0.1:0"},
        });
        if let Some(url) = kibana_url {
            settings["kibana_url"] = json!(url);
        }
        self.write("detector.yml", &settings)
    }

    fn write(&self, name: &str, settings: &Value) -> Result<PathBuf> {
        let path = self.path(name);
        DurableFile::replace(&RealDisk, &path, settings.to_string().as_bytes())?;
        Ok(path)
    }

    /// Returns the block `cluster` of a program's settings: its own key where `setup` made one, else the demo's login.
    pub(super) fn cluster(
        &self,
        connection: &Connection,
        args: &ConnectionArgs,
        holder: KeyHolder,
    ) -> Result<Value> {
        let mut cluster = json!({"addresses": [connection.address.url().as_str()]});
        if let Some(ca_file) = &args.ca_file {
            cluster["ca_file"] = json!(absolute(ca_file)?);
        }
        let key = key_file(&self.keys(), holder);
        if key.try_exists()? {
            cluster["api_key_file"] = json!(key);
            return Ok(cluster);
        }
        match &connection.credentials {
            Credentials::None => {}
            Credentials::ApiKey(key) => {
                cluster["api_key_file"] = json!(self.secret("demo.key", key.expose_secret())?);
            }
            Credentials::Basic { username, password } => {
                cluster["username"] = json!(username);
                cluster["password_file"] =
                    json!(self.secret("demo.password", password.expose_secret())?);
            }
        }
        Ok(cluster)
    }

    fn secret(&self, name: &str, secret: &str) -> Result<PathBuf> {
        let path = self.path(name);
        DurableFile::replace(&RealDisk, &path, secret.as_bytes())?;
        Ok(path)
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("cannot find {}", path.display()))
}
