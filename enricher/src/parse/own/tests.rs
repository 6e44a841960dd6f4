mod columns;

use super::*;
use crate::draft::{ParseStatus, Stamp};
use crate::settings::RawPipeline;
use event::{ByteOffset, FileId, Origin};
use expect_test::{Expect, expect};
use std::fmt::Write as _;

fn raw(format: Format, parse: &str) -> RawPipeline {
    let parse = serde_saphyr::from_str(parse).unwrap();
    RawPipeline { format, dataset: "order".to_owned(), parse, ..RawPipeline::default() }
}

fn parser_of(format: Format, parse: &str) -> Box<dyn LineParser> {
    let mut faults = Vec::new();
    let input = PipelineSettings::check(&raw(format, parse), "", &mut faults);
    assert_eq!(faults, []);
    parser(&input.unwrap())
}

/// Says what a draft holds: status, stamp, fields, amounts, the rest, what is nobody's business.
fn told(draft: &Draft) -> String {
    let mut told = String::new();
    if let Some(rule) = draft.drop {
        return format!("dropped by {rule}\n");
    }
    if draft.status != ParseStatus::Ok {
        writeln!(told, "{:?}", draft.status).unwrap();
    }
    match draft.stamp {
        Stamp::Text(note) => writeln!(told, "at {}", draft.read(note)).unwrap(),
        Stamp::Missing => writeln!(told, "without a time").unwrap(),
        Stamp::Absent | Stamp::At(_) => {}
    }
    writeln!(told, "{}", draft.event.document.to_json()).unwrap();
    for money in &draft.money {
        writeln!(told, "{} = {:?}", money.field, draft.read(money.text)).unwrap();
    }
    for extra in &draft.extras {
        writeln!(told, "{} = {:?}", draft.read(extra.key), draft.read(extra.text)).unwrap();
    }
    for secret in &draft.sensitive {
        writeln!(told, "{:?} {:?}", secret.personal, draft.read(secret.text)).unwrap();
    }
    told
}

fn read(parser: &mut dyn LineParser, line: &str, file: u8, start: u64) -> String {
    let span = ByteOffset::new(start)..ByteOffset::new(start + 1);
    let origin = Origin { file: FileId::from_bytes([file; 16]), span, part: 0 };
    let mut draft = Draft::new();
    draft.begin(&origin, jiff::Timestamp::UNIX_EPOCH);
    parser.parse(line, &mut draft);
    told(&draft)
}

fn check(format: Format, parse: &str, line: &str, want: &Expect) {
    want.assert_eq(&read(&mut *parser_of(format, parse), line, 1, 9));
}

/// Faults of an input, as a person reads them.
fn faults(format: Format, parse: &str, want: &Expect) {
    let mut faults = Vec::new();
    let checked = PipelineSettings::check(&raw(format, parse), "", &mut faults);
    assert!(checked.is_none() && !faults.is_empty());
    let mut told = String::new();
    for fault in faults {
        writeln!(told, "{}: {} ({})", fault.key, fault.message, fault.hint).unwrap();
    }
    want.assert_eq(&told);
}

#[test]
fn named_groups_of_an_expression_are_keys_of_ours() {
    let parse = r"{ pattern: '^(?<time>\S+) order (?<order.id>\d+) of (?<customer.id>\S+): (?<order.amount>[\d.]+)(?: (?<colour>\w+))?$' }";
    check(
        Format::Regex,
        parse,
        "2026-01-02T03:04:05Z order 1001 of anna: 12.50",
        &expect![[r#"
            at 2026-01-02T03:04:05Z
            {"store":{"order":{"id":"1001"}}}
            store.order.amount_minor = "12.50"
            Id "anna"
        "#]],
    );
    check(
        Format::Regex,
        parse,
        "2026-01-02T03:04:05Z no order",
        &expect![[r#"
        Failed(OtherFormat)
        {"message":"2026-01-02T03:04:05Z no order"}
    "#]],
    );
}

#[test]
fn of_several_patterns_the_first_that_fits_counts() {
    let parse = r"{ pattern: ['^order (?<order.id>\d+)', '^(?<message>order .*)'] }";
    check(
        Format::Regex,
        parse,
        "order 7 came",
        &expect![[r#"
        {"store":{"order":{"id":"7"}}}
    "#]],
    );
    check(
        Format::Regex,
        parse,
        "order lost",
        &expect![[r#"
        {"message":"order lost"}
    "#]],
    );
    check(
        Format::Regex,
        parse,
        "else",
        &expect![[r#"
        Failed(OtherFormat)
        {"message":"else"}
    "#]],
    );
}

#[test]
fn grok_makes_expressions_of_named_ones() {
    let parse = r"
pattern: '%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} \[%{JAVACLASS:logger}\] order=%{ORDER:order.id} took %{INT:[took]:int} %{WORD:ok:boolean} (?:by %{WORD:by}|from %{WORD:by})'
definitions: { ORDER: '[A-Z]{2}-%{INT}' }
";
    check(
        Format::Grok,
        parse,
        "2026-01-02 03:04:05,678 WARN [com.shop.Order] order=DE-17 took 12 true from web",
        &expect![[r#"
            at 2026-01-02 03:04:05,678
            {"log":{"level":"WARN","logger":"com.shop.Order"},"store":{"order":{"id":"DE-17"}}}
            took = "12"
            ok = "true"
            by = "web"
        "#]],
    );
}

#[test]
fn an_access_line_of_grok_is_a_request() {
    let parse = "{ pattern: '%{COMBINEDAPACHELOG}' }";
    let line = r#"203.0.113.7 - bob [02/Jan/2026:03:04:05 +0000] "GET /a?b=c HTTP/1.1" 200 - "-" "Mozilla/5.0 (x)""#;
    check(
        Format::Grok,
        parse,
        line,
        &expect![[r#"
        at 02/Jan/2026:03:04:05 +0000
        {"http":{"request":{"method":"GET"},"response":{"status_code":200},"version":"1.1"},"source":{"address":"203.0.113.7"},"url":{"original":"/a?b=c"},"user_agent":{"original":"Mozilla/5.0 (x)"}}
        Id "bob"
    "#]],
    );
    let mut draft = Draft::new();
    parser_of(Format::Grok, parse).parse(line, &mut draft);
    assert!(draft.is_request);
}

#[test]
fn what_cannot_be_an_expression_is_told_with_its_reason() {
    faults(
        Format::Regex,
        "{ pattern: ['(?<a>x)', '(', '(?<a>x)(?=y)', 'x'] }",
        &expect![[r"
        parse.pattern[1]: which is no expression: unclosed group (the syntax is that of the regex crate; \ before a character takes it as it is)
        parse.pattern[2]: which is no expression: look-around, including look-ahead and look-behind, is not supported (expressions are linear in time: without look-around and back references, say what stands there instead)
        parse.pattern[3]: which names nothing (name what is to be kept: (?<order.id>[0-9]+), %{INT:order.id})
    "]],
    );
    faults(
        Format::Regex,
        r"{ pattern: '(?<a>\w{1000}){1000}' }",
        &expect![[r"
        parse.pattern: which is too large when it is compiled (smaller counts in {..}, or [0-9] and [A-Za-z0-9_] for \d and \w, which stand for all scripts)
    "]],
    );
    faults(
        Format::Regex,
        "{ pattern: '(?<a>x)(?<a>y)' }",
        &expect![[r"
        parse.pattern: which is no expression: duplicate capture group name (names of groups are letters, digits, _ and dots, each once, and begin with a letter: (?<order.id>..))
    "]],
    );
    faults(
        Format::Regex,
        "{}",
        &expect![[r"
        parse.pattern: which is no pattern (one pattern, or a list of 64 at most of which the first that fits a line counts)
    "]],
    );
    faults(
        Format::Grok,
        "{ pattern: ['%{NOPE:a}', '%{INT:a:colour}', '%{INT', '%{INT:}'], definitions: { A: '%{B}', B: 'x%{A}', C: '(' } }",
        &expect![[r"
            parse.definitions.A: which uses %{A} within itself: A, B, A (a definition may use others, but not itself)
            parse.definitions.B: which uses %{B} within itself: B, A, B (a definition may use others, but not itself)
            parse.definitions.C: which is no expression: unclosed group (the syntax is that of the regex crate; \ before a character takes it as it is)
            parse.pattern[0]: which uses %{NOPE}, and that is no definition (a name of parse.definitions, or one that ships with the program: docs/formats.md lists them)
            parse.pattern[1]: in which colour is no kind of value (string, int, long, float, double or boolean)
            parse.pattern[2]: in which a %{ has no end (%{SYNTAX}, %{SYNTAX:name} or %{SYNTAX:name:int}, for example %{INT:order.id})
            parse.pattern[3]: in which a name is empty (%{SYNTAX}, %{SYNTAX:name} or %{SYNTAX:name:int}, for example %{INT:order.id})
        "]],
    );
    let doubling: Vec<String> =
        (0..30).map(|n| format!("D{n}: '%{{D{}}}%{{D{}}}'", n + 1, n + 1)).collect();
    let parse =
        format!("{{ pattern: '%{{D0:a}}', definitions: {{ D30: xx, {} }} }}", doubling.join(", "));
    let mut list = Vec::new();
    PipelineSettings::check(&raw(Format::Grok, &parse), "", &mut list);
    assert!(list.iter().any(|fault| fault.message == "which is too long"), "{list:?}");
}

#[test]
fn a_dissection_goes_from_text_to_text() {
    let parse = "{ pattern: '[%{time} %{+time}] %{level->} %{?skipped}: %{*name}=%{&name} %{} %{message}' }";
    check(
        Format::Dissect,
        parse,
        "[2026-01-02 03:04:05] WARN     shop: order.id=7 x stock is low",
        &expect![[r#"
            at 2026-01-02 03:04:05
            {"log":{"level":"WARN"},"message":"stock is low","store":{"order":{"id":"7"}}}
        "#]],
    );
    check(
        Format::Dissect,
        parse,
        "[2026-01-02 03:04:05] WARN",
        &expect![[r#"
        Failed(OtherFormat)
        {"message":"[2026-01-02 03:04:05] WARN"}
    "#]],
    );
}

#[test]
fn appended_pieces_keep_the_order_they_are_given() {
    let parse = "{ pattern: '%{+a/2},%{+a/1},%{+a/4},%{+a/3};' }";
    check(
        Format::Dissect,
        parse,
        "1,2,3,go; and more",
        &expect![[r#"
        {}
        a = "2,1,go,3"
        rest = "and more"
    "#]],
    );
}

#[test]
fn a_dissection_that_cannot_be_is_told() {
    faults(
        Format::Dissect,
        "{ pattern: ['%{a}%{b}', 'x', '%{a', '%{+}', '%{*a} x', '%{}', '%{+a/x}'] }",
        &expect![[r"
            parse.pattern[0]: in which nothing stands behind %{a} (%{name}, %{} or %{?name}, %{name->}, %{+name} or %{+name/2}, %{*name} with %{&name}, and a text between each two)
            parse.pattern[1]: which names nothing (%{name}, %{} or %{?name}, %{name->}, %{+name} or %{+name/2}, %{*name} with %{&name}, and a text between each two)
            parse.pattern[2]: in which a %{ has no end (%{name}, %{} or %{?name}, %{name->}, %{+name} or %{+name/2}, %{*name} with %{&name}, and a text between each two)
            parse.pattern[3]: in which a name is empty (%{name}, %{} or %{?name}, %{name->}, %{+name} or %{+name/2}, %{*name} with %{&name}, and a text between each two)
            parse.pattern[4]: in which a is half of a pair (%{name}, %{} or %{?name}, %{name->}, %{+name} or %{+name/2}, %{*name} with %{&name}, and a text between each two)
            parse.pattern[5]: which names nothing (%{name}, %{} or %{?name}, %{name->}, %{+name} or %{+name/2}, %{*name} with %{&name}, and a text between each two)
            parse.pattern[6]: in which +a/x has no order (%{name}, %{} or %{?name}, %{name->}, %{+name} or %{+name/2}, %{*name} with %{&name}, and a text between each two)
        "]],
    );
}

#[test]
fn a_key_that_the_format_does_not_read_is_a_fault() {
    faults(
        Format::KeyValue,
        "{ pattern: x, columns: header }",
        &expect![[r"
        parse.pattern: which format key_value does not read (only for format: regex, grok, dissect)
        parse.columns: which format key_value does not read (only for format: delimited)
    "]],
    );
    faults(
        Format::Plain,
        "{ quote: x }",
        &expect![[r"
        parse.quote: which format plain does not read (only for format: delimited)
    "]],
    );
}
