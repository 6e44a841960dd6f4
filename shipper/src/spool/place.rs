//! The file format of a spool's place: `state.json`.
//!
//! ```text
//! { "format": 1, "file": "..", "acknowledged": 1024, "synced": 4096,
//!   "mark": { "until": "2026-01-02T03:04:05Z", "cursor": "abc" } }
//! ```

use event::{ByteOffset, FileId};
use jiff::Timestamp;
use runtime::Refused;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::identity::HostId;

/// The format that this version writes.
const FORMAT: u32 = 1;

/// How far a poll has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Everything modified before this instant is in the spool or behind it.
    pub until: Option<Timestamp>,
    /// Where an API that hands out cursors wants to be asked on.
    pub cursor: Option<String>,
}

/// What is known of a spool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub(super) format: u32,
    /// Names the stream of its records.
    pub file: FileId,
    /// The cluster has everything before it.
    pub acknowledged: ByteOffset,
    /// Everything before it was synced: what is torn there was whole once.
    pub synced: ByteOffset,
    /// How far the poll has come.
    pub mark: Mark,
}

impl Place {
    /// Returns the place of a new spool. The time is part of its id: when somebody removes a spool, the offsets of the
    /// next one must not look like places of the first.
    pub fn new(host: &HostId, poll: &str, now: Timestamp) -> Self {
        let mut input = host.as_bytes().to_vec();
        input.extend_from_slice(b"spool");
        input.extend_from_slice(&now.as_nanosecond().to_le_bytes());
        input.extend_from_slice(poll.as_bytes());
        Self {
            format: FORMAT,
            file: FileId::from_bytes(xxh3_128(&input).to_be_bytes()),
            acknowledged: ByteOffset::ZERO,
            synced: ByteOffset::ZERO,
            mark: Mark::default(),
        }
    }

    /// Reads a place of this or an older format.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refused> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let damaged = |error: serde_json::Error| Refused::Damaged(error.to_string());
        let version: Version = serde_json::from_slice(bytes).map_err(damaged)?;
        match version.format {
            FORMAT => serde_json::from_slice(bytes).map_err(damaged),
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

    // A place as the first release wrote it. It must be read for ever.
    const FIRST: &str = r#"{"format":1,"file":"AQEBAQEBAQEBAQEBAQEBAQ","acknowledged":10,"synced":20,"mark":{"until":"2026-01-02T03:04:05Z","cursor":null}}"#;

    #[test]
    fn the_first_format_is_read_and_written_as_it_was() {
        let place = Place::decode(FIRST.as_bytes()).unwrap();
        assert_eq!(place.synced, ByteOffset::new(20));
        assert_eq!(String::from_utf8(place.encode()).unwrap(), FIRST);
    }

    #[test]
    fn a_newer_format_is_refused_and_garbage_is_damage() {
        let newer = Place::decode(br#"{"format":2,"anything":[]}"#).unwrap_err();
        assert!(matches!(newer, Refused::Newer(_)), "{newer:?}");
        for garbage in ["", "{", r#"{"format":1}"#, r#"{"format":0}"#] {
            let error = Place::decode(garbage.as_bytes()).unwrap_err();
            assert!(matches!(error, Refused::Damaged(_)), "{garbage:?}: {error:?}");
        }
    }

    #[test]
    fn a_spool_that_is_made_anew_has_other_ids() {
        let host = HostId::from_bytes([7; 16]);
        let place =
            |poll, second| Place::new(&host, poll, Timestamp::from_second(second).unwrap()).file;
        assert_ne!(place("a", 1), place("a", 2));
        assert_ne!(place("a", 1), place("b", 1));
    }
}
