//! The settings with which a shipper reads what is written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use runtime::{DurableFile, RealDisk};
use serde_json::{Value, json};
use shop::{Breadth, Host, LogFile, ShopConfig};

use super::usage;

/// Writes the settings of one shop, whose logs lie in `logs`, into a folder, and returns where. Settings that are there may
/// hold what somebody added, and are never replaced.
pub(super) fn write(folder: &Path, shop: &ShopConfig, logs: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make folder {}", folder.display()))?;
    let path = folder.join(format!("{}.yml", shop.store_id));
    if path.try_exists().with_context(|| format!("cannot look for {}", path.display()))? {
        let message = format!("{} is there already; name another folder", path.display());
        return Err(usage(message).into());
    }
    let text = settings(shop, &std::path::absolute(logs)?);
    DurableFile::replace(&RealDisk, &path, text.as_bytes())?;
    Ok(path)
}

fn settings(shop: &ShopConfig, logs: &Path) -> String {
    let inputs: Vec<Value> = match shop.breadth {
        Breadth::Core => inputs(&LogFile::CORE, logs, None),
        Breadth::Whole => Host::ALL
            .into_iter()
            .flat_map(|host| inputs(LogFile::of_host(host), &logs.join(host.as_str()), Some(host)))
            .collect(),
    };
    let mut lines = vec![
        "# Add `cluster:`, and what else docs/shipper.md names; then: shipper run --config FILE"
            .to_owned(),
        "store:".to_owned(),
        format!("  id: {}", json!(shop.store_id)),
        format!("  currency: {}", json!(shop.currency)),
        "  timezone: UTC".to_owned(),
        "inputs:".to_owned(),
    ];
    // JSON is YAML, so no path can break out of its place.
    lines.extend(inputs.iter().map(|input| format!("  - {input}")));
    lines.join("\n") + "\n"
}

fn inputs(files: &[LogFile], logs: &Path, host: Option<Host>) -> Vec<Value> {
    let input = |file: &LogFile| {
        let name = file.name();
        let id = match host {
            Some(host) => format!("{}-{name}", host.as_str()),
            None => name.to_owned(),
        };
        json!({
            "id": id.replace('.', "-"),
            "paths": [format!("{}*", logs.join(name).display())],
            "dataset": file.dataset().as_str().trim_start_matches("store."),
            "format": file.format(),
            "provider": "simulated",
        })
    };
    files.iter().map(input).collect()
}
