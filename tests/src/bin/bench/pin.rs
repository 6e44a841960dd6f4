//! Pins this process, and with it every thread and program that it starts from then on, to two cores.
//!
//! So the server, the program under test and what feeds them share the same two cores on any machine, as the bars say.

use std::process::{Command, Stdio};

/// The bars are for a machine with so many cores.
const CORES: usize = 2;

/// Pins this process; returns what to say about it.
pub(crate) fn pin() -> String {
    let usable = std::thread::available_parallelism().map_or(0, Into::into);
    if usable <= CORES {
        return format!("not pinned: there are {usable} cores, and everything shares them");
    }
    let cores = format!("0-{}", CORES - 1);
    let asked = Command::new("taskset")
        .args(["--cpu-list", "--pid", &cores, &std::process::id().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match asked {
        Ok(status) if status.success() => {
            format!("pinned: server, programs and load share cores {cores} of {usable}")
        }
        Ok(status) => format!("not pinned: taskset ended with {status}"),
        Err(error) => format!("not pinned: taskset cannot be started: {error}"),
    }
}
