//! The steps of a pipeline: each reads and changes the draft of one event, or drops it by a named rule.

use std::fmt::Debug;

use jiff::Timestamp;

use crate::counters::{Counters, Rule};
use crate::draft::Draft;

/// One step of a pipeline behind its parser.
pub trait Processor: Debug + Send {
    /// Reads and changes the draft.
    fn process(&mut self, draft: &mut Draft, pass: &mut Pass<'_>) -> Step;
}

/// Whether a draft goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the next step.
    Continue,
    /// Nowhere: this rule drops it.
    Drop(Rule),
}

/// What a step may know of the line's way through the pipeline.
#[derive(Debug)]
pub struct Pass<'a> {
    /// When the line was read.
    pub read_at: Timestamp,
    /// Path of its file.
    pub path: &'a str,
    /// When somebody else took the line down, where it has no time of its own.
    pub taken_at: Option<Timestamp>,
    /// What is counted.
    pub counters: &'a mut Counters,
}
