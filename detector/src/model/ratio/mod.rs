//! `ratio`: a part of a whole against the share of the last week.

mod law;
#[cfg(test)]
mod tests;

use law::ShareLaw;

use super::config::RatioConfig;
use super::fields::{Fields, Tag, write_count, write_head, write_real};
use super::patience::{Lesson, Patience};
use super::{
    Bucket, Evidence, Grade, Judged, Judgement, Model, Parts, RestoreError, Side, SlotCount,
};

const VERSION: u16 = 1;
/// The whole that must have been seen before a share is judged.
const WARM_UP: f64 = 1_000.0;
/// Wholes from which one bucket tells something of the dispersion.
const LEAST_FOR_DISPERSION: f64 = 10.0;
/// One bucket enters the base as at most so many standard deviations away from it.
const MOST_DEVIATIONS: f64 = 4.0;
/// The bounds of 1/(κ+1): at 1 the law has no width left to it.
const DISPERSIONS: (f64, f64) = (1e-6, 0.9);

/// Base share b = (K+½)/(N+1), where K and N forget over seven days, and how much the share varies by itself.
#[derive(Debug, Clone)]
pub(super) struct Ratio {
    config: RatioConfig,
    days7: f64,
    part: f64,
    whole: f64,
    dispersion: f64,
    learned: u64,
    patience: Patience,
}

impl Ratio {
    pub(super) fn new(config: RatioConfig, slots: SlotCount) -> Self {
        Self {
            config,
            days7: 7.0 * f64::from(slots.buckets_a_day()),
            part: 0.0,
            whole: 0.0,
            dispersion: 0.001,
            learned: 0,
            patience: Patience::new(slots.buckets_a_day()),
        }
    }

    fn base(&self) -> f64 {
        (self.part + 0.5) / (self.whole + 1.0)
    }

    fn is_warm(&self) -> bool {
        self.whole >= WARM_UP
    }

    fn judge(&self, value: f64, part: f64, whole: f64) -> Judged {
        let speech = &self.config.speech;
        let base = self.base();
        let law = ShareLaw::new(whole, base, self.dispersion);
        let s = -law.tail(part, whole).max(1e-300).log10();
        let (lower, upper) = law.bounds(speech.threshold.0);
        let parts = Parts::new([("whole", whole), ("dispersion", self.dispersion), ("s", s)]);
        let mut judged = Judged {
            value,
            expected: base,
            lower,
            upper,
            evidence: Evidence(s),
            grade: Grade(s),
            side: Side::of(value, base),
            parts,
        };
        speech.hold(&mut judged);
        if whole < self.config.guard {
            judged.silence();
        }
        judged
    }

    /// Returns mean and variance of the part of such a whole.
    fn ordinary(&self, whole: f64) -> (f64, f64) {
        let base = self.base();
        let due = whole * base;
        (due, due * (1.0 - base) * self.factor(whole))
    }

    /// φ: variance in units of the binomial one.
    fn factor(&self, whole: f64) -> f64 {
        1.0 + (whole - 1.0) * self.dispersion
    }

    fn learn(&mut self, part: f64, whole: f64) {
        let keep = 1.0 - 1.0 / self.days7;
        // Before the warm-up the base is a guess, and held to it the first buckets would be taught away.
        let counted = if self.is_warm() {
            let (due, ordinary) = self.ordinary(whole);
            let reach = MOST_DEVIATIONS * ordinary.sqrt();
            self.learn_dispersion(part, whole);
            part.clamp((due - reach).max(0.0), (due + reach).min(whole))
        } else {
            part
        };
        self.part = self.part * keep + counted;
        self.whole = self.whole * keep + whole;
    }

    fn learn_dispersion(&mut self, part: f64, whole: f64) {
        if whole < LEAST_FOR_DISPERSION {
            return;
        }
        let (due, ordinary) = self.ordinary(whole);
        let factor = self.factor(whole);
        let off = part - due;
        let square = off * off / (ordinary / factor);
        let shown = (square.min(9.0 * factor) * 1.03 - 1.0) / (whole - 1.0);
        self.learned += 1;
        let rate = (1.0 / self.days7).max(1.0 / (self.learned as f64 + 1.0));
        self.dispersion += (shown - self.dispersion) * rate;
        self.dispersion = self.dispersion.clamp(DISPERSIONS.0, DISPERSIONS.1);
    }

    pub(super) fn read(&mut self, fields: &mut Fields<'_>) -> Result<(), RestoreError> {
        fields.head(Tag::Ratio, VERSION)?;
        self.part = fields.real()?;
        self.whole = fields.real()?;
        self.dispersion = fields.real()?;
        self.learned = fields.count()?;
        self.patience.read(fields)
    }
}

impl Model for Ratio {
    fn step(&mut self, bucket: &Bucket) -> Judgement {
        let Some((part, whole)) = bucket.reading.share() else { return Judgement::Unknown };
        let Some(value) = bucket.reading.value() else { return Judgement::Unknown };
        if !self.is_warm() {
            self.learn(part, whole);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and the warm-up, and whole numbers are for people here"
            )]
            let known = self.whole.min(WARM_UP) as u32;
            return Judgement::Learning { known, needed: 1_000 };
        }
        let judged = self.judge(value, part, whole);
        let lesson = if judged.grade >= self.config.speech.threshold {
            self.patience.anomalous()
        } else {
            self.patience.ordinary()
        };
        if lesson == Lesson::Learn {
            self.learn(part, whole);
        }
        Judgement::Judged(judged)
    }

    fn fork(&self) -> Box<dyn Model> {
        Box::new(self.clone())
    }

    fn write_state(&self, out: &mut Vec<u8>) {
        write_head(out, Tag::Ratio, VERSION);
        for real in [self.part, self.whole, self.dispersion] {
            write_real(out, real);
        }
        write_count(out, self.learned);
        self.patience.write(out);
    }
}
