//! What comes in: one line as it was cut from a file, and who reads it.

use event::Origin;
use jiff::Timestamp;

use crate::counters::Failure;

/// One line, its delimiter removed.
#[derive(Debug, Clone)]
pub struct RawLine<'a> {
    /// The bytes as they stood in the file, or decoded to UTF-8.
    pub bytes: &'a [u8],
    /// Where the line stood; `part` is 0.
    pub origin: Origin,
    /// Path of the file, for `log.file.path`.
    pub path: &'a str,
    /// The line was longer than the limit and lost its end.
    pub truncated: bool,
    /// What was done to it on the way here.
    pub provenance: Provenance,
}

/// What was done to a line between its file and a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance {
    /// The encoding that it was decoded from; `None` for UTF-8, as which it stood in the file.
    pub encoding: Option<&'static str>,
    /// Whether all of its bytes were characters.
    pub decoding: Decoding,
    /// How many lines of the file were joined to it, itself included.
    pub lines: u32,
    /// When somebody else took the line down, such as the runtime of a container; counts where the line has no time.
    pub time: Option<Timestamp>,
    /// Why this is no line of the file but a report about it.
    pub fault: Option<Failure>,
}

impl Default for Provenance {
    fn default() -> Self {
        Self { encoding: None, decoding: Decoding::Clean, lines: 1, time: None, fault: None }
    }
}

/// Whether bytes were text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoding {
    /// They were.
    Clean,
    /// Some became U+FFFD.
    Repaired,
}

/// Who reads: the same for all lines of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Name of the host, for events that name none themselves.
    pub host_name: String,
    /// Installation that reads.
    pub agent_id: String,
    /// Which program reads: `shipper`, `enricher`.
    pub agent_type: String,
    /// Its version.
    pub agent_version: String,
}
