//! What a shipper said of itself in the last seconds, and the rates that follow from it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::status::Status;

/// Rates are those of so many seconds: the last one alone jumps with every request.
const WINDOW: Duration = Duration::from_secs(5);
/// The line of the metrics that counts replies.
const REPLIES: &str = "shipper_bulk_requests_total{code=\"";

/// What was said at one moment.
#[derive(Debug)]
pub(super) struct Sample {
    /// When it was asked for.
    pub(super) at: Duration,
    /// The status.
    pub(super) status: Status,
    /// Replies to bulk requests by their code.
    pub(super) replies: BTreeMap<String, u64>,
}

/// Nobody answers any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Silence {
    /// Since when.
    pub(super) since: Duration,
    /// What stood in the way last.
    pub(super) why: String,
}

/// What was said of late.
#[derive(Debug, Default)]
pub(super) struct History {
    samples: VecDeque<Sample>,
    silence: Option<Silence>,
}

impl History {
    /// Takes an answer.
    pub(super) fn add(&mut self, sample: Sample) {
        let running = sample.status.running_seconds;
        // A shipper that was started again counts from nothing.
        if self.samples.back().is_some_and(|last| running < last.status.running_seconds) {
            self.samples.clear();
        }
        let from = sample.at.saturating_sub(WINDOW);
        self.samples.push_back(sample);
        while self.samples.get(1).is_some_and(|second| second.at <= from) {
            self.samples.pop_front();
        }
        self.silence = None;
    }

    /// Notes that nobody answered.
    pub(super) fn no_answer(&mut self, at: Duration, why: String) {
        let since = self.silence.take().map_or(at, |silence| silence.since);
        self.silence = Some(Silence { since, why });
    }

    /// Returns the last answer.
    pub(super) fn last(&self) -> Option<&Sample> {
        self.samples.back()
    }

    /// Returns since when nobody answers; none where somebody does.
    pub(super) fn silence(&self) -> Option<&Silence> {
        self.silence.as_ref()
    }

    /// Returns by how much a count grows in a second; none where it is not known yet.
    pub(super) fn rate(&self, count: impl Fn(&Sample) -> u64) -> Option<f64> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let seconds = last.at.saturating_sub(first.at).as_secs_f64();
        (seconds > 0.0).then(|| count(last).saturating_sub(count(first)) as f64 / seconds)
    }
}

/// Reads the replies to bulk requests out of the metrics.
pub(super) fn replies(metrics: &str) -> BTreeMap<String, u64> {
    let reply = |line: &str| {
        let (code, count) = line.strip_prefix(REPLIES)?.split_once("\"} ")?;
        Some((code.to_owned(), count.trim().parse().ok()?))
    };
    metrics.lines().filter_map(reply).collect()
}

#[cfg(test)]
mod tests {
    use super::super::screen::tests::status;
    use super::*;

    fn sample(at: u64, running_seconds: u64, stored: u64) -> Sample {
        let mut status = status();
        status.running_seconds = running_seconds;
        status.events.insert("stored".to_owned(), stored);
        Sample { at: Duration::from_secs(at), status, replies: BTreeMap::new() }
    }

    fn stored(sample: &Sample) -> u64 {
        sample.status.events.get("stored").copied().unwrap_or_default()
    }

    #[test]
    fn a_rate_is_that_of_the_last_seconds() {
        let mut history = History::default();
        assert_eq!(history.rate(stored), None);
        history.add(sample(1, 10, 1_000));
        assert_eq!(history.rate(stored), None, "one answer tells no rate");
        history.add(sample(3, 12, 1_100));
        assert_eq!(history.rate(stored), Some(50.0));
        history.add(sample(20, 29, 1_100));
        assert_eq!(history.rate(stored), Some(0.0), "what was long ago is forgotten");
    }

    #[test]
    fn a_shipper_that_was_started_again_counts_from_nothing() {
        let mut history = History::default();
        history.add(sample(1, 100, 5_000));
        history.add(sample(2, 0, 10));
        assert_eq!(history.rate(stored), None);
        history.add(sample(3, 1, 20));
        assert_eq!(history.rate(stored), Some(10.0));
    }

    #[test]
    fn a_silence_begins_with_the_first_missing_answer_and_ends_with_the_next_one() {
        let mut history = History::default();
        history.add(sample(1, 1, 0));
        history.no_answer(Duration::from_secs(2), "refused".to_owned());
        history.no_answer(Duration::from_secs(3), "reset".to_owned());
        let want = Silence { since: Duration::from_secs(2), why: "reset".to_owned() };
        assert_eq!(history.silence(), Some(&want));
        history.add(sample(4, 4, 0));
        assert_eq!(history.silence(), None);
    }

    #[test]
    fn replies_are_read_out_of_the_metrics() {
        let metrics = "# HELP shipper_bulk_requests Bulk requests by HTTP status.\n\
                       shipper_bulk_requests_total{code=\"200\"} 17\n\
                       shipper_bulk_requests_total{code=\"unknown\"} 2\n\
                       shipper_bulk_items_total{status=\"stored\"} 9\n";
        let told: Vec<_> = replies(metrics).into_iter().collect();
        assert_eq!(told, [("200".to_owned(), 17), ("unknown".to_owned(), 2)]);
    }
}
