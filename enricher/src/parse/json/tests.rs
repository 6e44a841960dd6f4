use super::*;
use expect_test::{Expect, expect};
use std::fmt::Write as _;

fn leaves(text: &str) -> String {
    let mut found = String::new();
    let result = walk(text, &mut String::new(), &mut |path, leaf| {
        writeln!(found, "{path} = {leaf:?}").unwrap();
    });
    if let Err(failure) = result {
        found.push_str(failure.as_str());
    }
    found
}

fn check(text: &str, want: &Expect) {
    want.assert_eq(&leaves(text));
}

#[test]
fn nested_and_dotted_keys_give_the_same_path() {
    check(
        r#" {"order":{"id":9223372036854775808,"a.b":true},"order.x":null} "#,
        &expect![[r#"
            order.id = Number("9223372036854775808")
            order.a.b = Truth(true)
            order.x = Null
        "#]],
    );
}

#[test]
fn numbers_keep_their_text() {
    check(
        r#"{"a":200.070,"b":-1e+2,"c":NaN}"#,
        &expect![[r#"
            a = Number("200.070")
            b = Number("-1e+2")
            c = NotANumber
        "#]],
    );
}

#[test]
fn strings_are_resolved_and_odd_ones_survive() {
    check(
        r#"{"a":"x\n\"\u4eac\ud83d\ude00","b":"\ud83d \x41","c":"tab	raw"}"#,
        &expect![[r#"
            a = Text("x\n\"京😀")
            b = Text("� \\x41")
            c = Text("tab\traw")
        "#]],
    );
}

#[test]
fn lists_stay_as_they_are_written() {
    check(
        r#"{"a":[1,"x"],"b":[{"c":[]}],"d":[NaN],"e":[]}"#,
        &expect![[r#"
            a = List("[1,\"x\"]", Plain)
            b = List("[{\"c\":[]}]", Other)
            d = List("[NaN]", Other)
            e = List("[]", Plain)
        "#]],
    );
}

#[test]
fn what_is_no_object_is_refused() {
    for text in
        ["", "{", "{\"a\"}", "{\"a\":1}}", "{\"a\":01}", "{\"a\":\"x", "{a:1}", "{\"a\":1,}"]
    {
        let found = leaves(text);
        assert!(found.ends_with("not_json"), "{text}: {found}");
    }
    assert_eq!(leaves("[1]"), "not_an_object");
    assert_eq!(leaves("\"x\""), "not_an_object");
}

#[test]
fn depth_and_keys_have_their_limits() {
    let deep = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    assert!(leaves(&deep(64)).ends_with("= Number(\"1\")\n"));
    assert_eq!(leaves(&deep(65)), "too_deep");
    assert_eq!(leaves(&format!("{{\"a\":{}", "[".repeat(10_000))), "too_deep");
    let many: Vec<String> = (0..513).map(|n| format!("\"k{n}\":1")).collect();
    assert!(leaves(&format!("{{{}}}", many.join(","))).ends_with("too_many_keys"));
}

#[test]
fn an_order_with_many_lines_has_not_too_many_keys() {
    let lines = vec![r#"{"sku":"a","price":1,"tax":[{"rate":2}]}"#; 300].join(",");
    let told = leaves(&format!(r#"{{"lines":[{lines}],"no":1}}"#));
    assert!(told.ends_with("no = Number(\"1\")\n"), "{told}");
    let keys: Vec<String> = (0..600).map(|n| format!(r#""k{n}":1"#)).collect();
    let keys = keys.join(",");
    assert!(leaves(&format!("{{{keys}}}")).ends_with(Failure::TooManyKeys.as_str()));
    assert_eq!(leaves(&format!(r#"{{"list":[{{{keys}}}]}}"#)), Failure::TooManyKeys.as_str());
}
