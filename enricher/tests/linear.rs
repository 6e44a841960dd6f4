//! The cost of a line is linear in its length, whatever stands in it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program_lines;
mod support;

use std::path::Path;
use std::time::Duration;

use enricher::{Format, Pipeline, RawRedact};
use program_lines::{LINES, OWN, PIECES};
use rustix::time::{ClockId, clock_gettime};

/// Bytes of the lines among which the worst are looked for, and of the worst. Code that is not optimised takes its time.
const SHORT: usize = if cfg!(debug_assertions) { 1 << 11 } else { 1 << 14 };
const LONG: usize = if cfg!(debug_assertions) { 1 << 16 } else { 1 << 20 };
/// Inputs of each format that are taken for the worst.
const WORST: usize = 3;
/// What a byte of a long line may cost, in bytes of a normal one. Where code is not optimised, libraries are, and the costs of both
/// do not compare.
const RATIO: f64 = if cfg!(debug_assertions) { 20.0 } else { 3.0 };
/// The same for expressions of a user's own, whose cost is that of the expression.
const RATIO_OF_EXPRESSIONS: f64 = 4.0 * RATIO;

/// Pieces that redaction may look for again and again, and such as stand between others.
const MORE_PIECES: &[&str] = &[
    "\"",
    "\\",
    "\\x41",
    "{",
    "(",
    "<",
    "|",
    ",",
    "a=b ",
    "a=b&",
    "{\"a\":",
    "{\"a\":1}",
    "4111 1111 ",
    "4111-",
    "a@",
    "a@b.",
    ".",
    "eyJ",
    "eyJhbGciOiJIUzI1NiJ9.",
    "Bearer ",
    "password=",
    "http://a",
    "http://a:b@",
    "/../",
    "%41",
    "+49 ",
    "DE89 3704 ",
    "203.0.113.7, ",
    "client=203.0.113.7 ",
    "2001:db8::",
    "2026-01-02T03:04:05",
    "Jan  2 ",
    "12:",
    "0",
    "a",
    " ",
    "\t",
    "--",
    "\u{0}",
    "\u{1b}[31m",
];

/// A format with its settings.
struct Case {
    name: String,
    format: Format,
    parse: &'static str,
    /// Lines as programs write them.
    normal: Vec<String>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let lines = |name: &str| {
        let bytes = std::fs::read(folder.join(name).with_extension("in")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect::<Vec<String>>()
    };
    let own = |format: Format| OWN.iter().any(|(of, _)| *of == format);
    let case = |format: Format, name: &str, parse| {
        let known =
            LINES.iter().filter(|(of, _)| *of == format).map(|(_, text)| (*text).to_owned());
        let normal: Vec<String> = known.chain(lines(name)).collect();
        assert!(!normal.is_empty(), "no line of {name}");
        Case { name: format!("{format:?} {parse}"), format, parse, normal }
    };
    let named = Format::ALL.into_iter().filter(|&format| !own(format)).map(|format| {
        let named = [(Format::Ndjson, "order"), (Format::Form, "alipay")];
        let other = named.iter().find(|(of, _)| *of == format).map(|(_, name)| *name);
        let name = other.unwrap_or(format.as_str());
        case(format, name, "{}")
    });
    let owned = OWN
        .iter()
        .map(|(format, parse)| case(*format, &format!("own_{}", format.as_str()), *parse));
    named.chain(owned).collect()
}

impl Case {
    fn pipeline(&self) -> Pipeline {
        let mut input = support::input(self.format, "order");
        input.parse = serde_json::from_str(self.parse).unwrap();
        support::pipeline(&input, &RawRedact::default())
    }

    /// Returns lines of about so many bytes: pieces before, behind and within lines that a program writes.
    fn hostile(&self, bytes: usize) -> impl Iterator<Item = String> {
        let heads = self.normal.iter().take(2).map(String::as_str).chain([""]);
        heads.flat_map(move |head| {
            PIECES.iter().chain(MORE_PIECES).flat_map(move |piece| {
                let long = piece.repeat(bytes / piece.len());
                let (before, behind) = head.split_at(head.floor_char_boundary(head.len() * 2 / 3));
                let last = behind.chars().next_back();
                let open = head.get(..head.len() - last.map_or(0, char::len_utf8)).unwrap();
                [
                    format!("{head}{long}"),
                    format!("{long}{head}"),
                    format!("{before}{long}{behind}"),
                    format!("{open}{long}{}", last.map(String::from).unwrap_or_default()),
                ]
            })
        })
    }
}

/// Returns the processor time of a thread for these lines, from bytes to JSON.
fn spent(pipeline: &mut Pipeline, lines: &[&str]) -> Duration {
    let now = || {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(now.tv_sec.try_into().unwrap(), now.tv_nsec.try_into().unwrap())
    };
    let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
    let (mut events, mut start) = (Vec::new(), 0);
    let begun = now();
    for text in lines {
        let line = support::line(text.as_bytes(), start);
        let _ = pipeline.process(&line, read_at, &mut events);
        start += text.len() as u64 + 1;
        for event in &events {
            std::hint::black_box(event.document.to_json());
        }
        pipeline.recycle(&mut events);
    }
    now().saturating_sub(begun)
}

/// Returns nanoseconds a byte: the best of three tries.
fn nanos_a_byte(case: &Case, lines: &[&str]) -> f64 {
    let bytes: usize = lines.iter().map(|line| line.len()).sum();
    let tries = (0..3).map(|_| spent(&mut case.pipeline(), lines));
    tries.min().unwrap().as_secs_f64() * 1e9 / bytes as f64
}

#[test]
fn a_byte_of_a_long_line_costs_not_much_more_than_one_of_a_normal_line_whatever_stands_in_it() {
    let mut too_dear = Vec::new();
    for case in cases() {
        let normal: Vec<&str> = case.normal.iter().map(String::as_str).collect();
        let length: usize = normal.iter().map(|line| line.len()).sum();
        let usual = nanos_a_byte(&case, &normal.repeat((1 << 16) / length + 1));
        let mut pipeline = case.pipeline();
        let mut costs: Vec<(f64, usize)> = case
            .hostile(SHORT)
            .enumerate()
            .map(|(place, text)| {
                let cost = spent(&mut pipeline, &[&text]);
                (cost.as_secs_f64() / text.len() as f64, place)
            })
            .collect();
        costs.sort_by(|one, other| other.0.total_cmp(&one.0));
        for (_, place) in costs.into_iter().take(WORST) {
            let text = case.hostile(LONG).nth(place).unwrap();
            let ratio = nanos_a_byte(&case, &[&text]) / usual;
            let middle = text.len() / 2..text.len() / 2 + 30;
            let start = text.get(..text.floor_char_boundary(30)).unwrap().to_owned()
                + &String::from_utf8_lossy(text.as_bytes().get(middle).unwrap());
            println!("{}: {ratio:.2} of {usual:.1} ns: {start:?}", case.name);
            let is_expression = matches!(case.format, Format::Regex | Format::Grok);
            if ratio > (if is_expression { RATIO_OF_EXPRESSIONS } else { RATIO }) {
                too_dear.push(format!("{}: {ratio:.2}: {start:?}", case.name));
            }
        }
    }
    assert!(too_dear.is_empty(), "{too_dear:#?}");
}
