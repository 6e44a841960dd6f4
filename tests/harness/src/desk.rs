//! A place to ship from: a folder of logs, a state, a configuration and a server that keeps documents.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::scripted::Scripted;
use crate::{Ended, Program, Running, eventually};

/// What takes longer than this hangs.
pub const LIMIT: Duration = Duration::from_mins(1);
/// Where plain lines go.
pub const STREAM: &str = "logs-store.app-default";

/// A desk; nothing of it is left behind.
#[derive(Debug)]
pub struct Desk {
    folder: tempfile::TempDir,
    /// The server.
    pub server: Scripted,
    /// Another cluster than the scripted server, as the block `cluster:` in one line.
    pub cluster: Option<String>,
    /// The block `store:`.
    pub store: String,
    /// What is read.
    pub inputs: String,
    /// The block `read:`.
    pub read: String,
    /// The block `bulk:`.
    pub bulk: String,
    /// The block `admin:`.
    pub admin: String,
    /// Lines that are added to the configuration.
    pub more: String,
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

impl Desk {
    /// Returns a desk with a server of one's own, whose shipper reads `logs/*.log*`, one plain line an event.
    pub fn with(server: Scripted) -> Self {
        Self { server, ..Self::new() }
    }

    /// Returns a desk whose shipper reads `logs/*.log*`, one plain line an event.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("logs")).expect("a folder for logs");
        let inputs = "{ id: app, paths: [\"logs/*.log*\"], dataset: app, format: plain }";
        Self {
            folder,
            server: Scripted::keeping(),
            cluster: None,
            store: "{ id: my-shop }".to_owned(),
            inputs: inputs.to_owned(),
            read: "{ scan_interval: 200ms, rotate_wait: 300ms }".to_owned(),
            bulk: "{ max_wait: 50ms }".to_owned(),
            admin: "{ address: \"127.0.0.1:0\" }".to_owned(),
            more: String::new(),
        }
    }

    /// Returns a path on the desk.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the path of a log.
    pub fn log(&self, name: &str) -> PathBuf {
        self.path("logs").join(name)
    }

    /// Appends text to a log.
    pub fn append(&self, name: &str, text: &str) {
        let mut file =
            OpenOptions::new().create(true).append(true).open(self.log(name)).expect("a log");
        file.write_all(text.as_bytes()).expect("room for a log");
    }

    /// Appends whole lines to a log.
    pub fn lines(&self, name: &str, lines: impl IntoIterator<Item = u32>) {
        let mut text = String::new();
        for number in lines {
            text.push_str(&line(number));
            text.push('\n');
        }
        self.append(name, &text);
    }

    /// Renames a log.
    pub fn rename(&self, from: &str, to: &str) {
        fs::rename(self.log(from), self.log(to)).expect("a log to rename");
    }

    /// Returns the shipper with these arguments and the configuration of this desk.
    pub fn shipper(&self, arguments: &[&str]) -> Program {
        self.write_config();
        Program::new("shipper")
            .folder(self.folder.path())
            .args(["--config".into(), self.path("shipper.yml").into_os_string()])
            .args(arguments)
    }

    /// Adds keys to the block `read:`, each after a comma.
    pub fn read_with(&mut self, keys: &str) {
        self.read = format!("{{ scan_interval: 200ms, rotate_wait: 300ms{keys} }}");
    }

    /// Adds keys to the block `bulk:`, each after a comma.
    pub fn bulk_with(&mut self, keys: &str) {
        self.bulk = format!("{{ max_wait: 50ms{keys} }}");
    }

    /// Writes the configuration as it is now, for a shipper that runs already.
    pub fn write_config(&self) {
        let scripted = format!("{{ addresses: [\"{}\"] }}", self.server.url());
        let config = format!(
            "cluster: {}\nstore: {}\ninputs:\n  - {}\nstate_dir: {}\nadmin: {}\nread: {}\nbulk: {}\n{}",
            self.cluster.as_ref().unwrap_or(&scripted),
            self.store,
            self.inputs,
            self.path("state").display(),
            self.admin,
            self.read,
            self.bulk,
            self.more,
        );
        fs::write(self.path("shipper.yml"), config).expect("room for a configuration");
    }

    /// Returns the shipper with these arguments, which finds no room on any disk.
    pub fn shipper_on_a_full_disk(&self, arguments: &str) -> Program {
        self.write_config();
        // A limit of zero to the length of files: every write to one fails, as on a disk without room.
        let script = format!(
            "trap '' XFSZ; ulimit -f 0; exec {} --config shipper.yml {arguments}",
            crate::binary("shipper").display()
        );
        Program::at(Path::new("/bin/sh")).folder(self.folder.path()).args(["-c", &script])
    }

    /// Starts a shipper that runs until it is told to stop.
    pub fn start(&self) -> Running {
        self.shipper(&["run"]).start()
    }

    /// Ships what is there and ends; the shipper must say that all went well.
    #[track_caller]
    pub fn ship_once(&self) -> Ended {
        let ended = self.shipper(&["run", "--until-idle"]).run(LIMIT);
        assert_eq!(ended.code, Some(0), "{}", ended.errors);
        ended
    }

    /// Returns how often each text was stored.
    pub fn stored(&self) -> BTreeMap<String, usize> {
        let mut messages = BTreeMap::new();
        for document in self.server.documents(STREAM) {
            let message = document.value()["message"].as_str().expect("a message").to_owned();
            *messages.entry(message).or_default() += 1;
        }
        messages
    }

    /// Waits until so many documents are stored.
    #[track_caller]
    pub fn wait_for(&self, documents: usize) {
        eventually(LIMIT, || self.server.stored(STREAM) >= documents);
    }

    /// Checks that exactly these lines were stored, each once and whole.
    #[track_caller]
    pub fn holds(&self, lines: impl IntoIterator<Item = u32>) {
        let want: BTreeMap<String, usize> =
            lines.into_iter().map(|number| (line(number), 1)).collect();
        let got = self.stored();
        let lost: Vec<&String> = want.keys().filter(|line| !got.contains_key(*line)).collect();
        let alien: Vec<_> =
            got.iter().filter(|(line, count)| want.get(*line) != Some(count)).collect();
        assert!(
            lost.is_empty() && alien.is_empty(),
            "{} lost: {:?}, {} doubled or changed: {:?}",
            lost.len(),
            &lost[..lost.len().min(3)],
            alien.len(),
            &alien[..alien.len().min(3)],
        );
    }
}

/// Asks the admin endpoint of a running shipper.
pub fn ask(shipper: &Running, path: &str) -> String {
    let address = crate::eventually_some(LIMIT, || {
        let log = shipper.errors();
        let (_, rest) = log.split_once("labels.address\":\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    });
    let mut stream = TcpStream::connect(address).expect("an admin endpoint");
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").expect("a connection");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// Returns the value of a metric of a running shipper; 0 while it does not show it.
pub fn metric(shipper: &Running, name: &str) -> f64 {
    let answer = ask(shipper, "/metrics");
    let value = answer.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    value.unwrap_or(0.0)
}

/// Returns how many descriptors of files in this folder a process holds, deleted ones too.
pub fn descriptors(shipper: &Running, folder: &Path) -> usize {
    let descriptors = fs::read_dir(format!("/proc/{}/fd", shipper.id()));
    let descriptors = descriptors.expect("a running process has descriptors");
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|target| target.starts_with(folder) && target != folder).count()
}

/// Returns line number so and so: it tells by itself whether it is whole.
pub fn line(number: u32) -> String {
    let body = "x".repeat(40 + number as usize % 60);
    let sum = number.wrapping_mul(2_654_435_761) ^ 0x5bd1_e995;
    format!("line {number} {body} sum {sum:08x} end")
}
