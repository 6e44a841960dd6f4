//! What comes in: one line as it was cut from a file, and who reads it.

use event::Origin;

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
