//! History that is still to be learned. A rule whose history cannot be read waits with its lessons; the others go on.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Detector, series};
use crate::Error;
use crate::alert::Episode;
use crate::engine::Held;
use crate::rule::Window;
use crate::source::{Answer, Ask, Group, Readings, SeriesSource};

/// What a rule must learn before it can judge.
#[derive(Debug)]
pub(super) struct Lessons {
    /// Pieces of history, the latest first, so that the next one stands last.
    pub(super) pieces: Vec<Window>,
    /// From here on judgements of the history are written.
    pub(super) write_from: Timestamp,
    /// Buckets that must not be learned.
    pub(super) held: BTreeMap<Group, Vec<Held>>,
    /// Episodes that go on after the last lesson.
    pub(super) episodes: BTreeMap<Group, Vec<Episode>>,
    /// Why the next piece could not be read.
    pub(super) stuck: Option<String>,
}

impl Detector {
    /// Learns what is still to be learned, a day of each rule at a time. A rule that fails `tries` times waits.
    pub(super) async fn learn(&mut self, tries: usize, now: Timestamp) -> Result<(), Error> {
        let mut failures: BTreeMap<usize, usize> = BTreeMap::new();
        loop {
            let due: Vec<usize> = (0..self.rules.len())
                .filter(|number| self.rules[*number].lessons.is_some())
                .filter(|number| failures.get(number).is_none_or(|failed| *failed < tries))
                .collect();
            if due.is_empty() {
                return Ok(());
            }
            self.tenure.beat().await?;
            let answers = self.read_lessons(&due).await;
            let mut writes = Vec::new();
            for (number, answer) in due.into_iter().zip(answers) {
                match answer {
                    Some(Answer::Partial { reason }) => {
                        *failures.entry(number).or_default() += 1;
                        if let Some(lessons) = &mut self.rules[number].lessons {
                            lessons.stuck = Some(reason);
                        }
                    }
                    Some(Answer::Whole(readings) | Answer::Capped(readings)) => {
                        writes.extend(self.take_lesson(number, &readings, now)?);
                    }
                    None => self.finish_lessons(number),
                }
            }
            self.store.write_later(&writes).await?;
        }
    }

    /// Reads the next piece of each rule; a rule without one gets no answer.
    async fn read_lessons(&self, due: &[usize]) -> Vec<Option<Answer>> {
        let next = |number: &usize| {
            let followed = &self.rules[*number];
            let window = *followed.lessons.as_ref()?.pieces.last()?;
            let time_limit = self.setup.query_time_limit;
            Some(Ask { rule: followed.watch.rule(), window, time_limit })
        };
        let asks: Vec<Option<Ask<'_>>> = due.iter().map(next).collect();
        let asked: Vec<Ask<'_>> = asks.iter().flatten().copied().collect();
        let mut answers = self.source.read(&asked).await.into_iter();
        asks.iter().map(|ask| ask.and_then(|_| answers.next())).collect()
    }

    fn take_lesson(
        &mut self,
        number: usize,
        readings: &Readings,
        now: Timestamp,
    ) -> Result<Vec<crate::store::Write>, Error> {
        let followed = &mut self.rules[number];
        let Some(lessons) = &mut followed.lessons else { return Ok(Vec::new()) };
        let Some(window) = lessons.pieces.pop() else { return Ok(Vec::new()) };
        lessons.stuck = None;
        let rule = followed.watch.rule().id.clone();
        let findings = followed
            .watch
            .learn(window, readings, &lessons.held, lessons.write_from)
            .map_err(|source| Error::Model { rule, source })?;
        let namespace = self.setup.site.namespace.as_str();
        Ok(series::writes((followed.watch.rule(), namespace), &findings, now))
    }

    fn finish_lessons(&mut self, number: usize) {
        let followed = &mut self.rules[number];
        if let Some(lessons) = followed.lessons.take() {
            followed.watch.resume(&lessons.episodes);
        }
    }
}
