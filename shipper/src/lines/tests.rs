use super::*;
use std::sync::Arc;

use crate::frame::{Cut, Order};
use multiline::{Mode, Negate, Rule, compile};
use proptest::prelude::*;

const QUIET: Duration = Duration::from_secs(5);

fn grouped(pattern: &str, mode: Mode) -> Multiline {
    let pattern = compile(pattern).unwrap();
    let rule = Arc::new(Rule::Pattern { pattern, mode, negate: Negate::No });
    Multiline { rule, max_lines: 4, max_bytes: 40, quiet: QUIET }
}

/// A line or a blank, with all that is known of it, as text.
type Seen = (u64, u64, String);

/// Makes lines of blocks; returns the pieces, then where what is held back begins.
fn seen(making: &Making, from: u64, blocks: &[&[u8]]) -> (Vec<Seen>, ByteOffset, Lines) {
    let head = blocks.concat();
    let mut lines = Lines::new(ByteOffset::new(from), making, 16, &head);
    let mut pieces = Vec::new();
    for block in blocks {
        lines.feed(block, Duration::ZERO, &mut |piece| pieces.push(tell(&piece)));
    }
    (pieces, lines.start(), lines)
}

fn tell(piece: &Piece<'_>) -> Seen {
    match piece {
        Piece::Line { span, bytes, cut, provenance } => {
            let text = format!("{cut:?} {:?} {provenance:?}", String::from_utf8_lossy(bytes));
            (span.start.get(), span.end.get(), text)
        }
        Piece::Blank { span, kind } => (span.start.get(), span.end.get(), format!("{kind:?}")),
        Piece::Fault { .. } => panic!("nothing is wrong"),
    }
}

fn texts(making: &Making, file: &[u8]) -> Vec<String> {
    let mut lines = Lines::new(ByteOffset::ZERO, making, 1 << 20, file);
    let mut texts = Vec::new();
    let mut note = |piece: Piece<'_>| {
        if let Piece::Line { bytes, .. } = piece {
            texts.push(String::from_utf8_lossy(bytes).into_owned());
        }
    };
    lines.feed(file, Duration::ZERO, &mut note);
    lines.finish(Duration::ZERO, &mut note);
    texts
}

#[test]
fn the_layers_stand_on_one_another() {
    // Docker's lines, split inside an exception whose text is Chinese.
    let making = Making {
        container: Wrapper::Docker,
        multiline: Some(Multiline { max_bytes: 1 << 20, ..grouped(r"^\S", Mode::Start) }),
        ..Making::default()
    };
    let file = concat!(
        r#"{"log":"ERROR 付款","stream":"stdout","time":"2026-01-02T03:04:05Z"}"#,
        "\n",
        r#"{"log":"失败\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}"#,
        "\n",
        r#"{"log":"\tat Pay.java:3\n","stream":"stdout","time":"2026-01-02T03:04:06Z"}"#,
        "\n",
        r#"{"log":"INFO\n","stream":"stdout","time":"2026-01-02T03:04:07Z"}"#,
        "\n",
    );
    assert_eq!(texts(&making, file.as_bytes()), ["ERROR 付款失败\n\tat Pay.java:3", "INFO"]);
}

#[test]
fn a_character_that_a_runtime_split_is_whole_again() {
    let making = Making { container: Wrapper::Cri, ..Making::default() };
    let (first, second) = "京".as_bytes().split_at(2);
    let file = [
        b"2026-01-02T03:04:05Z stdout P to ",
        first,
        b"\n2026-01-02T03:04:05Z stdout F ",
        second,
        b"\n",
    ]
    .concat();
    assert_eq!(texts(&making, &file), ["to 京"]);
}

#[test]
fn a_16_kib_split_of_docker_becomes_one_line() {
    let making = Making { container: Wrapper::Auto, ..Making::default() };
    let text = "\u{1}\"x".repeat(40 << 10);
    let mut file = String::new();
    let parts: Vec<&[u8]> = text.as_bytes().chunks(16 << 10).collect();
    for (at, part) in parts.iter().enumerate() {
        let end = if at + 1 == parts.len() { "\n" } else { "" };
        let log = format!("{}{end}", std::str::from_utf8(part).unwrap());
        let line =
            serde_json::json!({"log": log, "stream": "stdout", "time": "2026-01-02T03:04:05Z"});
        file.push_str(&line.to_string());
        file.push('\n');
    }
    assert_eq!(texts(&making, file.as_bytes()), [text]);
}

/// R8
#[test]
fn r8_the_end_of_what_was_sent_never_stands_inside_a_group() {
    let making = Making { multiline: Some(grouped(r"^\S", Mode::Start)), ..Making::default() };
    let (pieces, start, mut lines) = seen(&making, 0, &[b"a\n b\n", b" c\nd\n e\n half"]);
    assert_eq!(pieces.iter().map(|piece| (piece.0, piece.1)).collect::<Vec<_>>(), [(0, 8)]);
    assert_eq!((start.get(), lines.position().get()), (8, 18));
    assert_eq!(lines.quiet_at(), Some(QUIET));
    // Quiet closes the group and leaves the incomplete line.
    lines.close(&mut |piece| assert_eq!(tell(&piece).1, 13));
    assert_eq!((lines.start().get(), lines.quiet_at()), (13, None));
}

#[test]
fn a_file_of_utf16_is_known_by_its_mark_and_named_by_its_first_line() {
    let file = b"\xff\xfea\0\n\0b\0\n\0";
    let making = Making::default();
    assert_eq!(texts(&making, file), ["a", "b"]);
    assert_eq!(making.first_line(file), Some(&file[..6]));
    assert_eq!(making.first_line(b"GET /\nmore"), Some(&b"GET /\n"[..]));
    assert_eq!(making.first_line(b"GET /ca"), None, "it has no name yet");
    assert_eq!(making.first_line(&[b'x'; 1_024]).map(<[u8]>::len), Some(1_024));
    let making = Making { delimiter: Delimiter::parse("--").unwrap(), ..Making::default() };
    assert_eq!(making.first_line(b"a\nb--c"), Some(&b"a\nb--"[..]));
    assert_eq!(making.first_line(b"a\nb"), None);
}

fn makings() -> impl Strategy<Value = Making> {
    let delimiter = prop_oneof![Just(Delimiter::Newline), Just(Delimiter::parse("\\n ").unwrap())];
    let encoding = prop_oneof![
        Just(Encoding::Auto),
        Just(Encoding::Gb18030),
        Just(Encoding::Utf16Le),
        Just(Encoding::Latin1)
    ];
    let container = prop_oneof![Just(Wrapper::None), Just(Wrapper::Cri), Just(Wrapper::Auto)];
    let multiline = prop_oneof![
        Just(None),
        Just(Some(grouped("^a", Mode::Start))),
        Just(Some(grouped("^ ", Mode::Continue))),
        Just(Some(grouped("b$", Mode::End))),
        Just(Some(Multiline { rule: Arc::new(Rule::Count(3)), ..grouped("x", Mode::End) })),
    ];
    let over_long = prop_oneof![Just(OverLong::Cut), Just(OverLong::Drop)];
    (delimiter, over_long, encoding, container, multiline).prop_map(
        |(delimiter, over_long, encoding, container, multiline)| Making {
            delimiter: match encoding.order() {
                Some(Order::Little | Order::Big) => Delimiter::Newline,
                None => delimiter,
            },
            over_long,
            encoding,
            container,
            multiline,
        },
    )
}

fn files() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: [&[u8]; 15] = [
        b"a",
        b"b",
        b" ",
        b"\n",
        b"\r\n",
        b"\0",
        b"\n\0",
        "京都".as_bytes(),
        b"\xbe\xa9\xb6\xbc",
        b"\xff",
        b"\n2026-01-02T03:04:05Z stdout P ",
        b"\n2026-01-02T03:04:05Z stdout F ",
        b"\n2026-01-02T03:04:05Z stderr F ",
        b"\n{\"log\":\"x\",\"stream\":\"stdout\"}",
        b"a much longer stretch of text than a line may have",
    ];
    proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..60)
        .prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn lines_do_not_depend_on_how_reads_are_cut(making in makings(), file in files(), size in 1_usize..50) {
        // A hole may be told in several pieces.
        let lines = |pieces: Vec<Seen>| pieces.into_iter().filter(|piece| piece.2 != "Nul").collect::<Vec<_>>();
        let blocks: Vec<&[u8]> = file.chunks(size).collect();
        let mut whole = seen(&making, 0, &[&file]);
        let mut parts = seen(&making, 0, &blocks);
        whole.2.finish(Duration::ZERO, &mut |piece| whole.0.push(tell(&piece)));
        parts.2.finish(Duration::ZERO, &mut |piece| parts.0.push(tell(&piece)));
        prop_assert_eq!(lines(whole.0), lines(parts.0));
    }

    #[test]
    fn pieces_tile_the_file(making in makings(), file in files()) {
        let (mut pieces, start, mut lines) = seen(&making, 4, &[&file]);
        let given = pieces.last().map_or(4, |last| last.1);
        prop_assert_eq!(given, start.get(), "what was not given away is held back");
        lines.finish(Duration::ZERO, &mut |piece| pieces.push(tell(&piece)));
        let mut end = 4;
        for (start, next, _) in &pieces {
            prop_assert_eq!(*start, end);
            prop_assert!(next > start);
            end = *next;
        }
        prop_assert_eq!(end, 4 + file.len() as u64);
    }

    /// R6, R8: whatever was sent, reading on from its end gives the lines that would have come.
    #[test]
    fn a_resume_gives_the_lines_that_were_not_sent(making in makings(), file in files(), at in 0_usize..400) {
        let (whole, whole_start, _) = seen(&making, 0, &[&file]);
        let (first, start, _) = seen(&making, 0, &[&file[..at.min(file.len())]]);
        let from = usize::try_from(start.get()).unwrap();
        let mut lines = Lines::new(start, &making, 16, &file);
        let mut rest = Vec::new();
        lines.feed(&file[from..], Duration::ZERO, &mut |piece| rest.push(tell(&piece)));
        prop_assert_eq!(lines.start(), whole_start);
        let is_line = |piece: &Seen| piece.2 != "Nul";
        let joined: Vec<Seen> = first.into_iter().chain(rest).filter(is_line).collect();
        prop_assert_eq!(joined, whole.into_iter().filter(is_line).collect::<Vec<_>>());
    }
}

#[test]
fn an_over_long_line_in_a_wrapper_is_cut_or_dropped() {
    let line = b"2026-01-02T03:04:05Z stdout F 12345678901234567890\n";
    for (over_long, want) in [(OverLong::Cut, Cut::Truncated), (OverLong::Drop, Cut::Whole)] {
        let making = Making { container: Wrapper::Cri, over_long, ..Making::default() };
        let (pieces, ..) = seen(&making, 0, &[line]);
        let is_cut = pieces[0].2.starts_with("Truncated \"1234567890123456\"");
        assert_eq!(
            (is_cut, pieces[0].2 == "OverLong"),
            (want == Cut::Truncated, want == Cut::Whole)
        );
    }
}
