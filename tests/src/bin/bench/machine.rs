//! What the figures were measured on.

use std::fs;

use serde::Serialize;

/// A machine, as far as figures depend on it.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_bytes: u64,
    pub(crate) kernel: String,
}

impl Machine {
    /// Returns the machine that this runs on.
    pub(crate) fn this() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            cpu: value(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".into()),
            // What we may use of it: a container may have fewer than the machine.
            cores: std::thread::available_parallelism().map_or(0, Into::into),
            memory_bytes: bytes(&read("/proc/meminfo"), "MemTotal").unwrap_or_default(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}

/// Returns the first value of a key in the `key : value` lines of a file in `/proc`.
fn value(text: &str, key: &str) -> Option<String> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = pairs.find(|(found, _)| found.trim() == key)?;
    Some(value.trim().to_owned())
}

/// Returns a size that such a file gives in kibibytes.
pub(crate) fn bytes(text: &str, key: &str) -> Option<u64> {
    let kibibytes: u64 = value(text, key)?.strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\tshipper\nVmPeak:\t   9000 kB\nVmHWM:\t   2048 kB\n";

    #[test]
    fn a_size_is_read_from_the_status_of_a_process() {
        assert_eq!(bytes(STATUS, "VmHWM"), Some(2_097_152));
        assert_eq!(bytes(STATUS, "VmRSS"), None);
        assert_eq!(value(STATUS, "Name").as_deref(), Some("shipper"));
    }
}
