//! The way of a line through all steps, in the order that makes them right.

use std::sync::Arc;
use std::time::Duration;

use event::{Datasets, Event, Field};
use jiff::Timestamp;

use crate::counters::{Counters, Rule};
use crate::deduplicate::{Deduplicate, Window};
use crate::draft::{Draft, Flag, ParseStatus};
use crate::enrich::Enrich;
use crate::explain::{Explanation, Notebook};
use crate::line::{Context, Decoding, RawLine};
use crate::parse::{Decision, LineParser, More, parser, text};
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
    parser: Box<dyn LineParser>,
    /// Time, standardise, identity, deduplicate, denoise, redact, enrich. Redaction stands behind identity, which needs the values
    /// that it removes, and before enrichment, which makes fields out of others.
    steps: Vec<Box<dyn Processor>>,
    draft: Draft,
    decoded: String,
    spare: Vec<Event>,
    keep_original: bool,
    datasets: Datasets,
    decision: Option<Decision>,
    counters: Counters,
}

impl Pipeline {
    /// Makes the pipeline of one input.
    pub fn new(store: &StoreSettings, input: &PipelineSettings, context: &Context) -> Self {
        Self::with_window(store, input, context, None)
    }

    /// Makes the pipeline of one input that drops what the window knows.
    pub fn with_window(
        store: &StoreSettings,
        input: &PipelineSettings,
        context: &Context,
        window: Option<Arc<dyn Window>>,
    ) -> Self {
        Self {
            parser: parser(input),
            steps: vec![
                Box::new(Time::new(store, input)),
                Box::new(Standardise::new(store, input)),
                Box::new(Identity::new(store, input)),
                Box::new(Deduplicate::new(window)),
                Box::new(Denoise::new(input)),
                Box::new(Redact::new(store)),
                Box::new(Enrich::new(store, input, context)),
            ],
            draft: Draft::new(),
            decoded: String::new(),
            spare: Vec::new(),
            keep_original: input.keep_original,
            datasets: input.datasets,
            decision: None,
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
        self.run(line, read_at, Some(&mut Stopwatch { clock, since: clock() }), out)
    }

    /// Takes one line as [`Pipeline::process`] does, and returns what each step did to it.
    pub fn explain(
        &mut self,
        line: &RawLine<'_>,
        read_at: Timestamp,
        out: &mut Vec<Event>,
    ) -> (Outcome, Explanation) {
        let mut notebook = Notebook::new(&self.counters);
        let outcome = self.run(line, read_at, Some(&mut notebook), out);
        (outcome, notebook.explanation())
    }

    fn run(
        &mut self,
        line: &RawLine<'_>,
        read_at: Timestamp,
        mut onlooker: Option<&mut dyn Onlooker>,
        out: &mut Vec<Event>,
    ) -> Outcome {
        self.counters.lines += 1;
        let mut decoded = std::mem::take(&mut self.decoded);
        let (text, decoding) = text::decode(line.bytes, &mut decoded);
        let outcome = self.read(Taken { text, decoding, line, read_at }, &mut onlooker, out);
        self.decoded = decoded;
        if let Outcome::Drop(rule) = outcome {
            self.counters.count_filtered(rule);
        }
        outcome
    }

    /// Takes the text of a line: its first event, and all others that it has.
    fn read(
        &mut self,
        taken: Taken<'_>,
        onlooker: &mut Option<&mut dyn Onlooker>,
        out: &mut Vec<Event>,
    ) -> Outcome {
        let Taken { text, line, read_at, .. } = taken;
        if text.trim_ascii().is_empty() {
            return Outcome::Drop(Rule::EmptyLine);
        }
        let draft = &mut self.draft;
        draft.begin(&line.origin, read_at);
        match line.provenance.fault {
            None => {
                self.parser.parse(text, draft);
                self.parser.of_file(line.path, draft);
                self.decision = self.parser.decided().or(self.decision.take());
            }
            Some(fault) => draft.fail(fault, text),
        }
        let mut outcome = self.finish(taken, onlooker, out);
        while self.parser.more(&mut self.draft) == More::Event {
            let of_part = self.finish(taken, onlooker, out);
            // A line of which one event is kept is kept.
            if of_part == Outcome::Keep {
                outcome = of_part;
            }
        }
        outcome
    }

    /// Takes one event of a line through all steps behind the parser.
    fn finish(
        &mut self,
        taken: Taken<'_>,
        onlooker: &mut Option<&mut dyn Onlooker>,
        out: &mut Vec<Event>,
    ) -> Outcome {
        let draft = &mut self.draft;
        taken.describe(draft);
        draft.event.dataset = draft
            .event
            .document
            .text(Field::EventAction)
            .and_then(|said| self.datasets.other_of(said));
        if self.keep_original {
            draft.event.document.set_text(Field::EventOriginal, taken.text);
        }
        if let Some(onlooker) = onlooker {
            onlooker.after(0, draft, &mut self.counters);
        }
        if let Some(rule) = draft.drop {
            return Outcome::Drop(rule);
        }
        let mut pass = Pass {
            read_at: taken.read_at,
            path: taken.line.path,
            taken_at: taken.line.provenance.time,
            counters: &mut self.counters,
        };
        for (place, step) in self.steps.iter_mut().enumerate() {
            let outcome = step.process(draft, &mut pass);
            if let Some(onlooker) = onlooker {
                onlooker.after(place + 1, draft, pass.counters);
            }
            if let Step::Drop(rule) = outcome {
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

    /// Returns what was decided about the format of the file that was read last, once.
    pub fn take_decision(&mut self) -> Option<Decision> {
        self.decision.take()
    }

    /// Returns what was counted since the pipeline was made.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// A line that is taken.
#[derive(Debug, Clone, Copy)]
struct Taken<'l> {
    text: &'l str,
    decoding: Decoding,
    line: &'l RawLine<'l>,
    read_at: Timestamp,
}

impl Taken<'_> {
    /// Says of an event what was done to its line before.
    fn describe(&self, draft: &mut Draft) {
        let provenance = &self.line.provenance;
        if self.decoding == Decoding::Repaired || provenance.decoding == Decoding::Repaired {
            draft.flag(Flag::BadUtf8);
        }
        let document = &mut draft.event.document;
        if let Some(encoding) = provenance.encoding {
            document.set_static(Field::StorePipelineEncoding, encoding);
        }
        if provenance.lines > 1 {
            document.set_long(Field::StorePipelineLines, provenance.lines.into());
        }
        if self.line.truncated {
            document.set_boolean(Field::StorePipelineTruncated, true);
            draft.partial();
        }
    }
}

/// Looks on while a line goes from step to step.
pub(crate) trait Onlooker {
    /// Sees the draft as a step left it.
    fn after(&mut self, step: usize, draft: &Draft, counters: &mut Counters);
}

/// Counts the time that each step takes.
struct Stopwatch<'a> {
    clock: &'a dyn Fn() -> Duration,
    since: Duration,
}

impl Onlooker for Stopwatch<'_> {
    fn after(&mut self, step: usize, _draft: &Draft, counters: &mut Counters) {
        let now = (self.clock)();
        counters.count_nanos(step, now.saturating_sub(self.since));
        self.since = now;
    }
}

/// Events kept for reuse: a batch's worth.
const MAX_SPARE: usize = 256;
