//! T4: documents that no cluster takes, requests that are too large, and a key and a stream that are missing for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::desk::{Desk, LIMIT, STREAM};
use harness::scripted::{Act, Outcome, Request};

use crate::plan::{Dose, Row};
use crate::probe::Found;
use crate::storm::{LONGEST, write};

const FORBIDDEN: u32 = 1;
const MISSING: u32 = 2;
/// One of so many lines is refused whatever is done to it.
const REFUSED: u32 = 100;
/// One of so many makes a request too large.
const TOO_LARGE: u32 = 1_000;

pub(crate) fn run(dose: Dose) -> Vec<Row> {
    let desk = Desk::new();
    let phase = Arc::new(AtomicU32::new(0));
    let now = Arc::clone(&phase);
    desk.server.rule(move |request| match now.load(Ordering::Relaxed) {
        FORBIDDEN => Act::EveryItem(Outcome::forbidden()),
        MISSING => Act::EveryItem(Outcome::without_stream(STREAM)),
        _ => poisoned(request),
    });
    let (rate, all) = (2_000, dose.pick(20_000, 1_000_000));
    let window = Duration::from_secs(dose.pick(1, 300));
    let (late, letters) = thread::scope(|scope| {
        let shipper = desk.start();
        let writer = scope.spawn(|| write(&desk, rate, all));
        for refusal in [FORBIDDEN, MISSING] {
            thread::sleep(Duration::from_secs(2));
            phase.store(refusal, Ordering::Relaxed);
            thread::sleep(window);
            phase.store(0, Ordering::Relaxed);
        }
        drop(writer.join());
        // A held stream is tried again after 30 s; from then on nothing may hold the good ones up.
        let good = (0..all).filter(|number| is_good(*number)).count();
        harness::eventually(LONGEST, || desk.server.stored(STREAM) + 200 >= good);
        let last = Instant::now();
        harness::eventually(LONGEST, || desk.server.stored(STREAM) >= good);
        let late = last.elapsed().as_secs_f64();
        harness::eventually(LIMIT, || {
            crate::probe::metric(&shipper, "shipper_dead_letters") >= f64::from(all) - good as f64
        });
        let letters = crate::probe::metric(&shipper, "shipper_dead_letters");
        drop(shipper.terminate(LIMIT));
        (late, letters)
    });
    let found = Found::of(&desk, 0..all);
    let poison = (0..all).filter(|number| !is_good(*number)).count();
    let mut rows = vec![
        Row::must("dead letters", &format!("{letters:.0}"), &poison.to_string()),
        Row::must("lines that are not stored", &found.lost.to_string(), &poison.to_string()),
        Row::at_most("the last good documents waited for bad ones", late, 2.0, "s"),
    ];
    rows.extend(Found { lost: 0, ..found }.rows());
    rows
}

fn is_good(number: u32) -> bool {
    !number.is_multiple_of(REFUSED)
}

fn poisoned(request: &Request<'_>) -> Act {
    let numbers: Vec<Option<u32>> =
        (0..request.documents()).map(|at| number(request.document(at))).collect();
    if numbers.iter().flatten().any(|number| number.is_multiple_of(TOO_LARGE)) {
        return Act::Status(413);
    }
    let outcome = |number: &Option<u32>| {
        let bad = number.is_some_and(|number| !is_good(number));
        bad.then(|| Outcome::error(400, "document_parsing_exception", "by script"))
    };
    Act::Each(numbers.iter().map(outcome).collect())
}

/// Finds the number of a line in the document that was made of it.
fn number(document: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(document).ok()?;
    let (_, rest) = text.split_once("\"line ")?;
    rest.split_once(' ')?.0.parse().ok()
}
