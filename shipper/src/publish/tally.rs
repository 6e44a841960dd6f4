//! The verdicts of one reply, counted once for all its documents.

use elastic::Pace;

use crate::metrics::{Ended, Metrics};

/// Verdicts of one reply.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) stored: u64,
    pub(super) duplicate: u64,
    pub(super) redirected: u64,
    pub(super) rejected: u64,
    load: Retried,
    flood: Retried,
    setup: Retried,
    credentials: Retried,
}

/// Documents that are sent again for one kind of reason, and the first reason.
#[derive(Debug, Default)]
pub(super) struct Retried {
    pub(super) documents: u64,
    pub(super) reason: String,
}

impl Tally {
    /// Counts a document that is sent again.
    pub(super) fn retry(&mut self, pace: Pace, reason: String) {
        let retried = match pace {
            Pace::Backoff => &mut self.load,
            Pace::Flood => &mut self.flood,
            Pace::Setup => &mut self.setup,
            Pace::Credentials => &mut self.credentials,
        };
        if retried.documents == 0 {
            retried.reason = reason;
        }
        retried.documents += 1;
    }

    /// Returns what is sent again, by kind.
    pub(super) fn retried(&self) -> [(Pace, &Retried); 4] {
        [
            (Pace::Backoff, &self.load),
            (Pace::Flood, &self.flood),
            (Pace::Setup, &self.setup),
            (Pace::Credentials, &self.credentials),
        ]
    }

    /// Returns the documents that the cluster decided on.
    pub(super) fn decided(&self) -> u64 {
        self.stored + self.duplicate + self.redirected + self.rejected
    }

    /// Returns the share of documents, in 0..=1, that the cluster refused because it has too much to do.
    ///
    /// A full disk answers 429 too, but for one stream only: that lane rests, and the others go on at their pace.
    pub(super) fn share_refused_for_load(&self) -> f64 {
        self.load.documents as f64 / self.documents().max(1) as f64
    }

    /// Returns the kind of reason that holds most of the documents back, where waiting for the set-up is one.
    pub(super) fn holding(&self) -> Option<(Pace, &Retried)> {
        let held = self.retried().into_iter().filter(|(pace, _)| *pace != Pace::Backoff);
        let (pace, retried) = held.max_by_key(|(_, retried)| retried.documents)?;
        (retried.documents * 2 > self.documents()).then_some((pace, retried))
    }

    fn documents(&self) -> u64 {
        let retried = self.retried().iter().map(|(_, retried)| retried.documents).sum::<u64>();
        self.decided() + retried
    }

    /// Counts into the metrics.
    pub(super) fn count(&self, metrics: &Metrics) {
        metrics.ended(Ended::Stored, self.stored);
        metrics.ended(Ended::Duplicate, self.duplicate);
        metrics.ended(Ended::Redirected, self.redirected);
        metrics.bulk_items("stored", self.stored);
        metrics.bulk_items("duplicate", self.duplicate);
        metrics.bulk_items("redirected", self.redirected);
        metrics.bulk_items("rejected", self.rejected);
        for (pace, retried) in self.retried() {
            // The share of 429 is watched by an alert rule, so it has a label of its own.
            let status = if pace == Pace::Backoff { "busy" } else { "held" };
            metrics.bulk_items(status, retried.documents);
            metrics.retried(name(pace), retried.documents);
        }
    }
}

/// Returns the value of the label `reason`.
fn name(pace: Pace) -> &'static str {
    match pace {
        Pace::Backoff => "busy_item",
        Pace::Flood => "flood_stage",
        Pace::Setup => "setup",
        Pace::Credentials => "credentials",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(stored: u64, retried: &[(Pace, u64)]) -> Tally {
        let mut tally = Tally { stored, ..Tally::default() };
        for (pace, documents) in retried {
            for number in 0..*documents {
                tally.retry(*pace, format!("reason {number}"));
            }
        }
        tally
    }

    #[test]
    fn the_share_refused_for_load_is_of_all_documents() {
        assert!((tally(60, &[(Pace::Backoff, 40)]).share_refused_for_load() - 0.4).abs() < 1e-9);
        assert!(tally(60, &[(Pace::Setup, 40)]).share_refused_for_load() == 0.0);
        assert!(tally(0, &[]).share_refused_for_load() == 0.0);
    }

    #[test]
    fn a_stream_is_held_when_most_of_a_reply_says_so_and_the_first_reason_is_kept() {
        let held = tally(1, &[(Pace::Credentials, 3)]);
        let (pace, retried) = held.holding().unwrap();
        assert_eq!((pace, retried.reason.as_str()), (Pace::Credentials, "reason 0"));
        assert!(tally(3, &[(Pace::Credentials, 3)]).holding().is_none());
        assert!(tally(0, &[(Pace::Backoff, 3)]).holding().is_none());
    }
}
