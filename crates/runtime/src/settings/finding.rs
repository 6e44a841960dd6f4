//! What is wrong with the settings, said so that a person can go to the place and put it right.

use std::{
    error::Error,
    fmt, io,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{plain, plain_lines};

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// In a file, at a line where one is known.
    File {
        /// The file as it was named to us.
        path: PathBuf,
        /// Counted from 1.
        line: Option<u64>,
    },
    /// In a variable of the environment.
    Environment(String),
    /// In a flag of the command line.
    Flag(&'static str),
    /// Nowhere: it is the value that holds when nothing is written.
    Default,
}

impl Origin {
    pub(super) fn file(path: &Path) -> Self {
        Self::File { path: path.to_owned(), line: None }
    }

    pub(super) fn line(path: &Path, line: u64) -> Self {
        Self::File { path: path.to_owned(), line: Some(line) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: Some(line) } => write!(out, "{}:{line}", path.display()),
            Self::File { path, line: None } => write!(out, "{}", path.display()),
            Self::Environment(name) => write!(out, "environment {name}"),
            Self::Flag(name) => write!(out, "flag {name}"),
            Self::Default => out.write_str("default"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether a program may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The settings are refused.
    Error,
    /// They hold, but a person should know.
    Warning,
}

/// One thing that is wrong. It reads `ORIGIN: KEY is VALUE, MESSAGE; HINT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it stops the program.
    pub severity: Severity,
    /// Where it was written.
    pub origin: Origin,
    /// The key, such as `inputs[0].paths`; empty when a whole file is meant.
    pub key: String,
    /// The value, unless it is a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong; it goes on after `KEY is VALUE`, for example `which is not between 1 KiB and 64 MiB`.
    pub message: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    /// Returns a finding that stops the program.
    pub fn error(origin: Origin, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            origin,
            key: key.into(),
            value: None,
            message: message.into(),
            allowed: None,
            hint: None,
        }
    }

    /// Returns a finding that a person should know about.
    pub fn warning(origin: Origin, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(origin, key, message) }
    }

    /// Adds the value.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Adds what would be right.
    #[must_use]
    pub fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", plain(&self.origin.to_string()))?;
        if self.severity == Severity::Warning {
            out.write_str("warning: ")?;
        }
        let message = plain(&self.message);
        match (&self.value, self.key.as_str()) {
            (Some(value), key) => {
                // `which ..` goes on with the sentence, all else starts a new one.
                let joint = if message.starts_with("which ") { "," } else { ":" };
                let empty = if key.is_empty() { "" } else { " " };
                write!(out, "{}{empty}is {}{joint} {message}", plain(key), plain(&short(value)))?;
            }
            (None, key) => {
                let message = message.strip_prefix("which ").unwrap_or(&message);
                let joint = if key.is_empty() { "" } else { " " };
                write!(out, "{}{joint}{message}", plain(key))?;
            }
        }
        if let Some(allowed) = &self.allowed
            && !self.message.contains(allowed)
        {
            write!(out, " (allowed: {})", plain(allowed))?;
        }
        match &self.hint {
            Some(hint) => write!(out, "; {}", plain(hint)),
            None => Ok(()),
        }
    }
}

fn short(value: &str) -> String {
    const LONGEST: usize = 80;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}..", value.get(..end).unwrap_or_default()),
        None if value.is_empty() => "empty".to_owned(),
        None => value.to_owned(),
    }
}

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// One line for each, for people.
    Lines,
    /// One JSON object, for `--json`.
    Json,
}

/// What is wrong with the settings, in the order in which it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    all: Vec<Finding>,
}

impl Findings {
    /// Returns findings that hold only this one.
    pub fn one(finding: Finding) -> Self {
        Self { all: vec![finding] }
    }

    /// Adds a finding, unless the same is there.
    pub fn push(&mut self, finding: Finding) {
        if !self.all.contains(&finding) {
            self.all.push(finding);
        }
    }

    /// Adds all of other findings.
    pub fn extend(&mut self, others: Self) {
        others.all.into_iter().for_each(|finding| self.push(finding));
    }

    /// Returns the findings in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.all.iter()
    }

    /// Returns whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns how many were found of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.all.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Returns whether any finding stops the program.
    pub fn stop(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Returns itself as an error when any finding stops the program.
    pub fn refuse(&self) -> Result<(), Self> {
        if self.stop() { Err(self.clone()) } else { Ok(()) }
    }

    /// Writes the findings for the `check` of a program.
    pub fn write(&self, out: &mut dyn Write, style: Style) -> io::Result<()> {
        match style {
            Style::Lines if self.all.is_empty() => writeln!(out, "no findings"),
            Style::Lines => writeln!(out, "{self}"),
            Style::Json => {
                serde_json::to_writer(&mut *out, self)?;
                writeln!(out)
            }
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.all.iter().map(Finding::to_string).collect();
        out.write_str(&plain_lines(&lines.join("\n")))
    }
}

impl Error for Findings {}

impl Serialize for Findings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Findings", 3)?;
        object.serialize_field("errors", &self.count(Severity::Error))?;
        object.serialize_field("warnings", &self.count(Severity::Warning))?;
        object.serialize_field("findings", &self.all)?;
        object.end()
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = std::slice::Iter<'a, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}
