//! From scores to alarms: one at the first exceedance, another only after quiet or a clear rise.

/// What the gate says of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gated {
    /// The bucket raises an alarm.
    Fires,
    /// It does not: below the threshold, or part of what was already told.
    Rests,
}

/// Fires when a score reaches the threshold after more than `quiet` buckets below it, or tops the last alarm's score by
/// `escalation`. Every exceedance starts the quiet time again.
///
/// It is shown judged buckets only, since absence is never normal.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    threshold: f64,
    quiet: Option<u64>,
    escalation: f64,
    /// Buckets since the last exceedance, that one not included; none before the first.
    since: Option<u64>,
    last_alarm: f64,
}

impl Gate {
    /// Returns a gate that has seen nothing. No `quiet` lets every exceedance through; an infinite `escalation` switches
    /// escalation off.
    pub fn new(threshold: f64, quiet: Option<u64>, escalation: f64) -> Self {
        Self { threshold, quiet, escalation, since: None, last_alarm: 0.0 }
    }

    /// Takes in the score of the next judged bucket.
    pub fn step(&mut self, score: f64) -> Gated {
        let rested = match (self.since, self.quiet) {
            (Some(since), Some(quiet)) => since >= quiet,
            (None, _) | (_, None) => true,
        };
        // A score that is not a number reaches nothing.
        if score.is_nan() || score < self.threshold {
            self.since = self.since.map(|since| since.saturating_add(1));
            return Gated::Rests;
        }
        self.since = Some(0);
        if rested || score >= self.last_alarm + self.escalation {
            self.last_alarm = score;
            return Gated::Fires;
        }
        Gated::Rests
    }
}

#[cfg(test)]
mod tests {
    use super::{Gate, Gated};
    use crate::model::chance::SplitMix64;

    fn check(quiet: Option<u64>, escalation: f64, scores: &[f64], fires_at: &[usize]) {
        let mut gate = Gate::new(3.0, quiet, escalation);
        let fired: Vec<usize> = scores
            .iter()
            .enumerate()
            .filter_map(|(place, score)| (gate.step(*score) == Gated::Fires).then_some(place))
            .collect();
        assert_eq!(fired, fires_at);
    }

    #[test]
    fn a_run_of_exceedances_is_one_alarm() {
        check(Some(2), f64::INFINITY, &[0.0, 3.0, 9.0, 3.0, 0.0, 3.0], &[1]);
    }

    #[test]
    fn it_fires_again_after_more_than_the_quiet_time() {
        check(Some(2), f64::INFINITY, &[3.0, 0.0, 3.0, 0.0, 0.0, 3.0], &[0, 5]);
    }

    #[test]
    fn a_clear_rise_above_the_last_alarm_fires_inside_the_quiet_time() {
        check(Some(9), 1.5, &[3.0, 4.4, 4.5, 5.9, 6.0], &[0, 2, 4]);
    }

    #[test]
    fn a_score_that_is_no_number_fires_nothing() {
        check(Some(0), 0.0, &[f64::NAN, 3.0], &[1]);
    }

    /// The reference, line by line.
    fn reference(scores: &[f64], threshold: f64, quiet: i64, escalation: f64) -> Vec<bool> {
        let (mut last_exceedance, mut last_alarm) = (-1_000_000_000_i64, 0.0);
        let mut out = vec![false; scores.len()];
        for (t, score) in scores.iter().enumerate() {
            if *score >= threshold {
                let t_now = i64::try_from(t).unwrap();
                if t_now - last_exceedance > quiet || *score >= last_alarm + escalation {
                    out[t] = true;
                    last_alarm = *score;
                }
                last_exceedance = t_now;
            }
        }
        out
    }

    #[test]
    fn random_scores_pass_as_in_the_reference() {
        let mut chance = SplitMix64::new(3);
        let scores: Vec<f64> = (0..5_000).map(|_| -chance.uniform().ln()).collect();
        for quiet in [None, Some(0), Some(1), Some(20), Some(40)] {
            for escalation in [0.5, 1.5, f64::INFINITY] {
                let mut gate = Gate::new(3.0, quiet, escalation);
                let found: Vec<bool> =
                    scores.iter().map(|score| gate.step(*score) == Gated::Fires).collect();
                let quiet_or_all = quiet.map_or(-1, |quiet| i64::try_from(quiet).unwrap());
                let wanted = reference(&scores, 3.0, quiet_or_all, escalation);
                assert_eq!(found, wanted, "quiet {quiet:?}, escalation {escalation}");
            }
        }
    }
}
