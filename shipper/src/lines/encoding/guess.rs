//! What a line is that is not UTF-8: broken UTF-8, GB18030, or latin1.

use std::str::Utf8Error;

use encoding_rs::{DecoderResult, GB18030};

use crate::frame::Cut;

use super::Encoding;

/// Bytes that are looked at: a line says early what it is.
const LOOK: usize = 4_096;

/// Guesses the encoding of a line that is not UTF-8, because of `error`.
pub(super) fn guess(line: &[u8], error: &Utf8Error, cut: Cut) -> Encoding {
    // A cut takes bytes of a character at the very end at most.
    if cut == Cut::Truncated && error.error_len().is_none() {
        return Encoding::Utf8;
    }
    let look = line.get(..LOOK).unwrap_or(line);
    if is_broken_utf8(look) {
        Encoding::Utf8
    } else if is_gb18030(look) {
        Encoding::Gb18030
    } else {
        Encoding::Latin1
    }
}

/// Tells whether most of what is not ASCII is UTF-8: one broken character must not turn all others into latin1.
fn is_broken_utf8(line: &[u8]) -> bool {
    let (mut characters, mut broken) = (0_usize, 0_usize);
    for chunk in line.utf8_chunks() {
        characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += chunk.invalid().len();
    }
    characters > broken
}

/// Tells whether every pair is valid and most of what is not ASCII is Chinese text.
///
/// Many lines of latin1 are valid pairs too (`ï` and the letter behind it make one), but such a character stands alone
/// between letters. Chinese comes in runs, so only characters with a neighbour speak for it.
fn is_gb18030(line: &[u8]) -> bool {
    let mut text = String::with_capacity(line.len() * 3 + 16);
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    // The end of what is looked at may stand inside a character.
    let (result, _) = decoder.decode_to_string_without_replacement(line, &mut text, false);
    if result != DecoderResult::InputEmpty {
        return false;
    }
    let (mut foreign, mut in_runs, mut run) = (0_usize, 0_usize, 0_usize);
    for c in text.chars() {
        foreign += usize::from(!c.is_ascii());
        run = if is_chinese(c) { run + 1 } else { 0 };
        in_runs += match run {
            0 | 1 => 0,
            2 => 2,
            _ => 1,
        };
    }
    in_runs * 2 > foreign
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303F}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}')
}
