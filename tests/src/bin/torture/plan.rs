//! Which tests there are, how much of each, and what came of it.

use std::fmt;

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

use crate::{
    child, clock, disk, hostile, kill, network, outage, poison, power, rollover, rotation, soak,
    stop, storm, upgrade,
};

/// One test of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Test {
    T1,
    T2,
    T3,
    T4,
    T5,
    T6,
    T7,
    T8,
    T9,
    T10,
    T11,
    T12,
    T13,
    T14,
    T15,
    T16,
}

/// How much of a test is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dose {
    /// As much as fits into a few minutes for all.
    Short,
    /// As much as the plan says.
    Full,
}

impl Dose {
    /// Returns the first of two values in the short dose, the second in the full one.
    pub(crate) fn pick<T>(self, short: T, full: T) -> T {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}

/// Whether a figure was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Reached,
    /// A bar was missed. In the short dose that is told and no more: it depends on the machine and on what runs beside.
    Slow,
    /// Something was lost, doubled or is not as it must be.
    Missed,
    /// Nothing is to be reached, or it cannot be done here.
    Told,
}

/// One figure beside the figure to reach.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    what: String,
    figure: String,
    reach: String,
    pub(crate) verdict: Verdict,
}

impl Row {
    /// Returns a count that must be nought.
    pub(crate) fn none(what: &str, count: usize) -> Self {
        let verdict = if count == 0 { Verdict::Reached } else { Verdict::Missed };
        Self::new(what, count.to_string(), "0".to_owned(), verdict)
    }

    /// Returns a figure that must not be larger.
    pub(crate) fn at_most(what: &str, figure: f64, most: f64, unit: &str) -> Self {
        let verdict = if figure <= most { Verdict::Reached } else { Verdict::Slow };
        Self::new(what, number(figure, unit), format!("at most {}", number(most, unit)), verdict)
    }

    /// Returns a figure that must not be smaller.
    pub(crate) fn at_least(what: &str, figure: f64, least: f64, unit: &str) -> Self {
        let verdict = if figure >= least { Verdict::Reached } else { Verdict::Slow };
        Self::new(what, number(figure, unit), format!("at least {}", number(least, unit)), verdict)
    }

    /// Returns something that must be as it is said.
    pub(crate) fn must(what: &str, found: &str, want: &str) -> Self {
        let verdict = if found == want { Verdict::Reached } else { Verdict::Missed };
        Self::new(what, found.to_owned(), want.to_owned(), verdict)
    }

    /// Returns a figure for which there is no bar.
    pub(crate) fn told(what: &str, figure: impl fmt::Display) -> Self {
        Self::new(what, figure.to_string(), String::new(), Verdict::Told)
    }

    /// Returns the end of a test that could not be done.
    pub(crate) fn fault(error: &str) -> Self {
        Self::new("failed", error.to_owned(), String::new(), Verdict::Missed)
    }

    fn new(what: &str, figure: String, reach: String, verdict: Verdict) -> Self {
        Self { what: what.to_owned(), figure, reach, verdict }
    }
}

fn number(value: f64, unit: &str) -> String {
    let text = if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    if unit.is_empty() { text } else { format!("{text} {unit}") }
}

/// What a test gave.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) test: &'static str,
    pub(crate) about: &'static str,
    pub(crate) dose: Dose,
    pub(crate) seconds: f64,
    pub(crate) rows: Vec<Row>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} ({:?}, {:.1} s)", self.test, self.about, self.dose, self.seconds)?;
        for Row { what, figure, reach, verdict } in &self.rows {
            let sign = match verdict {
                Verdict::Reached => "ok    ",
                Verdict::Slow | Verdict::Missed => "MISSED",
                Verdict::Told => "      ",
            };
            let reach = if reach.is_empty() { String::new() } else { format!("   ({reach})") };
            writeln!(f, "  {sign} {what:<52} {figure}{reach}")?;
        }
        Ok(())
    }
}

/// What a test gives.
pub(crate) type Rows = Result<Vec<Row>>;

impl Test {
    /// All of them.
    pub(crate) const ALL: [Self; 16] = [
        Self::T1,
        Self::T2,
        Self::T3,
        Self::T4,
        Self::T5,
        Self::T6,
        Self::T7,
        Self::T8,
        Self::T9,
        Self::T10,
        Self::T11,
        Self::T12,
        Self::T13,
        Self::T14,
        Self::T15,
        Self::T16,
    ];

    pub(crate) fn name(self) -> &'static str {
        self.plan().0
    }

    pub(crate) fn about(self) -> &'static str {
        self.plan().1
    }

    pub(crate) fn run(self, dose: Dose) -> Rows {
        (self.plan().2)(dose)
    }

    fn plan(self) -> (&'static str, &'static str, fn(Dose) -> Rows) {
        match self {
            Self::T1 => ("T1", "SIGKILL loop", |dose| Ok(kill::run(dose))),
            Self::T2 => ("T2", "power loss", power::run),
            Self::T3 => ("T3", "429 storm", |dose| Ok(storm::run(dose))),
            Self::T4 => ("T4", "poison mix", |dose| Ok(poison::run(dose))),
            Self::T5 => ("T5", "outage and rotation", outage::run),
            Self::T6 => ("T6", "network", network::run),
            Self::T7 => ("T7", "disk", disk::run),
            Self::T8 => ("T8", "clock", clock::run),
            Self::T9 => ("T9", "rotation matrix", rotation::run),
            Self::T10 => ("T10", "rollover race", |dose| Ok(rollover::run(dose))),
            Self::T11 => ("T11", "hostile input", hostile::run),
            Self::T12 => ("T12", "stop and reload", stop::run),
            Self::T13 => ("T13", "detector kill", child::detector),
            Self::T14 => ("T14", "soak", soak::run),
            Self::T15 => ("T15", "real Elasticsearch killed", child::elasticsearch),
            Self::T16 => ("T16", "upgrade", upgrade::run),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_beside_the_figure_to_reach() {
        let row = Row::at_most("sends per document", 1.25, 1.3, "");
        assert_eq!((row.figure.as_str(), row.reach.as_str()), ("1.25", "at most 1.30"));
        assert_eq!(row.verdict, Verdict::Reached);
        assert_eq!(Row::at_least("rate", 9.0, 10.0, "x").verdict, Verdict::Slow);
        assert_eq!(Row::none("lost", 1).verdict, Verdict::Missed);
        assert_eq!(Row::must("state", "old", "old").verdict, Verdict::Reached);
    }

    #[test]
    fn every_test_has_its_number() {
        for (at, test) in Test::ALL.into_iter().enumerate() {
            assert_eq!(test.name(), format!("T{}", at + 1));
        }
    }
}
