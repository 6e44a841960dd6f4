//! The trail of an alert that the detector raises about itself: marks come from the cycle, not from a model.

use jiff::Timestamp;

use super::change::{Change, Untold, advance};
use super::series::Trail;
use crate::alert::{Episode, Machine, Mark, Status, Trouble};
use crate::model::Judgement;
use crate::rule::Rule;
use crate::source::Group;

/// The episodes of the detector about one rule.
#[derive(Debug, Default)]
pub struct OwnTrail {
    trail: Trail,
}

impl OwnTrail {
    /// Continues where an earlier process stood.
    pub fn resume(episode: Episode) -> Self {
        let machine = Machine::resume(episode.course.clone(), None);
        Self { trail: Trail { machine, episode: Some(episode), held: Vec::new() } }
    }

    /// Tells whether nothing is wrong.
    pub fn is_idle(&self) -> bool {
        self.trail.machine.course().is_none()
    }

    /// Takes the mark of a cycle, with its reason where something is wrong.
    pub fn step(
        &mut self,
        (rule, group): (&Rule, &Group),
        (closed, mark): (Timestamp, Mark),
        reason: Option<&str>,
    ) -> Vec<Change> {
        let bucket = rule.span.floor(closed);
        let closed = rule.span.offset(bucket, 1);
        let mut changes = Vec::new();
        let untold = Untold { rule, group, closed };
        advance(&untold, &mut self.trail, (bucket, mark), &Judgement::Unknown, &mut changes);
        if let Some(episode) = &mut self.trail.episode {
            dress(episode, reason);
        }
        for change in &mut changes {
            match change {
                Change::Keep(episode) | Change::Forget(episode) | Change::Tell(episode, _) => {
                    dress(episode, reason);
                }
            }
        }
        changes
    }
}

fn dress(episode: &mut Episode, reason: Option<&str>) {
    episode.trouble = Trouble::Own;
    if episode.status == Status::Active {
        episode.status = Status::Error;
    }
    if let Some(reason) = reason {
        episode.reason = Some(reason.to_owned());
    }
}
