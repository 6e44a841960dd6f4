//! A line of each program, of which each part may be damaged, and what is looked for in lines.

use enricher::Format;

const ALB: &str = r#"https 2026-01-02T03:04:05.123456Z app/shop/1 203.0.113.7:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://shop.example:443/a HTTP/1.1" "curl/8.4" a b arn:aws:x "Root=1-5" "shop.example""#;

/// Lines of programs.
pub(crate) const LINES: &[(Format, &str)] = &[
    (
        Format::Java,
        "2026-01-02T03:04:05.678Z ERROR 1 --- [orders] [nio-8080-exec-1] [4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7] c.s.[A] : no\ncom.shop.PayException: declined\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: reset\n\t... 3 more",
    ),
    (Format::Java, "03:04:05,678 [main] INFO c.s.A#12 -a=\"b\" c=\"d\"- TraceID: ab SpanID: cd x"),
    (
        Format::JsonLog,
        r#"{"level":50,"time":1767323045678,"err":{"type":"E","stack":["a","b"]},"exception":"E: f\n    at g (h.js:1:2)","id":7,"took":"1.5ms"}"#,
    ),
    (
        Format::Logfmt,
        "ts=2026-01-02T03:04:05Z level=info bare msg=\"a \\\" b\" took=1.5ms err=\"E: f\" user_id=7",
    ),
    (
        Format::Python,
        "2026-01-02 03:04:05,678 - shop.pay - ERROR - x\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'a'",
    ),
    (Format::Python, "[2026-01-02 03:04:05,678: ERROR/Main] x [y]"),
    (
        Format::Monolog,
        "[2026-01-02T03:04:05.678901+00:00] main.CRITICAL: x [a] {\"exception\":\"[object] (E(code: 7): y at /a.php:1)\\n[stacktrace]\\n#0 {main}\",\"userId\":7} [1]",
    ),
    (
        Format::PhpError,
        "[02-Jan-2026 03:04:05 Europe/Berlin] PHP Fatal error:  Uncaught A\\B: x in /a.php:1\nStack trace:\n#0 {main}\n  thrown in /a.php on line 1",
    ),
    (
        Format::NginxJson,
        "{\"time_iso8601\":\"2026-01-02T03:04:05Z\",\"remote_addr\":\"203.0.113.7\",\"request\":\"GET / HTTP/1.1\",\"status\":\"200\"}",
    ),
    (Format::Syslog, "<34>1 2026-01-02T03:04:05Z h su 1 - [x@1 a=\"b\"] no"),
    (Format::Alb, ALB),
    (
        Format::S3,
        "79a5 shop [02/Jan/2026:03:04:05 +0000] 203.0.113.7 a b C k \"GET /a HTTP/1.1\" 200 - 1 2 3 4 \"-\" \"c\" -",
    ),
    (
        Format::PhpFpmAccess,
        "203.0.113.7 - ada 02/Jan/2026:03:04:05 +0000 \"GET /index.php\" 200 12.5",
    ),
    (
        Format::PhpFpmSlow,
        "[02-Jan-2026 03:04:05]  [pool www] pid 12\nscript_filename = /srv/a.php\n[0x7f] sleep() a:3",
    ),
    (
        Format::W3c,
        "2026-01-02 03:04:05 10.0.0.1 GET /a q=1 443 - 203.0.113.7 a+b https://a/ 200 0 0 123",
    ),
    (
        Format::Tomcat,
        "02-Jan-2026 03:04:05.678 SEVERE [main] org.apache.Catalina.start x\na.B: c\n\tat d",
    ),
    (
        Format::Cef,
        "<134>Jan  2 03:04:05 fw CEF:0|a\\|b|c|1|7|n|5|src=203.0.113.7 msg=x y\\=z cs1=v cs1Label=l",
    ),
    (Format::Leef, "LEEF:2.0|a|b|1|7|^|src=203.0.113.7^usrName=ada^sev=5^devTime=1767322801250"),
    (
        Format::MysqlSlow,
        "# User@Host: a[a] @ h [203.0.113.7]  Id: 1\n# Query_time: 1.5  Lock_time: 0\nuse shop;\nSET timestamp=1767322801;\nselect 'x';",
    ),
    (Format::Redis, "12:M 02 Jan 2026 03:04:05.678 * Ready"),
    (Format::Kafka, "[2026-01-02 03:04:05,678] INFO [P 0]: x (kafka.server.Log)"),
    (Format::PhpFpm, "[02-Jan-2026 03:04:05] WARNING: [pool www] child 12 said into stderr: \"x\""),
    (
        Format::Envoy,
        "[2026-01-02T03:04:05.123Z] \"GET /x HTTP/2\" 200 - 0 1 2 3 \"203.0.113.7\" \"a\" \"b\" \"c\" \"d\"",
    ),
    (
        Format::Haproxy,
        "203.0.113.7:1 [02/Jan/2026:03:04:05.678] fe be/a 0/0/1/23/24 200 1 - - ---- 1/1/0/0/0 0/0 {a} \"GET / HTTP/1.1\"",
    ),
    (Format::Syslog, "Jan  2 03:04:05 web-1 su[12]: no"),
    (
        Format::NginxError,
        "2026/01/02 03:04:05 [error] 1#2: *3 x, client: 203.0.113.7, server: a, request: \"GET / HTTP/1.1\", host: \"b\"",
    ),
    (
        Format::ApacheError,
        "[Fri Jan 02 03:04:05.123456 2026] [core:error] [pid 1:tid 2] (2)No: [client 203.0.113.7:1] AH00128: x, referer: y",
    ),
    (
        Format::WooCommerce,
        "2026-01-02T03:04:05+00:00 CRITICAL Uncaught E: x in /a.php:1 CONTEXT: {\"backtrace\":[\"a\",\"b\"],\"order_id\":7}",
    ),
];

/// A user's own formats, with what each needs.
pub(crate) const OWN: [(Format, &str); 6] = [
    (
        Format::Regex,
        r#"{"pattern":["^(?<time>\\S+) (?<order.id>\\w+)","(?<message>.+)=(?<order.amount>.*)"]}"#,
    ),
    (
        Format::Grok,
        r#"{"pattern":["%{COMBINEDAPACHELOG}","%{DATA:a:int} %{IP:source.ip}?%{GREEDYDATA:message}"]}"#,
    ),
    (Format::Dissect, r#"{"pattern":["%{time->} %{*k}=%{&k} %{+a}%%{+a}","%{order.id},%{}"]}"#),
    (Format::Delimited, r#"{"columns":["time","order.id","","order.amount"]}"#),
    (Format::Delimited, r#"{"columns":"header","delimiter":"\t"}"#),
    (Format::KeyValue, "{}"),
];

/// Pieces that a parser may look for again and again.
pub(crate) const PIECES: &[&str] = &[
    "[",
    "]",
    "{\"",
    "}",
    "\\\"",
    "a=\"",
    "=",
    " : ",
    " - ",
    "x: ",
    "a.B: ",
    "\n",
    "\n\tat ",
    "\nCaused by: a.B",
    "\nTraceback (most recent call last):",
    " CONTEXT: {",
    ", client: ",
    ": [",
    "\nStack trace:",
    "#0 ",
    " in /a:1",
    "\u{4eac}",
];
