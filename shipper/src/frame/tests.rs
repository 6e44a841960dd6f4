use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use std::fmt::Write as _;

fn show(out: &mut String, piece: &Piece<'_>) {
    match piece {
        Piece::Line { span, bytes, cut, .. } => {
            let text = String::from_utf8_lossy(bytes);
            writeln!(out, "{}..{} {cut:?} {text:?}", span.start, span.end).unwrap();
        }
        Piece::Blank { span, kind } => {
            writeln!(out, "{}..{} {kind:?}", span.start, span.end).unwrap();
        }
        Piece::Fault { .. } => panic!("bytes are never at fault"),
    }
}

fn pieces(blocks: &[&[u8]], framing: &Framing) -> (String, Framer) {
    let mut out = String::new();
    let mut framer = Framer::new(ByteOffset::ZERO, framing.clone());
    for block in blocks {
        framer.feed(block, &mut |piece| show(&mut out, &piece));
    }
    (out, framer)
}

fn check(blocks: &[&str], want: &Expect) {
    check_framing(&Framing::newline(8), blocks, want);
}

fn delimited(delimiter: &str) -> Framing {
    Framing { delimiter: Delimiter::parse(delimiter).unwrap(), ..Framing::newline(8) }
}

fn check_framing(framing: &Framing, blocks: &[&str], want: &Expect) {
    let blocks: Vec<&[u8]> = blocks.iter().map(|block| block.as_bytes()).collect();
    let (mut out, mut framer) = pieces(&blocks, framing);
    writeln!(out, "waits from {}", framer.start()).unwrap();
    framer.finish(&mut |piece| show(&mut out, &piece));
    want.assert_eq(&out);
}

#[test]
fn a_line_split_across_reads_is_one_line() {
    check(
        &["GET /ca", "rt\n"],
        &expect![[r#"
            0..10 Truncated "GET /car"
            waits from 10
        "#]],
    );
    check(
        &["a", "b", "\r", "\nc\r\n"],
        &expect![[r#"
            0..4 Whole "ab"
            4..7 Whole "c"
            waits from 7
        "#]],
    );
}

#[test]
fn an_incomplete_last_line_waits_and_leaves_when_the_file_is_done() {
    check(
        &["one\ntw", "o"],
        &expect![[r#"
            0..4 Whole "one"
            waits from 4
            4..7 Whole "two"
        "#]],
    );
}

#[test]
fn empty_lines_and_runs_of_nul_are_counted_spans() {
    check(
        &["\n\r\n\0\0\0", "\0a\n\0\n"],
        &expect![[r#"
            0..1 Empty
            1..3 Empty
            3..6 Nul
            6..7 Nul
            7..9 Whole "a"
            9..10 Nul
            10..11 Empty
            waits from 11
        "#]],
    );
}

#[test]
fn an_over_long_line_is_cut_at_a_character_and_its_neighbours_are_intact() {
    check(
        &["before\n", "1234567", "京都 and much", " more\nafter\n"],
        &expect![[r#"
            0..7 Whole "before"
            7..35 Truncated "1234567"
            35..41 Whole "after"
            waits from 41
        "#]],
    );
}

#[test]
fn a_line_of_the_very_limit_is_whole() {
    check(
        &["12345678\r\n"],
        &expect![[r#"
            0..10 Whole "12345678"
            waits from 10
        "#]],
    );
}

#[test]
fn a_line_of_64_mib_takes_little_memory() {
    let block = vec![b'x'; 1 << 18];
    let mut framer = Framer::new(ByteOffset::ZERO, Framing::newline(1 << 20));
    let mut lines = Vec::new();
    for _ in 0..256 {
        framer.feed(&block, &mut |_| panic!("the line has no end yet"));
    }
    assert!(framer.kept.capacity() <= 4 << 20, "{}", framer.kept.capacity());
    framer.feed(b"\nnext\n", &mut |piece| {
        if let Piece::Line { span, bytes, cut, .. } = piece {
            lines.push((span.end - span.start, bytes.len(), cut));
        }
    });
    assert_eq!(lines, [((64 << 20) + 1, 1 << 20, Cut::Truncated), (5, 4, Cut::Whole)]);
}

/// R2
#[test]
fn r2_a_delimiter_of_several_bytes_is_found_however_it_is_split() {
    let framing = delimited(r"<|>\n");
    for blocks in [
        &["one<|>\ntwo\n<|>\n"][..],
        &["one<", "|>", "\ntwo\n<|>", "\n"],
        &["one<|", ">\ntwo\n<", "|>\n"],
    ] {
        check_framing(
            &framing,
            blocks,
            &expect![[r#"
                0..7 Whole "one"
                7..15 Whole "two\n"
                waits from 15
            "#]],
        );
    }
}

/// R2
#[test]
fn r2_a_delimiter_that_begins_again_inside_itself_is_found() {
    check_framing(
        &delimited("aab"),
        &["xa", "a", "ab", "aaab", "aa"],
        &expect![[r#"
            0..5 Whole "xa"
            5..9 Whole "a"
            waits from 9
            9..11 Whole "aa"
        "#]],
    );
}

/// R2
#[test]
fn r2_nul_as_delimiter_is_no_hole_and_a_carriage_return_stays_where_it_is_text() {
    check_framing(
        &delimited(r"\0"),
        &["one\r\0\0tw", "o\0"],
        &expect![[r#"
            0..5 Whole "one\r"
            5..6 Empty
            6..10 Whole "two"
            waits from 10
        "#]],
    );
}

/// R3
#[test]
fn r3_an_over_long_line_is_dropped_where_that_is_wanted_and_its_neighbours_are_intact() {
    let framing = Framing { over_long: OverLong::Drop, ..Framing::newline(8) };
    check_framing(
        &framing,
        &["before\n12345", "6789\r\nafter\n", "123456789"],
        &expect![[r#"
            0..7 Whole "before"
            7..18 OverLong
            18..24 Whole "after"
            waits from 24
            24..33 OverLong
        "#]],
    );
}

/// R3
#[test]
fn r3_an_over_long_line_before_a_split_delimiter_is_cut_where_it_is_allowed_to_end() {
    let framing = delimited("--");
    for (blocks, want) in [
        (&["12345678-", "-x--"][..], "0..10 Whole \"12345678\"\n10..13 Whole \"x\"\n"),
        (&["1234567890123-", "-x--"], "0..15 Truncated \"12345678\"\n15..18 Whole \"x\"\n"),
        (&["12345678-9-", "-x--"], "0..12 Truncated \"12345678\"\n12..15 Whole \"x\"\n"),
    ] {
        let blocks: Vec<&[u8]> = blocks.iter().map(|block| block.as_bytes()).collect();
        assert_eq!(pieces(&blocks, &framing).0, want);
    }
}

fn utf16(text: &str, order: Order) -> Vec<u8> {
    let bytes = |unit: u16| match order {
        Order::Little => unit.to_le_bytes(),
        Order::Big => unit.to_be_bytes(),
    };
    text.encode_utf16().flat_map(bytes).collect()
}

/// R4
#[test]
fn r4_utf16_is_cut_at_its_own_newlines_and_not_at_bytes_that_look_like_one() {
    for order in [Order::Little, Order::Big] {
        // U+0A0A and U+0A00 hold the byte of a newline, and U+0100 U+0A00 even both bytes of one, at an odd place.
        let text = utf16("a\u{a0a}\r\n\u{100}\u{a00}\n\n\u{1f600}\n", order);
        let framing = Framing { delimiter: Delimiter::Utf16(order), ..Framing::newline(100) };
        for size in 1..text.len() {
            let blocks: Vec<&[u8]> = text.chunks(size).collect();
            let mut lines = Vec::new();
            let mut framer = Framer::new(ByteOffset::ZERO, framing.clone());
            for block in blocks {
                framer.feed(block, &mut |piece| {
                    if let Piece::Line { span, bytes, .. } = piece {
                        lines.push((span.end.get(), bytes.to_vec()));
                    }
                });
            }
            let want = [(8, "a\u{a0a}"), (14, "\u{100}\u{a00}"), (22, "\u{1f600}")];
            let want = want.map(|(end, line)| (end, utf16(line, order)));
            assert_eq!(lines, want, "{order:?} in blocks of {size}");
        }
    }
}

/// R4
#[test]
fn r4_utf16_is_never_cut_inside_a_character() {
    for order in [Order::Little, Order::Big] {
        let framing = Framing { delimiter: Delimiter::Utf16(order), ..Framing::newline(7) };
        let mut framer = Framer::new(ByteOffset::ZERO, framing);
        let mut cuts = Vec::new();
        framer.feed(&utf16("ab\u{1f600}c\n", order), &mut |piece| {
            if let Piece::Line { bytes, cut, .. } = piece {
                cuts.push((bytes.to_vec(), cut));
            }
        });
        assert_eq!(cuts, [(utf16("ab", order), Cut::Truncated)]);
    }
}

fn framings() -> impl Strategy<Value = Framing> {
    let delimiter = prop_oneof![
        Just(Delimiter::Newline),
        Just(Delimiter::parse("ab").unwrap()),
        Just(Delimiter::parse("aba").unwrap()),
        Just(Delimiter::parse(r"\n\0").unwrap()),
        Just(Delimiter::Utf16(Order::Little)),
        Just(Delimiter::Utf16(Order::Big)),
    ];
    let over_long = prop_oneof![Just(OverLong::Cut), Just(OverLong::Drop)];
    (delimiter, over_long, 2_usize..9).prop_map(|(delimiter, over_long, max_line)| Framing {
        delimiter,
        max_line,
        over_long,
    })
}

proptest! {
    #[test]
    fn lines_do_not_depend_on_how_reads_are_cut(
        framing in framings(),
        bytes in proptest::collection::vec(proptest::sample::select(b"ab\r\n\0\xe4\xba\xac".to_vec()), 0..200),
        cuts in proptest::collection::vec(0_usize..200, 0..12),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut blocks = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            blocks.push(&bytes[from..cut]);
            from = cut;
        }
        // A run of NUL may be told in two pieces; lines may not.
        let lines = |text: String| text.lines().filter(|line| !line.ends_with("Nul")).map(str::to_owned).collect::<Vec<_>>();
        let (whole, one) = pieces(&[&bytes], &framing);
        let (parts, many) = pieces(&blocks, &framing);
        prop_assert_eq!(lines(whole), lines(parts));
        prop_assert_eq!(one.position(), many.position());
        // What waits may be a hole that has no second byte yet.
        if !matches!(framing.delimiter, Delimiter::Utf16(_)) {
            prop_assert_eq!(one.start(), many.start());
        }
    }

    #[test]
    fn pieces_tile_the_file(framing in framings(), bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut framer = Framer::new(ByteOffset::new(8), framing);
        let mut end = ByteOffset::new(8);
        let mut joins = true;
        let mut follow = |piece: Piece<'_>| {
            let (Piece::Line { span, .. } | Piece::Blank { span, .. }) = piece else { return };
            joins &= span.start == end && span.end > span.start;
            end = span.end;
        };
        framer.feed(&bytes, &mut follow);
        framer.finish(&mut follow);
        prop_assert!(joins);
        prop_assert_eq!(end, ByteOffset::new(8 + bytes.len() as u64));
    }
}
