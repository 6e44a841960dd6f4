//! Sends any bytes through all layers, and reads on from where sending stopped.
#![no_main]

use std::sync::Arc;
use std::time::Duration;

use event::ByteOffset;
use libfuzzer_sys::fuzz_target;
use shipper::frame::Piece;
use shipper::lines::container::Wrapper;
use shipper::lines::encoding::Encoding;
use shipper::lines::multiline::{Mode, Multiline, Negate, Preset, Rule, compile};
use shipper::lines::{Lines, Making};

type Line = (u64, u64, Vec<u8>);

fn making(choice: u8) -> Option<Making> {
    let pattern = |text: &str, mode| {
        let pattern = compile(text).ok()?;
        Some(Rule::Pattern { pattern, mode, negate: Negate::No })
    };
    let rule = match choice % 8 {
        0 => pattern("^a", Mode::Start)?,
        1 => pattern(r"^\s", Mode::Continue)?,
        2 => pattern(";$", Mode::End)?,
        3 => Rule::Count(3),
        4 => Rule::preset(Preset::Java).ok()?,
        5 => Rule::preset(Preset::Python).ok()?,
        6 => Rule::preset(Preset::Go).ok()?,
        _ => Rule::preset(Preset::Ruby).ok()?,
    };
    let quiet = Duration::from_secs(5);
    let multiline = Multiline { rule: Arc::new(rule), max_lines: 5, max_bytes: 100, quiet };
    let container = if choice & 8 == 0 { Wrapper::None } else { Wrapper::Auto };
    let encoding = match choice / 16 % 4 {
        0 => Encoding::Auto,
        1 => Encoding::Gb18030,
        2 => Encoding::Utf16Le,
        _ => Encoding::Latin1,
    };
    Some(Making { container, encoding, multiline: Some(multiline), ..Making::default() })
}

fn feed(lines: &mut Lines, file: &[u8], block: usize, all: &mut Vec<Line>) {
    for block in file.chunks(block) {
        lines.feed(block, Duration::ZERO, &mut |piece| {
            if let Piece::Line { span, bytes, .. } = piece {
                all.push((span.start.get(), span.end.get(), bytes.to_vec()));
            }
        });
    }
}

fuzz_target!(|input: &[u8]| {
    let [choice, size, file @ ..] = input else { return };
    let Some(making) = making(*choice) else { return };
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    let mut one = Lines::new(ByteOffset::ZERO, &making, 32, file);
    feed(&mut one, file, file.len().max(1), &mut whole);
    let (first, _) = file.split_at(file.len() / 2);
    let mut two = Lines::new(ByteOffset::ZERO, &making, 32, file);
    feed(&mut two, first, usize::from(*size).max(1), &mut parts);
    let start = two.start();
    let mut three = Lines::new(start, &making, 32, file);
    let from = usize::try_from(start.get()).unwrap_or_default();
    feed(&mut three, file.get(from..).unwrap_or_default(), 7, &mut parts);
    assert_eq!(whole, parts, "a resume gives the lines that were not sent");
});
