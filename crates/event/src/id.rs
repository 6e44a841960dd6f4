//! Ids of events: the same fact gets the same id, however often it is read, sent or redelivered.
//!
//! Two kinds exist, both 128 bits written as 22 characters of base64url. A *keyed* id comes from what the producer calls
//! the event, or from its natural key; an *origin* id from the place of its line. Neither holds a time: a corrected zone
//! or a replay gives the same id again.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::place::{ByteOffset, FileId, NotAnId, decode};

/// What an id was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The producer's own id of the event: a webhook event id, a click id.
    Producer,
    /// Provider, action, entity, status, and version or modified time.
    Natural,
    /// The place of the line.
    Origin,
}

impl KeyKind {
    /// Returns the value of `store.pipeline.key_kind`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Producer => "producer",
            Self::Natural => "natural",
            Self::Origin => "origin",
        }
    }
}

/// The id of an event and of its document (`event.id`, `_id`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 16]);

impl EventId {
    /// Characters of the text form.
    pub const TEXT_LENGTH: usize = 22;

    /// Returns the id of an event with a key: the first 128 bits of SHA-256 over shop, dataset, kind, provider and key.
    ///
    /// Each part is preceded by its length in bytes (u32, little-endian), so no two lists of parts run into one. The
    /// shop is part of it because order 1001 of another shop is another order.
    pub fn keyed(store: &str, dataset: &str, kind: KeyKind, provider: &str, key: &str) -> Self {
        Self::from_parts(&[store, dataset, kind.as_str(), provider, key])
    }

    /// Returns the first 128 bits of SHA-256 over these parts, each preceded by its length (u32, little-endian).
    ///
    /// A part longer than 4 GiB would share the length of its remainder; lines are cut long before.
    pub fn from_parts(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            hash.update(length.to_le_bytes());
            hash.update(part.as_bytes());
        }
        let mut bits = [0; 16];
        bits.copy_from_slice(&hash.finalize()[..16]);
        Self(bits)
    }

    /// Returns the id of an event without a key: 64 bits of the file, 48 bits of the offset, 16 bits of the part.
    ///
    /// Big-endian, so ids ascend within a file, which costs the cluster least. Offsets wrap at 256 TiB.
    pub fn from_origin(file: FileId, start: ByteOffset, part: u16) -> Self {
        let mut bits = [0; 16];
        bits[..8].copy_from_slice(&file.as_bytes()[..8]);
        bits[8..14].copy_from_slice(&start.get().to_be_bytes()[2..]);
        bits[14..].copy_from_slice(&part.to_be_bytes());
        Self(bits)
    }

    /// Returns its 128 bits.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Returns the text form without allocating.
    pub fn to_text(self) -> [u8; Self::TEXT_LENGTH] {
        let mut text = [0; Self::TEXT_LENGTH];
        let written = URL_SAFE_NO_PAD.encode_slice(self.0, &mut text);
        debug_assert_eq!(written, Ok(Self::TEXT_LENGTH), "128 bits take 22 characters");
        text
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({self})")
    }
}

impl FromStr for EventId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        decode(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // These vectors never change: a new release must give old events their old ids.
    #[test]
    fn keyed_ids_are_those_of_every_release() {
        let check = |store, dataset, kind, provider, key, want: &str| {
            assert_eq!(EventId::keyed(store, dataset, kind, provider, key).to_string(), want);
        };
        check(
            "shop-1",
            "store.order",
            KeyKind::Natural,
            "shopify",
            "order.submitted/1001/paid/3",
            "i2LDeA-b1D0OvgdweixGsg",
        );
        check(
            "shop-2",
            "store.order",
            KeyKind::Natural,
            "shopify",
            "order.submitted/1001/paid/3",
            "LdLha7fhFBcAALfe1KFxmw",
        );
        check(
            "shop-1",
            "store.order",
            KeyKind::Producer,
            "shopify",
            "order.submitted/1001/paid/3",
            "_GdnWOnOG988VwT5fy2O8w",
        );
        check("", "store.payment", KeyKind::Producer, "", "通知-1", "6QhA5wZ70FH8ldjP-HQMbw");
    }

    #[test]
    fn origin_ids_are_those_of_every_release() {
        let file = FileId::from_bytes([
            0xf0, 0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96, 0x87, 1, 2, 3, 4, 5, 6, 7, 8,
        ]);
        let check = |start, part, want: &str| {
            assert_eq!(EventId::from_origin(file, ByteOffset::new(start), part).to_string(), want);
        };
        check(0, 0, "8OHSw7SllocAAAAAAAAAAA");
        check(281_474_976_710_655, 65_535, "8OHSw7Sllof__________w");
    }

    #[test]
    fn parts_do_not_run_into_one_another() {
        assert_ne!(EventId::from_parts(&["ab", "c"]), EventId::from_parts(&["a", "bc"]));
        assert_ne!(EventId::from_parts(&["a"]), EventId::from_parts(&["a", ""]));
    }

    #[test]
    fn ids_ascend_within_a_file_as_numbers_do() {
        let file = FileId::from_bytes([7; 16]);
        let id = |start, part| EventId::from_origin(file, ByteOffset::new(start), part);
        assert!(id(9, 0) < id(10, 0));
        assert!(id(255, 3) < id(256, 0));
        assert!(id(10, 0) < id(10, 1));
    }

    #[test]
    fn the_two_text_forms_agree() {
        let id = EventId::from_parts(&["x"]);
        assert_eq!(std::str::from_utf8(&id.to_text()).unwrap(), id.to_string());
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}
