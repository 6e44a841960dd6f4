//! Looks into a compressed file before anybody decides what file it is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;

use event::ByteOffset;

use crate::identity::{MARKER_BYTES, read_at};

use super::{Fault, Inflater};

/// Compressed bytes that are read at a time.
const BLOCK_BYTES: usize = 64 << 10;
/// Text that is decompressed at a time.
const TEXT_BYTES: usize = 256 << 10;

/// What stands in a compressed file.
#[derive(Debug, Default)]
pub struct Survey {
    /// Bytes of text.
    pub text_bytes: u64,
    /// Why it does not end well; `None` if it does.
    pub fault: Option<Fault>,
    /// The bytes before each place that was asked for and that the text reaches.
    pub before: BTreeMap<u64, Vec<u8>>,
}

/// Returns the first bytes of a compressed file's text: as many as asked for, or all that can be read.
pub fn peek(file: &File, bytes: usize) -> io::Result<Vec<u8>> {
    let mut text = vec![0; bytes];
    let mut filled = 0;
    let mut inflater = Inflater::new();
    while filled < bytes && !inflater.is_stopped() {
        let input = read_at(file, ByteOffset::new(inflater.taken()), BLOCK_BYTES)?;
        let step = inflater.step(&input, text.get_mut(filled..).unwrap_or_default());
        filled += step.given;
        if step.taken == 0 && step.given == 0 {
            break;
        }
    }
    text.truncate(filled);
    Ok(text)
}

/// Reads a compressed file to its end and notes what stands before these places. It takes a second for some hundred
/// megabytes of text, so it is done only where the head fits a known file.
pub fn survey(file: &File, places: impl IntoIterator<Item = u64>) -> io::Result<Survey> {
    let mut wanted: Vec<u64> = places.into_iter().collect();
    wanted.sort_unstable_by(|one, two| two.cmp(one));
    let mut survey = Survey::default();
    let mut inflater = Inflater::new();
    let mut room = vec![0; MARKER_BYTES + TEXT_BYTES];
    let mut known = 0;
    loop {
        let input = read_at(file, ByteOffset::new(inflater.taken()), BLOCK_BYTES)?;
        let from = inflater.given() - known as u64;
        let step = inflater.step(&input, room.get_mut(known..).unwrap_or_default());
        let text = room.get(..known + step.given).unwrap_or_default();
        while let Some(place) = wanted.pop_if(|place| *place <= inflater.given()) {
            let end = usize::try_from(place - from).unwrap_or_default();
            let before = text.get(end.saturating_sub(MARKER_BYTES)..end).unwrap_or_default();
            survey.before.insert(place, before.to_vec());
        }
        let keep = text.len().min(MARKER_BYTES);
        let end = text.len();
        room.copy_within(end - keep..end, 0);
        known = keep;
        if inflater.is_stopped() || (step.taken == 0 && step.given == 0) {
            break;
        }
    }
    survey.text_bytes = inflater.given();
    survey.fault = inflater.take_fault().or(inflater.cut());
    Ok(survey)
}
