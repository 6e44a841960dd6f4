//! The server's processes: one group, started together and ended together.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpgid};

use super::Launch;
use crate::tools;

/// A server that is asked to end gets this long before it is killed.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A started server.
#[derive(Debug)]
pub(super) struct Server {
    group: Pid,
    // Its standard input stays open as long as this lives: to a server, the end of it is the end of its owner.
    child: Child,
}

impl Server {
    pub(super) fn start(launch: &Launch) -> io::Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(&launch.log)?;
        let mut command = dying_with_us();
        command
            .arg(&launch.program)
            .args(&launch.arguments)
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&launch.folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0);
        if let Some(account) = launch.account {
            account.apply(&mut command);
        }
        let child = command.spawn()?;
        let group = Pid::from_child(&child);
        Ok(Self { group, child })
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Tells whether any process of the server is left, and buries those that ended.
    pub(super) fn is_running(&self) -> bool {
        loop {
            match waitpgid(self.group, WaitOptions::NOHANG) {
                Ok(None) => return true,
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return false, // no such children any more
            }
        }
    }

    pub(super) fn stop(self) {
        self.signal(Signal::TERM);
        let asked = Instant::now();
        while self.is_running() {
            if asked.elapsed() > PATIENCE {
                return self.kill();
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    pub(super) fn kill(self) {
        self.signal(Signal::KILL);
        while self.is_running() {
            // A killed process may take a moment to give back its port and its files.
            thread::sleep(LOOK_EVERY);
        }
    }

    fn signal(&self, signal: Signal) {
        // The only failure is that the group is gone, which is what the caller wants.
        kill_process_group(self.group, signal).ok();
    }
}

/// Makes the server's grandchildren ours when their parent dies, so that we can wait for their end.
pub(super) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).ok();
}

/// Returns a command that takes the real one as its arguments.
fn dying_with_us() -> Command {
    let plain = || Command::new("env");
    let Some(program) = tools::on_path("setpriv") else { return plain() };
    let asking_for_death = || {
        let mut command = Command::new(&program);
        command.args(["--pdeathsig", "KILL"]);
        command
    };
    // Small systems have a `setpriv` that cannot do this.
    let probe = asking_for_death().arg("true").stdin(Stdio::null()).stderr(Stdio::null()).status();
    if probe.is_ok_and(|status| status.success()) { asking_for_death() } else { plain() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::test_kill_process;
    use std::fs;
    use std::path::Path;

    fn launch(folder: &Path, script: &str) -> Launch {
        Launch {
            program: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            environment: vec![("WORD".to_owned(), "value".to_owned())],
            account: None,
            folder: folder.to_owned(),
            log: folder.join("log"),
        }
    }

    fn wait_for_text(path: &Path) -> String {
        let start = Instant::now();
        loop {
            match fs::read_to_string(path) {
                Ok(text) if text.ends_with('\n') => return text,
                Ok(_) | Err(_) => {
                    assert!(start.elapsed() < PATIENCE, "{} stays empty", path.display());
                }
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    #[test]
    fn a_killed_server_leaves_no_grandchild() {
        let folder = tempfile::tempdir().unwrap();
        adopt_orphans();
        let server = Server::start(&launch(folder.path(), "sleep 600 & echo $!; wait")).unwrap();
        let grandchild: i32 = wait_for_text(&folder.path().join("log")).trim().parse().unwrap();
        assert!(server.is_running());
        server.kill();
        assert!(test_kill_process(Pid::from_raw(grandchild).unwrap()).is_err());
    }

    #[test]
    fn a_stopped_server_may_finish_its_work() {
        let folder = tempfile::tempdir().unwrap();
        let script =
            "trap 'echo $WORD > done; exit' TERM; echo ready; while :; do sleep 0.01; done";
        let server = Server::start(&launch(folder.path(), script)).unwrap();
        wait_for_text(&folder.path().join("log"));
        server.stop();
        assert_eq!(fs::read_to_string(folder.path().join("done")).unwrap(), "value\n");
    }
}
