//! The way of a line through all steps, in the order that makes them right.

use std::time::Duration;

use event::{Event, Field};
use jiff::Timestamp;

use crate::counters::{Counters, Rule};
use crate::draft::{Draft, Flag, ParseStatus};
use crate::enrich::Enrich;
use crate::line::{Context, RawLine};
use crate::parse::{Parser, text};
use crate::processor::{Pass, Processor, Step};
use crate::redact::Redact;
use crate::settings::{PipelineSettings, StoreSettings};
use crate::standardise::Standardise;
use crate::time::Time;
use crate::{denoise::Denoise, identity::Identity};

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its events were appended.
    Keep,
    /// This rule dropped it.
    Drop(Rule),
}

/// Turns the lines of one input into events.
#[derive(Debug)]
pub struct Pipeline {
    parser: Parser,
    /// Time, standardise, identity, denoise, redact, enrich. Redaction stands behind identity, which needs the values
    /// that it removes, and before enrichment, which makes fields out of others.
    steps: Vec<Box<dyn Processor>>,
    draft: Draft,
    decoded: String,
    spare: Vec<Event>,
    keep_original: bool,
    counters: Counters,
}

impl Pipeline {
    /// Makes the pipeline of one input.
    pub fn new(store: &StoreSettings, input: &PipelineSettings, context: &Context) -> Self {
        Self {
            parser: Parser::new(input),
            steps: vec![
                Box::new(Time::new(store, input)),
                Box::new(Standardise::new(store, input)),
                Box::new(Identity::new(store, input)),
                Box::new(Denoise::new(input)),
                Box::new(Redact::new(store)),
                Box::new(Enrich::new(store, input, context)),
            ],
            draft: Draft::new(),
            decoded: String::new(),
            spare: Vec::new(),
            keep_original: input.keep_original,
            counters: Counters::default(),
        }
    }

    /// Takes one line and appends its events, one or more, unless a rule drops it.
    pub fn process(
        &mut self,
        line: &RawLine<'_>,
        read_at: Timestamp,
        out: &mut Vec<Event>,
    ) -> Outcome {
        self.run(line, read_at, None, out)
    }

    /// Takes one line as [`Pipeline::process`] does, and counts how long each step took by this clock.
    ///
    /// Asking a clock seven times costs about as much as a step does, so only a sample of lines goes this way.
    pub fn process_timed(
        &mut self,
        line: &RawLine<'_>,
        read_at: Timestamp,
        clock: &dyn Fn() -> Duration,
        out: &mut Vec<Event>,
    ) -> Outcome {
        self.run(line, read_at, Some(clock), out)
    }

    fn run(
        &mut self,
        line: &RawLine<'_>,
        read_at: Timestamp,
        clock: Option<&dyn Fn() -> Duration>,
        out: &mut Vec<Event>,
    ) -> Outcome {
        let mut watch = clock.map(|clock| (clock, clock()));
        self.counters.lines += 1;
        let (text, decoding) = text::decode(line.bytes, &mut self.decoded);
        if text.trim_ascii().is_empty() {
            self.counters.count_filtered(Rule::EmptyLine);
            return Outcome::Drop(Rule::EmptyLine);
        }
        let draft = &mut self.draft;
        draft.begin(&line.origin, read_at);
        if decoding == text::Decoding::Repaired {
            draft.flag(Flag::BadUtf8);
        }
        self.parser.parse(text, draft);
        if self.keep_original {
            draft.event.document.set_text(Field::EventOriginal, text);
        }
        if line.truncated {
            draft.event.document.set_boolean(Field::StorePipelineTruncated, true);
            draft.partial();
        }
        lap(&mut watch, 0, &mut self.counters);
        let mut pass = Pass { read_at, path: line.path, counters: &mut self.counters };
        for (place, step) in self.steps.iter_mut().enumerate() {
            let outcome = step.process(draft, &mut pass);
            lap(&mut watch, place + 1, pass.counters);
            if let Step::Drop(rule) = outcome {
                self.counters.count_filtered(rule);
                return Outcome::Drop(rule);
            }
        }
        match draft.status {
            ParseStatus::Ok => {}
            ParseStatus::Partial => self.counters.partial += 1,
            ParseStatus::Failed(failure) => self.counters.count_failed(failure),
        }
        self.counters.events += 1;
        let next = self.spare.pop().unwrap_or_else(|| Draft::new().event);
        out.push(std::mem::replace(&mut draft.event, next));
        Outcome::Keep
    }

    /// Takes back events that were sent on, so that the next lines need no new buffers.
    pub fn recycle(&mut self, events: &mut Vec<Event>) {
        let room = MAX_SPARE.saturating_sub(self.spare.len()).min(events.len());
        self.spare.extend(events.drain(..room));
        events.clear();
    }

    /// Returns what was counted since the pipeline was made.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// Counts the time since the last lap to a step, where a clock runs.
fn lap(
    watch: &mut Option<(&dyn Fn() -> Duration, Duration)>,
    step: usize,
    counters: &mut Counters,
) {
    if let Some((clock, since)) = watch {
        let now = clock();
        counters.count_nanos(step, now.saturating_sub(*since));
        *since = now;
    }
}

/// Events kept for reuse: a batch's worth.
const MAX_SPARE: usize = 256;
