//! The states of one (rule, group): from marks on buckets to `pending`, `active`, `recovering`, `recovered`.
//!
//! The machine is a pure function of the marks seen so far. A bucket may be marked again when late documents change it,
//! and an answer that says nothing (partial, unguarded, missing) leaves no mark: absence is never normal.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a judged bucket says about its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The rule fires.
    Anomalous,
    /// The rule does not fire.
    Normal,
}

/// How many anomalous buckets open an episode and how many normal ones end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Anomalous buckets needed ..
    pub hits: usize,
    /// .. among this many judged ones, counted from the first anomalous one.
    pub of: usize,
    /// Normal buckets in a row that end an episode.
    pub recover: usize,
}

/// Where an episode stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Anomalous, but not yet for long enough.
    Pending,
    /// Open, and the last judged bucket was anomalous.
    Active,
    /// Open, and the last judged bucket was normal.
    Recovering,
}

/// One unbroken trouble, as far as the machine needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// Where it stands.
    pub phase: Phase,
    /// Start of its first anomalous bucket.
    pub first: Timestamp,
    /// Start of its last anomalous bucket.
    pub last: Timestamp,
    /// Marks that may still decide something.
    marks: BTreeMap<Timestamp, Mark>,
}

/// What a step did to the episode of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is none, or it goes on as it was.
    Same,
    /// A pending one began, or begins at another bucket.
    Pending,
    /// A pending one turned out to be nothing.
    Dropped,
    /// It is open now: people hear of it.
    Opened,
    /// It is recovering, or active again: the same episode.
    Turned,
    /// It is over: people hear of it.
    Recovered,
}

/// The machine of one (rule, group).
#[derive(Debug, Clone, Default)]
pub struct Machine {
    course: Option<Course>,
    /// Marks of buckets up to here belong to an episode that is over.
    over_until: Option<Timestamp>,
}

impl Machine {
    /// Continues where an earlier process stood.
    pub fn resume(course: Option<Course>, over_until: Option<Timestamp>) -> Self {
        Self { course, over_until }
    }

    /// Returns the running episode, pending ones included.
    pub fn course(&self) -> Option<&Course> {
        self.course.as_ref()
    }

    /// Takes the mark of one bucket, which may be one it has had before.
    pub fn step(&mut self, bucket: Timestamp, mark: Mark, patience: Patience) -> Step {
        if self.over_until.is_some_and(|over| bucket <= over) {
            return Step::Same;
        }
        let Some(mut course) = self.course.take() else {
            return self.begin(bucket, mark, patience);
        };
        if course.marks.get(&bucket) == Some(&mark) {
            self.course = Some(course);
            return Step::Same;
        }
        course.marks.insert(bucket, mark);
        match course.phase {
            Phase::Pending => self.decide(course, patience),
            Phase::Active | Phase::Recovering => self.follow(course, patience),
        }
    }

    /// Ends the running episode from outside: nothing up to this bucket opens another.
    pub fn end(&mut self, bucket: Timestamp) {
        self.course = None;
        self.over_until = self.over_until.max(Some(bucket));
    }

    /// Forgets marks of settled buckets that can no longer decide anything.
    pub fn forget_before(&mut self, settled: Timestamp) {
        if let Some(course) = &mut self.course {
            course.forget_before(settled);
        }
    }

    fn begin(&mut self, bucket: Timestamp, mark: Mark, patience: Patience) -> Step {
        match mark {
            Mark::Normal => Step::Same,
            Mark::Anomalous => {
                let marks = BTreeMap::from([(bucket, mark)]);
                let course = Course { phase: Phase::Pending, first: bucket, last: bucket, marks };
                self.decide(course, patience)
            }
        }
    }

    /// Opens, keeps or drops a pending episode. Its window begins at the first anomalous bucket; a window that is full
    /// without enough of them moves on to the next anomalous one.
    fn decide(&mut self, mut course: Course, patience: Patience) -> Step {
        let before = course.first;
        loop {
            let Some(first) = course.first_anomalous() else {
                return Step::Dropped;
            };
            course.marks = course.marks.split_off(&first);
            course.first = first;
            let window = course.marks.values().take(patience.of);
            let hits = window.filter(|mark| **mark == Mark::Anomalous).count();
            if hits >= patience.hits {
                course.phase = Phase::Active;
                course.last = course.last_anomalous().unwrap_or(first);
                self.course = Some(course);
                return Step::Opened;
            }
            if course.marks.len() < patience.of {
                course.last = course.last_anomalous().unwrap_or(first);
                let step = if course.first == before && course.marks.len() > 1 {
                    Step::Same
                } else {
                    Step::Pending
                };
                self.course = Some(course);
                return step;
            }
            course.marks.remove(&first);
        }
    }

    /// Moves an open episode between active and recovering, and ends it.
    fn follow(&mut self, mut course: Course, patience: Patience) -> Step {
        // A late revision may take away the last anomalous mark; the episode was real all the same.
        course.last = course.last_anomalous().unwrap_or(course.last);
        let calm = course.marks.range(course.last..).filter(|(_, mark)| **mark == Mark::Normal);
        let calm = calm.count();
        if calm >= patience.recover {
            self.over_until = course.marks.keys().next_back().copied();
            return Step::Recovered;
        }
        let phase = if calm == 0 { Phase::Active } else { Phase::Recovering };
        let step = if phase == course.phase { Step::Same } else { Step::Turned };
        course.phase = phase;
        self.course = Some(course);
        step
    }
}

impl Course {
    fn first_anomalous(&self) -> Option<Timestamp> {
        self.anomalous().next()
    }

    fn last_anomalous(&self) -> Option<Timestamp> {
        self.anomalous().next_back()
    }

    fn anomalous(&self) -> impl DoubleEndedIterator<Item = Timestamp> + '_ {
        self.marks.iter().filter(|(_, mark)| **mark == Mark::Anomalous).map(|(bucket, _)| *bucket)
    }

    fn forget_before(&mut self, settled: Timestamp) {
        if self.phase != Phase::Pending {
            let keep = settled.min(self.last);
            self.marks = self.marks.split_off(&keep);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn bucket(number: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(5 * number)
    }

    /// One letter a bucket: `A` anomalous, `n` normal, `.` no judgement. Answers one letter a bucket: `-` nothing,
    /// `p` pending, `d` dropped, `O` opened, `t` turned, `R` recovered.
    fn check(hits: usize, of: usize, recover: usize, marks: &str, steps: &str) {
        let patience = Patience { hits, of, recover };
        let mut machine = Machine::default();
        let mut seen = String::new();
        for (number, letter) in (0..).zip(marks.chars()) {
            let mark = match letter {
                'A' => Mark::Anomalous,
                'n' => Mark::Normal,
                _ => {
                    seen.push('-');
                    continue;
                }
            };
            seen.push(letter_of(machine.step(bucket(number), mark, patience)));
        }
        assert_eq!(seen, steps, "{hits} of {of}, recover {recover}: {marks}");
    }

    fn letter_of(step: Step) -> char {
        match step {
            Step::Same => '-',
            Step::Pending => 'p',
            Step::Dropped => 'd',
            Step::Opened => 'O',
            Step::Turned => 't',
            Step::Recovered => 'R',
        }
    }

    #[test]
    fn every_row_of_the_table_of_states() {
        check(1, 1, 1, "nAnn", "-OR-");
        check(2, 2, 2, "nAAnn", "-pOtR");
        check(2, 2, 2, "nAnAA", "-pdpO");
        check(2, 3, 2, "AnA", "p-O");
        check(2, 3, 2, "AnnA", "p-dp");
        check(2, 2, 3, "AAnAnnn", "pOttt-R");
        check(2, 2, 2, "AAAA", "pO--");
    }

    #[test]
    fn a_full_window_moves_on_to_its_next_anomalous_bucket() {
        check(3, 5, 1, "AnnnAAA", "p---p-O");
    }

    #[test]
    fn a_bucket_without_a_judgement_is_neither_bad_nor_good() {
        check(2, 2, 2, "A.A", "p-O");
        check(1, 1, 2, "An.......n", "Ot-------R");
    }

    #[test]
    fn a_late_document_can_open_and_never_unsays_an_open_episode() {
        let patience = Patience { hits: 2, of: 2, recover: 2 };
        let mut machine = Machine::default();
        assert_eq!(machine.step(bucket(1), Mark::Normal, patience), Step::Same);
        assert_eq!(machine.step(bucket(2), Mark::Anomalous, patience), Step::Pending);
        assert_eq!(machine.step(bucket(1), Mark::Anomalous, patience), Step::Opened);
        assert_eq!(machine.course().unwrap().first, bucket(1));
        assert_eq!(machine.step(bucket(2), Mark::Normal, patience), Step::Turned);
        assert_eq!(machine.step(bucket(3), Mark::Normal, patience), Step::Recovered);
        assert_eq!(machine.course(), None);
    }

    #[test]
    fn buckets_of_an_episode_that_is_over_open_no_other() {
        let patience = Patience { hits: 1, of: 1, recover: 1 };
        let mut machine = Machine::default();
        assert_eq!(machine.step(bucket(1), Mark::Anomalous, patience), Step::Opened);
        assert_eq!(machine.step(bucket(2), Mark::Normal, patience), Step::Recovered);
        assert_eq!(machine.step(bucket(1), Mark::Anomalous, patience), Step::Same);
        assert_eq!(machine.step(bucket(2), Mark::Anomalous, patience), Step::Same);
        assert_eq!(machine.step(bucket(3), Mark::Anomalous, patience), Step::Opened);
    }

    proptest::proptest! {
        #[test]
        fn a_machine_that_is_stored_and_read_after_each_step_takes_the_same_steps(
            marks in proptest::collection::vec((0_i64..40, proptest::bool::ANY), 0..60),
            hits in 1_usize..4, more in 0_usize..3, recover in 1_usize..4,
        ) {
            let patience = Patience { hits, of: hits + more, recover };
            let mut whole = Machine::default();
            let mut stored = Machine::default();
            for (number, anomalous) in marks {
                let mark = if anomalous { Mark::Anomalous } else { Mark::Normal };
                let text = serde_json::to_string(&stored.course).unwrap();
                stored = Machine::resume(serde_json::from_str(&text).unwrap(), stored.over_until);
                proptest::prop_assert_eq!(
                    whole.step(bucket(number), mark, patience),
                    stored.step(bucket(number), mark, patience)
                );
            }
        }
    }
}
