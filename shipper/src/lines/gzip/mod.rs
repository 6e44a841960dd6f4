//! Compressed files, known by their magic bytes: a `.log` may be gzip, a `.gz` may be plain.
//!
//! An [`Inflater`] takes compressed bytes as they are read and gives the text, member after member. It checks each
//! member's checksum and size, and knows where a file that ends too early was cut. What is wrong is a [`Fault`].

mod header;
mod survey;

use std::fmt;

use flate2::{Crc, Decompress, FlushDecompress, Status};

use header::Header;
pub use survey::{Survey, peek, survey};

/// Text before which nothing is called a bomb.
const BOMB_TEXT: u64 = 10 << 20;
/// Text for one compressed byte that no log gives.
const BOMB_RATIO: u64 = 1_000;

/// Tells whether a file that begins so is gzip.
pub fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&header::MAGIC)
}

/// What is wrong with a compressed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It ends inside the header of a member.
    CutHeader,
    /// It ends inside the text of a member.
    CutBody,
    /// It ends before the checksum and the size of a member do.
    CutFooter,
    /// A member's bytes are no compressed text.
    Corrupt,
    /// A member's text does not have the checksum that stands behind it.
    Checksum,
    /// A member's text does not have the size that stands behind it.
    Size,
    /// Something that is no member stands behind the last one.
    Garbage,
    /// It gives more than a thousand times as much text as it has bytes.
    Bomb,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CutHeader => "is cut inside a header",
            Self::CutBody => "is cut inside its compressed text",
            Self::CutFooter => "is cut before its checksum",
            Self::Corrupt => "holds bytes that are no compressed text",
            Self::Checksum => "holds text that its checksum does not fit",
            Self::Size => "holds text that its size does not fit",
            Self::Garbage => "goes on with bytes that are not gzip",
            Self::Bomb => "grows more than a thousand times when decompressed",
        })
    }
}

/// How much a step took and gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// Compressed bytes that are used up.
    pub taken: usize,
    /// Bytes of text.
    pub given: usize,
}

/// Decompresses one file.
#[derive(Debug)]
pub struct Inflater {
    inflate: Decompress,
    checksum: Crc,
    place: Place,
    taken: u64,
    given: u64,
    members: u64,
    fault: Option<Fault>,
}

#[derive(Debug)]
enum Place {
    /// Behind a member, or before the first.
    Between,
    Header(Vec<u8>),
    Body,
    Footer(Vec<u8>),
    /// Nothing behind this place can be read.
    Stopped,
}

impl Inflater {
    /// Returns an inflater at the start of a file.
    pub fn new() -> Self {
        Self {
            inflate: Decompress::new(false),
            checksum: Crc::new(),
            place: Place::Between,
            taken: 0,
            given: 0,
            members: 0,
            fault: None,
        }
    }

    /// Returns how many compressed bytes were used up.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Returns how many bytes of text were given.
    pub fn given(&self) -> u64 {
        self.given
    }

    /// Tells whether nothing more can be read, whatever is added to the file.
    pub fn is_stopped(&self) -> bool {
        matches!(self.place, Place::Stopped)
    }

    /// Returns where the file was cut if it ends here; `None` if it may end here.
    pub fn cut(&self) -> Option<Fault> {
        match self.place {
            Place::Between | Place::Stopped => None,
            Place::Header(_) => Some(Fault::CutHeader),
            Place::Body => Some(Fault::CutBody),
            Place::Footer(_) => Some(Fault::CutFooter),
        }
    }

    /// Returns what was found to be wrong, once.
    pub fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// Returns what was found to be wrong and was not taken yet.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Decompresses until the input is used up, the room is full, or the file turns out to be wrong.
    pub fn step(&mut self, input: &[u8], room: &mut [u8]) -> Step {
        let mut step = Step::default();
        while !self.is_stopped() && step.given < room.len() {
            let rest = input.get(step.taken..).unwrap_or_default();
            // A full room may hide text that needs no more input; behind the last byte only the body can give any.
            if rest.is_empty() && !matches!(self.place, Place::Body) {
                break;
            }
            let space = room.get_mut(step.given..).unwrap_or_default();
            let one = self.part(rest, space);
            step.taken += one.taken;
            step.given += one.given;
            self.taken += one.taken as u64;
            self.given += one.given as u64;
            if self.given > BOMB_TEXT && self.given / BOMB_RATIO > self.taken {
                self.stop(Fault::Bomb);
            }
            if one == Step::default() && rest.is_empty() {
                break;
            }
        }
        step
    }

    /// Goes on inside one part of a member, or to the next.
    fn part(&mut self, input: &[u8], room: &mut [u8]) -> Step {
        match &mut self.place {
            Place::Between => {
                // Tapes fill their last block with zeros.
                let padding = input.iter().take_while(|&&byte| byte == 0).count();
                if padding == 0 || self.members == 0 {
                    self.place = Place::Header(Vec::new());
                    return Step::default();
                }
                Step { taken: padding, given: 0 }
            }
            Place::Header(bytes) => {
                let before = bytes.len();
                let part = input.get(..=header::LONGEST).unwrap_or(input);
                bytes.extend_from_slice(part);
                match header::read(bytes) {
                    Header::Unfinished => Step { taken: part.len(), given: 0 },
                    Header::Whole(length) => {
                        self.inflate.reset(false);
                        self.checksum.reset();
                        self.place = Place::Body;
                        Step { taken: length - before, given: 0 }
                    }
                    Header::Foreign => {
                        self.stop(Fault::Garbage);
                        Step::default()
                    }
                }
            }
            Place::Body => self.body(input, room),
            Place::Footer(bytes) => {
                let part = input.get(..8 - bytes.len()).unwrap_or(input);
                bytes.extend_from_slice(part);
                if let Some((checksum, size)) = footer(bytes) {
                    self.members += 1;
                    if checksum != self.checksum.sum() {
                        self.fault = self.fault.or(Some(Fault::Checksum));
                    } else if size != self.checksum.amount() {
                        self.fault = self.fault.or(Some(Fault::Size));
                    }
                    self.place = Place::Between;
                }
                Step { taken: part.len(), given: 0 }
            }
            Place::Stopped => Step::default(),
        }
    }

    fn body(&mut self, input: &[u8], room: &mut [u8]) -> Step {
        let (taken, given) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, room, FlushDecompress::None);
        let part = |now: u64, before: u64| usize::try_from(now - before).unwrap_or_default();
        let step = Step {
            taken: part(self.inflate.total_in(), taken),
            given: part(self.inflate.total_out(), given),
        };
        self.checksum.update(room.get(..step.given).unwrap_or_default());
        match status {
            Ok(Status::StreamEnd) => self.place = Place::Footer(Vec::with_capacity(8)),
            // Neither more input nor more room would help.
            Ok(Status::Ok | Status::BufError) if step == Step::default() && !input.is_empty() => {
                self.stop(Fault::Corrupt);
            }
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) => self.stop(Fault::Corrupt),
        }
        step
    }

    fn stop(&mut self, fault: Fault) {
        self.place = Place::Stopped;
        self.fault = self.fault.or(Some(fault));
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Self::new()
    }
}

fn footer(bytes: &[u8]) -> Option<(u32, u32)> {
    let checksum = bytes.first_chunk::<4>()?;
    let size = bytes.get(4..)?.first_chunk::<4>()?;
    Some((u32::from_le_bytes(*checksum), u32::from_le_bytes(*size)))
}

#[cfg(test)]
mod tests;
