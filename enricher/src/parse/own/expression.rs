//! `regex`: expressions whose named groups are the values of a line. They are linear in its length, whatever they say.

use regex::{CaptureLocations, Regex, RegexBuilder};

use super::{Kind, Line, MOST_NAMES, Read, Refusal, Sink};
use crate::counters::Failure;

/// Bytes of a compiled expression, at most.
const MOST_BYTES: usize = 8 << 20;
/// Bytes of an expression as it is written, at most.
const MOST_TEXT: usize = 64 << 10;

/// An expression and the names of its groups.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    regex: Regex,
    /// What each group is; groups without a name are left out.
    groups: Vec<(usize, Group)>,
}

/// What a group of an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) kind: Kind,
}

impl Expression {
    /// Checks an expression as a user writes it.
    pub(super) fn regex(text: &str) -> Result<Self, Refusal> {
        Self::new(text, |name| Group { name: name.to_owned(), kind: Kind::Text })
    }

    /// Checks an expression; `group` says what a group of a name is.
    pub(super) fn new(text: &str, group: impl Fn(&str) -> Group) -> Result<Self, Refusal> {
        let regex = compile(text)?;
        let groups: Vec<(usize, Group)> = regex
            .capture_names()
            .enumerate()
            .filter_map(|(place, name)| Some((place, group(name?))))
            .collect();
        if groups.is_empty() {
            let hint = "name what is to be kept: (?<order.id>[0-9]+), %{INT:order.id}";
            return Err(Refusal::new("which names nothing", hint));
        }
        if groups.len() > MOST_NAMES {
            return Err(Refusal::new("which names too much", "512 names at most"));
        }
        Ok(Self { regex, groups })
    }

    /// Returns the names of its values.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|(_, group)| group.name.as_str())
    }
}

/// Compiles an expression within limits.
pub(super) fn compile(text: &str) -> Result<Regex, Refusal> {
    if text.len() > MOST_TEXT {
        return Err(Refusal::new(
            "which is too long",
            "64 KiB at most, named expressions included",
        ));
    }
    let built = RegexBuilder::new(text).size_limit(MOST_BYTES).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => Refusal::new(
            "which is too large when it is compiled",
            "smaller counts in {..}, or [0-9] and [A-Za-z0-9_] for \\d and \\w, which stand for all scripts",
        ),
        // The enum of the crate is open.
        error @ (regex::Error::Syntax(_) | _) => {
            let whole = error.to_string();
            let why = whole.rsplit("error: ").next().unwrap_or_default().trim_ascii();
            Refusal::new(format!("which is no expression: {why}"), hint(why))
        }
    })
}

fn hint(why: &str) -> &'static str {
    if why.contains("look-around") || why.contains("backreference") {
        "expressions are linear in time: without look-around and back references, say what stands there instead"
    } else if why.contains("flag") {
        "groups are (..), (?:..), (?<name>..), (?i:..); there are no atomic groups (?>..)"
    } else if why.contains("capture group name") {
        "names of groups are letters, digits, _ and dots, each once, and begin with a letter: (?<order.id>..)"
    } else {
        "the syntax is that of the regex crate; \\ before a character takes it as it is"
    }
}

/// The expressions of an input.
#[derive(Debug)]
pub(super) struct Expressions {
    list: Vec<(Expression, CaptureLocations)>,
}

impl Expressions {
    pub(super) fn new(list: &[Expression]) -> Self {
        let with_room = |expression: &Expression| {
            let room = expression.regex.capture_locations();
            (expression.clone(), room)
        };
        Self { list: list.iter().map(with_room).collect() }
    }

    /// Reads a line by the first expression that fits; of two groups with one name the last that took part counts.
    pub(super) fn read(&mut self, line: &str, sink: &mut Sink<'_>) -> Read {
        for (expression, found) in &mut self.list {
            if expression.regex.captures_read(found, line).is_none() {
                continue;
            }
            for (place, group) in &expression.groups {
                if let Some((start, end)) = found.get(*place) {
                    sink.tell(&group.name, line.get(start..end).unwrap_or_default(), group.kind);
                }
            }
            return Ok(Line::Event);
        }
        Err(Failure::OtherFormat)
    }
}
