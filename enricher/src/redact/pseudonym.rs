//! Pseudonyms: HMAC-SHA-256 cut to 128 bits, one key per shop.
//!
//! Other systems of the shop compute the same value from the same key: the first 32 digits of what
//! `printf %s VALUE | openssl dgst -sha256 -hmac KEY` prints. E-mail addresses are written small first, phone numbers
//! without separators.

use std::fmt;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const SHORTEST_KEY: usize = 16;

/// Makes the pseudonyms of one shop, or none when no key is configured.
#[derive(Clone)]
pub struct Pseudonyms {
    keyed: Option<Hmac<Sha256>>,
    key_id: String,
}

/// The key of the pseudonyms cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Others could replace or read the key.
    #[error("{} is open to group or others (mode {mode:o})", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Too few bytes: they could be guessed.
    #[error("the key has {0} bytes, 16 are needed")]
    TooShort(usize),
}

impl Pseudonyms {
    /// Returns a maker that makes none: what would get a pseudonym is dropped, since a plain hash could be enumerated.
    pub fn without_key() -> Self {
        Self { keyed: None, key_id: String::new() }
    }

    /// Returns the maker with this key.
    pub fn with_key(key: &[u8], key_id: &str) -> Result<Self, KeyError> {
        if key.len() < SHORTEST_KEY {
            return Err(KeyError::TooShort(key.len()));
        }
        let keyed = Hmac::new_from_slice(key).map_err(|_| KeyError::TooShort(key.len()))?;
        Ok(Self { keyed: Some(keyed), key_id: key_id.to_owned() })
    }

    /// Reads the key from a file; white space around it is not part of it.
    pub fn read(path: &Path, key_id: Option<&str>) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Read { path: path.to_owned(), source };
        let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyError::Open { path: path.to_owned(), mode: mode & 0o777 });
        }
        let key = std::fs::read(path).map_err(failed)?;
        Self::with_key(key.trim_ascii(), key_id.unwrap_or("1"))
    }

    /// Returns the name of the key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Returns the pseudonym of a value: 32 hexadecimal digits; nothing without a key.
    pub fn make(&self, value: &str) -> Option<[u8; 32]> {
        let mut keyed = self.keyed.clone()?;
        keyed.update(value.as_bytes());
        let full = keyed.finalize().into_bytes();
        let mut text = [0; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(full) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        Some(text)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pseudonyms").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_pseudonym_can_be_computed_by_others() {
        // printf %s buyer@example.com | openssl dgst -sha256 -hmac 0123456789abcdef
        let pseudonyms = Pseudonyms::with_key(b"0123456789abcdef", "k1").unwrap();
        let made = pseudonyms.make("buyer@example.com").unwrap();
        assert_eq!(std::str::from_utf8(&made).unwrap(), "9c69ca0f513de8ecba38be4649a23fb4");
    }

    #[test]
    fn without_a_key_there_is_no_pseudonym() {
        assert_eq!(Pseudonyms::without_key().make("buyer@example.com"), None);
    }

    #[test]
    fn the_key_does_not_print_itself() {
        let pseudonyms = Pseudonyms::with_key(b"0123456789abcdef", "k1").unwrap();
        assert_eq!(format!("{pseudonyms:?}"), r#"Pseudonyms { key_id: "k1", .. }"#);
    }

    #[test]
    fn a_key_file_is_long_enough_and_closed_to_others() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789abcdef\n").unwrap();
        let read = |path: &Path| Pseudonyms::read(path, Some("k1"));
        assert!(read(file.path()).is_ok());
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read(file.path()), Err(KeyError::Open { mode: 0o644, .. })));
        assert!(matches!(Pseudonyms::with_key(b"short", "k1"), Err(KeyError::TooShort(5))));
        assert!(matches!(read(Path::new("/nowhere/key")), Err(KeyError::Read { .. })));
    }
}
