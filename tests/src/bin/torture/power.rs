//! T2: power is lost at each call that writes: a property of the shipper's own tests on a simulated disk, with many seeds.

use crate::child;
use crate::plan::{Dose, Row, Rows};

pub(crate) fn run(dose: Dose) -> Rows {
    if dose == Dose::Short {
        return Ok(vec![Row::told(
            "in short",
            "`cargo test --workspace` does it (shipper, power)",
        )]);
    }
    let seeds = 100_000;
    let arguments = ["test", "--release", "-p", "shipper", "--lib", "power"];
    let ended = child::run(&arguments, "STOREWATCH_SEEDS", seeds)?;
    Ok(vec![
        Row::told("seeds, on a simulated disk that loses what was not synced", seeds),
        Row::must("nothing is forgotten or wiped", &ended, "passed"),
    ])
}
