//! From a raw score to a probability: its rank in the series' own history, beyond that a fitted tail.

use super::RestoreError;
use super::fields::{Fields, write_count, write_real, write_reals};

/// Logarithmic bins, ten to each doubling, from 2^-16 to 2^16.
const BINS: usize = 320;
const BINS_AN_OCTAVE: f64 = 10.0;
const LOWEST_OCTAVE: f64 = -16.0;
/// Raw scores up to here share bin 0.
const SMALLEST: f64 = 1.6e-5;
/// Values before the first score.
pub(super) const CALIBRATOR_WARM_UP: u32 = 100;
/// Mass from which a tail is counted, not extrapolated.
const LEAST_TAIL: f64 = 2.0;
/// The extrapolation is fitted to this share of the history.
const TAIL_SHARE: f64 = 0.02;
const LEAST_CHANCE: f64 = 1e-30;

/// How a calibrator forgets, and how much an exceptional value teaches it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Calibration {
    half_life: u64,
    /// Scores beyond this enter the history with a tenth of their weight, so that incidents do not become normal.
    limit: f64,
}

impl Calibration {
    /// For features of single buckets.
    pub(super) const ROBUST: Self = Self { half_life: 10_000, limit: 3.0 };
    /// For features of windows and shapes, which no model of today has; the golden vectors hold it already.
    #[cfg(test)]
    pub(super) const PLAIN: Self = Self { half_life: 4_000, limit: f64::INFINITY };
}

/// The history of one raw score.
#[derive(Debug, Clone)]
pub(super) struct Calibrator {
    calibration: Calibration,
    counts: Vec<f64>,
    total: f64,
    known: u64,
    since_halving: u64,
}

/// The tail beyond what is counted: exponential in log2(raw), that is a Pareto tail in raw.
struct Tail {
    first: usize,
    mass: f64,
    mean_excess: f64,
}

impl Calibrator {
    pub(super) fn new(calibration: Calibration) -> Self {
        let counts = vec![0.0; BINS];
        Self { calibration, counts, total: 0.0, known: 0, since_halving: 0 }
    }

    /// Returns s of a raw score (≥ 0, larger is stranger) by the history so far; 0 while that is too short.
    pub(super) fn score(&self, raw: f64) -> f64 {
        if self.known < u64::from(CALIBRATOR_WARM_UP) {
            return 0.0;
        }
        let position = position(raw);
        let own = bin(position);
        let mut tail = 0.5 * self.counts[own];
        for count in &self.counts[own + 1..] {
            tail += count;
        }
        let p = if tail >= LEAST_TAIL {
            tail / (self.total + 1.0)
        } else {
            let Tail { first, mass, mean_excess } = self.tail();
            let beyond = (-(position - first as f64) / mean_excess).exp();
            (mass / (self.total + 1.0) * beyond).min((tail + 0.5) / (self.total + 1.0))
        };
        -p.max(LEAST_CHANCE).log10()
    }

    /// Learns a raw score whose s was `score`.
    pub(super) fn learn(&mut self, raw: f64, score: f64) {
        let weight = if score > self.calibration.limit { 0.1 } else { 1.0 };
        self.counts[bin(position(raw))] += weight;
        self.total += weight;
        self.known += 1;
        self.since_halving += 1;
        if self.since_halving >= self.calibration.half_life {
            self.since_halving = 0;
            for count in &mut self.counts {
                *count *= 0.5;
            }
            self.total *= 0.5;
        }
    }

    /// Returns the raw score from which s is reached: the inverse, for bounds; infinite where none reaches it.
    pub(super) fn raw(&self, score: f64) -> f64 {
        let p = 10_f64.powf(-score);
        let (mut counting_ends, mut rank_reaches) = (BINS, BINS);
        let mut above = 0.0;
        for own in (0..BINS).rev() {
            let tail = 0.5 * self.counts[own] + above;
            above += self.counts[own];
            if tail >= LEAST_TAIL {
                // The counted chance falls with the bin, so the lowest bin that is rare enough is the edge.
                if tail / (self.total + 1.0) > p {
                    break;
                }
                rank_reaches = own;
            } else {
                counting_ends = own;
                if (tail + 0.5) / (self.total + 1.0) <= p {
                    rank_reaches = own;
                }
            }
        }
        let edge = if rank_reaches < counting_ends {
            rank_reaches as f64
        } else if counting_ends == BINS {
            // So much lies in the last bin that nothing beyond it is rare.
            f64::INFINITY
        } else {
            let Tail { first, mass, mean_excess } = self.tail();
            let fitted = first as f64 - mean_excess * (p * (self.total + 1.0) / mass).ln();
            let most = if rank_reaches < BINS { rank_reaches as f64 } else { f64::INFINITY };
            fitted.max(counting_ends as f64).min(most)
        };
        (edge / BINS_AN_OCTAVE + LOWEST_OCTAVE).exp2()
    }

    fn tail(&self) -> Tail {
        let need = LEAST_TAIL.max(TAIL_SHARE * self.total);
        let (mut first, mut mass) = (BINS, 0.0);
        while first > 1 && mass < need {
            first -= 1;
            mass += self.counts[first];
        }
        let (mut excess, mut weight) = (0.0, 0.0);
        for (own, count) in self.counts.iter().enumerate().skip(first) {
            if *count > 0.0 {
                excess += count * ((own - first) as f64 + 0.5);
                weight += count;
            }
        }
        Tail { first, mass, mean_excess: (excess / weight.max(1e-9)).max(1.0) }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_real(out, self.total);
        write_count(out, self.known);
        write_count(out, self.since_halving);
        write_reals(out, &self.counts);
    }

    pub(super) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        self.total = fields.real()?;
        self.known = fields.count()?;
        self.since_halving = fields.count()?;
        fields.reals(&mut self.counts)
    }
}

fn position(raw: f64) -> f64 {
    (raw.max(SMALLEST).log2() - LOWEST_OCTAVE) * BINS_AN_OCTAVE
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position is at least 0, and the cast is the truncation that the definition asks for"
)]
fn bin(position: f64) -> usize {
    (position as usize).min(BINS - 1)
}

#[cfg(test)]
mod tests;
