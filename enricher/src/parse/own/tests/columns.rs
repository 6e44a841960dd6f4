use super::*;

#[test]
fn columns_have_names() {
    let parse = "{ columns: [time, order.id, '', order.amount, colour], delimiter: ';' }";
    check(
        Format::Delimited,
        parse,
        r#"2026-01-02 03:04:05;1001;skipped;"12.50";"light; blue""#,
        &expect![[r#"
            at 2026-01-02 03:04:05
            {"store":{"order":{"id":"1001"}}}
            store.order.amount_minor = "12.50"
            colour = "light; blue"
        "#]],
    );
    check(
        Format::Delimited,
        parse,
        "2026-01-02 03:04:05;1001;;12.50;;;more",
        &expect![[r#"
        Partial
        at 2026-01-02 03:04:05
        {"store":{"order":{"id":"1001"}}}
        store.order.amount_minor = "12.50"
        column_7 = "more"
    "#]],
    );
    check(
        Format::Delimited,
        parse,
        "2026-01-02 03:04:05;1001",
        &expect![[r#"
        Partial
        at 2026-01-02 03:04:05
        {"store":{"order":{"id":"1001"}}}
    "#]],
    );
    check(
        Format::Delimited,
        parse,
        "Exception in thread main",
        &expect![[r#"
        Failed(OtherFormat)
        {"message":"Exception in thread main"}
    "#]],
    );
    check(
        Format::Delimited,
        parse,
        "time;order.id;what;order.amount;colour",
        &expect![[r"
        dropped by header_line
    "]],
    );
}

#[test]
fn each_file_has_a_header_of_its_own() {
    let mut parser = parser_of(Format::Delimited, "{ columns: header }");
    let mut check = |line: &str, file, start, want: Expect| {
        want.assert_eq(&read(&mut *parser, line, file, start));
    };
    check(
        "order.id,time",
        1,
        0,
        expect![[r"
        dropped by header_line
    "]],
    );
    check(
        "time,order.id",
        2,
        0,
        expect![[r"
        dropped by header_line
    "]],
    );
    check(
        "1,2026-01-02",
        1,
        20,
        expect![[r#"
        at 2026-01-02
        {"store":{"order":{"id":"1"}}}
    "#]],
    );
    check(
        "2026-01-02,2",
        2,
        20,
        expect![[r#"
        at 2026-01-02
        {"store":{"order":{"id":"2"}}}
    "#]],
    );
    check(
        "order.id,time",
        1,
        30,
        expect![[r"
        dropped by header_line
    "]],
    );
    check(
        "2026-01-02,2",
        3,
        20,
        expect![[r#"
        Failed(OtherFormat)
        {"message":"2026-01-02,2"}
    "#]],
    );
}

#[test]
fn columns_that_cannot_be_are_told() {
    faults(
        Format::Delimited,
        "{ delimiter: '', quote: '\"\"' }",
        &expect![[r#"
        parse.delimiter: which divides nothing (one character or more: ",", ";", "\t")
        parse.quote: which is no quote (one character that is not in the delimiter, or "" for none)
        parse.columns: which names no columns (the names of the columns, or `header` where each file begins with them)
    "#]],
    );
    faults(
        Format::Delimited,
        "{ columns: [''], quote: ',' }",
        &expect![[r#"
        parse.quote: which is no quote (one character that is not in the delimiter, or "" for none)
        parse.columns: which are no columns (512 at most, and at least one with a name; "" leaves a column out)
    "#]],
    );
}

#[test]
fn pairs_follow_a_message() {
    check(
        Format::KeyValue,
        "{}",
        r#"2026-01-02 03:04:05 WARN see http://x/?a=b order.id=1001 note="two \"words\"" colour=light blue took_ms=5"#,
        &expect![[r#"
            at 2026-01-02 03:04:05
            {"log":{"level":"warn"},"message":"2026-01-02 03:04:05 WARN see http://x/?a=b","store":{"order":{"id":"1001"}}}
            note = "two \"words\""
            colour = "light blue"
            took_ms = "5"
        "#]],
    );
    check(
        Format::KeyValue,
        "{ pair_delimiter: '; ', value_delimiter: ': ' }",
        "order.id: 1001; Order No: 7; flag; note: 'a; b'",
        &expect![[r#"
            without a time
            {"store":{"order":{"id":"1001"}}}
            Order No = "7; flag"
            note = "a; b"
        "#]],
    );
    check(
        Format::KeyValue,
        "{}",
        "a message",
        &expect![[r#"
        Failed(OtherFormat)
        {"message":"a message"}
    "#]],
    );
    check(
        Format::KeyValue,
        "{}",
        "a=\"cut b=2",
        &expect![[r#"
        Partial
        without a time
        {}
        a = "cut b=2"
    "#]],
    );
    check(
        Format::KeyValue,
        "{}",
        "a= b=\"\" c=1",
        &expect![[r#"
        without a time
        {}
        c = "1"
    "#]],
    );
    faults(
        Format::KeyValue,
        "{ value_delimiter: ' = ' }",
        &expect![[r"
        parse.value_delimiter: which divides nothing (what stands between a key and its value, without the pair_delimiter in it)
    "]],
    );
}
