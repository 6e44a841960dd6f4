//! The file format of what is known and acknowledged: `checkpoint.json`.
//!
//! ```text
//! { "format": 2, "written": "2026-01-02T03:04:05Z",
//!   "host": { "id": "..", "machine": "..", "name": ".." },
//!   "files": [ { "id": "..", "node": { "device", "inode", "born_ns" }, "generation": 0,
//!                "head": { "length", "hash" }, "path": "/var/log/nginx/access.log", "first_seen": "..",
//!                "committed": { "offset", "before": { "length", "hash" } }, "earlier": [ .. ],
//!                "copies": [ .. ], "state": "present", "done_bytes": 123, "seals": [ 456 ] } ] }
//! ```
//!
//! Format 1 had no `seals`. A reader takes every format up to its own and refuses a newer one, because going back would
//! lose what that knew.

use event::{ByteOffset, FileId};
use jiff::Timestamp;
use runtime::Refused;
use serde::{Deserialize, Serialize};

use crate::acknowledge::Mark;
use crate::identity::{Host, Node, Print};

/// The format that this version writes.
pub const FORMAT: u32 = 2;

/// What was known and acknowledged at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Version of the format.
    pub format: u32,
    /// When it was written.
    pub written: Timestamp,
    /// Where it was written.
    pub host: Host,
    /// The files.
    pub files: Vec<FileState>,
}

/// One file in a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileState {
    /// Its id.
    pub id: FileId,
    /// What the file system calls it, or called it last.
    pub node: Node,
    /// How often this node was cut away before.
    pub generation: u32,
    /// Print of its first bytes.
    pub head: Print,
    /// Its name when it was last seen, as text for people: a name never decides.
    pub path: String,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// The place up to which everything is acknowledged.
    pub committed: Mark,
    /// Such places of the last seconds, newest first: a copy may end before our place.
    pub earlier: Vec<Mark>,
    /// Files that hold the same bytes.
    pub copies: Vec<Node>,
    /// What became of it.
    pub state: Whereabouts,
    /// Its bytes on disk when a compressed file was read to its end: as long as they are that many, it is not opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_bytes: Option<u64>,
    /// Places behind the acknowledged one at which something was ended by time, not by what the text says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seals: Vec<ByteOffset>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whereabouts {
    /// It is there.
    Present,
    /// It is not, since then.
    Gone(Timestamp),
    /// Its bytes were cut away in place then; another file stands in its node.
    Truncated(Timestamp),
}

impl Checkpoint {
    /// Reads a checkpoint of this or an older format.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refused> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let damaged = |error: serde_json::Error| Refused::Damaged(error.to_string());
        let version: Version = serde_json::from_slice(bytes).map_err(damaged)?;
        match version.format {
            // What the second added is absent in the first.
            1..=FORMAT => serde_json::from_slice(bytes).map_err(damaged),
            0 => Err(Refused::Damaged("format 0 never existed".to_owned())),
            newer => Err(Refused::Newer(format!(
                "format {newer} was written by a later version; this one reads up to {FORMAT}"
            ))),
        }
    }

    /// Returns the text of the file.
    pub fn encode(&self) -> Vec<u8> {
        // Plain structs with text keys: there is nothing in them that JSON cannot hold.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::HostId;

    // A checkpoint as the first release wrote it. It must be read for ever.
    const FIRST: &str = r#"{"format":1,"written":"2026-01-02T03:04:05Z","host":{"id":"BwcHBwcHBwcHBwcHBwcHBw","machine":null,"name":"shop-1"},"files":[{"id":"AQEBAQEBAQEBAQEBAQEBAQ","node":{"device":1,"inode":2,"born_ns":3},"generation":0,"head":{"length":10,"hash":11},"path":"/var/log/a.log","first_seen":"2026-01-01T00:00:00Z","committed":{"offset":100,"before":{"length":64,"hash":5}},"earlier":[],"copies":[],"state":"present"},{"id":"AgICAgICAgICAgICAgICAg","node":{"device":1,"inode":4,"born_ns":null},"generation":1,"head":{"length":0,"hash":0},"path":"b","first_seen":"2026-01-01T00:00:00Z","committed":{"offset":0,"before":{"length":0,"hash":0}},"earlier":[],"copies":[],"state":{"gone":"2026-01-02T00:00:00Z"}}]}"#;

    #[test]
    fn the_first_format_is_read_and_keeps_what_it_holds() {
        let read = Checkpoint::decode(FIRST.as_bytes()).unwrap();
        assert_eq!(read.host.id, HostId::from_bytes([7; 16]));
        assert_eq!(read.files[0].committed.offset, ByteOffset::new(100));
        assert_eq!(String::from_utf8(read.encode()).unwrap(), FIRST);
    }

    #[test]
    fn the_second_format_knows_where_events_were_ended_by_time() {
        let mut second = Checkpoint::decode(FIRST.as_bytes()).unwrap();
        second.format = FORMAT;
        second.files[0].seals = vec![ByteOffset::new(150)];
        let text = String::from_utf8(second.encode()).unwrap();
        assert!(text.contains(r#""state":"present","seals":[150]}"#), "{text}");
        assert_eq!(Checkpoint::decode(text.as_bytes()).unwrap(), second);
    }

    #[test]
    fn a_newer_format_is_refused_and_garbage_is_damage() {
        let newer = Checkpoint::decode(br#"{"format":3,"anything":[]}"#).unwrap_err();
        assert!(matches!(newer, Refused::Newer(_)), "{newer:?}");
        for garbage in ["", "{", "\0\0\0", r#"{"format":1}"#, r#"{"format":0}"#, "[]"] {
            let error = Checkpoint::decode(garbage.as_bytes()).unwrap_err();
            assert!(matches!(error, Refused::Damaged(_)), "{garbage:?}: {error:?}");
        }
    }
}
