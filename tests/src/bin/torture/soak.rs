//! T14: a long day: memory, descriptors and delay stay what they are.

use std::thread;
use std::time::{Duration, Instant};

use harness::desk::{Desk, LIMIT};
use harness::scripted::Scripted;

use crate::plan::{Dose, Row, Rows};
use crate::probe::{descriptors, quantile, resident_mib};
use crate::storm::write;

/// Where the lines go whose delay is looked at.
const MARKS: &str = "logs-store.traffic-default";

pub(crate) fn run(dose: Dose) -> Rows {
    let seconds = dose.pick(12, 3_600);
    let rate = dose.pick(5_000, 10_000);
    let mut desk = Desk::with(Scripted::start());
    "{ id: app, paths: [\"logs/*.log\"], dataset: app, format: plain }\n  \
        - { id: marks, paths: [\"logs/*.mark\"], dataset: traffic, format: plain }"
        .clone_into(&mut desk.inputs);
    let desk = desk;
    let all = rate * seconds;
    thread::scope(|scope| {
        let shipper = desk.start();
        let writer = scope.spawn(|| write(&desk, rate, all));
        let began = Instant::now();
        let mut late = Vec::new();
        let mut memory = Vec::new();
        let mut open = Vec::new();
        let mut marks = 0;
        while began.elapsed() < Duration::from_secs(u64::from(seconds)) {
            desk.lines("m.mark", [marks]);
            let written = Instant::now();
            marks += 1;
            harness::eventually(LIMIT, || desk.server.stored(MARKS) >= marks as usize);
            late.push(written.elapsed().as_secs_f64());
            memory.push((began.elapsed().as_secs_f64() / 3_600.0, resident_mib(shipper.id())?));
            open.push(descriptors(shipper.id())?);
            thread::sleep(Duration::from_millis(dose.pick(100, 1_000)));
        }
        drop(writer.join());
        desk.wait_for(all as usize);
        drop(shipper.terminate(LIMIT));
        // The first tenth is warming up.
        let warm = memory.len() / 10;
        let slope = slope(&memory[warm..]);
        let last = memory.last().map_or(f64::NAN, |(_, mib)| *mib);
        let p99 = quantile(&mut late, 0.99);
        let counts = desk.server.counts();
        let mut rows = vec![
            Row::must(
                "lines stored",
                &desk.server.stored(harness::desk::STREAM).to_string(),
                &all.to_string(),
            ),
            Row::none("sent twice", usize::try_from(counts.duplicates).unwrap_or(usize::MAX)),
            Row::at_most("append to acknowledged, p99", p99, 1.5, "s"),
            Row::told("memory at the end, MiB", format!("{last:.1}")),
            Row::told(
                "descriptors, least and most",
                format!("{:?} {:?}", open.iter().min(), open.iter().max()),
            ),
        ];
        if dose == Dose::Full {
            rows.push(Row::at_most("memory grows by", slope, 1.0, "MiB/h"));
        }
        Ok(rows)
    })
}

/// Returns the slope of the line through these points with the least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let up: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let across: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    up / across
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_line_is_its_slope() {
        let points: Vec<(f64, f64)> =
            (0..10).map(|x| (f64::from(x), 3.0 + 2.0 * f64::from(x))).collect();
        assert!((slope(&points) - 2.0).abs() < 1e-9);
    }
}
