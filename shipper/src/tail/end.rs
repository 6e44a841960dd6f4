//! The end of a file: what waits there, for how long, and what becomes of it.

use std::time::Duration;

use crate::lines::gzip::Fault;
use crate::settings::Reading;

use super::{Form, State, Tail};

/// What is to be done with a file whose end was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtEnd {
    /// Wait for more.
    Wait,
    /// Its group was quiet for long enough and is complete; an incomplete last line goes on waiting.
    Close,
    /// It was rotated and kept quiet: its incomplete last line will not be completed any more.
    Flush,
    /// It was rotated, kept quiet, and everything of it was sent: once acknowledged, it is done.
    Done,
}

/// Whether a file will give something away by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owes {
    /// A group, a last line, or a report.
    Something,
    /// Nothing.
    Nothing,
}

impl Tail {
    /// Returns what is wrong with the file and was not told yet, and how many of its bytes cannot be read.
    pub fn fault(&self) -> Option<(Fault, u64)> {
        match &self.form {
            Form::Plain => None,
            Form::Gzip { compressed, .. } => {
                compressed.fault().map(|fault| (fault, compressed.lost_bytes(self.seen_bytes)))
            }
        }
    }

    /// Tells what to do now that the end was reached.
    pub fn at_end(&self, now: Duration, reading: &Reading) -> AtEnd {
        let is_due = |due: Option<Duration>| due.is_some_and(|due| due <= now);
        if is_due(self.complete_at(reading)) {
            let holds = self.position() > self.unsent() || self.fault().is_some();
            return if holds { AtEnd::Flush } else { AtEnd::Done };
        }
        if is_due(self.lines.quiet_at()) { AtEnd::Close } else { AtEnd::Wait }
    }

    /// Returns when there will be something to do although nothing is written.
    pub fn due_at(&self, reading: &Reading) -> Option<Duration> {
        self.complete_at(reading).into_iter().chain(self.lines.quiet_at()).min()
    }

    /// Tells whether it will give something away by itself, though its writer writes nothing more.
    pub fn owes(&self) -> Owes {
        let is_begun = match &self.form {
            Form::Plain => false,
            Form::Gzip { .. } => self.position() > self.unsent() || self.fault().is_some(),
        };
        if is_begun || self.lines.quiet_at().is_some() { Owes::Something } else { Owes::Nothing }
    }

    /// Returns when the file will not grow any more: it was rotated away or compressed, and will have kept quiet.
    fn complete_at(&self, reading: &Reading) -> Option<Duration> {
        match (&self.form, &self.state) {
            (_, State::Finished) => Some(Duration::ZERO),
            (Form::Gzip { compressed, .. }, _) => {
                Some(compressed.ends_at(reading.rotate_wait, reading.gzip_wait))
            }
            (Form::Plain, State::Draining { quiet_since, .. }) => {
                Some(*quiet_since + reading.rotate_wait)
            }
            (Form::Plain, State::Following { .. }) => None,
        }
    }
}
