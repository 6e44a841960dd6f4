//! A certificate authority and a certificate of a server's own, made by the tool that it brings.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::configuration::Layout;
use crate::distribution::Distribution;
use crate::tools::run_quietly;

/// Returns where the certificate of the authority lies.
pub(crate) fn authority(config: &Path) -> PathBuf {
    config.join("tls/ca/ca.crt")
}

/// Returns the settings that make the server use them.
pub(crate) fn settings() -> [&'static str; 3] {
    [
        "xpack.security.http.ssl.enabled: true",
        "xpack.security.http.ssl.key: tls/node/node.key",
        "xpack.security.http.ssl.certificate: tls/node/node.crt",
    ]
}

/// Makes both in the server's settings folder.
pub(crate) fn make(layout: &Layout, distribution: &Distribution) -> Result<(), Error> {
    let folder = layout.config().join("tls");
    fs::create_dir_all(&folder).map_err(Error::io("make", &folder))?;
    layout.give_away()?;
    let mut tool = layout.tool("elasticsearch-certutil", distribution);
    tool.args(["ca", "--silent", "--pem", "--out"]).arg(folder.join("ca.zip"));
    run_quietly("making a certificate authority", &mut tool)?;
    unpack(distribution, &folder, "ca.zip")?;
    let mut tool = layout.tool("elasticsearch-certutil", distribution);
    tool.args([
        "cert",
        "--silent",
        "--pem",
        "--name",
        "node",
        "--dns",
        "localhost",
        "--ip",
        "127.0.0.1",
    ])
    .arg("--ca-cert")
    .arg(folder.join("ca/ca.crt"))
    .arg("--ca-key")
    .arg(folder.join("ca/ca.key"))
    .arg("--out")
    .arg(folder.join("node.zip"));
    run_quietly("making a certificate", &mut tool)?;
    unpack(distribution, &folder, "node.zip")
}

fn unpack(distribution: &Distribution, folder: &Path, name: &str) -> Result<(), Error> {
    let mut tool = distribution.java.command("jar");
    tool.arg("xf").arg(name).current_dir(folder);
    run_quietly("unpacking certificates", &mut tool)
}
