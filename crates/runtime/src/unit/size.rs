//! A number of bytes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number of bytes, written as `512B`, `64KiB`, `10MiB`, `1.5GiB`, `2TiB`, or as `KB`, `MB`, `GB`, `TB` by thousands.
///
/// ```
/// use runtime::unit::ByteSize;
///
/// let size: ByteSize = "10MiB".parse()?;
/// assert_eq!(size.bytes(), 10 * 1024 * 1024);
/// assert_eq!(size.to_string(), "10 MiB");
/// # Ok::<(), runtime::unit::NotASize>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteSize(u64);

/// A text that is no number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASize {
    /// It has no number, or one that does not end.
    #[error("which is not a size such as 512B, 64KiB, 10MiB or 1.5GiB")]
    Number,
    /// Its unit is unknown or absent.
    #[error("which has no unit of size (B, KiB, MiB, GiB, TiB, KB, MB, GB, TB)")]
    Unit,
    /// It is larger than any disk.
    #[error("which is too large for a size")]
    TooLarge,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

impl ByteSize {
    /// Returns a size of so many bytes.
    pub const fn of_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Returns a size of so many times 1,024 bytes.
    pub const fn kib(count: u64) -> Self {
        Self(count.saturating_mul(KIB))
    }

    /// Returns a size of so many times 1,024 KiB.
    pub const fn mib(count: u64) -> Self {
        Self(count.saturating_mul(MIB))
    }

    /// Returns a size of so many times 1,024 MiB.
    pub const fn gib(count: u64) -> Self {
        Self(count.saturating_mul(GIB))
    }

    /// Returns the number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Returns the number of bytes as a length in memory; more than fits is the most that fits.
    pub fn length(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for ByteSize {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Self, NotASize> {
        let (number, unit) = super::split(text);
        let number = number.replace('_', "");
        let scale = match unit.to_ascii_lowercase().as_str() {
            "b" => 1,
            "kib" => KIB,
            "mib" => MIB,
            "gib" => GIB,
            "tib" => TIB,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "tb" => 1_000_000_000_000,
            "" if number == "0" => 1, // nothing is nothing in any unit
            _ => return Err(if number.is_empty() { NotASize::Number } else { NotASize::Unit }),
        };
        if let Ok(whole) = number.parse::<u64>() {
            return whole.checked_mul(scale).map(Self).ok_or(NotASize::TooLarge);
        }
        let value = number.parse::<f64>().map_err(|_| NotASize::Number)? * scale as f64;
        if value >= u64::MAX as f64 {
            return Err(NotASize::TooLarge);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the text has no sign, the upper bound is checked above, and no part of a byte is meant"
        )]
        Ok(Self(value as u64))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (scale, unit) in [(TIB, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")] {
            if self.0 >= scale {
                let whole = self.0 / scale;
                // One digit is enough for a person, and a whole number needs none.
                return match (self.0 % scale) * 10 / scale {
                    0 => write!(out, "{whole} {unit}"),
                    tenths => write!(out, "{whole}.{tenths} {unit}"),
                };
            }
        }
        write!(out, "{} B", self.0)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Through text: a bare `64` is a number to YAML, and the finding must say that it lacks a unit.
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}B", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_with_their_unit() {
        for (text, bytes) in [
            ("512B", 512),
            ("64KiB", 65_536),
            ("10 MiB", 10_485_760),
            ("1.5GiB", 1_610_612_736),
            ("2mb", 2_000_000),
            ("1_000B", 1_000),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn a_size_without_a_unit_or_with_a_wrong_one_is_refused() {
        assert_eq!("64".parse::<ByteSize>(), Err(NotASize::Unit));
        assert_eq!("64s".parse::<ByteSize>(), Err(NotASize::Unit));
        assert_eq!("MiB".parse::<ByteSize>(), Err(NotASize::Number));
        assert_eq!("-1MiB".parse::<ByteSize>(), Err(NotASize::Number));
        assert_eq!("1.2.3MiB".parse::<ByteSize>(), Err(NotASize::Number));
        assert_eq!("99999999999TiB".parse::<ByteSize>(), Err(NotASize::TooLarge));
        assert_eq!("9999999999.5TiB".parse::<ByteSize>(), Err(NotASize::TooLarge));
    }

    #[test]
    fn people_read_a_size_in_its_largest_unit() {
        let shown = [0, 1023, 1024, 1536, 10 * MIB, GIB, 3 * TIB].map(|b| ByteSize(b).to_string());
        assert_eq!(shown, ["0 B", "1023 B", "1 KiB", "1.5 KiB", "10 MiB", "1 GiB", "3 TiB"]);
    }

    proptest! {
        #[test]
        fn what_is_serialised_reads_back_the_same(bytes in any::<u64>()) {
            let text = serde_json::to_string(&ByteSize(bytes)).unwrap();
            prop_assert_eq!(serde_json::from_str::<ByteSize>(&text).unwrap(), ByteSize(bytes));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            prop_assert_eq!(text.parse::<ByteSize>().is_ok(), text.trim().parse::<ByteSize>().is_ok());
        }
    }
}
