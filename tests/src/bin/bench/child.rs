//! One run of a program, and what it took: time, CPU, memory.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::machine::bytes;

/// The peak is looked at this often; what grows within the last such moment is missed.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Linux counts the CPU time of processes in hundredths of a second for all programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a run took.
#[derive(Debug)]
pub(crate) struct Spent {
    pub(crate) wall_seconds: f64,
    /// User and system time of all its threads.
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_bytes: u64,
    /// What it wrote to standard output.
    pub(crate) output: String,
}

/// A running program; it is killed when this value goes.
#[derive(Debug)]
pub(crate) struct Run {
    child: Child,
    began: Instant,
    peak_bytes: u64,
}

impl Drop for Run {
    fn drop(&mut self) {
        // After an orderly end there is nothing to kill, and nobody to tell.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Run {
    /// Starts a program that writes its output and its own log into files of this folder. It inherits no setting of ours.
    pub(crate) fn start(program: &Path, arguments: &[&str], folder: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        for (variable, _) in std::env::vars_os() {
            if variable.to_str().is_some_and(|name| name.starts_with("STOREWATCH_")) {
                command.env_remove(variable);
            }
        }
        command
            .args(arguments)
            .stdin(Stdio::null())
            .current_dir(folder)
            .stdout(File::create(folder.join(OUTPUT))?)
            .stderr(File::create(folder.join(ERRORS))?);
        let began = Instant::now();
        let child =
            command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, began, peak_bytes: 0 })
    }

    /// Returns the time since it was started.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Returns the user and system time that all its threads took so far.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds(&self.read("stat")?).context("a process without CPU time")
    }

    /// Returns the most memory that it took so far.
    pub(crate) fn peak_bytes(&self) -> Result<u64> {
        bytes(&self.read("status")?, "VmHWM").context("a process without memory")
    }

    /// Tells whether it has ended.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Kills it and waits for its end.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and kills it when it does not.
    pub(crate) fn end(mut self, limit: Duration) -> Result<()> {
        self.terminate()?;
        let asked = Instant::now();
        while !self.has_ended()? && asked.elapsed() < limit {
            thread::sleep(LOOK_EVERY);
        }
        // What still runs is killed when this value goes.
        Ok(())
    }

    /// Returns the memory that it takes now.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        bytes(&self.read("status")?, "VmRSS").context("a process without memory")
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::TERM)?)
    }

    /// Waits for its end; an end that is not a good one is an error.
    pub(crate) fn wait(mut self, folder: &Path, limit: Duration) -> Result<Spent> {
        let wall = loop {
            let status = self.read("status")?;
            self.peak_bytes = self.peak_bytes.max(bytes(&status, "VmHWM").unwrap_or_default());
            // It stays a zombie until it is reaped, and so its CPU time can still be read.
            let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
            if waitid(WaitId::Pid(Pid::from_child(&self.child)), ended)?.is_some() {
                break self.began.elapsed();
            }
            ensure!(self.began.elapsed() < limit, "it still runs after {limit:?}");
            thread::sleep(LOOK_EVERY);
        };
        let cpu_seconds = self.cpu_seconds()?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("it ended with {status}; the end of its log:\n{}", last_words(folder));
        }
        let (wall_seconds, peak_bytes) = (wall.as_secs_f64(), self.peak_bytes);
        let output = fs::read_to_string(folder.join(OUTPUT))?;
        Ok(Spent { wall_seconds, cpu_seconds, peak_bytes, output })
    }

    fn read(&self, file: &str) -> Result<String> {
        Ok(fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?)
    }
}

const OUTPUT: &str = "output";
const ERRORS: &str = "errors";

/// Returns the end of what the last program of this folder wrote to standard error.
pub(crate) fn last_words(folder: &Path) -> String {
    let errors = fs::read(folder.join(ERRORS)).unwrap_or_default();
    let errors = String::from_utf8_lossy(&errors);
    let lines: Vec<&str> = errors.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

/// Reads user and system time out of `/proc/PID/stat`, whose second field, the name, may hold anything.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, behind_the_name) = stat.rsplit_once(')')?;
    let mut fields = behind_the_name.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(f64::from(user + system) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let stat = "77 (a) b (c)) Z 1 77 77 0 -1 4228108 100 0 0 0 250 50 0 0 20 0 1 0 9 0 0";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds("77 (a) Z 1"), None);
    }

    #[test]
    fn what_a_program_took_and_said_is_known_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let script = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo $i";
        let run = Run::start(Path::new("/bin/sh"), &["-c", script], folder.path()).unwrap();
        let spent = run.wait(folder.path(), Duration::from_mins(1)).unwrap();
        assert_eq!(spent.output, "100000\n");
        assert!(spent.cpu_seconds > 0.0 && spent.wall_seconds > 0.0 && spent.peak_bytes > 4_096);
    }

    #[test]
    fn a_bad_end_is_an_error_with_the_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let run = Run::start(Path::new("/bin/sh"), &["-c", "echo no >&2; exit 3"], folder.path());
        let error = run.unwrap().wait(folder.path(), Duration::from_mins(1)).unwrap_err();
        assert!(error.to_string().ends_with("log:\nno"), "{error}");
    }
}
