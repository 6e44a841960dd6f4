//! What `/status` shows: one value, written every few hundred milliseconds, read by `shipper status`, `top` and people.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use runtime::admin::AdminState;
use serde::{Deserialize, Serialize};

use crate::inputs::Inputs;
use crate::metrics::{Ended, Metrics};
use crate::registry::Summary;
use crate::settings::Input;
use crate::tail::Behind;

/// The state of a running shipper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Its version.
    pub version: String,
    /// Seconds since its start.
    pub running_seconds: u64,
    /// Whether nothing needs a person.
    pub ready: bool,
    /// What is wrong, by name.
    pub reasons: BTreeMap<String, String>,
    /// Events by how they ended.
    pub events: BTreeMap<String, u64>,
    /// What is read, in the order of the configuration.
    pub inputs: Vec<InputStatus>,
    /// Bytes that are read and not acknowledged.
    pub inflight_bytes: u64,
    /// Requests that may be under way at once.
    pub concurrency: u64,
    /// Bytes that a request may hold.
    pub batch_bytes: u64,
    /// Open files.
    pub open_files: u64,
    /// Bytes of deleted files that are held open until they are read.
    pub held_bytes: u64,
    /// Seconds since the last checkpoint was written.
    pub checkpoint_age_seconds: u64,
    /// Dead letters on disk.
    pub dead_letters: usize,
    /// Files that are read, at most a hundred of them.
    pub files: Vec<FileStatus>,
    /// Files that are furthest behind, the furthest first.
    #[serde(default)]
    pub behind: Vec<BehindStatus>,
}

/// How far one input is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputStatus {
    /// Its id.
    pub id: String,
    /// The stream that its events go to.
    pub stream: String,
    /// Bytes on disk that are not acknowledged.
    pub lag_bytes: u64,
    /// How long the oldest of them is there.
    pub lag_seconds: f64,
    /// How long they take to be acknowledged at the rate of late.
    pub drain_seconds: f64,
}

/// How far one file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStatus {
    /// Its path.
    pub path: String,
    /// Bytes that are acknowledged.
    pub acknowledged_bytes: u64,
    /// Bytes that were sent on their way.
    pub sent_bytes: u64,
    /// The format that its first lines told, and why, where the input asks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

/// A file with bytes on disk that are not acknowledged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BehindStatus {
    /// Its path.
    pub path: String,
    /// How many they are.
    pub lag_bytes: u64,
    /// How long the oldest of them is there.
    pub lag_seconds: f64,
}

/// What a status is made from.
#[derive(Debug)]
pub struct Parts<'a> {
    /// Time since the start.
    pub running: Duration,
    /// Where trouble is known.
    pub admin: &'a AdminState,
    /// What was counted.
    pub metrics: &'a Metrics,
    /// What is read.
    pub inputs: &'a Inputs,
    /// How far files are.
    pub files: Vec<Summary>,
    /// The files that are furthest behind.
    pub behind: Vec<Behind>,
    /// Dead letters on disk.
    pub dead_letters: usize,
}

impl Status {
    /// Returns the state at this moment.
    pub fn of(parts: Parts<'_>) -> Self {
        let Parts { running, admin, metrics, inputs, files, behind, dead_letters } = parts;
        let reasons = admin.reasons();
        let level = |level: i64| u64::try_from(level).unwrap_or_default();
        let input = |(_, input): (usize, Arc<Input>)| {
            let (lag_seconds, drain_seconds) = metrics.lag_seconds_of(&input.id);
            InputStatus {
                id: input.id.clone(),
                stream: input.stream.to_string(),
                lag_bytes: metrics.lag_of(&input.id),
                lag_seconds,
                drain_seconds,
            }
        };
        let file = |file: Summary| FileStatus {
            path: file.path,
            acknowledged_bytes: file.acknowledged_bytes,
            sent_bytes: file.sent_bytes,
            format: file.format,
        };
        let behind_status = |file: Behind| BehindStatus {
            path: file.path.to_string_lossy().into_owned(),
            lag_bytes: file.bytes,
            lag_seconds: file.age.as_secs_f64(),
        };
        let events = Ended::ALL.iter();
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            running_seconds: running.as_secs(),
            ready: reasons.is_empty(),
            reasons: reasons.into_iter().map(|(name, why)| (name.to_owned(), why)).collect(),
            events: events.map(|&how| (how.as_str().to_owned(), metrics.total(how))).collect(),
            inputs: inputs.active().into_iter().map(input).collect(),
            inflight_bytes: level(metrics.inflight_bytes.get()),
            concurrency: level(metrics.concurrency_limit.get()),
            batch_bytes: level(metrics.batch_limit_bytes.get()),
            open_files: level(metrics.open_files.get()),
            held_bytes: level(metrics.held_bytes.get()),
            checkpoint_age_seconds: level(metrics.checkpoint_age_seconds.get()),
            dead_letters,
            files: files.into_iter().map(file).collect(),
            behind: behind.into_iter().map(behind_status).collect(),
        }
    }
}

/// Returns a number of bytes for people: `640 B`, `12.3 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1_024.0;
    let mut unit = 0;
    while value >= 1_023.95 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS.get(unit).unwrap_or(&"PiB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        let sizes = [0, 640, 1_023, 1_024, 12_897_485, 1_048_576, 1_048_570, 1 << 40];
        assert_eq!(
            sizes.map(size),
            ["0 B", "640 B", "1023 B", "1.0 KiB", "12.3 MiB", "1.0 MiB", "1.0 MiB", "1.0 TiB"]
        );
    }
}
