//! What the settings of a made-up program give and refuse.

mod checking;
mod layering;
mod reading;

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt};

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde::Deserialize;
use tempfile::TempDir;

use super::*;
use crate::{
    DurableFile, RealDisk,
    unit::{ByteSize, Span},
};

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    bulk: RawBulk,
    #[serde(default)]
    inputs: Vec<RawInput>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    password: Option<String>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct RawBulk {
    max_bytes: Option<ByteSize>,
    max_age: Option<Span>,
    level: Option<u8>,
    share: Option<f64>,
    gzip: Option<bool>,
    addresses: Vec<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct RawInput {
    id: String,
    paths: Vec<String>,
    #[serde(default)]
    start: Start,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Start {
    #[default]
    Beginning,
    End,
    After {
        age: Span,
    },
}

fn read(text: &str) -> Result<Raw, Findings> {
    Settings::of_text("shipper.yml", text)?.read()
}

/// Reads a text that must be refused, and holds all findings against what is expected.
fn refused(text: &str, expected: &Expect) {
    expected.assert_eq(&read(text).unwrap_err().to_string());
}

/// The same for a single finding; the origin is `shipper.yml`.
fn refused_once(text: &str, expected: &str) {
    assert_eq!(read(text).unwrap_err().to_string(), format!("shipper.yml:{expected}"));
}

fn files(parts: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in parts {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        DurableFile::replace(&RealDisk, &path, text.as_bytes()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    folder
}

fn sources(folder: &TempDir) -> Sources {
    Sources::new("shipper")
        .file(folder.path().join("shipper.yml"))
        .conf_dir(folder.path().join("conf.d"))
}

/// Loads sources that must be refused; the folder's name is not the same twice.
fn load_refused(folder: &TempDir, sources: Sources, expected: &Expect) {
    let found = Settings::load(sources).and_then(|settings| settings.read::<Raw>()).unwrap_err();
    let folder = folder.path().to_str().unwrap();
    expected.assert_eq(&found.to_string().replace(folder, "/etc/storewatch"));
}
