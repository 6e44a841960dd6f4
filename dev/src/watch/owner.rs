//! The owner's end of the pipe to a watcher.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{Answer, Launch, Order};
use crate::{Error, Flavour};

/// A watcher of ours; its server and its folder end with this value.
#[derive(Debug)]
pub(crate) struct Watched {
    flavour: Flavour,
    process: Child,
    answers: BufReader<ChildStdout>,
    folder: PathBuf,
}

impl Watched {
    /// Starts a watcher, which is the given program told to `watch`.
    pub(crate) fn begin(flavour: Flavour, program: &Path) -> Result<Self, Error> {
        let mut process = Command::new(program)
            .arg("watch")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(Error::io("run", program))?;
        let answers = BufReader::new(process.stdout.take().expect("standard output was asked for"));
        let mut watched = Self { flavour, process, answers, folder: PathBuf::new() };
        match watched.hear()? {
            Answer::Folder(folder) => watched.folder = folder,
            Answer::Running { .. } | Answer::Ended | Answer::Failed(_) => {
                return Err(watched.fault("made no folder"));
            }
        }
        Ok(watched)
    }

    /// Returns the folder that is removed at the end.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the server and returns the number of its first process.
    pub(crate) fn start(&mut self, launch: &Launch) -> Result<u32, Error> {
        match self.ask(&Order::Start(launch.clone()))? {
            Answer::Running { process } => Ok(process),
            Answer::Failed(reason) => Err(self.fault(&format!("could not start {reason}"))),
            Answer::Ended | Answer::Folder(_) => Err(self.fault("did not start the server")),
        }
    }

    pub(crate) fn is_running(&mut self) -> Result<bool, Error> {
        Ok(matches!(self.ask(&Order::Look)?, Answer::Running { .. }))
    }

    pub(crate) fn stop(&mut self) -> Result<(), Error> {
        self.ask(&Order::Stop).map(drop)
    }

    pub(crate) fn kill(&mut self) -> Result<(), Error> {
        self.ask(&Order::Kill).map(drop)
    }

    /// Returns the number of the watcher's process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    fn ask(&mut self, order: &Order) -> Result<Answer, Error> {
        let mut line = serde_json::to_vec(order).map_err(|error| self.fault(&error.to_string()))?;
        line.push(b'\n');
        let orders =
            self.process.stdin.as_mut().expect("standard input was asked for and is never taken");
        orders
            .write_all(&line)
            .map_err(|error| self.fault(&format!("takes no orders: {error}")))?;
        self.hear()
    }

    fn hear(&mut self) -> Result<Answer, Error> {
        let mut line = String::new();
        let heard = self.answers.read_line(&mut line);
        heard.map_err(|error| self.fault(&format!("cannot be heard: {error}")))?;
        serde_json::from_str(&line).map_err(|_| self.fault("ended, or said what is no answer"))
    }

    fn fault(&self, what: &str) -> Error {
        Error::Companion { role: "watcher", flavour: self.flavour, what: what.to_owned() }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Waiting closes the pipe first, and that is the order to kill, remove and end.
        drop(self.process.wait());
    }
}
