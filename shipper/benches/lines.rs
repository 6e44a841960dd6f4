//! What it costs to cut a file into lines, beside a bare search for newlines: figures are compared within one run.
//!
//! `cargo bench -p shipper --bench lines` prints time per mebibyte of access lines of 200 bytes.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use event::ByteOffset;
use shipper::frame::{Delimiter, Framer, Framing, Piece};
use shipper::lines::multiline::{Multiline, Preset, Rule};
use shipper::lines::{Lines, Making};

const BLOCK: usize = 256 << 10;

fn main() {
    divan::main();
}

fn file(end: &str) -> Vec<u8> {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < 1 << 20 {
        number += 1;
        let line = format!(
            "203.0.113.7 - - \"GET /product/{number} HTTP/1.1\" 200 {}{end}",
            "x".repeat(150)
        );
        text.push_str(&line);
    }
    text.into_bytes()
}

fn bench(bencher: Bencher<'_, '_>, file: &[u8], mut cut: impl FnMut(&[u8]) -> usize) {
    let lines = cut(file);
    bencher
        .counter(BytesCount::new(file.len()))
        .counter(ItemsCount::new(lines))
        .bench_local(|| cut(black_box(file)));
}

/// The least that can be done.
#[divan::bench]
fn search(bencher: Bencher<'_, '_>) {
    bench(bencher, &file("\n"), |file| memchr::memchr_iter(b'\n', file).map(black_box).count());
}

#[divan::bench(args = ["\n", "\r\n", "<end>", "\0"])]
fn frame(bencher: Bencher<'_, '_>, end: &str) {
    let delimiter = if end == "\r\n" { "\n" } else { end };
    let delimiter = Delimiter::parse(delimiter).unwrap_or_default();
    let framing = Framing { delimiter, ..Framing::newline(1 << 20) };
    bench(bencher, &file(end), |file| {
        let mut framer = Framer::new(ByteOffset::ZERO, framing.clone());
        let mut lines = 0;
        for block in file.chunks(BLOCK) {
            framer.feed(block, &mut |piece| lines += count(&piece));
        }
        lines
    });
}

#[divan::bench(args = ["plain", "java"])]
fn whole(bencher: Bencher<'_, '_>, rule: &str) {
    let rule = if rule == "java" { Rule::preset(Preset::Java).ok() } else { None };
    let multiline = rule.map(|rule| Multiline {
        rule: Arc::new(rule),
        max_lines: 500,
        max_bytes: 1 << 20,
        quiet: Duration::from_secs(5),
    });
    let making = Making { multiline, ..Making::default() };
    bench(bencher, &file("\n"), |file| {
        let mut lines = Lines::new(ByteOffset::ZERO, &making, 1 << 20, file);
        let mut count_all = 0;
        for block in file.chunks(BLOCK) {
            lines.feed(block, Duration::ZERO, &mut |piece| count_all += count(&piece));
        }
        count_all
    });
}

fn count(piece: &Piece<'_>) -> usize {
    usize::from(matches!(black_box(piece), Piece::Line { .. }))
}
