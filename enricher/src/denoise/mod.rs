//! Noise: health checks always, and more where an input asks for it. Each rule is named and counts what it removed.

mod health;
mod kind;
mod recent;
mod repeats;

use crate::draft::Draft;
use crate::processor::{Pass, Processor, Step};
use crate::settings::{Fate, NoiseSettings, PipelineSettings};
use kind::Kind;
use repeats::{Repeats, Retries};

/// Drops noise.
#[derive(Debug)]
pub(crate) struct Denoise {
    health_checks: Fate,
    kind: Option<Kind>,
    retries: Option<Retries>,
    repeats: Option<Repeats>,
}

impl Denoise {
    pub(crate) fn new(input: &PipelineSettings) -> Self {
        let NoiseSettings { health_checks, retries, repeats, .. } = input.noise;
        let asked = |fate: Fate| fate == Fate::Drop;
        Self {
            health_checks,
            kind: Kind::new(&input.noise, input.datasets.own()),
            retries: asked(retries).then(Retries::default),
            repeats: asked(repeats).then(Repeats::default),
        }
    }
}

impl Processor for Denoise {
    fn process(&mut self, draft: &mut Draft, _pass: &mut Pass<'_>) -> Step {
        let check = match self.health_checks {
            Fate::Keep => None,
            Fate::Drop => health::rule(draft),
        };
        // What has seen an event counts it among those that went on, so each asks only for what all before it let pass.
        let rule = check
            .or_else(|| self.kind.as_ref().and_then(|kind| kind.rule(draft)))
            .or_else(|| self.retries.as_mut().and_then(|retries| retries.rule(draft)))
            .or_else(|| self.repeats.as_mut().and_then(|repeats| repeats.rule(draft)));
        rule.map_or(Step::Continue, Step::Drop)
    }
}
