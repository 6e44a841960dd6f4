//! Reads and writes the fields of a model's state: little-endian, floats as their bits.

use super::RestoreError;

/// Names the model whose state follows. Numbers are never given twice, since old snapshots name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    Threshold = 1,
    Moving = 2,
    Variation = 3,
    SeasonalCount = 4,
    Ratio = 5,
}

/// Appends the tag and the version of a state.
pub(super) fn write_head(out: &mut Vec<u8>, tag: Tag, version: u16) {
    out.push(tag as u8);
    out.extend_from_slice(&version.to_le_bytes());
}

/// Appends a float.
pub(super) fn write_real(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_bits().to_le_bytes());
}

/// Appends floats behind their number.
pub(super) fn write_reals(out: &mut Vec<u8>, values: &[f64]) {
    write_count(out, values.len() as u64);
    for value in values {
        write_real(out, *value);
    }
}

/// Appends a whole number.
pub(super) fn write_count(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Reads the fields back in the order in which they were written.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(state: &'a [u8]) -> Self {
        Self { rest: state }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], RestoreError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(RestoreError::Cut)?;
        self.rest = rest;
        Ok(*head)
    }

    /// Reads tag and version and refuses any but these.
    pub(super) fn head(&mut self, tag: Tag, version: u16) -> Result<(), RestoreError> {
        let [found] = self.take::<1>()?;
        if found != tag as u8 {
            return Err(RestoreError::OtherModel { found, wanted: tag as u8 });
        }
        let found = u16::from_le_bytes(self.take()?);
        if found != version {
            return Err(RestoreError::Version { found, known: version });
        }
        Ok(())
    }

    /// Reads a float.
    pub(super) fn real(&mut self) -> Result<f64, RestoreError> {
        Ok(f64::from_bits(u64::from_le_bytes(self.take()?)))
    }

    /// Reads exactly as many floats as `into` holds.
    pub(super) fn reals(&mut self, into: &mut [f64]) -> Result<(), RestoreError> {
        let found = self.count()?;
        let wanted = into.len() as u64;
        if found != wanted {
            return Err(RestoreError::Shape { found, wanted });
        }
        for value in into {
            *value = self.real()?;
        }
        Ok(())
    }

    /// Reads a whole number.
    pub(super) fn count(&mut self) -> Result<u64, RestoreError> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    /// Reads a whole number that is an index or a filling, so at most `most`.
    pub(super) fn index(&mut self, most: usize) -> Result<usize, RestoreError> {
        let found = self.count()?;
        match usize::try_from(found) {
            Ok(index) if index <= most => Ok(index),
            Ok(_) | Err(_) => Err(RestoreError::Shape { found, wanted: most as u64 }),
        }
    }

    /// Refuses what nobody read.
    pub(super) fn end(&self) -> Result<(), RestoreError> {
        if self.rest.is_empty() { Ok(()) } else { Err(RestoreError::Surplus(self.rest.len())) }
    }
}
