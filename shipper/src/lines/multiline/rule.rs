//! Which lines belong together: a pattern, a number, or the traces of a language.

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

/// Bytes that a compiled pattern may take.
const MOST_BYTES: usize = 10 << 20;

/// What a line that matches the pattern does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It starts a group; all others go on.
    Start,
    /// It goes on; all others start a group.
    Continue,
    /// It ends the group that it belongs to.
    End,
}

/// The traces of which language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Java, Kotlin, Scala: `at ..`, `Caused by: ..`.
    Java,
    /// Python: `Traceback (most recent call last):`, chains included.
    Python,
    /// Go: `panic: ..`, `goroutine 1 [running]:`.
    Go,
    /// Ruby, Rails too: `from ..`, `app/models/x.rb:3:in ..`.
    Ruby,
    /// PHP: `Stack trace:`, `#0 ..`.
    Php,
    /// .NET: `at ..`, `--- End of inner exception stack trace ---`.
    Dotnet,
    /// The slow log of MySQL: `# Time: ..`, `# User@Host: ..`, and the statement.
    MysqlSlow,
}

/// Which lines belong together.
#[derive(Debug, Clone)]
pub enum Rule {
    /// Lines that match do what the mode says.
    Pattern {
        /// What matches.
        pattern: Regex,
        /// What the match means.
        mode: Mode,
        /// Whether it is the match or its absence.
        negate: Negate,
    },
    /// So many lines each.
    Count(u32),
    /// Traces of a language, with the line before them that tells of them.
    Trace(Box<Trace>),
    /// Entries of MySQL's slow log.
    Slow,
}

/// Whether a match counts or its absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negate {
    /// The match.
    No,
    /// Its absence.
    Yes,
}

/// How far a group of a trace has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Progress {
    /// A line that may be followed by a trace.
    #[default]
    Plain,
    /// Inside a trace.
    Inside,
    /// A trace whose last line was seen; only another one that it caused may follow.
    Ended,
}

/// How the traces of a language look.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Begins a trace; joins the line before it if `joins`, and if that is not in a trace already.
    header: Regex,
    /// Goes on, whatever was before.
    body: Regex,
    /// Goes on inside a trace only.
    inner: Option<Regex>,
    joins: Joins,
    last: Last,
}

/// Whether a header belongs to the line before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joins {
    LineBefore,
    Nothing,
}

/// Whether the first line that is neither body nor inner still belongs to a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Belongs,
    Foreign,
}

/// What a line does to the group that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It begins another.
    Begins(Progress),
    /// It belongs to it.
    Joins(Progress),
    /// It belongs to it, and nothing after it does.
    Ends,
}

/// Compiles a pattern; what needs look-around or back-references is refused, and so is what grows too large.
pub fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(MOST_BYTES).build()
}

impl Rule {
    /// Returns the rule of a language.
    pub fn preset(preset: Preset) -> Result<Self, regex::Error> {
        // What starts with a blank goes on in every language; blank lines do only inside a trace.
        let trace = match preset {
            Preset::Java => Trace::new(
                r"^(?:Exception in thread |(?:[A-Za-z_$][\w$]*\.)+[\w$]*(?:Exception|Error|Throwable)\b)",
                r"^(?:[ \t]+\S|Caused by: |Wrapped by: |Suppressed: )",
            ),
            Preset::Python => Trace::new(
                r"^Traceback \(most recent call last\):",
                r"^(?:[ \t]+\S|During handling of the above exception|The above exception was the direct cause)",
            )
            .map(|trace| Trace { last: Last::Belongs, ..trace }),
            Preset::Go => Trace::new(
                r"^(?:panic: |fatal error: |runtime: |SIG[A-Z]+: |.*http: panic serving )",
                r"^\t",
            )
            .and_then(|trace| {
                let inner =
                    r"^(?:goroutine \d+ |created by |\[signal |\[recovered\]|exit status |[\w./*()\[\]{}%-]+\(.*\)$)";
                let inner = Some(compile(inner)?);
                Ok(Trace { inner, joins: Joins::Nothing, ..trace })
            }),
            Preset::Ruby => Trace::new(
                r"^(?:\S+:\d+:in [`'].*\([A-Z][\w:]*\)$|[A-Z][\w:]*(?:Error|Exception|Invalid|NotFound)\b)",
                r"^(?:[ \t]+\S|\S+\.(?:rb|erb|rake):\d+:in )",
            ),
            Preset::Php => Trace::new(
                r"^(?:\[[^\]]*\] )?PHP (?:Fatal|Parse) error",
                r#"^(?:#\d+ |[ \t]+\S|Stack trace:|Next [\w\\]+|(?:\[[^\]]*\] )?PHP +(?:\d+\. |Stack trace:)|\[(?:stacktrace|previous exception)\]|"\})"#,
            )
            .map(|trace| Trace { joins: Joins::Nothing, ..trace }),
            Preset::MysqlSlow => return Ok(Self::Slow),
            Preset::Dotnet => Trace::new(
                r"^(?:Unhandled exception|(?:[A-Za-z_]\w*\.)+\w*(?:Exception|Error)\b)",
                r"^(?:[ \t]+\S|---)",
            ),
        };
        Ok(Self::Trace(Box::new(trace?)))
    }

    /// Tells what a line does to an open group of so many lines.
    pub fn place(&self, line: &[u8], lines: u32, progress: Progress) -> Place {
        match self {
            Self::Pattern { pattern, mode, negate } => {
                let is_match = pattern.is_match(line) == (*negate == Negate::No);
                match (mode, is_match) {
                    (Mode::Start, true) | (Mode::Continue, false) => Place::Begins(progress),
                    (Mode::End, true) => Place::Ends,
                    (Mode::Start | Mode::End, false) | (Mode::Continue, true) => {
                        Place::Joins(progress)
                    }
                }
            }
            Self::Count(count) if lines + 1 >= *count => Place::Ends,
            Self::Count(_) => Place::Joins(progress),
            Self::Trace(trace) => trace.place(line, progress),
            Self::Slow => slow(line, progress),
        }
    }

    /// Tells what the first line of a group does: how far the group has come, or that it is all of it.
    pub fn first(&self, line: &[u8]) -> Place {
        match self {
            Self::Pattern { mode: Mode::Start | Mode::Continue, .. } => {
                Place::Begins(Progress::Plain)
            }
            Self::Pattern { .. } | Self::Count(_) => match self.place(line, 0, Progress::Plain) {
                Place::Ends => Place::Ends,
                Place::Begins(_) | Place::Joins(_) => Place::Begins(Progress::Plain),
            },
            Self::Trace(trace) if trace.header.is_match(line) => Place::Begins(Progress::Inside),
            Self::Trace(_) => Place::Begins(Progress::Plain),
            Self::Slow => match slow(line, Progress::Plain) {
                Place::Begins(progress) | Place::Joins(progress) => Place::Begins(progress),
                Place::Ends => Place::Ends,
            },
        }
    }
}

/// Tells what a line of MySQL's slow log does. A time begins an entry, and so does a client unless a time stands right before it:
/// the server leaves a time out that is that of the entry before. What it writes when it starts is a group of its own.
fn slow(line: &[u8], progress: Progress) -> Place {
    let is_inside = progress == Progress::Inside;
    match line {
        _ if line.starts_with(b"# Time: ") => Place::Begins(Progress::Inside),
        _ if line.starts_with(b"# User@Host: ") && !is_inside => Place::Begins(Progress::Plain),
        _ if line.trim_ascii_end().ends_with(b"started with:") => Place::Begins(Progress::Ended),
        _ if progress == Progress::Ended => Place::Joins(Progress::Ended),
        _ => Place::Joins(Progress::Plain),
    }
}

impl Trace {
    fn new(header: &str, body: &str) -> Result<Self, regex::Error> {
        Ok(Self {
            header: compile(header)?,
            body: compile(body)?,
            inner: None,
            joins: Joins::LineBefore,
            last: Last::Foreign,
        })
    }

    fn place(&self, line: &[u8], progress: Progress) -> Place {
        let is_inside = progress == Progress::Inside;
        if self.header.is_match(line) {
            let joins = self.joins == Joins::LineBefore && progress == Progress::Plain;
            return if joins {
                Place::Joins(Progress::Inside)
            } else {
                Place::Begins(Progress::Inside)
            };
        }
        if self.body.is_match(line) {
            // A chain: the next header belongs to this group.
            let is_chain = progress == Progress::Ended;
            return Place::Joins(if is_chain { Progress::Plain } else { progress });
        }
        if is_inside && self.inner.as_ref().is_some_and(|inner| inner.is_match(line)) {
            return Place::Joins(Progress::Inside);
        }
        if is_inside && self.last == Last::Belongs {
            return Place::Joins(Progress::Ended);
        }
        Place::Begins(Progress::Plain)
    }
}
