//! The shippers that ours is measured against, and how they are started. Their configurations lie beside this file.
//!
//! Each gets what makes it fast and yields the same fields: bulk requests by `create`, the whole line parsed, large
//! batches. None of them redacts; what else a peer does not do stands in [`Peer::set_up`].

mod template;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::child::Run;
use crate::logs::Lines;
use template::fill;

/// A shipper of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Rsyslog,
    /// The same, with refused documents sent again, as its documentation shows it.
    RsyslogRetrying,
    FluentBit,
    Vector,
}

/// What a peer is to do.
#[derive(Debug)]
pub(crate) struct Task<'a> {
    /// Its state goes here; kept from one start to the next.
    pub(crate) folder: &'a Path,
    /// The files that it reads.
    pub(crate) logs: &'a Path,
    pub(crate) lines: Lines,
    /// The port of the server on the loopback address.
    pub(crate) port: u16,
}

impl Peer {
    /// Those that are measured for speed.
    pub(crate) const FOR_SPEED: [Self; 3] = [Self::Rsyslog, Self::FluentBit, Self::Vector];

    /// Returns its name in figures.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rsyslog => "rsyslog",
            Self::RsyslogRetrying => "rsyslog_retrying",
            Self::FluentBit => "fluent_bit",
            Self::Vector => "vector",
        }
    }

    /// Says how it is set up, as far as that differs from ours.
    pub(crate) fn set_up(self) -> &'static str {
        match self {
            Self::Rsyslog => {
                "imfile, mmnormalize or mmjsonparse, omelasticsearch by create, which wants ids: uuids; without gzip, redaction and conversion of time"
            }
            Self::RsyslogRetrying => {
                "the same with retryfailures on: refused documents are sent again under their ids"
            }
            Self::FluentBit => "tail, parser, es by create with ids and gzip; without redaction",
            Self::Vector => "file, remap, elasticsearch by create with gzip; without redaction",
        }
    }

    /// Returns its program, where the machine has it.
    pub(crate) fn program(self) -> Option<PathBuf> {
        let name = match self {
            Self::Rsyslog | Self::RsyslogRetrying => "rsyslogd",
            Self::FluentBit => "fluent-bit",
            Self::Vector => "vector",
        };
        let path = env::var_os("PATH").unwrap_or_default();
        // Debian keeps daemons where the PATH of a person does not lead.
        let folders =
            env::split_paths(&path).chain(["/usr/sbin".into(), "/opt/fluent-bit/bin".into()]);
        folders.map(|folder| folder.join(name)).find(|program| program.is_file())
    }

    /// Returns what it says of its version.
    pub(crate) fn version(self, program: &Path) -> String {
        let option = match self {
            Self::Rsyslog | Self::RsyslogRetrying => "-v",
            Self::FluentBit | Self::Vector => "--version",
        };
        let said = Command::new(program).arg(option).stdin(Stdio::null()).output();
        let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let first = said.ok().and_then(|text| text.lines().next().map(str::to_owned));
        let first = first.unwrap_or_else(|| format!("{} of unknown version", self.name()));
        // rsyslog goes on with how it was compiled.
        first.split(" compiled with").next().unwrap_or(&first).to_owned()
    }

    /// Starts it in the foreground.
    pub(crate) fn start(self, program: &Path, task: &Task<'_>) -> Result<Run> {
        fs::create_dir_all(task.folder)?;
        let arguments = self.configure(task)?;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Run::start(program, &arguments, task.folder)
    }

    /// Writes its configuration and returns its arguments.
    fn configure(self, task: &Task<'_>) -> Result<Vec<String>> {
        let folder = task.folder.to_string_lossy().into_owned();
        let written = |name: &str, text: &str| -> Result<String> {
            let path = task.folder.join(name);
            let values = [
                ("FOLDER", folder.clone()),
                ("LOGS", pattern(task.logs, task.lines)),
                ("PORT", task.port.to_string()),
            ];
            fs::write(&path, fill(text, &values)?).context("a configuration cannot be written")?;
            Ok(path.to_string_lossy().into_owned())
        };
        let is_json = task.lines != Lines::Access;
        match self {
            Self::Rsyslog | Self::RsyslogRetrying => {
                written("access.rulebase", include_str!("peer/access.rulebase"))?;
                let text = match (self, is_json) {
                    (Self::RsyslogRetrying, _) => include_str!("peer/rsyslog_retrying.conf"),
                    (_, true) => include_str!("peer/rsyslog_json.conf"),
                    (_, false) => include_str!("peer/rsyslog_access.conf"),
                };
                let config = written("rsyslog.conf", text)?;
                let pid = task.folder.join("rsyslogd.pid").to_string_lossy().into_owned();
                // A pid file that a killed one left keeps the next from starting.
                if task.folder.join("rsyslogd.pid").is_file() {
                    fs::remove_file(&pid)?;
                }
                Ok(["-n", "-f", &config, "-i", &pid].map(str::to_owned).to_vec())
            }
            Self::FluentBit => {
                written("parsers.conf", include_str!("peer/fluent_bit_parsers.conf"))?;
                let text = if is_json {
                    include_str!("peer/fluent_bit_json.conf")
                } else {
                    include_str!("peer/fluent_bit_access.conf")
                };
                Ok(vec!["-q".to_owned(), "-c".to_owned(), written("fluent-bit.conf", text)?])
            }
            Self::Vector => {
                let text = if is_json {
                    include_str!("peer/vector_json.yaml")
                } else {
                    include_str!("peer/vector_access.yaml")
                };
                let config = written("vector.yaml", text)?;
                Ok(["--quiet", "--config", &config].map(str::to_owned).to_vec())
            }
        }
    }
}

fn pattern(logs: &Path, lines: Lines) -> String {
    let name = if lines == Lines::Access { "access.log*" } else { "*.ndjson*" };
    logs.join(name).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_configuration_is_filled_in_whole() {
        let peers = [Peer::Rsyslog, Peer::RsyslogRetrying, Peer::FluentBit, Peer::Vector];
        for peer in peers {
            for lines in [Lines::Access, Lines::Kibibyte] {
                let folder = tempfile::tempdir().unwrap();
                let task =
                    Task { folder: folder.path(), logs: Path::new("/logs"), lines, port: 4_711 };
                let arguments = peer.configure(&task).unwrap();
                let is_config = |text: &&String| {
                    Path::new(text).extension().is_some_and(|end| end == "conf" || end == "yaml")
                };
                let config = arguments.iter().find(is_config);
                let text = fs::read_to_string(config.unwrap()).unwrap();
                assert!(text.contains("4711") && text.contains("/logs/"), "{peer:?}: {text}");
            }
        }
    }
}
