//! Where a line stood: a file that keeps its id through renames, and the bytes in it.

use std::fmt;
use std::ops::{Add, Range, Sub};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A position in a file, in raw bytes (decompressed ones where the file is compressed).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ByteOffset(u64);

impl ByteOffset {
    /// The start of a file.
    pub const ZERO: Self = Self(0);

    /// Returns the position `bytes` behind the start of a file.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Returns the distance to the start of the file, in bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl Add<u64> for ByteOffset {
    type Output = Self;

    fn add(self, length: u64) -> Self {
        Self(self.0 + length)
    }
}

impl Sub for ByteOffset {
    type Output = u64;

    fn sub(self, earlier: Self) -> u64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for ByteOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The bytes of one line or group of lines, its delimiter included.
pub type Span = Range<ByteOffset>;

/// Names one file for as long as it lives: 128 bits, made at first sight and never recomputed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId([u8; 16]);

impl FileId {
    /// Returns the id with these bits.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bits.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileId({self})")
    }
}

/// The text is not the base64url form of 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 22 characters of base64url")]
pub struct NotAnId;

pub(crate) fn decode(text: &str) -> Result<[u8; 16], NotAnId> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAnId)?;
    bytes.try_into().map_err(|_| NotAnId)
}

impl FromStr for FileId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        decode(text).map(Self)
    }
}

impl Serialize for FileId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FileId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where an event came from. One line may give several events; `part` counts them from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: FileId,
    /// The bytes of the line in it.
    pub span: Span,
    /// Which of the line's events this is.
    pub part: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_id_survives_its_text() {
        let id = FileId::from_bytes(*b"0123456789abcdef");
        assert_eq!(id.to_string(), "MDEyMzQ1Njc4OWFiY2RlZg");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("short".parse::<FileId>(), Err(NotAnId));
    }
}
