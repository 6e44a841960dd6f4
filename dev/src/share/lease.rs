//! The client's side of a shared server.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{Access, Engine, Error, Flavour};

/// What a holder says when its server can be had.
pub(super) const READY: &str = "ready";
/// A holder that is stopped in a debugger, say, must not hang everybody.
const GREETED_WITHIN: Duration = Duration::from_secs(10);

/// The right to use a shared server; it lasts until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lease {
    access: Access,
    _connection: UnixStream,
}

/// Where shared servers are found and how they are held.
#[derive(Debug, Clone)]
pub struct Sharing {
    /// Where servers are kept once they are made ready, and where a holder leaves its mark.
    pub cache: PathBuf,
    /// The `dev` binary, which is also the holder.
    pub program: PathBuf,
    /// How long a server stays when nobody wants it.
    pub grace: Duration,
}

impl Sharing {
    /// Returns the usual grace: between two test programs of one run lies the start of the next, and sometimes one that
    /// needs no server.
    pub fn new(cache: PathBuf, program: PathBuf) -> Self {
        Self { cache, program, grace: Duration::from_secs(20) }
    }
}

impl Lease {
    /// Returns a place at the shared server, which is started if there is none.
    pub fn get(flavour: Flavour, sharing: &Sharing) -> Result<Self, Error> {
        let cache = &sharing.cache;
        if let Some(lease) = Self::join(flavour, cache) {
            return Ok(lease);
        }
        // Here and not in the holder, so that a first download shows its progress.
        Engine::prepare(flavour, cache)?;
        let lock_path = cache.join(format!("{flavour}.starting"));
        let lock = File::create(&lock_path).map_err(Error::io("make", &lock_path))?;
        lock.lock().map_err(Error::io("lock", &lock_path))?;
        // Somebody else may have started it while we waited.
        if let Some(lease) = Self::join(flavour, cache) {
            return Ok(lease);
        }
        start_holder(flavour, sharing)?;
        Self::join(flavour, cache).ok_or_else(|| fault(flavour, "ended at once".to_owned()))
    }

    /// Returns how to reach the server.
    pub fn access(&self) -> &Access {
        &self.access
    }

    fn join(flavour: Flavour, cache: &Path) -> Option<Self> {
        let socket = PathBuf::from(fs::read_to_string(mark(flavour, cache)).ok()?);
        let connection = UnixStream::connect(socket).ok()?;
        connection.set_read_timeout(Some(GREETED_WITHIN)).ok()?;
        let mut greeting = String::new();
        BufReader::new(&connection).read_line(&mut greeting).ok()?;
        // A holder that is about to end closes the connection without a word.
        Some(Self { access: serde_json::from_str(&greeting).ok()?, _connection: connection })
    }
}

/// Returns the file that tells where the holder's socket is.
pub(super) fn mark(flavour: Flavour, cache: &Path) -> PathBuf {
    cache.join(format!("{flavour}.shared"))
}

fn start_holder(flavour: Flavour, sharing: &Sharing) -> Result<(), Error> {
    let Sharing { cache, program, grace } = sharing;
    let log_path = cache.join(format!("{flavour}.holder.log"));
    let log = File::create(&log_path).map_err(Error::io("make", &log_path))?;
    let mut holder = Command::new(program)
        .args(["serve", flavour.name(), "--cache"])
        .arg(cache)
        .args(["--grace-ms", &grace.as_millis().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Our own would be held open beyond our end, and whoever reads it would wait for the grace to pass.
        .stderr(log)
        .process_group(0)
        .spawn()
        .map_err(Error::io("run", program))?;
    let mut said = String::new();
    let out = holder.stdout.take().expect("standard output was asked for");
    // It says one word, or ends without one.
    drop(BufReader::new(out).take(READY.len() as u64 + 1).read_to_string(&mut said));
    if said.trim() == READY {
        return Ok(());
    }
    drop(holder.wait());
    let log = fs::read_to_string(&log_path).unwrap_or_default();
    Err(fault(flavour, format!("could not start it:\n{}", log.trim_end())))
}

fn fault(flavour: Flavour, what: String) -> Error {
    Error::Companion { role: "holder", flavour, what }
}
