//! Running programs: start, signal, wait with a limit, and what they said.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::binaries::binary;
use crate::wait::{eventually, eventually_some};

const PIPE_LIMIT: Duration = Duration::from_secs(30);
/// So many bytes of its standard error are shown of a program that still ran when its test failed.
const LAST_WORDS: usize = 4_096;

/// A program that is about to be started.
#[derive(Debug)]
pub struct Program {
    command: Command,
}

impl Program {
    /// Returns a program of the workspace, built first if need be.
    pub fn new(name: &str) -> Self {
        Self::at(&binary(name))
    }

    /// Returns the program in this file. It inherits no setting of ours from the environment.
    pub fn at(path: &Path) -> Self {
        let mut command = Command::new(path);
        for (variable, _) in std::env::vars_os() {
            if variable.to_str().is_some_and(|name| name.starts_with("STOREWATCH_")) {
                command.env_remove(variable);
            }
        }
        Self { command }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, variable: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(variable, value);
        self
    }

    /// Lets it run in this folder.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Starts it; its standard input is an open pipe.
    pub fn start(mut self) -> Running {
        let piped =
            self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let spawned = piped.spawn();
        let name = self.command.get_program();
        let mut child =
            spawned.unwrap_or_else(|error| panic!("cannot start {}: {error}", name.display()));
        let output = Capture::of(child.stdout.take().expect("standard output was asked for"));
        let errors = Capture::of(child.stderr.take().expect("standard error was asked for"));
        Running { child, output, errors }
    }

    /// Runs it to its end with nothing on standard input; panics when that takes longer than the limit.
    #[track_caller]
    pub fn run(self, limit: Duration) -> Ended {
        let mut running = self.start();
        running.close_input();
        running.wait(limit)
    }
}

/// A running program; it is killed when this value goes.
#[derive(Debug)]
pub struct Running {
    child: Child,
    output: Capture,
    errors: Capture,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code, none if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// All of its standard output.
    pub output: String,
    /// All of its standard error.
    pub errors: String,
}

impl Running {
    /// Returns the number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns what it has written to standard output so far.
    pub fn output(&self) -> String {
        self.output.so_far()
    }

    /// Returns what it has written to standard error so far.
    pub fn errors(&self) -> String {
        self.errors.so_far()
    }

    /// Returns its standard input, once.
    pub fn input(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("standard input is taken once")
    }

    /// Closes its standard input.
    pub fn close_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Tells whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.ended().is_none()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        // One that has ended needs no signal; its number is ours until it is waited for, so nobody else gets it.
        kill_process(Pid::from_child(&self.child), signal).ok();
    }

    /// Kills it at once and waits for its end.
    #[track_caller]
    pub fn kill(mut self) -> Ended {
        self.signal(Signal::KILL);
        self.wait_inner(PIPE_LIMIT)
    }

    /// Asks it to end (SIGTERM) and waits; panics when it takes longer than the limit.
    #[track_caller]
    pub fn terminate(mut self, limit: Duration) -> Ended {
        self.signal(Signal::TERM);
        self.wait_inner(limit)
    }

    /// Waits for its end; panics when it still runs at the limit.
    #[track_caller]
    pub fn wait(mut self, limit: Duration) -> Ended {
        self.wait_inner(limit)
    }

    /// Waits until its standard error contains a text; panics when it ends first, or at the limit.
    #[track_caller]
    pub fn wait_for_error(&mut self, limit: Duration, text: &str) {
        eventually(limit, || {
            // In this order: what was written just before the end is not missed.
            let running = self.is_running();
            let found = self.errors().contains(text);
            assert!(
                found || running,
                "it ended without {text:?} on standard error:\n{}",
                self.errors()
            );
            found
        });
    }

    /// Waits for the first line of its standard output; panics when it ends without one, or at the limit.
    #[track_caller]
    pub fn wait_for_line(&mut self, limit: Duration) -> String {
        eventually_some(limit, || {
            let running = self.is_running();
            let line = self.output().split_once('\n').map(|(line, _)| line.to_owned());
            assert!(line.is_some() || running, "it ended without a line:\n{}", self.errors());
            line
        })
    }

    #[track_caller]
    fn wait_inner(&mut self, limit: Duration) -> Ended {
        let status = eventually_some(limit, || self.ended());
        let (output, errors) = (self.output.all(), self.errors.all());
        Ended { code: status.code(), signal: status.signal(), output, errors }
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap_or_else(|error| panic!("cannot wait for a child: {error}"))
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a test that fails tells why, and there is nobody else to tell"
)]
impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() && self.is_running() {
            let words = self.errors();
            let first = words.len().saturating_sub(LAST_WORDS);
            let last = words.get(words.ceil_char_boundary(first)..).unwrap_or_default();
            eprintln!("the last words of process {}, which still ran:\n{last}", self.id());
        }
        // The test is over, perhaps by a panic; there is nobody to tell.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A pipe that is read by a thread as it fills, so that the program never waits for us.
#[derive(Debug)]
struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Capture {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut block = [0; 8192];
            while let Ok(read @ 1..) = pipe.read(&mut block) {
                let mut bytes = shared.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.extend_from_slice(&block[..read]);
            }
        });
        Self { bytes, reader }
    }

    fn so_far(&self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns everything: the program has ended, and the pipe ends with the last of its children that holds it.
    #[track_caller]
    fn all(&self) -> String {
        eventually(PIPE_LIMIT, || self.reader.is_finished());
        self.so_far()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Program {
        Program::at(Path::new("/bin/sh")).args(["-c", script])
    }

    #[test]
    fn a_program_is_run_to_its_end_and_heard() {
        let ended = shell("echo out; echo err >&2; exit 65").run(LIMIT);
        assert_eq!((ended.code, ended.signal), (Some(65), None));
        assert_eq!((ended.output.as_str(), ended.errors.as_str()), ("out\n", "err\n"));
    }

    #[test]
    fn a_program_that_says_much_does_not_block() {
        let ended =
            shell("i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done").run(LIMIT);
        assert_eq!(ended.output.len(), 220_000);
    }

    #[test]
    fn a_killed_program_tells_the_signal_and_a_terminated_one_its_code() {
        assert_eq!(shell("read never").start().kill().signal, Some(9));
        let mut running =
            shell("trap 'echo $WORD >&2; exit 7' TERM; echo ready; while :; do sleep 0.01; done")
                .env("WORD", "value")
                .start();
        assert_eq!(running.wait_for_line(LIMIT), "ready");
        let ended = running.terminate(LIMIT);
        assert_eq!((ended.code, ended.errors.trim()), (Some(7), "value"));
    }

    #[test]
    #[should_panic(expected = "ended without \"never said\"")]
    fn waiting_for_words_of_a_program_that_ended_fails() {
        shell("echo other >&2").start().wait_for_error(LIMIT, "never said");
    }
}
