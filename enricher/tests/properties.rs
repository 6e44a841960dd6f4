//! What holds for every line, whatever stands in it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program_lines;
mod support;

use std::cell::RefCell;
use std::collections::HashSet;

use enricher::{Format, Outcome, Pipeline, RawRedact};
use event::Field;
use event::dictionary::Kind;
use proptest::prelude::*;
use serde_json::Value;

use program_lines::{LINES, OWN, PIECES};

const FORMATS: &[Format] = &[
    Format::Ndjson,
    Format::Form,
    Format::Combined,
    Format::Common,
    Format::Java,
    Format::JsonLog,
    Format::Logfmt,
    Format::Python,
    Format::Monolog,
    Format::PhpError,
    Format::Auto,
    Format::NginxError,
    Format::ApacheError,
    Format::NginxJson,
    Format::Alb,
    Format::S3,
    Format::W3c,
    Format::Tomcat,
    Format::Redis,
    Format::Kafka,
    Format::PhpFpm,
    Format::PhpFpmAccess,
    Format::PhpFpmSlow,
    Format::Cef,
    Format::Leef,
    Format::MysqlSlow,
    Format::Envoy,
    Format::Haproxy,
    Format::Syslog,
    Format::WooCommerce,
    Format::Plain,
];

#[expect(clippy::disallowed_methods, reason = "a test measures real time")]
#[test]
fn the_cost_of_a_line_is_linear_in_its_length() {
    let long = |piece: &str, length: usize| piece.repeat(length / piece.len());
    for &format in FORMATS {
        let heads = LINES.iter().filter(|(of, _)| *of == format).map(|(_, text)| *text).chain([""]);
        for (head, piece) in heads.flat_map(|head| PIECES.iter().map(move |piece| (head, piece))) {
            for text in [head.to_owned() + &long(piece, 1 << 16), long(piece, 1 << 16) + head] {
                let start = std::time::Instant::now();
                check(format, text.as_bytes());
                // A cost that is quadratic would be many times this, also on a slow machine without optimisation.
                assert!(start.elapsed().as_secs() < 3, "{format:?} {head} {piece}");
            }
        }
    }
}

fn pipeline(format: Format) -> Pipeline {
    let mut input = support::input(format, "order");
    input.keep_original = true;
    support::pipeline(&input, &RawRedact::default())
}

fn own(format: Format, parse: &str) -> Pipeline {
    let mut input = support::input(format, "order");
    input.parse = serde_json::from_str(parse).unwrap();
    input.keep_original = true;
    support::pipeline(&input, &RawRedact::default())
}

/// Processes one line and holds its documents against the dictionary.
fn check(format: Format, bytes: &[u8]) {
    check_all(&mut pipeline(format), bytes, 0);
}

fn check_all(pipeline: &mut Pipeline, bytes: &[u8], start: u64) {
    let mut events = Vec::new();
    let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
    let outcome = pipeline.process(&support::line(bytes, start), read_at, &mut events);
    assert_eq!(outcome == Outcome::Keep, !events.is_empty());
    for event in &events {
        let json = event.document.to_json();
        let document: Value = serde_json::from_str(&json).unwrap_or_else(|_| panic!("{json}"));
        no_key_twice(&json);
        fits("", &document);
    }
}

/// Elasticsearch refuses a document that holds a key twice.
fn no_key_twice(json: &str) {
    struct Once;
    impl<'de> serde::de::DeserializeSeed<'de> for Once {
        type Value = ();
        fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
            from.deserialize_any(self)
        }
    }
    impl<'de> serde::de::Visitor<'de> for Once {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("JSON")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            let mut seen = HashSet::new();
            while let Some(key) = map.next_key::<String>()? {
                assert!(seen.insert(key.clone()), "twice: {key}");
                map.next_value_seed(Once)?;
            }
            Ok(())
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
            while list.next_element_seed(Once)?.is_some() {}
            Ok(())
        }
        fn visit_str<E>(self, _: &str) -> Result<(), E> {
            Ok(())
        }
        fn visit_unit<E>(self) -> Result<(), E> {
            Ok(())
        }
        fn visit_bool<E>(self, _: bool) -> Result<(), E> {
            Ok(())
        }
        fn visit_i64<E>(self, _: i64) -> Result<(), E> {
            Ok(())
        }
        fn visit_u64<E>(self, _: u64) -> Result<(), E> {
            Ok(())
        }
        fn visit_f64<E>(self, _: f64) -> Result<(), E> {
            Ok(())
        }
    }
    let mut reader = serde_json::Deserializer::from_str(json);
    serde::de::DeserializeSeed::deserialize(Once, &mut reader).unwrap();
}

/// Asserts that each leaf is a field of the dictionary with a value of its kind.
fn fits(path: &str, value: &Value) {
    if let Some(field) = Field::from_path(path) {
        let whole =
            |least: i64, most: i64| value.as_i64().is_some_and(|n| (least..=most).contains(&n));
        let plain = |item: &Value| !item.is_object() && !item.is_array();
        let texts = || value.as_array().map_or(value.is_string(), |items| items.iter().all(plain));
        let ok = match field.entry().kind {
            Kind::Keyword | Kind::ConstantKeyword => texts(),
            Kind::Wildcard | Kind::MatchOnlyText | Kind::StoredText => value.is_string(),
            Kind::Long => whole(i64::MIN, i64::MAX),
            Kind::Integer => whole(i32::MIN.into(), i32::MAX.into()),
            Kind::Short => whole(i16::MIN.into(), i16::MAX.into()),
            Kind::Byte => whole(i8::MIN.into(), i8::MAX.into()),
            Kind::Double | Kind::Float => value.is_number(),
            Kind::Boolean => value.is_boolean(),
            Kind::Date => value.as_str().is_some_and(|t| t.parse::<jiff::Timestamp>().is_ok()),
            Kind::Ip => value.as_str().is_some_and(|t| t.parse::<std::net::IpAddr>().is_ok()),
            Kind::Flattened | Kind::Labels | Kind::StoredObject => value.is_object(),
            Kind::GeoPoint => false,
        };
        assert!(ok, "{path} is {value}");
    } else if let Value::Object(members) = value {
        for (name, value) in members {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            fits(&path, value);
        }
    } else {
        panic!("{path} is no field of the dictionary");
    }
}

/// A value of JSON with keys of ours and of others, and values that do not always fit.
fn json() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        prop::sample::select(Field::ALL).prop_map(|field| field.path().to_owned()),
        prop::sample::select(
            &[
                "time",
                "id",
                "order",
                "order.amount",
                "order.status",
                "currency",
                "customer.id",
                "email",
                "password",
                "labels.a",
                "labels.a.b",
                "level",
                "version",
                "action",
                "x",
                "",
                "a\\u0000b",
                "store.extra.y",
                "extra",
                "source.ip",
                "ip"
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("NaN".to_owned()),
        Just("-0".to_owned()),
        Just("18446744073709551616".to_owned()),
        Just("1e400".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f32>().prop_filter("finite", |n| n.is_finite()).prop_map(|n| n.to_string()),
        "[ -~]{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        prop::sample::select(
            &[
                "2026-01-02T03:00:00Z",
                "203.0.113.7",
                "4111111111111111",
                "a@b.de",
                "order.submitted",
                "EUR",
                "KWD",
                "12.345",
                "12",
                "京\\ud800",
                "\\x41",
                "paid"
            ][..]
        )
        .prop_map(|text| format!("\"{text}\"")),
    ];
    scalar.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|list| format!("[{}]", list.join(","))),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// A line of any bytes, or of pieces that own formats look for.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&str] = &[
        " ",
        ",",
        "\t",
        "\"",
        "\"\"",
        "=",
        "%",
        "\\",
        "'",
        "order.id",
        "password",
        "labels.a",
        "12.50",
        "1001",
        "2026-01-02T03:04:05Z",
        "203.0.113.7",
        "-",
        "京",
        "email=a@b.de",
        "time",
        "GET /a HTTP/1.1",
    ];
    let piece = prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec());
    let pieces = prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat());
    prop_oneof![pieces, prop::collection::vec(any::<u8>(), 0..60)]
}

thread_local! {
    /// Made once: each has expressions to compile.
    static PIPELINES: RefCell<Vec<Pipeline>> =
        RefCell::new(OWN.iter().map(|(format, parse)| own(*format, parse)).collect());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 500, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn any_bytes_give_a_valid_document(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for &format in FORMATS {
            check(format, &bytes);
        }
    }

    #[test]
    fn any_bytes_of_a_format_of_ones_own_give_a_valid_document(
        line in pieces(),
        start in prop::sample::select(&[0, 9][..]),
    ) {
        PIPELINES.with_borrow_mut(|pipelines| {
            for pipeline in pipelines {
                check_all(pipeline, &line, start);
            }
        });
    }

    #[test]
    fn a_mangled_line_of_a_program_gives_a_valid_document(
        line in prop::sample::select(LINES),
        at in 0_usize..400,
        bytes in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let (format, text) = line;
        let mut line = text.as_bytes().to_vec();
        let at = at.min(line.len());
        line.splice(at..(at + bytes.len()).min(line.len()), bytes);
        check(format, &line);
        line.truncate(at);
        check(format, &line);
    }

    #[test]
    fn any_pieces_give_a_valid_document(
        line in prop::sample::select(LINES),
        at in 0_usize..60,
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12),
    ) {
        let (format, text) = line;
        let head = text.get(..at).unwrap_or_default();
        check(format, (head.to_owned() + &pieces.concat()).as_bytes());
        check(format, (text.to_owned() + &pieces.concat()).as_bytes());
    }

    #[test]
    fn any_json_gives_fields_of_the_dictionary_by_type(line in json()) {
        check(Format::Ndjson, line.as_bytes());
        check(Format::JsonLog, line.as_bytes());
        check(Format::Ndjson, format!("{{\"time\":\"2026-01-02T03:00:00Z\",\"a\":{line}}}").as_bytes());
    }

    #[test]
    fn a_mangled_access_line_gives_a_valid_document(
        at in 0_usize..160,
        bytes in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut line = br#"203.0.113.7 - bob [01/Jan/2026:10:05:03 +0000] "GET /a?b=c HTTP/1.1" 200 12 "http://x/" "Mozilla/5.0 (x)" rt=0.1 urt=0.1, 0.2 "203.0.113.9""#.to_vec();
        let at = at.min(line.len());
        line.splice(at..(at + bytes.len()).min(line.len()), bytes);
        check(Format::Combined, &line);
        line.truncate(at);
        check(Format::Combined, &line);
    }

    #[test]
    fn a_mangled_line_of_any_schema_gives_valid_documents(
        line in prop::sample::select(support::lines_of_schemas()),
        at in any::<prop::sample::Index>(),
        with in prop_oneof![
            "[ -~]{0,3}",
            prop::sample::select(&["", "[]", "[{}]", "{}", "null", "\"", "1e400", "\\\"", "[[", "%00", "&param="][..])
                .prop_map(str::to_owned),
        ],
    ) {
        let (schema, format, line) = line;
        let mut pipeline = support::shipped(&schema, format, &RawRedact::default());
        let mut bytes = line.into_bytes();
        let at = at.index(bytes.len() + 1);
        bytes.splice(at..(at + with.len()).min(bytes.len()), with.into_bytes());
        check_all(&mut pipeline, &bytes, 0);
        bytes.truncate(at);
        check_all(&mut pipeline, &bytes, 0);
    }
}

#[test]
fn deep_wide_and_long_lines_are_kept_whole() {
    let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let wide: Vec<String> = (0..100_000).map(|n| format!("\"k{n}\":{n}")).collect();
    let wide = format!("{{{}}}", wide.join(","));
    let long = format!("{{\"a\":\"{}\"", "x".repeat(1 << 20));
    for line in [deep, wide, long] {
        let mut events = Vec::new();
        let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
        let mut pipeline =
            support::pipeline(&support::input(Format::Ndjson, "order"), &RawRedact::default());
        pipeline.process(&support::line(line.as_bytes(), 0), read_at, &mut events);
        let document = &events[0].document;
        assert_eq!(document.text(Field::StorePipelineParseStatus), Some("failed"));
        assert_eq!(document.text(Field::Message).map(str::len), Some(line.len()));
    }
}

/// A line of a megabyte takes about half a second here; what is not linear in its length would take hours.
#[test]
fn long_lines_of_a_format_of_ones_own_come_to_an_end() {
    let units =
        ["a ", "a,", "\"", "\"\"", "a=\"", "a=b ", "=", "a\t", "a%", "\\", "1.1.1.1 ", "京"];
    let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
    for (format, parse) in OWN {
        let mut pipeline = own(format, parse);
        for unit in units {
            let line = unit.repeat((1 << 20) / unit.len());
            let mut events = Vec::new();
            pipeline.process(&support::line(line.as_bytes(), 0), read_at, &mut events);
            for event in &events {
                let original = event.document.text(Field::EventOriginal).map(str::len);
                assert!(original.is_some_and(|length| length > 0), "{format:?} {unit}");
            }
        }
    }
}
