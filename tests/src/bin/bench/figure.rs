//! Figures, and how they are printed.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::Size;
use crate::machine::Machine;

/// One figure: what each run gave.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    name: String,
    unit: &'static str,
    median: f64,
    values: Vec<f64>,
    /// How it was measured, where the name does not tell.
    note: String,
    bar: Option<Bar>,
}

/// What a figure is to be: at least what must be, and what would be fine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Bar {
    must: f64,
    stretch: f64,
    better: Better,
}

/// Which way a figure is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Better {
    More,
    Less,
}

impl Bar {
    /// Returns a bar for a figure that is to be large.
    pub(crate) const fn at_least(must: f64, stretch: f64) -> Self {
        Self { must, stretch, better: Better::More }
    }

    /// Returns a bar for a figure that is to be small.
    pub(crate) const fn at_most(must: f64, stretch: f64) -> Self {
        Self { must, stretch, better: Better::Less }
    }

    fn is_reached(self, mark: f64, value: f64) -> bool {
        match self.better {
            Better::More => value >= mark,
            Better::Less => value <= mark,
        }
    }

    /// Says what was reached; a figure that is no number reaches nothing.
    fn judge(self, value: f64) -> String {
        let say = |mark: f64| {
            let word = if self.is_reached(mark, value) { "reached" } else { "not reached" };
            format!("{} {word}", Number(mark))
        };
        let relation = if self.better == Better::More { "at least" } else { "at most" };
        format!("{relation}: must {}, stretch {}", say(self.must), say(self.stretch))
    }
}

impl Figure {
    /// Returns the figure that these runs gave.
    pub(crate) fn new(name: impl Into<String>, unit: &'static str, values: Vec<f64>) -> Self {
        let median = median(&values);
        Self { name: name.into(), unit, median, values, note: String::new(), bar: None }
    }

    /// Says what it is to be.
    pub(crate) fn against(self, bar: Bar) -> Self {
        Self { bar: Some(bar), ..self }
    }

    /// Says how it was measured.
    pub(crate) fn noted(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }
}

/// Returns the middle one, or the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (_, None) => f64::NAN,
        (0, Some(upper)) => f64::midpoint(sorted[middle - 1], *upper),
        (_, Some(value)) => *value,
    }
}

/// Everything that one run of this program found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    command: String,
    date: Timestamp,
    profile: &'static str,
    runs: u32,
    scale: f64,
    machine: Machine,
    /// The cores that everything ran on.
    pinned: String,
    figures: Vec<Figure>,
    /// What could not be measured, and why.
    failed: Vec<String>,
}

impl Report {
    /// Returns the report of now and here.
    pub(crate) fn new(
        size: &Size,
        pinned: String,
        figures: Vec<Figure>,
        failed: Vec<String>,
    ) -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
        let option = if cfg!(debug_assertions) { "" } else { "--release " };
        Self {
            command: format!(
                "cargo run {option}-p storewatch-tests --bin bench -- {}",
                arguments.join(" ")
            ),
            date: Timestamp::now(),
            profile,
            runs: size.runs,
            scale: size.scale,
            machine: Machine::this(),
            pinned,
            figures,
            failed,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { cpu, cores, memory_bytes, kernel } = &self.machine;
        let memory_gib = *memory_bytes as f64 / f64::from(1 << 30);
        writeln!(f, "{}", self.command)?;
        writeln!(f, "{}, {} build, median of {} runs", self.date, self.profile, self.runs)?;
        writeln!(f, "{cpu}, {cores} cores, {memory_gib:.0} GiB, Linux {kernel}")?;
        writeln!(f, "{}", self.pinned)?;
        if self.scale.total_cmp(&1.0).is_ne() {
            writeln!(f, "made smaller by {}: these figures mean nothing", self.scale)?;
        }
        writeln!(f)?;
        let width = self.figures.iter().map(|figure| figure.name.len()).max().unwrap_or_default();
        writeln!(f, "{:<width$} {:>12} {:>12} {:>12}  unit", "figure", "median", "least", "most")?;
        for figure in &self.figures {
            let least = figure.values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = figure.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let [middle, least, most] = [figure.median, least, most].map(Number);
            let Figure { name, unit, note, bar, .. } = figure;
            writeln!(f, "{name:<width$} {middle:>12} {least:>12} {most:>12}  {unit}")?;
            if let Some(bar) = bar {
                writeln!(f, "{:<width$}   {}", "", bar.judge(figure.median))?;
            }
            if !note.is_empty() {
                writeln!(f, "{:<width$}   {note}", "")?;
            }
        }
        for failed in &self.failed {
            writeln!(f, "not measured: {failed}")?;
        }
        Ok(())
    }
}

/// A number with as many digits as it means something.
pub(crate) struct Number(pub(crate) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = match self.0.abs() {
            size if size >= 1_000.0 => 0,
            size if size >= 10.0 => 1,
            _ => 3,
        };
        f.pad(&format!("{:.places$}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_two() {
        assert!((median(&[9.0, 1.0, 5.0]) - 5.0).abs() < 1e-9);
        assert!((median(&[9.0, 1.0, 5.0, 7.0]) - 6.0).abs() < 1e-9);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_figure_is_judged_the_way_it_is_good() {
        let judged = Bar::at_least(150_000.0, 300_000.0).judge(170_000.0);
        assert_eq!(judged, "at least: must 150000 reached, stretch 300000 not reached");
        let judged = Bar::at_most(0.5, 0.1).judge(0.1);
        assert_eq!(judged, "at most: must 0.500 reached, stretch 0.100 reached");
        assert!(Bar::at_most(7.0, 4.5).judge(f64::NAN).matches("not reached").count() == 2);
    }

    #[test]
    fn large_numbers_have_no_places_and_small_ones_have_three() {
        assert_eq!(Number(123_456.7).to_string(), "123457");
        assert_eq!(Number(12.34).to_string(), "12.3");
        assert_eq!(format!("{:>7}", Number(0.012_34)), "  0.012");
    }
}
