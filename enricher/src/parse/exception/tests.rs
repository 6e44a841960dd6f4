use super::php::Place;
use super::*;

fn check(thrown: Thrown<'_>, message: &str, class: &str, reason: &str, trace: &str) {
    let found = (thrown.message, thrown.class, thrown.reason, thrown.trace);
    assert_eq!(found, (message, class, reason, trace));
}

#[test]
fn an_exception_of_java_begins_where_its_class_stands() {
    let text = "payment failed\n\ncom.shop.PayException: declined\nby bank\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: reset\n\t... 3 more\nCaused by: java.net.SocketException\n\tat x.Y.z(Y.java:2)";
    let thrown = java(text);
    let trace = text.strip_prefix("payment failed\n\n").unwrap();
    check(thrown, "payment failed", "com.shop.PayException", "declined\nby bank", trace);
    assert_eq!(thrown.root, "java.net.SocketException");
}

#[test]
fn a_message_of_java_may_be_the_exception_itself() {
    let text = "java.lang.IllegalStateException: no cart\n\tat a.B.c(B.java:1)\n";
    let said = "java.lang.IllegalStateException: no cart";
    check(java(text), said, "java.lang.IllegalStateException", "no cart", text.trim_end());
    let alone = "com.shop.PayException: declined";
    check(java(alone), alone, "com.shop.PayException", "declined", "");
    let text = "x\njava.lang.NullPointerException\n\tat a.B.c(B.java:1)";
    check(java(text), "x", "java.lang.NullPointerException", "", text.strip_prefix("x\n").unwrap());
}

#[test]
fn a_message_over_several_lines_is_no_exception() {
    for text in ["select *\nfrom orders\n  at 3", "a\nb: c", "one", "", "a\njava.lang.Error in x\n"]
    {
        check(java(text), text.trim_end(), "", "", "");
        check(python(text), text.trim_end(), "", "", "");
    }
}
#[test]
fn the_last_line_of_a_traceback_says_what_it_is() {
    let trace = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nKeyError: 'sku'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"b.py\", line 2, in h\n    f()\nshop.errors.NoStock: A-1\nand A-2";
    let text = format!("cannot reserve\n{trace}\n");
    check(python(&text), "cannot reserve", "shop.errors.NoStock", "A-1\nand A-2", trace);
    check(
        python("Traceback (most recent call last):\n  File"),
        "",
        "",
        "",
        "Traceback (most recent call last):\n  File",
    );
}

#[test]
fn a_trace_in_a_field_of_its_own_is_read_in_any_language() {
    let class = |trace: &'static str| (of_trace(trace).class, of_trace(trace).reason);
    assert_eq!(
        class("TypeError: x is not\na function\n    at f (a.js:1:2)"),
        ("TypeError", "x is not\na function")
    );
    assert_eq!(class("a.b.CException: d\n\tat x.y(Z.java:1)"), ("a.b.CException", "d"));
    assert_eq!(class("Traceback (most recent call last):\n  File\nE: f"), ("E", "f"));
    assert_eq!(class("main.main\n\t/srv/main.go:12"), ("", ""));
    assert_eq!(class(""), ("", ""));
}

#[test]
fn a_fatal_error_of_php_names_class_file_and_line() {
    let text = "PHP Fatal error:  Uncaught App\\Declined: no: money in /srv/a.php:12\nStack trace:\n#0 /srv/b.php(3): f()\n#1 {main}\n  thrown in /srv/a.php on line 12";
    let (thrown, place) = php(text);
    let message = "PHP Fatal error:  Uncaught App\\Declined: no: money in /srv/a.php:12";
    let trace = text.strip_prefix("PHP Fatal error:  Uncaught ").unwrap();
    check(thrown, message, "App\\Declined", "no: money", trace);
    assert_eq!(place, Place { file: "/srv/a.php", line: "12" });
    let (thrown, place) = php("PHP Warning:  Undefined variable $x in /srv/a.php on line 7");
    check(thrown, "PHP Warning:  Undefined variable $x in /srv/a.php on line 7", "", "", "");
    assert_eq!(place, Place { file: "/srv/a.php", line: "7" });
    assert_eq!(php("order 12").1, Place::default());
    let (thrown, _) = php("Uncaught Error: gone in /srv/a.php:12 Stack trace: #0 {main}");
    check(
        thrown,
        "Uncaught Error: gone in /srv/a.php:12",
        "Error",
        "gone",
        "Error: gone in /srv/a.php:12 Stack trace: #0 {main}",
    );
}

#[test]
fn an_exception_in_a_context_names_class_file_and_line() {
    let mut draft = Draft::new();
    let text =
        "[object] (App\\Declined(code: 7): no (money) at /srv/a.php:12)\n[stacktrace]\n#0 {main}\n";
    php_object(text, &mut draft);
    let read = |field| draft.event.document.text(field);
    assert_eq!(read(Field::ErrorType), Some("App\\Declined"));
    assert_eq!(read(Field::ErrorMessage), Some("no (money)"));
    assert_eq!(read(Field::ErrorCode), Some("7"));
    assert_eq!(read(Field::ErrorStackTrace), Some(text.trim_end()));
    assert_eq!(draft.take_extra("log.origin.file.line").as_deref(), Some("12"));
    php_object("gone", &mut draft);
    assert_eq!(draft.take_extra("exception").as_deref(), Some("gone"));
}
