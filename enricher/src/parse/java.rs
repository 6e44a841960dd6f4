//! Lines of Java programs: Spring Boot, logback, log4j2, Quarkus, and patterns of one's own that keep to their parts.
//!
//! A stamp stands first. What follows is told apart by its shape, not by its place: a level, threads and ids in brackets,
//! the number of the process before `---`, the logger. The message begins behind ` : ` or ` - ` or the logger.

use event::Field;

use super::LineParser;
use super::exception;
use super::ids::{self, Brackets};
use super::leading;
use super::level;
use crate::counters::Failure;
use crate::draft::{Draft, Form, Stamp};

/// Brackets before a message, at most.
const MOST_BRACKETS: usize = 8;
/// Most spaces that stand for a thread without a name.
const LONGEST_BLANK: usize = 32;
/// Longest name of a logger or a thread.
const LONGEST_NAME: usize = 512;

/// Reads lines of Java programs.
#[derive(Debug)]
pub(super) struct Java;

impl LineParser for Java {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        if let Err(failure) = read(line, draft) {
            draft.fail(failure, line);
        }
    }
}

/// What stands before a message.
#[derive(Debug, Default)]
struct Head<'a> {
    level: Option<&'static str>,
    /// What stood in brackets and is no id, in its order.
    brackets: Names<'a>,
    /// The thread, where its place says that it is one.
    thread: &'a str,
    logger: &'a str,
    pid: &'a str,
}

/// What stood in brackets.
#[derive(Debug, Default, Clone, Copy)]
struct Names<'a> {
    list: [&'a str; MOST_BRACKETS],
    count: usize,
}

impl<'a> Names<'a> {
    fn is_full(&self) -> bool {
        self.count == MOST_BRACKETS
    }

    fn all(&self) -> &[&'a str] {
        self.list.get(..self.count).unwrap_or_default()
    }

    fn push(&mut self, name: &'a str) {
        if let Some(place) = self.list.get_mut(self.count) {
            *place = name;
            self.count += 1;
        }
    }
}

fn read(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let line =
        line.strip_prefix('[').filter(|inner| leading::stamp(inner).is_some()).unwrap_or(line);
    let Some((stamp, rest)) = leading::stamp(line) else {
        return exception::alone(exception::java(line), line, draft);
    };
    let rest = rest.strip_prefix(']').unwrap_or(rest);
    if rest.trim_ascii().is_empty() {
        return Err(Failure::CutShort);
    }
    let mut head = Head::default();
    let message = head.read(rest, draft).ok_or(Failure::OtherFormat)?;
    draft.stamp = Stamp::Text(draft.note(stamp));
    head.tell(draft);
    exception::java(message).tell(draft);
    Ok(())
}

impl<'a> Head<'a> {
    /// Reads what stands before the message and returns the message; without a level it is no line of a logger.
    fn read(&mut self, text: &'a str, draft: &mut Draft) -> Option<&'a str> {
        let mut rest = text.trim_start_matches(' ');
        while !self.brackets.is_full() {
            if let Some((inner, after)) = brackets(rest) {
                self.bracket(inner, draft);
                rest = after;
                if let Some((thread, after)) = in_parentheses(after)
                    && self.level.is_some()
                    && self.brackets.count == 1
                {
                    // Quarkus and WildFly write the logger in brackets and the thread in parentheses.
                    (self.thread, rest) = (thread, after);
                    self.logger = std::mem::take(&mut self.brackets).list[0];
                    return Some(rest.trim_start_matches(' '));
                }
            } else if let Some(after) = rest.strip_prefix("--- ") {
                return self.spring(after, draft);
            } else {
                let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
                let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
                if is_number && after.trim_start_matches(' ').starts_with("--- ") {
                    self.pid = word;
                } else if self.level.is_none()
                    && let Some(found) = level_of(word)
                {
                    self.level = Some(found);
                } else {
                    break;
                }
                rest = after;
            }
            rest = rest.trim_start_matches(' ');
        }
        self.level?;
        Some(self.behind_level(ids::leading(rest, draft), draft))
    }

    /// Takes what stands in brackets: a level, ids, or a name of which the place is known later.
    fn bracket(&mut self, inner: &'a str, draft: &mut Draft) {
        if self.level.is_none()
            && let Some(found) = level_of(inner.trim_ascii())
        {
            self.level = Some(found);
        } else if inner.len() > LONGEST_BLANK && inner.trim_ascii().is_empty() {
            // Here would be the ids of a trace.
        } else if ids::bracketed(inner, draft) == Brackets::Other {
            self.brackets.push(inner.trim_ascii());
        }
    }

    /// Reads what follows `---`: the application, its group, the thread, ids, the logger and the message.
    fn spring(&mut self, text: &'a str, draft: &mut Draft) -> Option<&'a str> {
        self.level?;
        let before = std::mem::take(&mut self.brackets);
        let mut rest = text.trim_start_matches(' ');
        while let Some((inner, after)) = brackets(rest)
            && !self.brackets.is_full()
        {
            self.bracket(inner, draft);
            rest = after.trim_start_matches(' ');
        }
        let names = std::mem::replace(&mut self.brackets, before);
        if let [application, group @ .., thread] = names.all() {
            self.thread = thread;
            if !draft.event.document.has(Field::ServiceName) {
                draft.event.document.set_text(Field::ServiceName, application);
            }
            for group in group {
                draft.add_extra("application_group", group, Form::Text);
            }
        } else if let [thread] = names.all() {
            self.thread = thread;
        }
        let rest = ids::leading(rest, draft);
        // The names of some loggers hold spaces and brackets, but none holds a colon with a space behind it.
        let (logger, message) =
            rest.split_once(": ").or_else(|| rest.strip_suffix(" :").map(|logger| (logger, "")))?;
        if logger.len() > LONGEST_NAME || logger.contains('\n') {
            return None;
        }
        self.logger = logger.trim_ascii();
        Some(message)
    }

    /// Reads what follows the level: the logger, if there is one, and what divides it from the message.
    fn behind_level(&mut self, text: &'a str, draft: &mut Draft) -> &'a str {
        let (word, after) = text.split_once(' ').unwrap_or((text, ""));
        if word.len() > LONGEST_NAME || word.contains('\n') {
            return text;
        }
        if matches!(word, "-" | ":") {
            return after;
        }
        let behind = after.trim_start_matches(' ');
        if let Some(name) = word.strip_suffix(':')
            && is_class(name)
        {
            self.logger = name;
            return ids::leading(behind, draft);
        }
        for divider in ["- ", "-- ", ": "] {
            if let Some(message) = behind.strip_prefix(divider)
                && is_logger(word)
            {
                self.logger = word;
                return message;
            }
        }
        if let Some(pairs) = behind.strip_prefix('-')
            && is_logger(word)
            && behind.contains("\"- ")
        {
            // Logback writes the pairs of an event between two dashes.
            self.logger = word;
            return key_values(pairs, draft);
        }
        if let Some((thread, message)) = brackets(behind)
            && self.brackets.count == 0
            && is_class(word)
        {
            self.logger = word;
            self.brackets.push(thread.trim_ascii());
            let message = message.trim_start_matches(' ');
            return message.strip_prefix("- ").unwrap_or(message);
        }
        if word.contains(['.', '#', '$']) && is_class(word) {
            self.logger = word;
            return ids::leading(behind, draft);
        }
        text
    }

    fn tell(&self, draft: &mut Draft) {
        let document = &mut draft.event.document;
        if let Some(level) = self.level {
            document.set_static(Field::LogLevel, level);
        }
        let thread = if self.thread.is_empty() {
            self.brackets.all().first().copied().unwrap_or_default()
        } else {
            self.thread
        };
        if !thread.is_empty() {
            document.set_text(Field::ProcessThreadName, thread);
        }
        if let Ok(pid) = self.pid.parse() {
            document.set_long(Field::ProcessPid, pid);
        }
        let others =
            self.brackets.all().get(usize::from(self.thread.is_empty())..).unwrap_or_default();
        let (logger, line) = split_line(self.logger);
        if !logger.is_empty() {
            document.set_text(Field::LogLogger, logger);
        }
        if !line.is_empty() {
            draft.add_extra("log.origin.file.line", line, Form::Json);
        }
        for (place, other) in others.iter().enumerate().filter(|(_, other)| !other.is_empty()) {
            draft.add_extra(if place == 0 { "context" } else { "context_more" }, other, Form::Text);
        }
    }
}

/// Reads `a="b" c="d"- message`; returns the message.
fn key_values<'a>(text: &'a str, draft: &mut Draft) -> &'a str {
    let mut rest = text;
    for _ in 0..32 {
        let Some((key, after)) = rest.split_once("=\"") else { break };
        let Some((value, after)) = after.split_once('"') else { break };
        if key.contains(char::is_whitespace) || key.is_empty() {
            break;
        }
        super::keep::value(key, value, draft);
        if let Some(message) = after.strip_prefix("- ") {
            return message;
        }
        rest = after.trim_start_matches(' ');
    }
    rest
}

fn level_of(word: &str) -> Option<&'static str> {
    let is_word = word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_word { level::canonical(word) } else { None }
}

/// Tells whether a word may be the name of a logger: of a class, or any name that stands in its place.
fn is_logger(word: &str) -> bool {
    let fits = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '.' | '_' | '$' | '#' | '-' | '/' | '[' | ']' | ':' | '@' | '?')
    };
    word.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '[') && word.chars().all(fits)
}

/// Tells whether a word is the name of a logger by itself: dotted, or in several words as names of classes are.
fn is_class(word: &str) -> bool {
    let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
    let is_joined = capitals >= 2 && word.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_dotted = word.contains(['.', '#', '$']) && !word.ends_with('.');
    is_logger(word) && (is_joined || is_dotted || word.eq_ignore_ascii_case("root"))
}

/// Cuts the number of a line off a logger: `c.s.OrderService#457`, `OrderService.java:12`.
fn split_line(logger: &str) -> (&str, &str) {
    match logger.rsplit_once(['#', ':']) {
        Some((name, line))
            if (1..=8).contains(&line.len())
                && line.bytes().all(|byte| byte.is_ascii_digit())
                && !line.starts_with('0') =>
        {
            (name, line)
        }
        _ => (logger.strip_suffix("#?").unwrap_or(logger), ""),
    }
}

/// Takes what stands in brackets at the start of a text, brackets within it included.
fn brackets(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('[')?;
    let mut depth = 1_u32;
    for at in memchr::memchr2_iter(
        b'[',
        b']',
        inner.as_bytes().get(..LONGEST_NAME).unwrap_or(inner.as_bytes()),
    ) {
        depth = if inner.as_bytes().get(at) == Some(&b'[') { depth + 1 } else { depth - 1 };
        if depth == 0 {
            return Some((inner.get(..at)?, inner.get(at + 1..)?));
        }
    }
    // A thread whose name was cut at its front lacks a bracket.
    inner.split_once(']').filter(|(inner, _)| inner.len() <= LONGEST_NAME)
}

fn in_parentheses(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(" (")?.split_once(')').filter(|(inner, _)| inner.len() <= LONGEST_NAME)
}

#[cfg(test)]
mod tests;
