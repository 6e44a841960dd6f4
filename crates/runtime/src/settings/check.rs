//! Step two: values that have the right type are held against what they may be; all findings are collected.

use std::{fmt::Display, ops::RangeInclusive};

use super::{Finding, Findings, Origin, Settings, secrets};

/// Collects what is wrong while `Raw*` types become checked ones.
///
/// A checker goes on after a finding, with the value as it is; [`Check::finish`] lets the result out only when nothing
/// stops it.
#[derive(Debug)]
pub struct Check<'a> {
    settings: &'a Settings,
    prefix: String,
    findings: Findings,
}

impl<'a> Check<'a> {
    /// Starts a check of these settings.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, prefix: String::new(), findings: Findings::default() }
    }

    /// Returns the settings that are checked.
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// Checks a block: keys given inside stand under `key`.
    pub fn within<T>(&mut self, key: &str, check: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.prefix.clone();
        self.prefix = self.full(key);
        let outcome = check(self);
        self.prefix = outer;
        outcome
    }

    /// Returns the value, and a finding when it is out of range.
    pub fn range<T>(&mut self, key: &str, value: T, allowed: RangeInclusive<T>) -> T
    where
        T: PartialOrd + Display + Copy,
    {
        if !allowed.contains(&value) {
            let text = format!("between {} and {}", allowed.start(), allowed.end());
            let message = format!("which is not {text}");
            let finding = self.finding(key, message).allowed(text).value(value.to_string());
            self.add(finding);
        }
        value
    }

    /// Adds a finding that stops the program. The message goes on after `KEY is VALUE`.
    pub fn fault(&mut self, key: &str, value: impl Display, message: &str, hint: &str) {
        let finding = self.finding(key, message).value(value.to_string());
        self.add(with_hint(finding, hint));
    }

    /// Adds a finding about a key that is absent or whose value says nothing. The message goes on after `KEY`.
    pub fn missing(&mut self, key: &str, message: &str, hint: &str) {
        let finding = self.finding(key, message);
        self.add(with_hint(finding, hint));
    }

    /// Adds a finding that a person should know about, and that does not stop the program.
    pub fn warn(&mut self, key: &str, message: &str, hint: &str) {
        let finding = Finding::warning(self.origin(key), self.full(key), message);
        self.add(with_hint(finding, hint));
    }

    /// Takes a fallible step: its error becomes a finding at the key, with the value.
    pub fn take<T, E: Display>(
        &mut self,
        key: &str,
        value: impl Display,
        outcome: Result<T, E>,
    ) -> Option<T> {
        outcome.map_err(|error| self.fault(key, value, &error.to_string(), "")).ok()
    }

    /// Adds a finding of another kind.
    pub fn add(&mut self, mut finding: Finding) {
        if secrets::is_secret(&finding.key) {
            finding.value = None;
        }
        self.findings.push(finding);
    }

    /// Adds all findings of a part that was checked apart.
    pub fn extend(&mut self, findings: Findings) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    /// Returns where the value of a key was written.
    pub fn origin(&self, key: &str) -> Origin {
        self.settings.origin(&self.full(key))
    }

    /// Returns what was found so far.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Returns the checked value and the warnings, or everything that was found.
    pub fn finish<T>(self, value: T) -> Result<(T, Findings), Findings> {
        self.findings.refuse()?;
        Ok((value, self.findings))
    }

    fn finding(&self, key: &str, message: impl Into<String>) -> Finding {
        Finding::error(self.origin(key), self.full(key), message)
    }

    fn full(&self, key: &str) -> String {
        match (self.prefix.as_str(), key) {
            ("", key) => key.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, key) if key.starts_with('[') => format!("{prefix}{key}"),
            (prefix, key) => format!("{prefix}.{key}"),
        }
    }
}

fn with_hint(finding: Finding, hint: &str) -> Finding {
    if hint.is_empty() { finding } else { finding.hint(hint) }
}
