//! The host id: random, kept with the state, made anew when the state was cloned to another machine.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use event::{FileId, NotAnId};
use serde::{Deserialize, Serialize};

/// 128 random bits that stand for this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostId(FileId);

impl HostId {
    /// Returns the id with these bits.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(FileId::from_bytes(bytes))
    }

    /// Returns the bits.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Draws a new id from the system's source of randomness.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self::from_bytes(bytes))
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for HostId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        text.parse().map(Self)
    }
}

/// The host id together with the machine it was made on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Random bits of this installation.
    pub id: HostId,
    /// What the system calls the machine, where it says so.
    pub machine: Option<String>,
    /// The name of the host.
    pub name: String,
}

impl Host {
    /// Returns the host as it is now: the stored one, unless the state was cloned from another machine.
    pub fn settle(stored: Option<Self>) -> io::Result<Self> {
        let machine = read_line(Path::new("/etc/machine-id"));
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        match stored {
            Some(stored) if stored.machine == machine && stored.name == name => Ok(stored),
            Some(_) | None => Ok(Self { id: HostId::random()?, machine, name }),
        }
    }
}

fn read_line(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_keeps_its_id_and_a_clone_gets_a_new_one() {
        let first = Host::settle(None).unwrap();
        assert_eq!(Host::settle(Some(first.clone())).unwrap(), first);
        let elsewhere = Host { name: "another-host".to_owned(), ..first.clone() };
        let moved = Host::settle(Some(elsewhere)).unwrap();
        assert_ne!(moved.id, first.id);
        assert_eq!(moved.name, first.name);
    }
}
