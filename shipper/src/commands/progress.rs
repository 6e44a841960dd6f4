//! How far a long command is, for whoever sits at the terminal.

use std::io::{self, IsTerminal, Write};

/// A line on the terminal that is written over; nothing where standard error is no terminal.
#[derive(Debug)]
pub(super) struct Progress {
    what: String,
    percent: Option<u64>,
}

impl Progress {
    /// Returns the progress of something.
    pub(super) fn of(what: &str) -> Self {
        let percent = io::stderr().is_terminal().then_some(0);
        Self { what: runtime::plain(what).into_owned(), percent }
    }

    /// Notes how much of all is done.
    pub(super) fn at(&mut self, done: u64, all: u64) {
        let now = done.saturating_mul(100) / all.max(1);
        let what = &self.what;
        if let Some(percent) = self.percent.as_mut().filter(|percent| **percent < now) {
            *percent = now;
            // Nobody is worse off when the terminal is gone.
            write!(io::stderr(), "\r{what}: {now} %").unwrap_or_default();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.percent.is_some_and(|percent| percent > 0) {
            writeln!(io::stderr()).unwrap_or_default();
        }
    }
}
