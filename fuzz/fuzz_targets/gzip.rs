//! Decompresses files: any bytes, and what a compressor made of any text, whole, padded, or cut and completed later. The
//! text does not depend on how much is read at a time nor on how much room there is for it.
#![no_main]

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use shipper::lines::gzip::{Fault, Inflater, Step};

/// A small input may hold a large text.
const MOST_TEXT: usize = 1 << 20;

#[derive(Debug, Clone, Copy)]
struct Sizes {
    block: usize,
    room: usize,
}

const AT_ONCE: Sizes = Sizes { block: usize::MAX, room: 4_096 };

/// What was read so far of a file.
struct Reading {
    inflater: Inflater,
    text: Vec<u8>,
    fault: Option<Fault>,
}

#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    text: Vec<u8>,
    cut: Option<Fault>,
    fault: Option<Fault>,
    taken: u64,
}

impl Reading {
    fn new() -> Self {
        Self { inflater: Inflater::new(), text: Vec::new(), fault: None }
    }

    fn feed(&mut self, bytes: &[u8], sizes: Sizes) {
        let mut space = vec![0; sizes.room.max(1)];
        for block in bytes.chunks(sizes.block.max(1)) {
            let mut rest = block;
            while self.text.len() < MOST_TEXT {
                let step = self.inflater.step(rest, &mut space);
                self.text.extend_from_slice(&space[..step.given]);
                rest = &rest[step.taken..];
                if step == Step::default() {
                    break;
                }
            }
            let is_done = self.inflater.is_stopped() || self.text.len() >= MOST_TEXT;
            assert!(rest.is_empty() || is_done, "no byte is passed over");
        }
        self.fault = self.fault.or(self.inflater.take_fault());
    }

    fn outcome(self) -> Outcome {
        assert_eq!(self.inflater.given(), self.text.len() as u64);
        // Where nothing more can be read, how far reading came says nothing.
        let taken = if self.inflater.is_stopped() { 0 } else { self.inflater.taken() };
        let cut = self.inflater.cut();
        Outcome { text: self.text, cut, fault: self.fault, taken }
    }
}

fn read(file: &[u8], sizes: Sizes) -> Outcome {
    let mut reading = Reading::new();
    reading.feed(file, sizes);
    reading.outcome()
}

/// Bytes that may be gzip or anything.
fn any(file: &[u8], sizes: Sizes) {
    let whole = read(file, AT_ONCE);
    if whole.text.len() >= MOST_TEXT {
        return;
    }
    assert_eq!(whole, read(file, sizes), "the text does not depend on blocks");
    if file.is_empty() {
        return;
    }
    let mut other = Vec::new();
    if MultiGzDecoder::new(file).take(MOST_TEXT as u64).read_to_end(&mut other).is_ok() {
        let expected = Outcome { text: other, cut: None, fault: None, taken: file.len() as u64 };
        assert_eq!(whole, expected, "what another reader takes for sound is sound");
    }
}

fn pack(text: &[u8], members: usize, level: u32) -> Vec<u8> {
    let mut file = Vec::new();
    for part in text.chunks(text.len().div_ceil(members).max(1)) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(part).expect("memory takes all");
        file.extend(encoder.finish().expect("memory takes all"));
    }
    file
}

/// A text that a compressor packed: it comes out as it went in, at once or when the rest of the file comes later.
fn packed(text: &[u8], kind: u8, cut: u8, sizes: Sizes) {
    let mut file = pack(text, 1 + usize::from(kind / 4 % 3), [1, 2, 6, 9][usize::from(kind / 64)]);
    let padding = if text.is_empty() { 0 } else { usize::from(kind / 16 % 4) };
    file.extend(std::iter::repeat_n(0, padding));
    let expected =
        Outcome { text: text.to_vec(), cut: None, fault: None, taken: file.len() as u64 };
    assert_eq!(read(&file, AT_ONCE), expected);
    assert_eq!(read(&file, sizes), expected);

    let (there, later) = file.split_at(file.len() - usize::from(cut).min(file.len()));
    let mut reading = Reading::new();
    reading.feed(there, sizes);
    assert!(text.starts_with(&reading.text), "a cut file gives the beginning of its text");
    assert_eq!(reading.fault, None, "a cut file is not at fault: it may be completed");
    let is_all_text = reading.text.len() == text.len();
    assert!(
        reading.inflater.cut().is_some() || there.is_empty() || is_all_text || kind / 4 % 3 > 0
    );
    reading.feed(later, sizes);
    assert_eq!(reading.outcome(), expected, "a completed file gives all its text");
}

fuzz_target!(|input: &[u8]| {
    let [kind, block, room, cut, rest @ ..] = input else { return };
    let sizes = Sizes { block: usize::from(*block), room: usize::from(*room) };
    match kind % 4 {
        0 => packed(rest, *kind, *cut, sizes),
        _ => any(rest, sizes),
    }
});
