use super::*;
use expect_test::{Expect, expect};
use std::fmt::Write as _;

/// Gives lines of `wrapper` and shows what is given away behind each.
fn check(wrapper: Wrapper, max_line: usize, lines: &[&str], want: &Expect) {
    let mut out = String::new();
    let mut container = Container::new(wrapper, max_line, OverLong::Cut);
    let mut at = ByteOffset::ZERO;
    let mut show = |piece: Piece<'_>| match piece {
        Piece::Line { span, bytes, cut, provenance } => {
            let text = String::from_utf8_lossy(bytes);
            let time = provenance.time.map(|time| time.strftime("%S").to_string());
            writeln!(out, "{}..{} {cut:?} {text:?} at {time:?}", span.start, span.end).unwrap();
        }
        Piece::Blank { span, kind } => {
            writeln!(out, "{}..{} {kind:?}", span.start, span.end).unwrap();
        }
        Piece::Fault { .. } => panic!("nothing is wrong"),
    };
    for line in lines {
        let span = at..at + line.len() as u64 + 1;
        at = span.end;
        let provenance = Provenance::default();
        let piece = if line.is_empty() {
            Piece::Blank { span, kind: Blank::Empty }
        } else {
            Piece::Line { span, bytes: line.as_bytes(), cut: Cut::Whole, provenance }
        };
        container.take(piece, &mut show);
    }
    let waits = container.start();
    container.finish(&mut show);
    writeln!(out, "waited from {:?}", waits.map(ByteOffset::get)).unwrap();
    want.assert_eq(&out);
}

#[test]
fn a_line_that_docker_split_is_one_line_with_the_time_of_its_start() {
    check(
        Wrapper::Docker,
        100,
        &[
            r#"{"log":"one ","stream":"stdout","time":"2026-01-02T03:04:05Z"}"#,
            r#"{"log":"two\n","stream":"stdout","time":"2026-01-02T03:04:06Z"}"#,
            r#"{"log":"\n","stream":"stdout","time":"2026-01-02T03:04:07Z"}"#,
            "not of docker",
        ],
        &expect![[r#"
            0..127 Whole "one two" at Some("05")
            127..188 Empty
            188..202 Whole "not of docker" at None
            waited from None
        "#]],
    );
}

#[test]
fn standard_error_between_two_parts_of_standard_output_stays_apart() {
    check(
        Wrapper::Cri,
        100,
        &[
            "2026-01-02T03:04:01Z stdout P 1",
            "2026-01-02T03:04:02Z stderr F 2",
            "",
            "2026-01-02T03:04:03Z stdout P 3",
            "2026-01-02T03:04:04Z stdout F 4",
            "2026-01-02T03:04:05Z stderr F 5",
        ],
        &expect![[r#"
            0..32 Whole "134" at Some("01")
            32..129 Whole "2" at Some("02")
            129..161 Whole "5" at Some("05")
            waited from None
        "#]],
    );
}

#[test]
fn a_line_without_its_end_waits_and_leaves_when_the_file_is_done() {
    check(
        Wrapper::Auto,
        100,
        &[
            "2026-01-02T03:04:01Z stdout F whole",
            r#"{"log":"begun","stream":"stdout","time":"2026-01-02T03:04:02Z"}"#,
        ],
        &expect![[r#"
            0..36 Whole "whole" at Some("01")
            36..100 Whole "begun" at Some("02")
            waited from Some(36)
        "#]],
    );
}

#[test]
fn a_joined_line_over_the_limit_is_cut_at_a_character() {
    check(
        Wrapper::Cri,
        8,
        &[
            "2026-01-02T03:04:01Z stdout P 1234567",
            "2026-01-02T03:04:02Z stdout P 京都",
            "2026-01-02T03:04:03Z stdout F more",
            "2026-01-02T03:04:04Z stdout F after",
        ],
        &expect![[r#"
            0..110 Truncated "1234567" at Some("01")
            110..146 Whole "after" at Some("04")
            waited from None
        "#]],
    );
}
