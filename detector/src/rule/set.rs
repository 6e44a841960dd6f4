//! The rules that one detector follows: the shipped ones, and those of the operator's folder, which may replace them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use runtime::settings::{Environment, Finding, Findings, Origin, Settings};

use super::check::{self, Text};
use super::raw::RawRule;
use super::{Rule, Ruleset, shipped};

/// Rules by id.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    rules: BTreeMap<String, Rule>,
}

impl RuleSet {
    /// Reads the shipped rules and those of `folder`, if one is given. A rule of the folder replaces the shipped one of
    /// its id, and switches it off with `enabled: false`.
    ///
    /// # Errors
    /// Returns all findings of all files.
    pub fn load(folder: Option<&Path>, zone: &str) -> Result<Self, Findings> {
        let mut findings = Findings::default();
        let mut set = Self::default();
        for (name, text) in shipped() {
            let rule = Settings::of_text(name, text)
                .and_then(|settings| one(&settings, text, Ruleset::Shipped, zone));
            set.take(rule, &mut findings);
        }
        for path in folder.map(|folder| files(folder, &mut findings)).unwrap_or_default() {
            let rule =
                read(&path).and_then(|(settings, text)| one(&settings, &text, Ruleset::Own, zone));
            set.take(rule, &mut findings);
        }
        findings.refuse()?;
        Ok(set)
    }

    /// Reads rules from texts; for tests and tools.
    ///
    /// # Errors
    /// Returns all findings of all texts.
    pub fn of_texts(texts: &[(&str, &str)], zone: &str) -> Result<Self, Findings> {
        let mut findings = Findings::default();
        let mut set = Self::default();
        for (name, text) in texts {
            let rule = Settings::of_text(name, text)
                .and_then(|settings| one(&settings, text, Ruleset::Own, zone));
            set.take(rule, &mut findings);
        }
        findings.refuse()?;
        Ok(set)
    }

    /// Leaves out the rules of these ids.
    pub fn without(&mut self, ids: &[String]) {
        self.rules.retain(|id, _| !ids.contains(id));
    }

    /// Narrows every rule to the documents of one shop.
    pub fn only_store(&mut self, store: &str) {
        for rule in self.rules.values_mut() {
            rule.filter.push_text(event::Field::StoreId, store);
        }
    }

    /// Goes through the rules in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    /// Returns the rule of that id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.get(id)
    }

    fn take(&mut self, read: Result<Read, Findings>, findings: &mut Findings) {
        match read {
            Ok(Read::Rule(rule)) => {
                self.rules.insert(rule.id.clone(), *rule);
            }
            Ok(Read::Off(id)) => {
                self.rules.remove(&id);
            }
            Err(found) => findings.extend(found),
        }
    }
}

enum Read {
    Rule(Box<Rule>),
    Off(String),
}

fn one(settings: &Settings, text: &str, ruleset: Ruleset, zone: &str) -> Result<Read, Findings> {
    let raw: RawRule = settings.read()?;
    if raw.is_disabled() {
        return Ok(Read::Off(raw.id().to_owned()));
    }
    let rule = check::rule(Text { settings, content: text, ruleset, zone }, &raw)?;
    Ok(Read::Rule(Box::new(rule)))
}

fn read(path: &Path) -> Result<(Settings, String), Findings> {
    let settings = Settings::of_file(path, Environment::default())?;
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok((settings, text))
}

fn unreadable(path: &Path, error: &io::Error) -> Findings {
    let origin = Origin::File { path: path.to_owned(), line: None };
    Findings::one(Finding::error(origin, "", format!("cannot be read: {error}")))
}

/// Returns the rule files of a folder, in name order.
fn files(folder: &Path, findings: &mut Findings) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            findings.extend(unreadable(folder, &error));
            return Vec::new();
        }
    };
    let mut paths = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => paths.push(entry.path()),
            Err(error) => findings.extend(unreadable(folder, &error)),
        }
    }
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "yml" || kind == "yaml"));
    paths.sort();
    paths
}
