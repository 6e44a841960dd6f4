//! The expected count of a bucket: a profile of the day or the week, times a level of about half a day.

use crate::model::fields::{Fields, write_count, write_real, write_reals};
use crate::model::{RestoreError, SlotCount, Slots};

/// Learning rate of the day profile per visit of a slot; the week profile learns half as fast again.
const DAY_RATE: f64 = 0.05;
const WEEK_RATE: f64 = 0.075;
/// The level stays within these: a series that wakes after weeks of zeros would otherwise come to expect a hundredfold.
const LEVELS: (f64, f64) = (0.125, 8.0);

/// What one slot has taught.
#[derive(Debug, Clone)]
struct Profile {
    due: Vec<f64>,
    seen: Vec<f64>,
}

impl Profile {
    fn new(slots: usize) -> Self {
        Self { due: vec![0.0; slots], seen: vec![0.0; slots] }
    }

    /// Moves a slot towards the value, by at most `limit` once it was visited `steady` times.
    fn learn(&mut self, slot: usize, value: f64, limit: f64, steady: f64, rate: f64) {
        let seen = self.seen[slot];
        let mut change = value - self.due[slot];
        if seen >= steady {
            change = change.min(limit).max(-limit);
        }
        self.due[slot] += change * rate.max(1.0 / (seen + 1.0));
        self.seen[slot] += 1.0;
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_reals(out, &self.due);
        write_reals(out, &self.seen);
    }

    fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        fields.reals(&mut self.due)?;
        fields.reals(&mut self.seen)
    }
}

/// The count baseline: state and names are those of the reference.
#[derive(Debug, Clone)]
pub(super) struct Baseline {
    buckets_a_day: f64,
    known: u64,
    day: Profile,
    week: Profile,
    mean: f64,
    error: f64,
    day_error: f64,
    week_error: f64,
    level: f64,
    observed: f64,
    planned: f64,
}

impl Baseline {
    pub(super) fn new(slots: SlotCount) -> Self {
        Self {
            buckets_a_day: f64::from(slots.buckets_a_day()),
            known: 0,
            day: Profile::new(slots.day()),
            week: Profile::new(slots.week()),
            mean: 0.0,
            error: 0.0,
            day_error: 0.0,
            week_error: 0.0,
            level: 1.0,
            observed: 0.0,
            planned: 0.0,
        }
    }

    /// Returns the expected count of a bucket by what earlier ones taught, never below 1e-6, then learns the bucket.
    pub(super) fn step(&mut self, value: f64, slots: Slots) -> f64 {
        self.known += 1;
        let (d, w) = (slots.day(), slots.week());
        let by_day = if self.day.seen[d] >= 1.0 { self.day.due[d] } else { self.mean };
        let by_week = if self.week.seen[w] >= 2.0 { self.week.due[w] } else { by_day };
        let weekly =
            self.known as f64 > 7.0 * self.buckets_a_day && self.week_error < self.day_error;
        let profile = if weekly { by_week } else { by_day }.max(1e-6);
        let due = profile * self.level;
        self.learn_level(value, profile, due);
        let limit = self.learn_errors(value, profile, by_day, by_week);
        self.day.learn(d, value, limit, 3.0, DAY_RATE);
        self.week.learn(w, value, limit, 2.0, WEEK_RATE);
        due
    }

    /// Learns observed over planned of the last half day; one bucket counts as at most twice what was due and at least
    /// half of it, give or take three standard deviations.
    fn learn_level(&mut self, value: f64, profile: f64, due: f64) {
        let known = self.known as f64;
        if known <= self.buckets_a_day {
            return;
        }
        let rate = 1.0 / (0.5 * self.buckets_a_day);
        let slack = 3.0 * (due + 1.0).sqrt();
        let counted = value.max(0.5 * due - slack).min(2.0 * due + slack);
        self.observed += (counted - self.observed) * rate;
        self.planned += (profile - self.planned) * rate;
        if known > 2.0 * self.buckets_a_day {
            self.level = (self.observed / self.planned).clamp(LEVELS.0, LEVELS.1);
        }
    }

    /// Learns mean and errors; returns how far one bucket may move a slot.
    fn learn_errors(&mut self, value: f64, profile: f64, by_day: f64, by_week: f64) -> f64 {
        let known = self.known as f64;
        let rate = (1.0 / (2.0 * self.buckets_a_day)).max(1.0 / known);
        self.mean += (value - self.mean) * rate;
        let mut size = (value - profile).abs();
        if self.known > 50 {
            size = size.min(6.0 * self.error + 1e-9);
        }
        self.error += (size - self.error) * 0.002_f64.max(1.0 / known);
        let limit = 8.0 * self.error + 1e-9;
        let square = |error: f64| (error * error).min(limit * limit);
        self.day_error += (square(value - by_day) - self.day_error) * rate;
        self.week_error += (square(value - by_week) - self.week_error) * rate;
        limit
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_count(out, self.known);
        for real in [self.mean, self.error, self.day_error, self.week_error] {
            write_real(out, real);
        }
        for real in [self.level, self.observed, self.planned] {
            write_real(out, real);
        }
        self.day.write(out);
        self.week.write(out);
    }

    pub(super) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        self.known = fields.count()?;
        for real in [&mut self.mean, &mut self.error, &mut self.day_error, &mut self.week_error] {
            *real = fields.real()?;
        }
        for real in [&mut self.level, &mut self.observed, &mut self.planned] {
            *real = fields.real()?;
        }
        self.day.read(fields)?;
        self.week.read(fields)
    }
}
