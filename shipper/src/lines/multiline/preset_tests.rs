//! Groups of the presets from the bytes of a file to the event that the enricher makes of them.

use std::fmt::Write as _;

use enricher::{
    Context, Format, Pipeline, PipelineSettings, RawLine, RawPipeline, RawRedact, RawStore,
    StoreSettings,
};
use event::{Field, FileId, Origin};
use expect_test::{Expect, expect};

use super::*;
use crate::lines::{Lines, Making};

fn pipeline(format: Format) -> Pipeline {
    let mut faults = Vec::new();
    let store = RawStore {
        id: "shop-1".to_owned(),
        timezone: Some("UTC".to_owned()),
        ..RawStore::default()
    };
    let store = StoreSettings::check(&store, &RawRedact::default(), &mut faults).unwrap();
    let input = RawPipeline { format, dataset: "app".to_owned(), ..RawPipeline::default() };
    let input = PipelineSettings::check(&input, "input", &mut faults).unwrap();
    Pipeline::new(&store, &input, &Context::default())
}

/// Checks what becomes of the text of a file, read in blocks of seven bytes.
fn check(preset: Preset, format: Format, text: &str, want: &Expect) {
    let rule = Arc::new(Rule::preset(preset).unwrap());
    let quiet = Duration::from_secs(5);
    let multiline = Multiline { rule, max_lines: 500, max_bytes: 1 << 20, quiet };
    let making = Making { multiline: Some(multiline), ..Making::default() };
    let mut lines = Lines::new(ByteOffset::ZERO, &making, 1 << 20, text.as_bytes());
    let (mut pipeline, mut out) = (pipeline(format), String::new());
    let mut note = |piece: Piece<'_>| {
        let Piece::Line { span, bytes, provenance, .. } = piece else { return };
        let origin = Origin { file: FileId::from_bytes([7; 16]), span, part: 0 };
        let line = RawLine { bytes, origin, path: "/a.log", truncated: false, provenance };
        let mut events = Vec::new();
        let read_at = "2026-01-02T03:04:06Z".parse().unwrap();
        let outcome = pipeline.process(&line, read_at, &mut events);
        for event in &events {
            let document = &event.document;
            let text = |field| document.text(field).unwrap_or("-");
            let trace =
                document.text(Field::ErrorStackTrace).map_or(0, |text| text.lines().count());
            out.push_str(
                &[
                    text(Field::StorePipelineParseStatus),
                    text(Field::ErrorType),
                    &trace.to_string(),
                    &text(Field::Message).replace('\n', "/"),
                ]
                .join(" | "),
            );
            out.push('\n');
        }
        if events.is_empty() {
            writeln!(out, "{outcome:?}").unwrap();
        }
    };
    for block in text.as_bytes().chunks(7) {
        lines.feed(block, Duration::ZERO, &mut note);
    }
    lines.finish(Duration::ZERO, &mut note);
    want.assert_eq(&out);
}

#[test]
fn a_trace_of_java_with_all_its_causes_is_one_event() {
    check(
        Preset::Java,
        Format::Java,
        "2026-01-02T03:04:05.678Z ERROR 1 --- [http-1] com.shop.Checkout : payment failed\n\
         com.shop.PaymentException: no answer\n\
         \tat com.shop.Pay.pay(Pay.java:42) ~[shop.jar:2.1]\n\
         \tat java.base/java.lang.Thread.run(Thread.java:840)\n\
         \tSuppressed: java.io.IOException: close\n\
         \t\tat com.shop.Net.close(Net.java:7)\n\
         \t\t... 3 more\n\
         Caused by: java.net.SocketTimeoutException: read timed out\n\
         \tat com.shop.Net.read(Net.java:9)\n\
         \t... 12 common frames omitted\n\
         Caused by: java.io.IOException: reset\n\
         \t... 13 more\n\
         2026-01-02T03:04:05.679Z  INFO 1 --- [http-1] com.shop.Checkout : next\n",
        &expect![[r"
            ok | com.shop.PaymentException | 11 | payment failed
            ok | - | 0 | next
        "]],
    );
}

#[test]
fn traces_of_php_of_all_kinds_are_one_event_each() {
    check(
        Preset::Php,
        Format::PhpError,
        "[02-Jan-2026 03:04:05 UTC] PHP Fatal error:  Uncaught PDOException: gone away in /srv/a.php:12\n\
         Stack trace:\n#0 /srv/a.php(12): PDO->query()\n#1 {main}\n\n\
         Next RuntimeException: no stock in /srv/b.php:3\nStack trace:\n#0 {main}\n  thrown in /srv/b.php on line 3\n\
         [02-Jan-2026 03:04:05 UTC] PHP Warning:  Undefined variable $x in /srv/a.php on line 7\n\
         [02-Jan-2026 03:04:05 UTC] PHP Stack trace:\n\
         [02-Jan-2026 03:04:05 UTC] PHP   1. {main}() /srv/a.php:0\n\
         [02-Jan-2026 03:04:05 UTC] PHP   2. pay() /srv/a.php:12\n\
         [02-Jan-2026 03:04:06 UTC] PHP Notice:  next in /srv/a.php on line 8\n",
        &expect![[r"
            ok | PDOException | 9 | PHP Fatal error:  Uncaught PDOException: gone away in /srv/a.php:12
            ok | - | 4 | PHP Warning:  Undefined variable $x in /srv/a.php on line 7
            ok | - | 0 | PHP Notice:  next in /srv/a.php on line 8
        "]],
    );
    check(
        Preset::Php,
        Format::Monolog,
        "[2026-01-02 03:04:05] production.ERROR: no stock {\"sku\":\"A\",\"exception\":\"[object] (RuntimeException(code: 0): no stock at /srv/a.php:12)\n\
         [stacktrace]\n#0 /srv/b.php(3): pay()\n#1 {main}\n\n\
         [previous exception] [object] (PDOException(code: 2006): gone away at /srv/c.php:5)\n\
         [stacktrace]\n#0 {main}\n\"} []\n\
         [2026-01-02 03:04:06] production.INFO: next [] []\n",
        &expect![[r"
            ok | RuntimeException | 8 | no stock
            ok | - | 0 | next
        "]],
    );
}

#[test]
fn an_entry_of_mysqls_slow_log_begins_at_its_time_or_at_its_client() {
    check(
        Preset::MysqlSlow,
        Format::MysqlSlow,
        "/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:\n\
         Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock\n\
         Time                 Id Command    Argument\n\
         # Time: 2026-01-02T03:04:01.250000Z\n\
         # User@Host: app[app] @ web-1 [203.0.113.77]  Id:    12\n\
         # Query_time: 2.500250  Lock_time: 0.000100 Rows_sent: 1  Rows_examined: 250000\n\
         use shop;\n\
         SET timestamp=1767323041;\n\
         SELECT * FROM customers\n\
         \x20 WHERE email = 'ada@example.com';\n\
         # User@Host: app[app] @ localhost []  Id:    13\n\
         # Query_time: 11.0  Lock_time: 0.0 Rows_sent: 0  Rows_examined: 0\n\
         SET timestamp=1767323042;\n\
         # administrator command: Quit;\n\
         /usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:\n\
         Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock\n\
         Time                 Id Command    Argument\n\
         # Time: 2026-01-02T03:04:05Z\n\
         # User@Host: app[app] @ localhost []  Id: 14\n\
         # Query_time: 1.0  Lock_time: 0.0\n\
         COMMIT;\n",
        &expect![[r"
            Drop(HeaderLine)
            ok | - | 0 | SELECT * FROM customers/  WHERE email = ?;
            ok | - | 0 | administrator command: Quit;
            Drop(HeaderLine)
            ok | - | 0 | COMMIT;
        "]],
    );
}
