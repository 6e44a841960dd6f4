//! Sends any bytes through all layers that make lines: no byte is lost, and neither the blocks nor a new beginning change
//! what comes out.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use event::ByteOffset;
use libfuzzer_sys::fuzz_target;
use shipper::frame::{Blank, Cut, Framer, Framing, Piece};
use shipper::lines::container::Wrapper;
use shipper::lines::encoding::Encoding;
use shipper::lines::multiline::{Mode, Multiline, Negate, Preset, Rule, compile};
use shipper::lines::{Lines, Making};

const MAX_LINE: usize = 32;
const NOW: Duration = Duration::ZERO;

/// Patterns take longer to compile than a file takes to read.
static RULES: LazyLock<[Arc<Rule>; 10]> = LazyLock::new(|| {
    let pattern = |text: &str, mode, negate| {
        let pattern = compile(text).expect("a pattern of ours");
        Rule::Pattern { pattern, mode, negate }
    };
    let preset = |preset| Rule::preset(preset).expect("a preset of ours");
    [
        pattern("^a", Mode::Start, Negate::No),
        pattern(r"^\s", Mode::Continue, Negate::No),
        pattern(";$", Mode::End, Negate::No),
        pattern("^a", Mode::Continue, Negate::Yes),
        Rule::Count(3),
        preset(Preset::Java),
        preset(Preset::Python),
        preset(Preset::Go),
        preset(Preset::Ruby),
        preset(Preset::Php),
    ]
    .map(Arc::new)
});

#[derive(Debug, PartialEq, Eq)]
enum What {
    Line(Vec<u8>, Cut, u32),
    Blank(Blank),
}

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    start: usize,
    end: usize,
    what: What,
}

/// The pieces of one file, in order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Pieces {
    seen: Vec<Seen>,
    end: usize,
}

impl Pieces {
    fn take(&mut self, piece: Piece<'_>) {
        let (span, what) = match piece {
            Piece::Line { span, bytes, cut, provenance } => {
                (span, What::Line(bytes.to_vec(), cut, provenance.lines))
            }
            Piece::Blank { span, kind } => (span, What::Blank(kind)),
            Piece::Fault { report, .. } => panic!("bytes are never at fault: {report}"),
        };
        let (start, end) = (place(span.start), place(span.end));
        assert_eq!(start, self.end, "pieces join");
        assert!(end > start, "a piece has bytes");
        self.end = end;
        match self.seen.last_mut() {
            // A hole may be told in several pieces.
            Some(last) if what == What::Blank(Blank::Nul) && last.what == what => last.end = end,
            _ => self.seen.push(Seen { start, end, what }),
        }
    }
}

fn place(offset: ByteOffset) -> usize {
    usize::try_from(offset.get()).expect("a file of a few bytes")
}

fn making(choice: u8, rule: u8) -> Making {
    let rule = RULES.get(usize::from(rule)).cloned();
    let quiet = Duration::from_secs(5);
    let multiline = rule.map(|rule| Multiline { rule, max_lines: 5, max_bytes: 100, quiet });
    let container = match choice % 4 {
        0 | 1 => Wrapper::None,
        2 => Wrapper::Cri,
        _ => Wrapper::Auto,
    };
    let encoding = match choice / 16 % 4 {
        0 => Encoding::Auto,
        1 => Encoding::Gb18030,
        2 => Encoding::Utf16Le,
        _ => Encoding::Latin1,
    };
    Making { container, encoding, multiline, ..Making::default() }
}

/// Reads a part of a file in blocks; returns the lines that are still open.
fn read(making: &Making, file: &[u8], from: ByteOffset, size: usize, pieces: &mut Pieces) -> Lines {
    let mut lines = Lines::new(from, making, MAX_LINE, file);
    for block in file.get(place(from)..).unwrap_or_default().chunks(size.max(1)) {
        lines.feed(block, NOW, &mut |piece| pieces.take(piece));
        assert_eq!(pieces.end, place(lines.start()), "what was not given away is held back");
    }
    lines
}

fn finish(mut lines: Lines, pieces: &mut Pieces, length: usize) {
    lines.finish(NOW, &mut |piece| pieces.take(piece));
    assert_eq!(pieces.end, length, "pieces cover the file");
}

/// Holds each event of a plain file against its lines: joined, they are the same text.
fn hold_against_file(file: &[u8], pieces: &Pieces) {
    for Seen { start, end, what } in &pieces.seen {
        let What::Line(text, _, lines) = what else { continue };
        let mut own: Vec<Vec<u8>> = Vec::new();
        let mut framer = Framer::new(ByteOffset::ZERO, Framing::newline(MAX_LINE));
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Line { bytes, .. } => own.push(bytes.to_vec()),
            Piece::Blank { kind: Blank::Empty, .. } => own.push(Vec::new()),
            Piece::Blank { .. } => {}
            Piece::Fault { report, .. } => panic!("bytes are never at fault: {report}"),
        };
        framer.feed(&file[*start..*end], &mut take);
        framer.finish(&mut take);
        assert_eq!(text, &own.join(&b'\n'), "an event holds the text of its lines");
        assert_eq!(usize::try_from(*lines).ok(), Some(own.len()), "an event counts its lines");
    }
}

fuzz_target!(|input: &[u8]| {
    let [choice, rule, size, at, file @ ..] = input else { return };
    let making = making(*choice, *rule);
    let mut whole = Pieces::default();
    let lines = read(&making, file, ByteOffset::ZERO, file.len(), &mut whole);
    finish(lines, &mut whole, file.len());
    // Where one byte is one character, nothing may change.
    let is_plain = file.is_ascii() && making.encoding != Encoding::Utf16Le;
    if is_plain && making.container == Wrapper::None {
        hold_against_file(file, &whole);
    }

    let mut blocks = Pieces::default();
    let lines = read(&making, file, ByteOffset::ZERO, usize::from(*size), &mut blocks);
    finish(lines, &mut blocks, file.len());
    assert_eq!(whole, blocks, "lines do not depend on blocks");

    let at = usize::from(*at).min(file.len());
    let mut resumed = Pieces::default();
    // The head is the file's, whatever was read of it.
    let mut first = Lines::new(ByteOffset::ZERO, &making, MAX_LINE, file);
    first.feed(&file[..at], NOW, &mut |piece| resumed.take(piece));
    let lines = read(&making, file, first.start(), 7, &mut resumed);
    finish(lines, &mut resumed, file.len());
    assert_eq!(whole, resumed, "reading on gives the lines that were not sent");
});
