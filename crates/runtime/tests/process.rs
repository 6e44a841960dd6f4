//! The example program as a process: what its signals, its settings and its logs do.
#![expect(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use std::{
    io::{BufRead, BufReader, Lines, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Output, Stdio},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use runtime::{DurableFile, RealDisk};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The example lies beside the tests, because `cargo test` builds the examples of a package before it runs its tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("examples/program")
}

fn settings(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("program.yml");
    DurableFile::replace(&RealDisk, &path, text.as_bytes()).unwrap();
    path
}

fn check(text: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(program()).arg(settings(folder.path(), text)).arg("check").output().unwrap()
}

/// Far longer than anything here takes, so that a fault ends the test and does not hang it.
const LIMIT: Duration = Duration::from_secs(20);

/// A running program whose log is read line by line.
struct Running {
    child: Child,
    log: Receiver<String>,
}

impl Running {
    fn start(verb: &str) -> (Self, Value) {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program());
        command.arg(settings(folder.path(), "logs: {format: json}\n")).arg(verb);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, log) = sync_channel(100);
        // It ends with the program, whose end closes stderr.
        thread::spawn(move || pass_on(lines, &sender));
        let running = Self { child, log };
        // The line is written after settings, signals and endpoint are ready.
        let started = running.line();
        assert_eq!(started["event.code"], "started");
        (running, started)
    }

    fn line(&self) -> Value {
        let line = self.log.recv_timeout(LIMIT).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line:?}"))
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

fn pass_on(lines: Lines<BufReader<ChildStderr>>, sender: &SyncSender<String>) {
    lines.map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already unless a test failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_program_answers_while_it_runs_and_ends_in_order_when_it_is_told_to() {
    let (mut program, started) = Running::start("run");
    assert_eq!(started["service.name"], "program");
    let mut stream = TcpStream::connect(started["url.domain"].as_str().unwrap()).unwrap();
    stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.0 200 "), "{reply}");
    program.send(Signal::HUP);
    assert_eq!(program.line()["event.code"], "reloaded");
    program.send(Signal::USR1);
    assert_eq!(program.line()["event.code"], "status");
    program.send(Signal::TERM);
    assert_eq!(program.line()["event.code"], "draining");
    assert_eq!(program.line()["event.code"], "ended");
    assert_eq!(program.code(), Some(0));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the time between two signals is what is tested")]
fn a_second_signal_ends_a_program_that_does_not_come_to_an_end() {
    for (second, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let (mut program, _) = Running::start("hang");
        program.send(Signal::TERM);
        assert_eq!(program.line()["event.code"], "draining");
        // What comes within 20 ms is an echo of the first; no person is as fast.
        thread::sleep(Duration::from_millis(60));
        program.send(second);
        assert_eq!(program.line()["event.code"], "ended_at_once");
        assert_eq!(program.code(), Some(code));
    }
}

#[test]
fn settings_that_are_refused_are_printed_for_machines_and_end_with_78() {
    let output = check("logs:\n  level: loud\nadmin:\n  adress: x\n");
    assert_eq!(output.status.code(), Some(78));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["errors"], 2);
    assert_eq!(printed["findings"][0]["key"], "logs.level");
    assert_eq!(printed["findings"][0]["allowed"], "error, warn, info, debug, trace");
    assert_eq!(printed["findings"][1]["hint"], "did you mean admin.address?");
}

#[test]
fn settings_that_hold_end_with_0() {
    let output = check("logs:\n  level: debug\n");
    assert_eq!(output.status.code(), Some(0));
    let expected = "{\"errors\":0,\"warnings\":0,\"findings\":[]}\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn a_run_with_refused_settings_says_why_once_on_stderr() {
    let folder = tempfile::tempdir().unwrap();
    let path = settings(folder.path(), "nonsense: 1\n");
    let output = Command::new(program()).arg(&path).arg("run").output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let told = String::from_utf8(output.stderr).unwrap();
    let expected =
        format!("program: {}:1: nonsense is not a key that is known here", path.display());
    assert!(told.starts_with(&expected), "{told}");
    assert_eq!(told.lines().count(), 1);
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_64() {
    let output = Command::new(program()).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn an_endpoint_that_is_taken_is_told_with_its_cause() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = settings(folder.path(), &format!("admin: {{address: '{address}'}}\n"));
    let output = Command::new(program()).arg(&path).arg("run").output().unwrap();
    assert_eq!(output.status.code(), Some(74));
    let told = String::from_utf8(output.stderr).unwrap();
    let expected = format!("program: cannot bind admin endpoint {address}: Address already in use");
    assert!(told.starts_with(&expected), "{told}");
}
