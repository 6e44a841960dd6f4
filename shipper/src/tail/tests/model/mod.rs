//! S8: random histories of files, reader and cluster against a model of what must come of them.
//!
//! Everything runs in this process and nothing waits: the real reader, state and checkpoint on real files, a clock that is
//! moved by hand, and a pretended cluster. After every step and at the end it is checked that
//!
//! - each line that could be read is stored exactly once, and each that could not at most once;
//! - no `_id` stands for two lines, no file goes under two ids, no line is alien or mixed, each stands at its place;
//! - a file is acknowledged over a prefix without gaps only;
//! - the bytes that are called lost are those that went before they were read;
//! - the ledger contradicts neither itself nor the checkpoint, and after a clean stop nothing is read again.
//!
//! `STOREWATCH_CASES=100000 cargo test -p shipper --lib -- s8` tries more of them, `STOREWATCH_SEED=7` others.

mod again;
mod body;
mod book;
mod changes;
mod cluster;
mod disk;
mod line;
mod shipper;
mod step;
mod world;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use step::{Rules, Step};
use world::World;

/// Histories that are tried in a run of all tests.
const CASES: u32 = 1_000;

fn check(rules: Rules, steps: &[Step]) -> Result<(), String> {
    let mut world = World::new(rules);
    for step in steps {
        world.happen(step)?;
    }
    world.end()
}

#[expect(clippy::disallowed_methods, reason = "a test has no settings but its environment")]
fn number(variable: &str) -> Option<u32> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// S8
#[test]
fn s8_whatever_happens_each_line_that_could_be_read_is_stored_once() {
    let cases = number("STOREWATCH_CASES").unwrap_or(CASES);
    let seed = number("STOREWATCH_SEED").unwrap_or(8);
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 5_000, ..Config::default() };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, random);
    let outcome = runner
        .run(&step::cases(), |(rules, steps)| check(rules, &steps).map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, (rules, steps))) => {
            let steps: Vec<String> = steps.iter().map(|step| format!("    {step:?},\n")).collect();
            panic!("{why}\nseed {seed}, {rules:?}, and these steps:\n{}", steps.concat());
        }
        Err(error) => panic!("{error}"),
    }
}
