//! Writes small inputs of our own making for each target into `corpus/`.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

const TEXTS: [&[u8]; 9] = [
    b"one\r\ntwo\n\n\0\0three, which is longer than it may be\n",
    b"ERROR failed\njava.lang.Error: x\n\tat A.b(A.java:1)\n\nCaused by: y\n\tat B\nnext\n",
    b"Traceback (most recent call last):\n  File \"a.py\"\nKeyError: 'x'\nnext\n",
    b"panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1\nnext\n",
    b"2026-01-02T03:04:05Z stdout P one\n2026-01-02T03:04:05Z stderr F two\n2026-01-02T03:04:05Z stdout F three\n",
    b"{\"log\":\"one\",\"stream\":\"stdout\"}\n{\"log\":\"two\\n\",\"stream\":\"stdout\"}\n",
    b"\xb6\xa9\xb5\xa5\ncaf\xe9\n\xe4\xba\xac\xe9\x83\xbd\n",
    b"\xff\xfea\0\n\0\x00\x0a\n\0\x3d\xd8\x00\xde\r\0\n\0",
    b"a\nb;\n c\nab\naab\r\n\r\n;\n",
];

const REPLIES: [(&str, &[u8]); 7] = [
    ("stored", br#"{"took":3,"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}]}"#),
    (
        "mixed",
        br#"{"took":30,"errors":true,"items":[{"create":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"exists"}}},{"create":{"status":400,"error":{"type":"document_parsing_exception","reason":"[1:9] failed to parse field [a.b] of type [long]","caused_by":{"type":"illegal_argument_exception","reason":"For input string: \"x\""}}}}]}"#,
    ),
    ("redirected", br#"{"took":1,"items":[{"create":{"status":201,"failure_store":"used"}},{"index":{"status":200}}]}"#),
    ("text", br#"{"items":[{"create":{"status":429,"error":"gateway"}},{"create":{}}]}"#),
    ("refused", br#"{"error":{"type":"security_exception","reason":"key has expired"},"status":401}"#),
    ("page", b"<html>\n502 Bad Gateway</html>"),
    ("shape", br#"{"took":-1,"items":"a text where items belong"}"#),
];

/// Numbers of statuses in the target, and of documents.
const ANSWERS: [(u8, u8); 3] = [(0, 2), (11, 2), (14, 1)];

const LEAST: &str = "cluster: { addresses: [\"http://127.0.0.1:9200\"] }\nstore: { id: my-shop }\n";
const CONFIGURATIONS: [(&str, &str); 10] = [
    (
        "least",
        "inputs:\n  - { id: access, paths: [\"/var/log/nginx/access.log*\"], dataset: traffic, format: combined }\n",
    ),
    (
        "lines",
        "inputs:\n  - id: app\n    paths: [/var/log/app/*.log]\n    exclude: ['**/*.gz']\n    dataset: app\n    encoding: gb18030\n    container: none\n    over_long: drop\n    delimiter: '\\r\\n'\n    multiline: { pattern: '^\\S', mode: start, max_lines: 100, max_bytes: 64KiB, quiet: 2s }\n    timezone: Asia/Shanghai\n    start_at: end\n    ignore_older: 3d\n",
    ),
    (
        "preset",
        "inputs:\n  - { id: a, paths: [/a], dataset: app, multiline: { preset: java }, symlinks: follow }\n  - { id: b, paths: [/b], dataset: order, mapping: { order.id: store.order.id }, routes: [\"/product/{id}\"], trusted_proxies: [10.0.0.0/8] }\n",
    ),
    (
        "limits",
        "state_dir: /var/lib/x\nread: { max_line: 1MiB, scan_interval: 10s, order: oldest_first, max_open_files: 10 }\nbulk: { max_bytes: 5MiB, max_documents: 2000, max_wait: 1s, max_inflight: 64MiB, ids: auto }\ndead_letters: { max_bytes: 1GiB, when_full: hold }\nspool: { max_bytes: 1GiB }\nadmin: { address: 127.0.0.1:8630 }\nlogs: { level: info }\n",
    ),
    (
        "polls",
        "polls:\n  - id: orders\n    dataset: order\n    url: 'https://shop.example/orders?from={from}&to={to}&page={page}'\n    records: 'data.orders[*]'\n    every: 1m\n    window: { length: 1h, overlap: 5m }\n    paging: { page: { first: 1 } }\n    rate_limit: { requests: 2, per: 1s }\n    headers: { accept: application/json }\n    time_format: '%Y-%m-%d %H:%M:%S'\n",
    ),
    ("secrets", "allow_inline_secrets: true\npassword: x\ninputs: []\nredact: { key: ${KEY} }\n"),
    (
        "names",
        "inputs:\n  - { id: ${HOST}, paths: [\"/var/log/${HOST}/*.log\", $${NO}], dataset: app }\nlogs: { level: ${MISSING} }\n",
    ),
    (
        "wrong",
        "inputs:\n  - { id: a b, paths: [], dataset: nothing, formt: x }\n  - { id: a, paths: /a }\nbulk:\n  max_bites: 5MiB\n  max_bytes: 5 parsecs\n\"odd.key[0]\": { a: 1 }\n",
    ),
    (
        "anchors",
        "x: &a { id: a, paths: [/a], dataset: app }\ninputs: [*a, *a, { <<: *a, id: b }]\n---\nb: 2\n",
    ),
    (
        "blocks",
        "? a\n: |\n  text\n  more\nb: >-\n  folded\n!!str c: !tag d # remark\n\"e\": 'f''g'\n",
    ),
];

fn main() -> io::Result<()> {
    for (number, text) in TEXTS.into_iter().enumerate() {
        let number = u8::try_from(number).unwrap_or_default();
        for choice in [number, 0x80 | (number + 3)] {
            write(
                "framing",
                &format!("{number}-{choice}"),
                &[&[choice, 9, 5, 1, 3], text].concat(),
            )?;
        }
        for choice in [0, 1 + number % 3, 0x10 * (number % 4) + 3] {
            write(
                "multiline",
                &format!("{number}-{choice}"),
                &[&[choice, number, 5, 30], text].concat(),
            )?;
        }
    }
    gzip()?;
    for (name, reply) in REPLIES {
        for (status, documents) in ANSWERS {
            write(
                "bulk_reply",
                &format!("{name}-{status}"),
                &[&[status, documents], reply].concat(),
            )?;
        }
    }
    let recipe: Vec<u8> = (0..60).map(|byte: u8| byte.wrapping_mul(37)).collect();
    write("bulk_reply", "built", &[&[0x82, 30], &*recipe].concat())?;
    for (name, text) in CONFIGURATIONS {
        write("configuration", name, format!("{LEAST}{text}").as_bytes())?;
    }
    write("configuration", "alone", b"# nothing\n")?;
    write("configuration", "no_text", b"store:\n  id: \xb6\xa9\n")
}

fn gzip() -> io::Result<()> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(b"one\ntwo\none\ntwo\n")?;
    let whole = encoder.finish()?;
    let mut named = flate2::GzBuilder::new()
        .filename("a.log")
        .comment("of ours")
        .extra(*b"xyz")
        .write(Vec::new(), Compression::new(0));
    named.write_all(b"stored, not compressed\n")?;
    let named = named.finish()?;
    let (start, _) = whole.split_at(whole.len() / 2);
    for (name, parts) in [
        ("whole", [&*whole, b"", b""]),
        ("cut", [start, b"", b""]),
        ("two", [&whole, &named, b""]),
        ("padded", [&whole, b"\0\0\0", &named]),
        ("garbage", [&whole, b"text", b""]),
    ] {
        write("gzip", name, &[&[1, 3, 3, 0], &*parts.concat()].concat())?;
    }
    for kind in [0_u8, 0x54, 0xA8, 0xFC] {
        write(
            "gzip",
            &format!("packed-{kind}"),
            &[&[kind, 3, 2, 11], &b"GET /cart 200\n".repeat(5)[..]].concat(),
        )?;
    }
    Ok(())
}

fn write(target: &str, name: &str, input: &[u8]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), input)
}
