//! The second process that each server has: it starts it, and ends it with its owner.
//!
//! The owner, which is a test, the demo or a person's `dev elasticsearch`, may be killed at any moment and then cleans
//! up nothing. So it starts a watcher and holds a pipe to it. Orders go over the pipe, one JSON object a line, and each
//! gets one answer; when the pipe closes, the owner is gone, and the watcher kills the server, removes the folder that
//! it made for it, and ends. A signal from the terminal does not reach the watcher: it is in a process group of its own.
//!
//! Against the death of the watcher itself stand two more: the server's own process asks to be killed with it, where
//! the system has `setpriv`, and the next watcher sweeps away folders that no watcher holds locked.

mod folder;
mod owner;
mod server;

use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use crate::Error;
use crate::account::Account;
use folder::Folder;
pub(crate) use owner::Watched;
use server::Server;

/// How to start a server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) account: Option<Account>,
    /// Where the server runs.
    pub(crate) folder: PathBuf,
    /// What it says goes here.
    pub(crate) log: PathBuf,
}

/// What an owner asks of its watcher.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    Start(Launch),
    Look,
    /// Ends the server as an operator would.
    Stop,
    /// Ends the server as a power cut would.
    Kill,
}

/// What a watcher says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// The first word, unasked: the folder that will be removed at the end.
    Folder(PathBuf),
    Running {
        process: u32,
    },
    Ended,
    Failed(String),
}

/// Watches over one server until standard input ends; this is what `dev watch` does.
pub fn run() -> Result<(), Error> {
    let _undying = outlive_signals()?;
    server::adopt_orphans();
    let folder = Folder::make()?;
    let mut server = None;
    if say(&Answer::Folder(folder.path().to_owned())).is_ok() {
        obey(&mut server);
    }
    if let Some(server) = server {
        server.kill();
    }
    folder.remove()
}

/// Answers orders until the owner is gone.
fn obey(server: &mut Option<Server>) {
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let answer = match serde_json::from_str(&line) {
            Ok(order) => carry_out(order, server),
            Err(error) => Answer::Failed(error.to_string()),
        };
        if say(&answer).is_err() {
            return;
        }
    }
}

fn carry_out(order: Order, server: &mut Option<Server>) -> Answer {
    match order {
        Order::Start(launch) => match Server::start(&launch) {
            Ok(started) => {
                let process = started.process();
                *server = Some(started);
                Answer::Running { process }
            }
            Err(error) => Answer::Failed(format!("{}: {error}", launch.program.display())),
        },
        Order::Look => match server {
            Some(server) if server.is_running() => Answer::Running { process: server.process() },
            Some(_) | None => Answer::Ended,
        },
        Order::Stop => {
            if let Some(server) = server.take() {
                server.stop();
            }
            Answer::Ended
        }
        Order::Kill => {
            if let Some(server) = server.take() {
                server.kill();
            }
            Answer::Ended
        }
    }
}

fn say(answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}

/// Takes the signals that would end us: the end of standard input is the only one that counts.
fn outlive_signals() -> Result<tokio::runtime::Runtime, Error> {
    let failed = |source| Error::Io { act: "take", path: "signals".into(), source };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let context = runtime.enter();
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        // Once taken, a signal keeps no default action, though nobody listens.
        drop(signal(kind).map_err(failed)?);
    }
    drop(context);
    Ok(runtime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_answers_are_one_line_each() {
        let launch = Launch {
            program: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), "echo 'a\nb'".to_owned()],
            environment: Vec::new(),
            account: None,
            folder: "/".into(),
            log: "/dev/null".into(),
        };
        for order in [Order::Start(launch), Order::Look, Order::Stop, Order::Kill] {
            let line = serde_json::to_string(&order).unwrap();
            assert!(!line.contains('\n'), "{line}");
            assert!(serde_json::from_str::<Order>(&line).is_ok(), "{line}");
        }
    }
}
