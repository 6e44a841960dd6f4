//! Where the demo is: a bar with the name of the phase on a terminal, a line a phase elsewhere.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The phases, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    SetUp,
    Write,
    Ship,
    Judge,
    Read,
}

impl Phase {
    fn title(self) -> &'static str {
        match self {
            Self::SetUp => "setting up the cluster",
            Self::Write => "writing 21 days of a small shop's logs",
            Self::Ship => "shipping them",
            Self::Judge => "learning the history, judging the last 8 hours",
            Self::Read => "reading the alerts",
        }
    }

    fn number(self) -> usize {
        self as usize + 1
    }
}

const PHASES: usize = 5;

/// Draws to standard error, so that standard output holds the result alone.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

/// Says something beside the result. When standard error is closed there is nobody to tell.
pub(super) fn say(text: &str) {
    drop(writeln!(std::io::stderr(), "demo: {text}"));
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    /// Begins a phase; `length` is what it will count up to, if that is known.
    pub(super) fn begin(&self, phase: Phase, length: Option<u64>) {
        let head = format!("[{}/{PHASES}] {}", phase.number(), phase.title());
        let form = match length {
            Some(_) => "{msg} {wide_bar} {human_pos}/{human_len} {elapsed}",
            None => "{msg} {spinner} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(form) {
            self.bar.set_style(style);
        }
        self.bar.set_position(0);
        self.bar.set_length(length.unwrap_or_default());
        if self.bar.is_hidden() {
            say(&head);
        }
        self.bar.set_message(head);
    }

    pub(super) fn at(&self, position: u64) {
        self.bar.set_position(position);
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
