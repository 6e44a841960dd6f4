//! One running server.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::configuration::{Layout, USER};
use crate::distribution::Distribution;
use crate::probe::Probe;
use crate::watch::{Launch, Watched};
use crate::{Access, Credentials, Error, Flavour, tls, token};

/// Eight seconds on a quiet machine; two minutes were seen where five builds shared its two cores.
const START_WITHIN: Duration = Duration::from_mins(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOG_LINES: usize = 30;

/// What happens to a server's data when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// They lie in a temporary folder that is removed.
    ThrowAway,
    /// They lie in this folder and stay.
    Keep(PathBuf),
}

/// How clients talk to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// HTTP, which is loopback only.
    Plain,
    /// HTTPS with an authority of the server's own.
    Tls,
}

/// How to start a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where servers are kept once they are made ready.
    pub cache: PathBuf,
    /// The `dev` binary, which is also the watcher.
    pub program: PathBuf,
    /// What happens to the data.
    pub storage: Storage,
    /// Plain or TLS.
    pub transport: Transport,
    /// Memory for the Java heap.
    pub heap_mib: u32,
}

impl Options {
    /// Returns the usual: throw-away data, plain HTTP, one gibibyte.
    pub fn new(cache: PathBuf, program: PathBuf) -> Self {
        Self {
            cache,
            program,
            storage: Storage::ThrowAway,
            transport: Transport::Plain,
            heap_mib: 1024,
        }
    }
}

/// Whether a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Its process is there.
    Running,
    /// It was ended, by us or not.
    Ended,
}

/// A server of ours; it ends, and its folder vanishes, with this value.
#[derive(Debug)]
pub struct Engine {
    access: Access,
    layout: Layout,
    launch: Launch,
    process: u32,
    watched: Watched,
}

impl Engine {
    /// Gets a server ready without starting it; what is in the cache already is not fetched again.
    pub fn prepare(flavour: Flavour, cache: &Path) -> Result<(), Error> {
        Distribution::prepare(flavour, cache).map(drop)
    }

    /// Starts a server on a free port and returns when it answers.
    pub fn start(flavour: Flavour, options: &Options) -> Result<Self, Error> {
        let distribution = Distribution::prepare(flavour, &options.cache)?;
        let mut watched = Watched::begin(flavour, &options.program)?;
        let layout = Layout::make(flavour, &distribution, watched.folder(), options)?;
        let credentials = match flavour {
            Flavour::Elasticsearch => {
                let password = token()?;
                layout.set_password(&password, &distribution)?;
                Credentials::Basic { username: USER.to_owned(), password }
            }
            Flavour::OpenSearch => Credentials::None {},
        };
        let ca_file = match options.transport {
            Transport::Plain => None,
            Transport::Tls => Some(tls::authority(&layout.config())),
        };
        let launch = layout.launch(&distribution);
        let process = watched.start(&launch)?;
        let access = Access { url: String::new(), credentials, ca_file };
        let mut engine = Self { access, layout, launch, process, watched };
        let port = engine.wait_until_it_answers()?;
        // From now on the port stays, so that clients find the server again after a restart.
        engine.layout.write_settings(port)?;
        Ok(engine)
    }

    /// Returns how to reach the server.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Returns the throw-away folder.
    pub fn folder(&self) -> &Path {
        self.layout.folder()
    }

    /// Returns the number of the server's first process, which leads its process group.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// Returns the number of the process that watches over the server.
    pub fn watcher(&self) -> u32 {
        self.watched.process()
    }

    /// Tells whether the server runs.
    pub fn life(&mut self) -> Result<Life, Error> {
        Ok(if self.watched.is_running()? { Life::Running } else { Life::Ended })
    }

    /// Kills the server as a power cut would; its data and its port wait for [`Engine::restart`].
    pub fn kill(&mut self) -> Result<(), Error> {
        self.watched.kill()
    }

    /// Starts the server again with the same data, port and password; one that still runs is killed first.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.watched.kill()?;
        let ports = self.layout.ports();
        fs::remove_file(&ports).map_err(Error::io("remove", &ports))?;
        self.process = self.watched.start(&self.launch)?;
        self.wait_until_it_answers().map(drop)
    }

    /// Ends the server as an operator would, which matters to data that are kept, and removes its folder.
    pub fn stop(mut self) -> Result<(), Error> {
        self.watched.stop()
    }

    /// Returns the last lines that the server logged.
    pub fn end_of_log(&self) -> String {
        let log = fs::read(self.layout.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    fn wait_until_it_answers(&mut self) -> Result<u16, Error> {
        let started = Instant::now();
        let probe = Probe::new(&self.access)?;
        loop {
            if let Some(port) = self.port() {
                let scheme = match self.layout.transport() {
                    Transport::Plain => "http",
                    Transport::Tls => "https",
                };
                self.access.url = format!("{scheme}://127.0.0.1:{port}");
                if probe.is_answered(&self.access) {
                    return Ok(port);
                }
            }
            if !self.watched.is_running()? {
                return Err(self.fault("ended before it answered"));
            }
            if started.elapsed() > START_WITHIN {
                return Err(
                    self.fault(&format!("did not answer within {} s", START_WITHIN.as_secs()))
                );
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    fn port(&self) -> Option<u16> {
        port_of(&fs::read_to_string(self.layout.ports()).ok()?)
    }

    fn fault(&self, what: &str) -> Error {
        Error::Server {
            flavour: self.layout.flavour(),
            what: what.to_owned(),
            log: self.end_of_log(),
        }
    }
}

/// Reads the port out of a file that holds one address a line, and may be half written.
fn port_of(addresses: &str) -> Option<u16> {
    let (first, _) = addresses.split_once('\n')?;
    first.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_read_only_from_a_whole_line() {
        assert_eq!(port_of("127.0.0.1:34057\n"), Some(34057));
        assert_eq!(port_of("[::1]:9200\n127.0.0.1:9200\n"), Some(9200));
        assert_eq!(port_of("127.0.0.1:340"), None);
        assert_eq!(port_of(""), None);
    }
}
