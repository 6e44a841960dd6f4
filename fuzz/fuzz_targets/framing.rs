//! Cuts any bytes into lines, and holds the pieces against the file by a slow reading of its own: they tile the file and
//! hold its bytes, whatever the blocks are and wherever reading begins anew.
#![no_main]

use event::ByteOffset;
use libfuzzer_sys::fuzz_target;
use shipper::frame::{Blank, Cut, Delimiter, Framer, Framing, Order, OverLong, Piece};

#[derive(Debug, PartialEq, Eq)]
enum What {
    Line(Vec<u8>, Cut),
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
            Piece::Line { span, bytes, cut, .. } => (span, What::Line(bytes.to_vec(), cut)),
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

fn framing(choice: u8) -> Framing {
    let delimiter = match choice % 7 {
        0 => Delimiter::Newline,
        1 => Delimiter::Utf16(Order::Little),
        2 => Delimiter::Utf16(Order::Big),
        3 => Delimiter::parse("ab").expect("a delimiter"),
        4 => Delimiter::parse("aab").expect("a delimiter"),
        5 => Delimiter::parse(r"\0").expect("a delimiter"),
        _ => Delimiter::parse(r"\r\n\r\n").expect("a delimiter"),
    };
    let over_long = if choice & 0x80 == 0 { OverLong::Cut } else { OverLong::Drop };
    // Shorter ones have no room for a character; settings allow none under a KiB.
    Framing { delimiter, max_line: 4 + usize::from(choice / 8 % 16), over_long }
}

fn read(framing: &Framing, file: &[u8], sizes: &[u8]) -> Pieces {
    let mut pieces = Pieces::default();
    let mut framer = Framer::new(ByteOffset::ZERO, framing.clone());
    let mut rest = file;
    for size in sizes.iter().cycle() {
        let (block, behind) =
            rest.split_at(usize::from(*size).clamp(1, rest.len().max(1)).min(rest.len()));
        framer.feed(block, &mut |piece| pieces.take(piece));
        assert_eq!(pieces.end, place(framer.start()), "what was not given away is held back");
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    assert_eq!(place(framer.position()), file.len());
    framer.finish(&mut |piece| pieces.take(piece));
    pieces
}

/// Reads up to a place, and by another framer on from where sending stopped.
fn resumed(framing: &Framing, file: &[u8], at: usize) -> Pieces {
    let mut pieces = Pieces::default();
    let mut first = Framer::new(ByteOffset::ZERO, framing.clone());
    first.feed(&file[..at], &mut |piece| pieces.take(piece));
    let mut second = Framer::new(first.start(), framing.clone());
    second.feed(&file[place(first.start())..], &mut |piece| pieces.take(piece));
    second.finish(&mut |piece| pieces.take(piece));
    pieces
}

/// Returns where the first delimiter stands in `file` between these places, byte by byte.
fn first_delimiter(delimiter: &Delimiter, file: &[u8], start: usize, end: usize) -> Option<usize> {
    let is_here = |at: &usize| {
        let rest = &file[*at..end];
        match delimiter {
            Delimiter::Newline => rest.starts_with(b"\n"),
            Delimiter::Bytes(finder) => rest.starts_with(finder.needle()),
            Delimiter::Utf16(Order::Little) => at % 2 == 0 && rest.starts_with(b"\n\0"),
            Delimiter::Utf16(Order::Big) => at % 2 == 0 && rest.starts_with(b"\0\n"),
        }
    };
    (start..end).find(is_here)
}

fn hold_against_file(framing: &Framing, file: &[u8], pieces: &Pieces) {
    let Framing { delimiter, max_line, over_long } = framing;
    for Seen { start, end, what } in &pieces.seen {
        let (start, end) = (*start, *end);
        if *what == What::Blank(Blank::Nul) {
            assert!(file[start..end].iter().all(|&byte| byte == 0), "a hole is all zeros");
            continue;
        }
        let line = match first_delimiter(delimiter, file, start, end) {
            Some(at) => {
                assert_eq!(at + delimiter.length(), end, "a line ends at its first delimiter");
                &file[start..at]
            }
            None => {
                assert_eq!(end, file.len(), "only the last line has no delimiter");
                &file[start..]
            }
        };
        let carriage_return: &[u8] = match delimiter {
            Delimiter::Newline => b"\r",
            Delimiter::Bytes(_) => b"",
            Delimiter::Utf16(Order::Little) => b"\r\0",
            Delimiter::Utf16(Order::Big) => b"\0\r",
        };
        let line = line.strip_suffix(carriage_return).unwrap_or(line);
        match what {
            What::Line(bytes, Cut::Whole) => {
                assert_eq!(bytes, line, "a whole line is all there");
                assert!((1..=*max_line).contains(&line.len()));
            }
            What::Line(bytes, Cut::Truncated) => {
                assert_eq!(*over_long, OverLong::Cut);
                assert!(
                    line.len() > *max_line && line.starts_with(bytes),
                    "a cut line begins as it did"
                );
                assert!(
                    (max_line - 3..=*max_line).contains(&bytes.len()),
                    "no more is cut than a character"
                );
            }
            What::Blank(Blank::Empty) => assert!(line.is_empty(), "an empty line has no bytes"),
            What::Blank(Blank::OverLong) => {
                assert!(*over_long == OverLong::Drop && line.len() > *max_line);
            }
            What::Blank(Blank::Nul) => {}
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let [choice, at, one, two, three, file @ ..] = input else { return };
    let framing = framing(*choice);
    let whole = read(&framing, file, &[u8::MAX]);
    assert_eq!(whole.end, file.len(), "pieces cover the file");
    hold_against_file(&framing, file, &whole);
    assert_eq!(whole, read(&framing, file, &[*one, *two, *three]), "lines do not depend on blocks");
    assert_eq!(
        whole,
        resumed(&framing, file, usize::from(*at).min(file.len())),
        "reading on gives the rest"
    );
});
