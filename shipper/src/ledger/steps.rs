//! Places in a file with the documents between them, so that whoever misses one need not look through the whole file.

use event::ByteOffset;

/// Beyond so many steps each two become one: a summary stays small however much was read.
const MOST: usize = 64;

/// One step: the documents whose lines start before its end and not before the end of the step before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Where it ends.
    pub end: ByteOffset,
    /// Documents that must be there.
    pub documents: u64,
}

/// The steps of one file since its last summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Steps {
    start: ByteOffset,
    list: Vec<Step>,
    /// Bytes that a step takes at least.
    width: u64,
}

impl Steps {
    /// Returns no steps yet, the first of which will start here.
    pub(super) fn from(start: ByteOffset) -> Self {
        Self { start, list: Vec::new(), width: 0 }
    }

    /// Adds what was acknowledged up to a place.
    pub(super) fn add(&mut self, end: ByteOffset, documents: u64) {
        let at = self.list.len();
        let start =
            at.checked_sub(2).and_then(|at| self.list.get(at)).map_or(self.start, |s| s.end);
        match self.list.last_mut().filter(|last| last.end - start < self.width) {
            Some(last) => {
                last.end = end;
                last.documents += documents;
            }
            None => self.list.push(Step { end, documents }),
        }
        if self.list.len() > MOST {
            self.halve();
        }
    }

    fn halve(&mut self) {
        let pairs = self.list.chunks(2).map(|pair| Step {
            end: pair.last().map_or(ByteOffset::ZERO, |step| step.end),
            documents: pair.iter().map(|step| step.documents).sum(),
        });
        self.list = pairs.collect();
        let end = self.list.last().map_or(self.start, |step| step.end);
        self.width = (end - self.start) / (MOST as u64 / 2);
    }

    /// Returns the steps up to a place, of which all documents before it are known; the last one ends there.
    pub(super) fn up_to(&self, end: ByteOffset, documents: u64) -> Vec<Step> {
        let mut steps: Vec<Step> =
            self.list.iter().copied().take_while(|step| step.end < end).collect();
        let before: u64 = steps.iter().map(|step| step.documents).sum();
        steps.push(Step { end, documents: documents.saturating_sub(before) });
        steps
    }

    /// Forgets the steps up to a place.
    pub(super) fn forget(&mut self, end: ByteOffset, documents: u64) {
        let told = self.up_to(end, documents);
        let rest = told.last().copied();
        let gone = told.len() - 1;
        self.list.drain(..gone.min(self.list.len()));
        // A step that reaches over the place keeps what stands behind it.
        if let (Some(first), Some(rest)) = (self.list.first_mut(), rest) {
            first.documents = first.documents.saturating_sub(rest.documents);
            if first.end <= end {
                self.list.remove(0);
            }
        }
        self.start = end;
        if self.list.is_empty() {
            self.width = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> ByteOffset {
        ByteOffset::new(offset)
    }

    #[test]
    fn steps_stay_few_and_their_sum_is_exact() {
        let mut steps = Steps::from(at(0));
        for block in 1..=100_000_u64 {
            steps.add(at(block * 10), 3);
            assert!(steps.list.len() <= MOST);
        }
        let all = steps.up_to(at(1_000_000), 300_000);
        assert!(all.len() > MOST / 4, "{}", all.len());
        assert_eq!(all.iter().map(|step| step.documents).sum::<u64>(), 300_000);
        let widest = all.windows(2).map(|pair| pair[1].end - pair[0].end).max();
        assert!(widest < Some(100_000), "{widest:?}");
    }

    #[test]
    fn what_was_told_is_forgotten_and_the_rest_stays() {
        let mut steps = Steps::from(at(0));
        for block in 1..=10 {
            steps.add(at(block * 10), 2);
        }
        steps.forget(at(40), 8);
        let rest = steps.up_to(at(100), 12);
        assert_eq!(rest.len(), 6);
        assert!(rest.iter().all(|step| step.documents == 2), "{rest:?}");
    }

    #[test]
    fn a_step_over_the_place_is_divided() {
        let mut steps = Steps::from(at(0));
        steps.add(at(100), 10);
        assert_eq!(steps.up_to(at(40), 4), [Step { end: at(40), documents: 4 }]);
        steps.forget(at(40), 4);
        assert_eq!(steps.up_to(at(100), 6), [Step { end: at(100), documents: 6 }]);
    }
}
