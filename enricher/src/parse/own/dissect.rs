//! `dissect`: names and what stands between them, `%{order.id} - %{message}`. What stands between is looked for from left
//! to right, once.

use std::ops::Range;

use memchr::memmem::Finder;

use super::grok::dotted;
use super::{Kind, Line, MOST_NAMES, Read, Refusal, Sink};
use crate::counters::Failure;

/// A pattern, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Dissection {
    /// What each line begins with.
    prefix: String,
    steps: Vec<Step>,
    outputs: Vec<Output>,
    /// Where each step found its text.
    found: Vec<Range<usize>>,
}

/// A piece of a line, and what ends it.
#[derive(Debug, Clone)]
struct Step {
    /// What stands behind it; empty at the end of a pattern.
    end: Finder<'static>,
    padding: Padding,
}

/// Whether spaces may stand at the end of a piece, and what ends it several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Padding {
    Skipped,
    None,
}

/// A value that is made of pieces.
#[derive(Debug, Clone)]
enum Output {
    /// Pieces one behind the other, each with what stands between it and the one before.
    Named { name: String, pieces: Vec<(String, usize)> },
    /// One piece is the name of the other.
    Pair { name: usize, value: usize },
}

/// A key as it stands in a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    role: Role,
    name: String,
    padding: Padding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// `%{name}`.
    Value,
    /// `%{}` and `%{?name}`.
    Skipped,
    /// `%{+name}`, `%{+name/2}`.
    Appended(u32),
    /// `%{*name}`: the name of the value that `%{&name}` finds.
    Name,
    /// `%{&name}`.
    Referred,
}

const SHAPE: &str = "%{name}, %{} or %{?name}, %{name->}, %{+name} or %{+name/2}, %{*name} with %{&name}, and a text between each two";

impl Key {
    fn parse(inner: &str) -> Result<Self, Refusal> {
        let (inner, padding) = match inner.strip_suffix("->") {
            Some(inner) => (inner, Padding::Skipped),
            None => (inner, Padding::None),
        };
        let mut rest = inner.chars();
        let first = rest.next();
        let marked = rest.as_str();
        let (role, name) = match first {
            None => (Role::Skipped, ""),
            Some('?') => (Role::Skipped, marked),
            Some('*') => (Role::Name, marked),
            Some('&') => (Role::Referred, marked),
            Some('+') => {
                let (name, order) = marked.rsplit_once('/').unwrap_or((marked, "0"));
                let order = order.parse();
                let why = || Refusal::new(format!("in which {inner} has no order"), SHAPE);
                (Role::Appended(order.map_err(|_| why())?), name)
            }
            Some(_) => (Role::Value, inner),
        };
        if name.is_empty() && role != Role::Skipped {
            return Err(Refusal::new("in which a name is empty", SHAPE));
        }
        Ok(Self { role, name: dotted(name), padding })
    }
}

impl Dissection {
    /// Takes a pattern apart.
    pub(super) fn parse(pattern: &str) -> Result<Self, Refusal> {
        let (prefix, mut rest) =
            pattern.split_once("%{").ok_or_else(|| Refusal::new("which names nothing", SHAPE))?;
        let (mut keys, mut ends): (Vec<Key>, Vec<&str>) = (Vec::new(), Vec::new());
        loop {
            let Some((inner, after)) = rest.split_once('}') else {
                return Err(Refusal::new("in which a %{ has no end", SHAPE));
            };
            let key = Key::parse(inner)?;
            let next = after.split_once("%{");
            let end = next.map_or(after, |(end, _)| end);
            if next.is_some() && end.is_empty() {
                let message = format!("in which nothing stands behind %{{{inner}}}");
                return Err(Refusal::new(message, SHAPE));
            }
            keys.push(key);
            ends.push(end);
            match next {
                Some((_, behind)) => rest = behind,
                None => break,
            }
        }
        if keys.len() > MOST_NAMES {
            return Err(Refusal::new("which names too much", "512 names at most"));
        }
        let outputs = outputs(&keys, &ends)?;
        if outputs.is_empty() {
            return Err(Refusal::new("which names nothing", SHAPE));
        }
        let step = |(key, end): (&Key, &&str)| Step {
            end: Finder::new(end.as_bytes()).into_owned(),
            padding: key.padding,
        };
        let steps = keys.iter().zip(&ends).map(step).collect();
        Ok(Self { prefix: prefix.to_owned(), steps, outputs, found: Vec::new() })
    }

    /// Returns the names of its values, where they do not stand in the line.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().filter_map(|output| match output {
            Output::Named { name, .. } => Some(name.as_str()),
            Output::Pair { .. } => None,
        })
    }

    /// Finds the pieces of a line; returns where the rest of it begins.
    fn find(&mut self, line: &str) -> Option<usize> {
        self.found.clear();
        let mut at = line.strip_prefix(self.prefix.as_str()).map(|_| self.prefix.len())?;
        for Step { end, padding } in &self.steps {
            let needle = end.needle();
            let rest = line.as_bytes().get(at..)?;
            let length = if needle.is_empty() { rest.len() } else { end.find(rest)? };
            let piece = rest.get(..length)?;
            let piece = match padding {
                Padding::Skipped => piece.trim_ascii_end(),
                Padding::None => piece,
            };
            self.found.push(at..at + piece.len());
            at += length + needle.len();
            if needle.is_empty() {
                break;
            }
            if *padding == Padding::Skipped {
                while line.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(needle)) {
                    at += needle.len();
                }
            }
        }
        Some(at)
    }

    fn tell(&self, line: &str, sink: &mut Sink<'_>) {
        let piece = |place: &usize| {
            let range = self.found.get(*place).cloned();
            range.and_then(|range| line.get(range)).unwrap_or_default()
        };
        for output in &self.outputs {
            match output {
                Output::Pair { name, value } => {
                    let name = piece(name).trim_ascii();
                    if !name.is_empty() {
                        sink.tell(name, piece(value), Kind::Text);
                    }
                }
                Output::Named { name, pieces } => match pieces.as_slice() {
                    [(_, place)] => sink.tell(name, piece(place), Kind::Text),
                    pieces => {
                        let mut text = String::new();
                        for (between, place) in pieces {
                            let piece = piece(place);
                            if !text.is_empty() && !piece.is_empty() {
                                text.push_str(between);
                            }
                            text.push_str(piece);
                        }
                        sink.tell(name, &text, Kind::Text);
                    }
                },
            }
        }
    }
}

/// Says what becomes of the pieces of a pattern.
fn outputs(keys: &[Key], ends: &[&str]) -> Result<Vec<Output>, Refusal> {
    let mut outputs: Vec<Output> = Vec::new();
    for (place, key) in keys.iter().enumerate() {
        let is_appended = |key: &&Key| matches!(key.role, Role::Appended(_));
        match key.role {
            Role::Skipped => {}
            Role::Value | Role::Appended(_) => {
                let is_known = |output: &Output| matches!(output, Output::Named { name, .. } if *name == key.name);
                let others = keys.iter().filter(|other| other.name == key.name);
                if others.filter(is_appended).count() == 0 {
                    let pieces = vec![(String::new(), place)];
                    outputs.push(Output::Named { name: key.name.clone(), pieces });
                } else if !outputs.iter().any(is_known) {
                    let pieces = joined(&key.name, keys, ends);
                    outputs.push(Output::Named { name: key.name.clone(), pieces });
                }
            }
            Role::Name | Role::Referred => {
                let is_name = |other: &Key| {
                    matches!(other.role, Role::Name | Role::Skipped) && other.name == key.name
                };
                let is_value = |other: &Key| other.role == Role::Referred && other.name == key.name;
                let pair = keys.iter().position(is_name).zip(keys.iter().position(is_value));
                let Some((name, value)) = pair else {
                    let message = format!("in which {} is half of a pair", key.name);
                    return Err(Refusal::new(message, SHAPE));
                };
                if key.role == Role::Referred {
                    outputs.push(Output::Pair { name, value });
                }
            }
        }
    }
    Ok(outputs)
}

/// Returns the pieces of a name in their order, each with what stands before it in the pattern.
fn joined(name: &str, keys: &[Key], ends: &[&str]) -> Vec<(String, usize)> {
    let mut pieces: Vec<(u32, String, usize)> = Vec::new();
    for (place, key) in keys.iter().enumerate() {
        let order = match key.role {
            Role::Value => 0,
            Role::Appended(order) => order,
            Role::Skipped | Role::Name | Role::Referred => continue,
        };
        if key.name == name {
            // The first of a line has nothing before it; moved behind another it takes what follows it.
            let before = place.checked_sub(1).unwrap_or(place);
            let between = ends.get(before).copied().unwrap_or_default();
            pieces.push((order, between.to_owned(), place));
        }
    }
    pieces.sort_by_key(|(order, _, _)| *order);
    pieces.into_iter().map(|(_, between, place)| (between, place)).collect()
}

/// Reads a line by the first pattern that fits. What stands behind the end of a pattern is kept as `rest`.
pub(super) fn read(list: &mut [Dissection], line: &str, sink: &mut Sink<'_>) -> Read {
    for dissection in list {
        let Some(at) = dissection.find(line) else { continue };
        dissection.tell(line, sink);
        sink.tell("rest", line.get(at..).unwrap_or_default().trim_ascii(), Kind::Text);
        return Ok(Line::Event);
    }
    Err(Failure::OtherFormat)
}
