//! From the bytes of a line to UTF-8.
//!
//! A line that is UTF-8 is handed on as it stands. Otherwise the encoding of the input decides, or with `auto` the line
//! itself: broken UTF-8, GB18030, else latin1. Each line is judged alone, so a resume in the middle of a file reads it
//! as before.

mod guess;

use std::str;

use encoding_rs::{
    BIG5, DecoderResult, GB18030, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1251,
    WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257,
    WINDOWS_1258,
};
use enricher::Decoding;
use serde::Deserialize;

use crate::frame::{Cut, Order};

/// The encoding of an input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// UTF-8 or UTF-16 by its byte-order mark, else GB18030 or latin1 by the look of each line.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// UTF-8; other bytes become U+FFFD.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, low byte first.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// GB18030, which holds GBK and GB2312.
    #[serde(rename = "gb18030")]
    Gb18030,
    /// Big5.
    #[serde(rename = "big5")]
    Big5,
    /// Shift_JIS.
    #[serde(rename = "shift_jis")]
    ShiftJis,
    /// Windows-1250, Central Europe.
    #[serde(rename = "windows-1250")]
    Windows1250,
    /// Windows-1251, Cyrillic.
    #[serde(rename = "windows-1251")]
    Windows1251,
    /// Windows-1252, Western Europe.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// Windows-1253, Greek.
    #[serde(rename = "windows-1253")]
    Windows1253,
    /// Windows-1254, Turkish.
    #[serde(rename = "windows-1254")]
    Windows1254,
    /// Windows-1255, Hebrew.
    #[serde(rename = "windows-1255")]
    Windows1255,
    /// Windows-1256, Arabic.
    #[serde(rename = "windows-1256")]
    Windows1256,
    /// Windows-1257, Baltic.
    #[serde(rename = "windows-1257")]
    Windows1257,
    /// Windows-1258, Vietnamese.
    #[serde(rename = "windows-1258")]
    Windows1258,
    /// Latin1, read as Windows-1252 as browsers do: the bytes between are control characters that no log holds.
    #[serde(rename = "latin1")]
    Latin1,
}

impl Encoding {
    /// Returns its name in settings and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Gb18030 => "gb18030",
            Self::Big5 => "big5",
            Self::ShiftJis => "shift_jis",
            Self::Windows1250 => "windows-1250",
            Self::Windows1251 => "windows-1251",
            Self::Windows1252 => "windows-1252",
            Self::Windows1253 => "windows-1253",
            Self::Windows1254 => "windows-1254",
            Self::Windows1255 => "windows-1255",
            Self::Windows1256 => "windows-1256",
            Self::Windows1257 => "windows-1257",
            Self::Windows1258 => "windows-1258",
            Self::Latin1 => "latin1",
        }
    }

    /// Returns the order of bytes in a code unit, if there are code units.
    pub const fn order(self) -> Option<Order> {
        match self {
            Self::Utf16Le => Some(Order::Little),
            Self::Utf16Be => Some(Order::Big),
            Self::Auto
            | Self::Utf8
            | Self::Gb18030
            | Self::Big5
            | Self::ShiftJis
            | Self::Windows1250
            | Self::Windows1251
            | Self::Windows1252
            | Self::Windows1253
            | Self::Windows1254
            | Self::Windows1255
            | Self::Windows1256
            | Self::Windows1257
            | Self::Windows1258
            | Self::Latin1 => None,
        }
    }

    /// Returns what `auto` means for a file with this head: UTF-16 if its byte-order mark says so.
    #[must_use]
    pub fn of_file(self, head: &[u8]) -> Self {
        match (self, head) {
            (Self::Auto, [0xFF, 0xFE, ..]) => Self::Utf16Le,
            (Self::Auto, [0xFE, 0xFF, ..]) => Self::Utf16Be,
            _ => self,
        }
    }

    /// Returns its tables; `None` for what is UTF-8 or not known yet.
    const fn table(self) -> Option<&'static encoding_rs::Encoding> {
        match self {
            Self::Auto | Self::Utf8 => None,
            Self::Utf16Le => Some(UTF_16LE),
            Self::Utf16Be => Some(UTF_16BE),
            Self::Gb18030 => Some(GB18030),
            Self::Big5 => Some(BIG5),
            Self::ShiftJis => Some(SHIFT_JIS),
            Self::Windows1250 => Some(WINDOWS_1250),
            Self::Windows1251 => Some(WINDOWS_1251),
            Self::Windows1252 | Self::Latin1 => Some(WINDOWS_1252),
            Self::Windows1253 => Some(WINDOWS_1253),
            Self::Windows1254 => Some(WINDOWS_1254),
            Self::Windows1255 => Some(WINDOWS_1255),
            Self::Windows1256 => Some(WINDOWS_1256),
            Self::Windows1257 => Some(WINDOWS_1257),
            Self::Windows1258 => Some(WINDOWS_1258),
        }
    }
}

/// A line in UTF-8, and what it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The line. With the encoding utf-8 its broken bytes are still in it; the pipeline repairs and flags them.
    pub bytes: &'a [u8],
    /// What it was decoded from; `None` when it is handed on as it stood.
    pub encoding: Option<&'static str>,
    /// Whether all its bytes were characters.
    pub decoding: Decoding,
}

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Decodes a line. A byte-order mark goes; of a line that was cut, an unfinished character at its end goes too.
pub fn decode<'a>(
    line: &'a [u8],
    cut: Cut,
    encoding: Encoding,
    buffer: &'a mut String,
) -> Decoded<'a> {
    let as_it_stands = |bytes| Decoded { bytes, encoding: None, decoding: Decoding::Clean };
    let mut encoding = encoding;
    if encoding == Encoding::Auto {
        match str::from_utf8(line) {
            Ok(_) => return as_it_stands(line.strip_prefix(MARK).unwrap_or(line)),
            Err(error) => encoding = guess::guess(line, &error, cut),
        }
    }
    let Some(table) = encoding.table() else {
        return as_it_stands(line.strip_prefix(MARK).unwrap_or(line));
    };
    let decoding = convert(line, cut, table, buffer);
    let text = buffer.strip_prefix('\u{feff}').unwrap_or(buffer);
    Decoded { bytes: text.as_bytes(), encoding: Some(encoding.as_str()), decoding }
}

/// Fills a buffer with the text of a line.
fn convert(
    line: &[u8],
    cut: Cut,
    table: &'static encoding_rs::Encoding,
    buffer: &mut String,
) -> Decoding {
    buffer.clear();
    let mut decoder = table.new_decoder_without_bom_handling();
    let mut decoding = Decoding::Clean;
    let mut rest = line;
    loop {
        // Room for all that is left: the loop goes on only behind an invalid byte.
        let room = decoder.max_utf8_buffer_length_without_replacement(rest.len());
        buffer.reserve(room.unwrap_or(rest.len()));
        let is_last = cut == Cut::Whole;
        let (result, read) = decoder.decode_to_string_without_replacement(rest, buffer, is_last);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            DecoderResult::InputEmpty => return decoding,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                decoding = Decoding::Repaired;
                buffer.push('\u{fffd}');
            }
        }
    }
}

#[cfg(test)]
mod tests;
