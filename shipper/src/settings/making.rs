//! Keys of an input that say how its lines are made: `delimiter`, `encoding`, `container`, `multiline`.

use std::sync::Arc;

use runtime::settings::Check;
use runtime::unit::{ByteSize, Span};
use serde::Deserialize;

use crate::frame::Delimiter;
use crate::lines::Making;
use crate::lines::container::Wrapper;
use crate::lines::multiline::{Mode, Multiline, Negate, Preset, Rule, compile};

use super::input::RawInput;

/// Block `multiline` of an input: which lines are one event. One of `pattern`, `count` and `preset` says so.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawMultiline {
    /// A regular expression without look-around and back-references.
    pub pattern: Option<String>,
    /// What a line that matches does: `start` (default), `continue` or `end`.
    pub mode: Mode,
    /// Lines that do not match do it instead. Default false.
    pub negate: bool,
    /// So many lines each.
    pub count: Option<u32>,
    /// The traces of a language: java, python, go, ruby, php, dotnet.
    pub preset: Option<Preset>,
    /// Lines of a group at most; then it is given away, flagged as truncated, and the rest is a group of its own.
    /// Default 500.
    pub max_lines: u32,
    /// Bytes of a group at most, likewise. Default 1 MiB.
    pub max_bytes: ByteSize,
    /// A group to which nothing is added for so long is complete. Default 5 s.
    pub quiet: Span,
}

impl Default for RawMultiline {
    fn default() -> Self {
        Self {
            pattern: None,
            mode: Mode::Start,
            negate: false,
            count: None,
            preset: None,
            max_lines: 500,
            max_bytes: ByteSize::mib(1),
            quiet: Span::seconds(5),
        }
    }
}

pub(super) fn check(raw: &RawInput, check: &mut Check<'_>, at: &str) -> Making {
    let units = raw.encoding.order().is_some();
    let delimiter = match &raw.delimiter {
        Some(text) if units => {
            let message = "which cannot be: UTF-16 has its own newline";
            check.fault(&format!("{at}.delimiter"), text, message, "leave the key out");
            None
        }
        Some(text) => check.take(&format!("{at}.delimiter"), text, Delimiter::parse(text)),
        None => None,
    };
    if units && raw.container != Wrapper::None {
        let message = "which cannot be in a container: runtimes write bytes, not UTF-16";
        check.fault(&format!("{at}.encoding"), raw.encoding.as_str(), message, "");
    }
    let multiline = raw
        .multiline
        .as_ref()
        .and_then(|raw| check.within(&format!("{at}.multiline"), |check| raw.check(check)));
    Making {
        delimiter: delimiter.unwrap_or_default(),
        over_long: raw.over_long,
        container: raw.container,
        encoding: raw.encoding,
        multiline,
    }
}

impl RawMultiline {
    fn check(&self, check: &mut Check<'_>) -> Option<Multiline> {
        let rule = self.rule(check);
        let max_lines = check.range("max_lines", self.max_lines, 1..=100_000);
        let max_bytes =
            check.range("max_bytes", self.max_bytes, ByteSize::kib(1)..=ByteSize::mib(16));
        let quiet = check.range("quiet", self.quiet, Span::millis(100)..=Span::hours(1));
        Some(Multiline {
            rule: Arc::new(rule?),
            max_lines,
            max_bytes: max_bytes.length(),
            quiet: quiet.into(),
        })
    }

    fn rule(&self, check: &mut Check<'_>) -> Option<Rule> {
        let rule = match (&self.pattern, self.count, self.preset) {
            (Some(pattern), None, None) => {
                let compiled = compile(pattern).map_err(|error| reason(&error));
                let pattern = match compiled {
                    Ok(compiled) => compiled,
                    Err((reason, hint)) => {
                        check.fault("pattern", pattern, &reason, hint);
                        return None;
                    }
                };
                let negate = if self.negate { Negate::Yes } else { Negate::No };
                Rule::Pattern { pattern, mode: self.mode, negate }
            }
            (None, Some(count), None) => Rule::Count(check.range("count", count, 1..=100_000)),
            (None, None, Some(preset)) => {
                check.take("preset", format!("{preset:?}"), Rule::preset(preset))?
            }
            (None, None, None) => {
                check.missing("", "says nothing", "give it a pattern, a count or a preset");
                return None;
            }
            _ => {
                let message = "has more than one of pattern, count and preset";
                check.missing("", message, "keep one of them");
                return None;
            }
        };
        if self.pattern.is_none() && (self.mode != Mode::Start || self.negate) {
            check.missing("", "has mode or negate without a pattern", "leave them out");
            return None;
        }
        Some(rule)
    }
}

/// Returns what is wrong with a pattern in one line, for the library draws a picture of several, and what helps.
fn reason(error: &regex::Error) -> (String, &'static str) {
    if let regex::Error::CompiledTooBig(_) = error {
        return (
            "which takes more than 10 MB when compiled".to_owned(),
            "repeat fewer times, or `[a-z]` in place of `\\w`",
        );
    }
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    let reason = format!("which is no pattern: {}", last.strip_prefix("error: ").unwrap_or(last));
    (reason, "patterns take linear time, so there is no look-around and no back-reference")
}
