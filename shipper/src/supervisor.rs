//! When the supervisor is told that we live, and what it is told for people. Pure but for the telling: now is an argument.

use std::time::Duration;

use runtime::admin::AdminState;

use crate::inputs::Inputs;
use crate::metrics::Metrics;
use crate::systemd::Systemd;

/// How often the line for people is told at most.
const STATUS_EVERY: Duration = Duration::from_secs(5);

/// Speaks to the supervisor for the loop that does the work: when the loop or the reader stand still, it falls silent.
#[derive(Debug)]
pub struct Supervisor {
    systemd: Systemd,
    inputs: Inputs,
    metrics: Metrics,
    admin: AdminState,
    fed: Option<Duration>,
    told: Option<(Duration, String)>,
}

impl Supervisor {
    /// Returns one that has told nothing yet.
    pub fn new(systemd: Systemd, inputs: Inputs, metrics: Metrics, admin: AdminState) -> Self {
        Self { systemd, inputs, metrics, admin, fed: None, told: None }
    }

    /// Returns how long the loop may wait for something to do before it must come round.
    pub fn longest_silence(&self) -> Duration {
        self.systemd.watchdog().map_or(Duration::MAX, |watchdog| watchdog / 4)
    }

    /// Says that the loop comes round, and when the reader last did.
    pub fn round(&mut self, now: Duration, reader: Duration) {
        self.feed(now, reader);
        let is_due = self.told.as_ref().is_none_or(|(told, _)| now >= *told + STATUS_EVERY);
        if is_due {
            let text = self.text();
            if self.told.as_ref().is_none_or(|(_, last)| *last != text) {
                self.systemd.status(&text);
            }
            self.told = Some((now, text));
        }
    }

    fn feed(&mut self, now: Duration, reader: Duration) {
        let Some(watchdog) = self.systemd.watchdog() else { return };
        // The reader may look at a large folder for a while; silent for longer than this, it is stuck.
        let lives = now.saturating_sub(reader) <= watchdog;
        let is_due = self.fed.is_none_or(|fed| now >= fed + watchdog / 4);
        if lives && is_due {
            self.systemd.alive();
            self.fed = Some(now);
        }
    }

    /// Returns lag and health in one line.
    fn text(&self) -> String {
        let active = self.inputs.active();
        let lag: u64 = active.iter().map(|(_, input)| self.metrics.lag_of(&input.id)).sum();
        let reasons = self.admin.reasons();
        let health = match reasons.iter().next() {
            None => "ready".to_owned(),
            Some((name, reason)) => format!("not ready, {name}: {reason}"),
        };
        format!("{} inputs, lag {}; {health}", active.len(), crate::status::size(lag))
    }
}
