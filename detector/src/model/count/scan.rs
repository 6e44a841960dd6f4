//! Is the number of events of the last 5, 15, 60 or 240 minutes too high or too low for this time of day?

use super::dispersion::Dispersion;
use super::tails::CountLaw;
use crate::model::fields::{Fields, write_count};
use crate::model::window::{Ring, RollingSum};
use crate::model::{RestoreError, SlotCount};

const WINDOW_SECONDS: [u32; 4] = [300, 900, 3_600, 14_400];
/// Windows that expect less cannot show a drop.
const LEAST_FOR_LOW: f64 = 3.0;
/// Windows that are off by fewer standard deviations say nothing and cost no tail.
const LOOK: f64 = 2.0;
const MOST_EVIDENCE: f64 = 30.0;

/// What the scan saw: s for too many and too few, and the window that decides.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sight {
    pub(super) high: Finding,
    pub(super) low: Finding,
}

/// The strongest evidence on one side; width 0 where no window has any.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Finding {
    pub(super) s: f64,
    pub(super) width: usize,
    pub(super) observed: f64,
    pub(super) expected: f64,
}

impl Finding {
    /// The narrowest of equally strong windows decides, and they come by width.
    fn strengthen(&mut self, other: Self) {
        if other.s > self.s {
            *self = other;
        }
    }
}

impl Sight {
    /// Returns the stronger side; on a tie too much.
    pub(super) fn stronger(self) -> Finding {
        if self.low.s > self.high.s { self.low } else { self.high }
    }
}

#[derive(Debug, Clone)]
struct Window {
    width: usize,
    observed: RollingSum,
    expected: RollingSum,
    dispersion: Dispersion,
}

/// The count scan.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    learn_after: u64,
    known: u64,
    /// What a width must have observed to speak high, and expected to speak low.
    guard: f64,
    values: Ring,
    dues: Ring,
    windows: Vec<Window>,
}

impl Scan {
    pub(super) fn new(slots: SlotCount, guard: f64) -> Self {
        let a_day = slots.buckets_a_day();
        let mut widths =
            WINDOW_SECONDS.map(|seconds| ((seconds * a_day / 86_400) as usize).max(1)).to_vec();
        widths.dedup();
        let widest = widths.last().copied().unwrap_or(1);
        let rate = 1.0 / (3.0 * f64::from(a_day));
        let window = |width| Window {
            width,
            observed: RollingSum::new(width),
            expected: RollingSum::new(width),
            dispersion: Dispersion::new(rate),
        };
        Self {
            learn_after: 2 * u64::from(a_day),
            known: 0,
            guard,
            values: Ring::new(widest + 1),
            dues: Ring::new(widest + 1),
            windows: widths.into_iter().map(window).collect(),
        }
    }

    /// Takes in a bucket and says how strange the windows that end with it are.
    pub(super) fn step(&mut self, value: f64, due: f64) -> Sight {
        let (correction, least_for_low) = (self.correction(), self.least_for_low());
        self.known += 1;
        self.values.push(value);
        self.dues.push(due);
        let mut sight = Sight::default();
        for window in &mut self.windows {
            let observed = window.observed.follow(&self.values);
            let expected = window.expected.follow(&self.dues);
            let factor = window.dispersion.factor(expected);
            if self.known > self.learn_after {
                window.dispersion.learn(observed, expected);
            }
            let off = observed - expected;
            if off * off <= LOOK * LOOK * factor * expected {
                continue;
            }
            let law = CountLaw { expected, factor };
            let finding = |p: f64| Finding {
                s: (-p.max(1e-300).log10() - correction).min(MOST_EVIDENCE),
                width: window.width,
                observed,
                expected,
            };
            if off > 0.0 && observed >= self.guard {
                sight.high.strengthen(finding(law.at_least(observed)));
            }
            if off < 0.0 && expected >= least_for_low {
                sight.low.strengthen(finding(law.at_most(observed)));
            }
        }
        sight
    }

    /// Returns what a window must expect to speak low.
    pub(super) fn least_for_low(&self) -> f64 {
        LEAST_FOR_LOW.max(self.guard)
    }

    /// The price of looking at several windows on two sides.
    pub(super) fn correction(&self) -> f64 {
        (2.0 * self.windows.len() as f64).log10()
    }

    /// Returns the law of a single bucket that expects `due`, by the variation of the narrowest window.
    pub(super) fn law(&self, due: f64) -> CountLaw {
        let factor = self.windows.first().map_or(1.0, |window| window.dispersion.factor(due));
        CountLaw { expected: due, factor }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_count(out, self.known);
        self.values.write(out);
        self.dues.write(out);
        for window in &self.windows {
            window.observed.write(out);
            window.expected.write(out);
            window.dispersion.write(out);
        }
    }

    pub(super) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        self.known = fields.count()?;
        self.values.read(fields)?;
        self.dues.read(fields)?;
        for window in &mut self.windows {
            window.observed.read(fields)?;
            window.expected.read(fields)?;
            window.dispersion.read(fields)?;
        }
        Ok(())
    }
}
