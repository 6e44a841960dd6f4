//! Planted secrets and what only looks like one, through the whole pipeline. The rates are printed with `--nocapture`.

mod corpus;
mod support;

use std::collections::BTreeMap;
use std::io::Write as _;

use corpus::{Dice, Kind};
use enricher::{Format, Pipeline, RawRedact};

const EACH: usize = 3_000;

/// Returns the whole document of a line as text.
fn document(pipeline: &mut Pipeline, line: &str) -> String {
    let mut events = Vec::new();
    let read_at = jiff::Timestamp::constant(1_767_323_045, 0);
    pipeline.process(&support::line(line.as_bytes(), 0), read_at, &mut events);
    events.iter().map(|event| event.document.to_json()).collect()
}

fn plain() -> Pipeline {
    support::pipeline(&support::input(Format::Plain, "app"), &RawRedact::default())
}

#[test]
fn planted_secrets_are_taken_out() {
    let (mut pipeline, mut dice) = (plain(), Dice::new(7));
    let mut missed: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
    for kind in Kind::ALL {
        for _ in 0..EACH {
            let secret = corpus::secret(kind, &mut dice);
            let line = corpus::line("", &secret, &mut dice);
            if document(&mut pipeline, &line).contains(&secret) {
                missed.entry(kind).or_default().push(line);
            }
        }
    }
    let all: usize = missed.values().map(Vec::len).sum();
    let recall = 1.0 - all as f64 / (EACH * Kind::ALL.len()) as f64;
    writeln!(std::io::stdout(), "recall {:.3} %", recall * 100.0).unwrap();
    let some: BTreeMap<_, _> =
        missed.iter().map(|(kind, lines)| (kind, (lines.len(), &lines[0]))).collect();
    assert!(recall >= 0.9995, "{recall}: {some:#?}");
}

#[test]
fn what_only_looks_like_a_secret_stays() {
    let (mut pipeline, mut dice) = (plain(), Dice::new(11));
    let mut hit = Vec::new();
    let count = EACH * 10;
    for _ in 0..count {
        let (label, value) = corpus::look_alike(&mut dice);
        let line = corpus::line(&label, &value, &mut dice);
        if !document(&mut pipeline, &line).contains(&value) {
            hit.push(line);
        }
    }
    let rate = hit.len() as f64 / count as f64;
    writeln!(std::io::stdout(), "false hits {:.4} %", rate * 100.0).unwrap();
    assert!(rate <= 0.0001, "{rate}: {:#?}", hit.iter().take(20).collect::<Vec<_>>());
}
