//! An input as the reader sees it.

use enricher::{Counters, Pipeline};
use event::Datasets;

use crate::chunk::Tally;
use crate::frame::Blank;
use crate::lines::Making;
use crate::metrics::Metrics;
use crate::settings::{FileRules, Input};
use crate::shed::{self, Shedding, Turned};
use crate::watch::Globs;

use super::super::lag::Lag;

/// An input, its pipeline and what was counted of it.
#[derive(Debug)]
pub(super) struct Source {
    /// The number that its events carry.
    pub(super) number: usize,
    pub(super) id: String,
    pub(super) globs: Globs,
    pub(super) rules: FileRules,
    pub(super) making: Making,
    pub(super) parser: &'static str,
    pub(super) datasets: Datasets,
    pub(super) pipeline: Pipeline,
    pub(super) counted: Counters,
    /// What the last chunk took, so that the next one finds its room at once.
    pub(super) last_size: (usize, usize, usize),
    /// Lines that went through the pipeline.
    pub(super) turn: u32,
    /// What is left out while it is far behind.
    pub(super) shedding: Option<Shedding>,
}

impl Source {
    /// Returns an input of which nothing was read yet.
    pub(super) fn new(number: usize, input: &Input, pipeline: Pipeline) -> Self {
        Self {
            number,
            id: input.id.clone(),
            globs: input.globs.clone(),
            rules: input.files,
            making: input.making.clone(),
            parser: input.pipeline.format.as_str(),
            datasets: input.pipeline.datasets,
            pipeline,
            counted: Counters::default(),
            last_size: (0, 0, 0),
            turn: 0,
            shedding: input.shed.map(Shedding::new),
        }
    }

    /// Counts what a chunk was made of.
    pub(super) fn count(&mut self, metrics: &Metrics, tally: Tally, bytes: u64) {
        metrics.read(&self.id, tally.lines + tally.empty + tally.over_long, bytes);
        metrics.truncated(&self.id, tally.truncated);
        let blanks = [
            (Blank::Empty, tally.empty),
            (Blank::Nul, tally.nul),
            (Blank::OverLong, tally.over_long),
        ];
        for (kind, lines) in blanks {
            if lines > 0 {
                metrics.filtered(kind.rule(), lines);
            }
        }
        if tally.shed > 0 {
            metrics.filtered(shed::RULE, tally.shed);
        }
        let now = self.pipeline.counters();
        metrics.pipeline(self.parser, now, &self.counted);
        self.counted.clone_from(now);
    }

    /// Decides whether lines are left out; tells whether that changes anything.
    pub(super) fn notice_lag(&mut self, lag: &Lag, metrics: &Metrics) -> bool {
        let Some(shedding) = &mut self.shedding else { return false };
        let (keep, turned) = (shedding.rule().keep, shedding.notice(lag.age));
        let (input, lag_seconds) = (&self.id, lag.age.as_secs());
        let Some(turned) = turned else { return false };
        match turned {
            Turned::On => {
                tracing::warn!(
                    event.code = "shed_on",
                    input,
                    lag_seconds,
                    keep,
                    "the input is far behind: from now on lines are left out"
                );
            }
            Turned::Off => {
                tracing::info!(
                    event.code = "shed_off",
                    input,
                    lag_seconds,
                    "the input has caught up: everything is sent again"
                );
            }
        }
        metrics.shedding(&self.id, turned);
        true
    }
}
