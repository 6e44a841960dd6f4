//! Cuts any bytes into lines, in one block and in small ones.
#![no_main]

use event::ByteOffset;
use libfuzzer_sys::fuzz_target;
use shipper::frame::{Delimiter, Framer, Framing, Order, OverLong, Piece};

type Line = (u64, u64, Vec<u8>);

fn framing(choice: u8) -> Framing {
    let delimiter = match choice % 6 {
        0 => Delimiter::Newline,
        1 => Delimiter::Utf16(Order::Little),
        2 => Delimiter::Utf16(Order::Big),
        3 => Delimiter::parse("ab").unwrap_or_default(),
        4 => Delimiter::parse("aab").unwrap_or_default(),
        _ => Delimiter::parse(r"\0").unwrap_or_default(),
    };
    let over_long = if choice & 0x80 == 0 { OverLong::Cut } else { OverLong::Drop };
    Framing { delimiter, max_line: 1 + usize::from(choice / 8 % 16), over_long }
}

fn lines(framing: &Framing, file: &[u8], block: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut end = 0;
    let mut framer = Framer::new(ByteOffset::ZERO, framing.clone());
    let mut note = |piece: Piece<'_>| {
        let (span, bytes) = match piece {
            Piece::Line { span, bytes, .. } => (span, bytes.to_vec()),
            Piece::Blank { span, .. } => (span, Vec::new()),
            Piece::Fault { .. } => return,
        };
        assert_eq!(span.start.get(), end, "pieces join");
        end = span.end.get();
        if !bytes.is_empty() {
            lines.push((span.start.get(), end, bytes));
        }
    };
    for block in file.chunks(block) {
        framer.feed(block, &mut note);
    }
    framer.finish(&mut note);
    assert_eq!(end, file.len() as u64, "pieces cover the file");
    lines
}

fuzz_target!(|input: &[u8]| {
    let [choice, size, file @ ..] = input else { return };
    let framing = framing(*choice);
    let whole = lines(&framing, file, file.len().max(1));
    assert_eq!(whole, lines(&framing, file, usize::from(*size).max(1)));
});
