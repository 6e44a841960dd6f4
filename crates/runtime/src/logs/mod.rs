//! The program's own logs: one JSON object a line with ECS names on stderr, or readable lines on a terminal.
//!
//! A line is a constant message plus fields; `event.code` names its kind for good, so alerts and searches do not depend
//! on wording. Fields with a dot are ECS names (`file.path`, `error.type`), `error` becomes `error.message`, all others
//! go under `labels`. No more than one line for each code is written in 10 s; the next one says how many were held back.
//! Control characters are removed, and a shipped line's content is never logged.
//!
//! ```
//! # let error = std::io::Error::other("refused");
//! tracing::warn!(event.code = "bulk_unknown", error = %error, attempt = 3, "a bulk request has no answer");
//! ```

mod json;
mod line;
mod pretty;
mod throttle;

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
};

use line::Line;
use throttle::{Decision, Throttle};
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt},
    util::{SubscriberInitExt, TryInitError},
};

use crate::{Clock, SystemClock};

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Readable on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// The least important lines that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something was lost or a person is needed.
    Error,
    /// Something went wrong and was put right.
    Warn,
    /// What a person wants to know of a healthy process.
    #[default]
    Info,
    /// Each step.
    Debug,
    /// Everything.
    Trace,
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}

/// The `logs:` block of every program's settings.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawLogs {
    /// How lines look.
    pub format: Format,
    /// The least important lines that are written.
    pub level: Level,
}

/// Starts the logs of a program with lines from `info` on. A second call in a process is an error.
pub fn init(program: &'static str) -> Result<Guard, TryInitError> {
    init_with(program, RawLogs::default())
}

/// Starts the logs of a program as its settings say.
pub fn init_with(program: &'static str, logs: RawLogs) -> Result<Guard, TryInitError> {
    let look = match (logs.format, io::stderr().is_terminal()) {
        (Format::Json, _) | (Format::Auto, false) => Look::Json,
        (Format::Auto | Format::Pretty, true) => Look::Coloured,
        (Format::Pretty, false) => Look::Plain,
    };
    let writer = Writer::new(program, look, Arc::new(SystemClock::new()), Box::new(io::stderr()));
    let guard = Guard { writer: Arc::new(writer) };
    let layer =
        Lines { writer: Arc::clone(&guard.writer) }.with_filter(wanted(program, logs.level.into()));
    tracing_subscriber::registry().with(layer).try_init()?;
    Ok(guard)
}

/// The program and our own rooms speak at the level that is asked for; libraries only when something went wrong.
fn wanted(program: &str, level: LevelFilter) -> Targets {
    const OURS: [&str; 10] = [
        "event",
        "shop",
        "elastic",
        "runtime",
        "enricher",
        "shipper",
        "detector",
        "kibana",
        "pipelines",
        "storewatch",
    ];
    let libraries = level.min(LevelFilter::WARN);
    let rooms = OURS.into_iter().chain([program]).map(|room| (room, level));
    Targets::new().with_default(libraries).with_targets(rooms)
}

/// Writes, when it is dropped at the end of `main`, how many lines were held back and not told yet.
#[derive(Debug)]
pub struct Guard {
    writer: Arc<Writer>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.writer.tell_held_back();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Json,
    Plain,
    Coloured,
}

/// Turns events into lines.
struct Writer {
    program: &'static str,
    look: Look,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    throttle: Throttle,
    out: Box<dyn Write + Send>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Writer").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Writer {
    fn new(
        program: &'static str,
        look: Look,
        clock: Arc<dyn Clock>,
        out: Box<dyn Write + Send>,
    ) -> Self {
        let state = State { throttle: Throttle::default(), out };
        Self { program, look, clock, state: Mutex::new(state) }
    }

    fn write(&self, line: &Line) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.throttle.decide(&line.code, self.clock.monotonic()) {
            Decision::Hold => {}
            Decision::Write { held_back } => {
                let text = self.text(line, held_back);
                // A log that cannot be written has nowhere to say so.
                drop(state.out.write_all(text.as_bytes()));
            }
        }
    }

    fn tell_held_back(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (code, held_back) in state.throttle.take_held_back() {
            let line = Line::held_back(code);
            let text = self.text(&line, held_back);
            drop(state.out.write_all(text.as_bytes()));
        }
        drop(state.out.flush());
    }

    fn text(&self, line: &Line, held_back: u64) -> String {
        let now = self.clock.now();
        match self.look {
            Look::Json => json::text(self.program, now, line, held_back),
            Look::Plain => pretty::text(now, line, held_back, pretty::Colour::Without),
            Look::Coloured => pretty::text(now, line, held_back, pretty::Colour::With),
        }
    }
}

/// The layer that hands events to the writer.
struct Lines {
    writer: Arc<Writer>,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.writer.write(&Line::of(event));
    }
}

#[cfg(test)]
mod tests;
