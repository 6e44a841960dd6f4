//! The learned state of one model in a form that is whole or refused.
//!
//! ```text
//! bytes  0..4   "SWMS"
//!        4..6   format version, 1
//!        6..10  length of the state, before deflating
//!       10..14  CRC-32 of the state, before deflating
//!       14..    the state, deflated: model tag (1), version (2), its fields, little-endian, floats as bits
//! ```

use std::io::{Read, Write};

use flate2::{Compression, Crc, read::DeflateDecoder, write::DeflateEncoder};

use super::Model;

const MAGIC: [u8; 4] = *b"SWMS";
const FORMAT: u16 = 1;
const HEAD: usize = 14;
/// A state is at most a few hundred kilobytes; what claims to be more than this is no snapshot of ours.
const MOST_BYTES: u32 = 16 << 20;

/// Why a snapshot cannot be used. Whatever it is, the series is learned again from its history, and counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The bytes do not begin as a snapshot does.
    #[error("this is no snapshot")]
    NoSnapshot,
    /// A format or state of another version.
    #[error("the snapshot has version {found}, this program knows {known}")]
    Version {
        /// The version in the snapshot.
        found: u16,
        /// The version this program writes.
        known: u16,
    },
    /// The checksum does not fit the state.
    #[error("the checksum of the snapshot is wrong")]
    Checksum,
    /// The snapshot ends too early.
    #[error("the snapshot is cut short")]
    Cut,
    /// Bytes are left over.
    #[error("the snapshot has {0} bytes too many")]
    Surplus(usize),
    /// The state is that of another model.
    #[error("the snapshot is of model {found}, not of model {wanted}")]
    OtherModel {
        /// The tag in the snapshot.
        found: u8,
        /// The tag of the model that is built.
        wanted: u8,
    },
    /// Rings or profiles have another size: the span or a setting changed since.
    #[error("the snapshot holds {found} numbers where the model has {wanted}")]
    Shape {
        /// How many the snapshot holds.
        found: u64,
        /// How many the model has.
        wanted: u64,
    },
}

/// The learned state of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    state: Vec<u8>,
}

/// Where a model begins.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// It knows nothing.
    Cold,
    /// It goes on as if it had never stopped.
    From(&'a Snapshot),
}

impl Snapshot {
    /// Returns what the model has learned so far.
    pub fn of(model: &dyn Model) -> Self {
        let mut state = Vec::new();
        model.write_state(&mut state);
        Self { state }
    }

    /// Returns the form that is stored.
    #[expect(clippy::missing_panics_doc, reason = "a write to memory does not fail")]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD + self.state.len() / 2);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        let length = u32::try_from(self.state.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&checksum(&self.state).to_le_bytes());
        let mut deflate = DeflateEncoder::new(out, Compression::fast());
        deflate
            .write_all(&self.state)
            .and_then(|()| deflate.finish())
            .expect("the encoder writes to memory, which takes every byte")
    }

    /// Reads the stored form; anything but a whole snapshot of this version is refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RestoreError> {
        let (head, body) = bytes.split_first_chunk::<HEAD>().ok_or(RestoreError::NoSnapshot)?;
        let [m0, m1, m2, m3, v0, v1, l0, l1, l2, l3, c0, c1, c2, c3] = *head;
        if [m0, m1, m2, m3] != MAGIC {
            return Err(RestoreError::NoSnapshot);
        }
        let format = u16::from_le_bytes([v0, v1]);
        if format != FORMAT {
            return Err(RestoreError::Version { found: format, known: FORMAT });
        }
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        if length > MOST_BYTES {
            return Err(RestoreError::NoSnapshot);
        }
        let mut state = Vec::with_capacity(length as usize);
        // One byte more than promised is read, so that a longer state is seen and not cut in silence.
        let inflated =
            DeflateDecoder::new(body).take(u64::from(length) + 1).read_to_end(&mut state);
        if inflated.is_err() || state.len() < length as usize {
            return Err(RestoreError::Cut);
        }
        if state.len() > length as usize {
            return Err(RestoreError::Surplus(state.len() - length as usize));
        }
        if checksum(&state) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return Err(RestoreError::Checksum);
        }
        Ok(Self { state })
    }

    /// A state as the tests want it.
    #[cfg(test)]
    pub(super) fn raw(state: Vec<u8>) -> Self {
        Self { state }
    }

    pub(super) fn state(&self) -> &[u8] {
        &self.state
    }
}

fn checksum(state: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(state);
    crc.sum()
}

#[cfg(test)]
mod tests;
