use super::*;
use std::fmt::Write as _;

use expect_test::{Expect, expect};

fn multiline(rule: Rule) -> Multiline {
    let quiet = Duration::from_secs(5);
    Multiline { rule: Arc::new(rule), max_lines: 500, max_bytes: 1 << 20, quiet }
}

fn pattern(pattern: &str, mode: Mode, negate: Negate) -> Rule {
    Rule::Pattern { pattern: compile(pattern).unwrap(), mode, negate }
}

/// Gives lines, an empty one as the blank that the framer makes of it, and shows the groups.
fn groups(multiline: &Multiline, text: &str) -> (String, Grouper) {
    let mut out = String::new();
    let mut grouper = Grouper::new(multiline.clone());
    let mut at = ByteOffset::ZERO;
    for line in text.lines() {
        let span = at..at + line.len() as u64 + 1;
        at = span.end;
        let piece = if line.is_empty() {
            Piece::Blank { span, kind: Blank::Empty }
        } else {
            let (cut, provenance) = (Cut::Whole, Provenance::default());
            Piece::Line { span, bytes: line.as_bytes(), cut, provenance }
        };
        grouper.take(piece, Duration::ZERO, &mut |piece| show(&mut out, &piece));
    }
    (out, grouper)
}

fn show(out: &mut String, piece: &Piece<'_>) {
    match piece {
        Piece::Line { span, bytes, cut, provenance } => {
            let text = String::from_utf8_lossy(bytes);
            let lines = provenance.lines;
            writeln!(out, "{}..{} {cut:?} {lines} {text:?}", span.start, span.end).unwrap();
        }
        Piece::Blank { span, kind } => {
            writeln!(out, "{}..{} {kind:?}", span.start, span.end).unwrap();
        }
        Piece::Fault { .. } => panic!("nothing is wrong"),
    }
}

fn check(multiline: &Multiline, text: &str, want: &Expect) {
    let (mut out, mut grouper) = groups(multiline, text);
    if let Some(start) = grouper.start() {
        writeln!(out, "open from {start}").unwrap();
    }
    grouper.finish(&mut |piece| show(&mut out, &piece));
    want.assert_eq(&out);
}

/// Checks how the lines of a text fall into groups: each group is given by its first line and its number of lines.
fn check_preset(preset: Preset, text: &str, want: &[(&str, u32)]) {
    let mut got = Vec::new();
    let mut grouper = Grouper::new(multiline(Rule::preset(preset).unwrap()));
    let mut note = |piece: Piece<'_>| {
        if let Piece::Line { bytes, provenance, .. } = piece {
            let text = String::from_utf8_lossy(bytes).into_owned();
            got.push((text.lines().next().unwrap_or_default().to_owned(), provenance.lines));
        }
    };
    let mut at = ByteOffset::ZERO;
    for line in text.lines() {
        let span = at..at + line.len() as u64 + 1;
        at = span.end;
        let (cut, provenance) = (Cut::Whole, Provenance::default());
        let piece = if line.is_empty() {
            Piece::Blank { span, kind: Blank::Empty }
        } else {
            Piece::Line { span, bytes: line.as_bytes(), cut, provenance }
        };
        grouper.take(piece, Duration::ZERO, &mut note);
    }
    grouper.finish(&mut note);
    let want: Vec<(String, u32)> =
        want.iter().map(|(line, lines)| ((*line).to_owned(), *lines)).collect();
    assert_eq!(got, want);
}

#[test]
fn r8_a_pattern_says_where_a_group_starts() {
    check(
        &multiline(pattern(r"^\d", Mode::Start, Negate::No)),
        "alone\n1 a\n  b\n2 c\n3 d\n",
        &expect![[r#"
            0..6 Whole 1 "alone"
            6..14 Whole 2 "1 a\n  b"
            14..18 Whole 1 "2 c"
            open from 18
            18..22 Whole 1 "3 d"
        "#]],
    );
}

#[test]
fn r8_a_pattern_says_what_goes_on_or_by_its_absence_what_does_not() {
    let want = expect![[r#"
        0..8 Whole 2 "1 a\n  b"
        8..12 Whole 1 "2 c"
        open from 12
        12..16 Whole 1 "3 d"
    "#]];
    let text = "1 a\n  b\n2 c\n3 d\n";
    check(&multiline(pattern(r"^\s", Mode::Continue, Negate::No)), text, &want);
    check(&multiline(pattern(r"^\d", Mode::Continue, Negate::Yes)), text, &want);
    check(&multiline(pattern(r"^\s", Mode::Start, Negate::Yes)), text, &want);
}

#[test]
fn r8_a_pattern_says_where_a_group_ends() {
    check(
        &multiline(pattern(";$", Mode::End, Negate::No)),
        "select\n1;\nfoo;\nbar\n",
        &expect![[r#"
            0..10 Whole 2 "select\n1;"
            10..15 Whole 1 "foo;"
            open from 15
            15..19 Whole 1 "bar"
        "#]],
    );
}

#[test]
fn r8_a_number_says_how_many_lines_are_one() {
    check(
        &multiline(Rule::Count(2)),
        "a\nb\nc\nd\ne\n",
        &expect![[r#"
            0..4 Whole 2 "a\nb"
            4..8 Whole 2 "c\nd"
            open from 8
            8..10 Whole 1 "e"
        "#]],
    );
}

#[test]
fn r8_empty_lines_belong_to_the_group_around_them_and_to_none_behind_it() {
    check(
        &multiline(pattern(r"^\d", Mode::Start, Negate::No)),
        "\n1 a\n\n\n b\n\n2 c\n\n",
        &expect![[r#"
            0..1 Empty
            1..10 Whole 4 "1 a\n\n\n b"
            10..11 Empty
            open from 11
            11..15 Whole 1 "2 c"
            15..16 Empty
        "#]],
    );
}

#[test]
fn r8_a_group_ends_at_its_limits_and_nothing_is_lost() {
    let rule = pattern(r"^\d", Mode::Start, Negate::No);
    let by_lines = Multiline { max_lines: 2, ..multiline(rule.clone()) };
    check(
        &by_lines,
        "1\n a\n b\n c\n2\n",
        &expect![[r#"
            0..5 Truncated 2 "1\n a"
            5..11 Whole 2 " b\n c"
            open from 11
            11..13 Whole 1 "2"
        "#]],
    );
    let by_bytes = Multiline { max_bytes: 5, ..multiline(rule) };
    check(
        &by_bytes,
        "1\n ab\n c\n much longer\n2\n",
        &expect![[r#"
            0..6 Truncated 2 "1\n ab"
            6..9 Truncated 1 " c"
            9..22 Whole 1 " much longer"
            open from 22
            22..24 Whole 1 "2"
        "#]],
    );
}

#[test]
fn r8_a_group_is_complete_when_it_was_quiet_for_long_enough() {
    let multiline = multiline(pattern(r"^\d", Mode::Start, Negate::No));
    let mut grouper = Grouper::new(multiline);
    assert_eq!(grouper.quiet_at(), None);
    let mut nothing = |piece: Piece<'_>| panic!("{piece:?}");
    for (second, line) in [(1, "1"), (3, " a")] {
        let start = ByteOffset::new(second);
        let piece = Piece::Line {
            span: start..start + 2,
            bytes: line.as_bytes(),
            cut: Cut::Whole,
            provenance: Provenance::default(),
        };
        grouper.take(piece, Duration::from_secs(second), &mut nothing);
    }
    assert_eq!(grouper.quiet_at(), Some(Duration::from_secs(8)));
    // The line behind the pause is a group of its own, whatever the rule would say.
    let mut out = String::new();
    grouper.finish(&mut |piece| show(&mut out, &piece));
    assert_eq!(out, "1..5 Whole 2 \"1\\n a\"\n");
    assert_eq!((grouper.start(), grouper.quiet_at()), (None, None));
}

#[test]
fn r8_traces_of_java_join_the_line_that_tells_of_them() {
    check_preset(
        Preset::Java,
        "10:00 ERROR payment failed\n\
         java.lang.IllegalStateException: no gateway\n\
         \tat shop.Pay.pay(Pay.java:3)\n\
         \t... 12 more\n\
         Caused by: java.io.IOException: reset\n\
         \tat shop.Net.read(Net.java:9)\n\
         10:01 INFO next\n\
         java.lang.Error: one\n\
         \tat a.B.c(B.java:1)\n\
         java.lang.Error: two\n\
         \tat a.B.c(B.java:1)\n",
        &[("10:00 ERROR payment failed", 6), ("10:01 INFO next", 3), ("java.lang.Error: two", 2)],
    );
}

#[test]
fn r8_traces_of_python_end_with_their_message_and_are_chained() {
    check_preset(
        Preset::Python,
        "ERROR:root:failed\n\
         Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\n\
         KeyError: 'x'\n\n\
         During handling of the above exception, another exception occurred:\n\n\
         Traceback (most recent call last):\n  File \"a.py\", line 3, in h\n\
         ValueError: y\n\
         INFO:root:next\n\
         INFO:root:last\n",
        &[("ERROR:root:failed", 11), ("INFO:root:next", 1), ("INFO:root:last", 1)],
    );
}

#[test]
fn r8_a_panic_of_go_is_one_event() {
    check_preset(
        Preset::Go,
        "serving\n\
         panic: runtime error: index out of range [5]\n\n\
         goroutine 1 [running]:\n\
         main.pay(0x1, {0x2, 0x3})\n\t/src/main.go:9 +0x1d\n\
         created by main.main in goroutine 1\n\t/src/main.go:4\n\
         exit status 2\n\
         serving again\n\
         done(1)\n",
        &[
            ("serving", 1),
            ("panic: runtime error: index out of range [5]", 8),
            ("serving again", 1),
            ("done(1)", 1),
        ],
    );
}

#[test]
fn r8_traces_of_ruby_php_and_dotnet_are_one_event() {
    check_preset(
        Preset::Ruby,
        "I, started\n\
         a.rb:3:in `pay': no gateway (RuntimeError)\n\tfrom a.rb:9:in `main'\n\
         I, next\n",
        &[("I, started", 3), ("I, next", 1)],
    );
    check_preset(
        Preset::Php,
        "[02-Jan-2026] PHP Fatal error:  Uncaught Exception: no gateway in /a.php:3\n\
         Stack trace:\n#0 /a.php(9): pay()\n#1 {main}\n  thrown in /a.php on line 3\n\
         [02-Jan-2026] next\n",
        &[
            ("[02-Jan-2026] PHP Fatal error:  Uncaught Exception: no gateway in /a.php:3", 5),
            ("[02-Jan-2026] next", 1),
        ],
    );
    check_preset(
        Preset::Dotnet,
        "fail: Shop.Pay[0]\n      payment failed\n\
         System.InvalidOperationException: no gateway\n ---> System.IO.IOException: reset\n   at Shop.Net.Read()\n\
         --- End of inner exception stack trace ---\n   at Shop.Pay.Do() in /a.cs:line 3\n\
         info: next\n",
        &[("fail: Shop.Pay[0]", 7), ("info: next", 1)],
    );
}

#[test]
fn patterns_take_linear_time_and_little_room() {
    assert!(compile(r"(?<=x)y").is_err());
    assert!(compile(r"(a)\1").is_err());
    assert!(matches!(compile(r"\w{1000}{200}"), Err(regex::Error::CompiledTooBig(_))));
}
